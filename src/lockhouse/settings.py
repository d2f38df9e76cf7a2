"""Every setting of a process, typed and described; the only reader of the environment."""

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from lockhouse.errors import Mistake, Mistakes
from lockhouse.sealing import Secret

_PREFIX = "LOCKHOUSE_"
_SECRET = {"database_url", "supervision_token", "runs_database_url", "events_token"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """How the platform process is set up. Each field is an environment variable: LOCKHOUSE_ and its name."""

    data: Path = Path("lockhouse-data")
    """Directory of the store, the sealing keys and the servers' logs."""
    host: str = "127.0.0.1"
    """Address to listen on; integration servers listen on it too."""
    port: int = 8080
    """Port of the platform."""
    database_url: Secret | None = None
    """`postgresql://…`; without it SQLite in the data directory. May hold a password, so it is a secret."""
    workers: int = 1
    """Platform processes; more than one needs PostgreSQL."""
    external_url: str = ""
    """The address under which clients reach the platform; default `http://<host>:<port>`."""
    issuer: str = ""
    """`iss` of access tokens; default `<external_url>/identity`."""
    access_token_seconds: int = 3600
    """Life of an access token when the account sets none; at most 3600."""
    refresh_token_seconds: int = 259_200
    """Life of a refresh token when the account sets none."""
    api_keys_per_identity: int = 20
    """How many API keys one user or service ID may have."""
    service_ids_per_account: int = 2000
    """How many service IDs an account may have; as many trusted profiles, and groups of service IDs."""
    key_rotation_days: int = 90
    """The signing key is rotated after so many days; 0 never."""
    trusted_proxies: tuple[str, ...] = ()
    """Networks whose X-Forwarded-For is believed, comma-separated CIDRs."""
    opened_networks: tuple[str, ...] = ()
    """Networks that cloud-managed connectors may reach though they are not public, comma-separated CIDRs."""
    connectors: tuple[str, ...] = ()
    """Directories with further connectors, comma-separated."""
    runs_database_url: Secret | None = None
    """`postgresql://…` where integration servers keep their events and runs; replicas of a server share it.
    Without it each server has a SQLite file below the data directory."""
    runs_per_flow: int = 10
    """How many events of one flow a server process runs at once; 1 takes them in the order they came."""
    events_token: Secret | None = None
    """Bearer token for the event door of a server that runs alone, without a platform to ask."""
    unsigned_webhooks: bool = False
    """Whether webhooks of applications that sign are let in where the signing secret is not at hand."""
    audit_file: str = ""
    """Where audit events are also written as JSON lines; `-` is standard output."""
    log_format: str = "text"
    """`text` or `json`."""
    supervision_token: Secret | None = None
    """Set by `lockhouse up` for its children: the key to the supervisors' door. New at each start."""
    rate_limits: bool = True
    """Whether the token door and the API limit the rate of requests by address and identity."""

    @property
    def url(self) -> str:
        """The platform's address for clients."""
        return (self.external_url or f"http://{self.host}:{self.port}").rstrip("/")

    @property
    def loopback_url(self) -> str:
        """The platform's address for its own rooms and children on this machine."""
        host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(self.host, self.host)  # noqa: S104 - compared, not bound
        return f"http://{host}:{self.port}"

    def runs_url(self, server: str) -> str:
        """The store of events of a server, given by its id. May hold a password."""
        if self.runs_database_url is not None:
            return self.runs_database_url.reveal()
        return f"sqlite:///{(self.data / 'runs' / server).resolve()}.db"

    @property
    def token_issuer(self) -> str:
        """The issuer that access tokens name."""
        return self.issuer or f"{self.url}/identity"


@dataclass(frozen=True, slots=True, kw_only=True)
class ClientSettings:
    """How a command reaches a platform."""

    url: str = "http://127.0.0.1:8080"
    """LOCKHOUSE_URL: address of the platform."""
    apikey: Secret | None = field(default=None)
    """LOCKHOUSE_APIKEY: value of an API key."""


def read_client_settings(environ: Mapping[str, str] = os.environ) -> ClientSettings:
    """The client's settings from the environment."""
    value = environ.get("LOCKHOUSE_APIKEY")
    return ClientSettings(
        url=environ.get("LOCKHOUSE_URL") or ClientSettings().url, apikey=Secret(value) if value else None
    )


def read_settings(environ: Mapping[str, str] = os.environ) -> Settings:
    """The platform's settings from the environment. Raises Mistakes that name every bad variable."""
    given: dict[str, object] = {}
    mistakes: list[Mistake] = []
    for name, default in _defaults().items():
        text = environ.get(_PREFIX + name.upper())
        if not text:  # an empty variable counts as not set
            continue
        try:
            given[name] = _typed(name, text, default)
        except ValueError:
            mistakes.append(
                Mistake(
                    "setting_invalid", "expected a whole number or true/false", field=_PREFIX + name.upper()
                )
            )
    if mistakes:
        raise Mistakes(mistakes)
    return Settings(**given)  # type: ignore[arg-type]  # names and types come from the class itself


def environment_of(settings: Settings) -> dict[str, str]:
    """The variables that give a child process these settings: what differs from the defaults."""
    defaults = _defaults()
    values = {name: getattr(settings, name) for name in defaults}
    return {_PREFIX + name.upper(): _text(value) for name, value in values.items() if value != defaults[name]}


def inherited_environment() -> dict[str, str]:
    """This process's own environment, for a child."""
    return dict(os.environ)


def _defaults() -> dict[str, object]:
    plain = Settings()
    return {name: getattr(plain, name) for name in Settings.__slots__}


def _typed(name: str, text: str, default: object) -> object:
    if isinstance(default, bool):
        if text.lower() not in {"true", "false", "1", "0"}:
            raise ValueError
        return text.lower() in {"true", "1"}
    if isinstance(default, int):
        return int(text)
    if isinstance(default, tuple):
        return tuple(part.strip() for part in text.split(",") if part.strip())
    if name in _SECRET:
        return Secret(text)
    return Path(text) if isinstance(default, Path) else text


def _text(value: object) -> str:
    if isinstance(value, Secret):
        return value.reveal()
    if isinstance(value, tuple):
        return ",".join(value)
    return str(value)
