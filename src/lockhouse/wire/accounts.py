"""Connector accounts as accounts.yaml spells them (deployment.md, section 6)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lockhouse.documents import Document, Path, read_yaml
from lockhouse.errors import Mistake, Mistakes
from lockhouse.sealing import Secret

_KEYS = frozenset(
    {
        "name",
        "authType",
        "endpoint",
        "credentials",
        "applicationType",
        "applicationVersion",
        "default",
        "type",
    }
)
USUAL_NAME = "Account 1"


@dataclass(frozen=True, slots=True)
class ConnectorAccount:
    """One entry: a connector's account by name. `auth_type` is empty when the file leaves it out.

    Every credential is a secret here; which of them may be shown, the connector's manifest says.
    """

    connector: str
    name: str
    auth_type: str = ""
    credentials: Mapping[str, Secret] = field(default_factory=dict)
    endpoint: Mapping[str, str] = field(default_factory=dict)
    default: bool = False
    line: int = 0
    column: int = 0


def read_accounts(data: bytes | str, *, file: str) -> tuple[ConnectorAccount, ...]:
    """Read accounts.yaml. Raises Mistakes, all of them; their text never holds a value of the file."""
    try:
        document = read_yaml(data, file=file)
    except Mistakes as mistakes:
        raise Mistakes([_without_field(mistake) for mistake in mistakes.mistakes]) from None
    reading = _Reading(document)
    value = document.value
    if not isinstance(value, dict) or not isinstance(value.get("accounts"), dict):
        raise Mistakes(
            [document.mistake("accounts_missing", "expected the key `accounts` with applications under it")]
        )
    for key in value:
        if key != "accounts":
            reading.note("accounts_unknown_key", "expected nothing beside `accounts`", (key,))
    accounts = [
        account
        for connector, entries in value["accounts"].items()
        for account in reading.entries(str(connector), entries)
    ]
    if reading.mistakes:
        raise Mistakes(reading.mistakes)
    return tuple(accounts)


def write_accounts(accounts: tuple[ConnectorAccount, ...]) -> dict[str, Any]:
    """The accounts as an accounts.yaml document, secrets revealed: for the file that a user asked to take
    out."""
    listed: dict[str, list[dict[str, Any]]] = {}
    for account in accounts:
        entry: dict[str, Any] = {"name": account.name}
        if account.auth_type:
            entry["authType"] = account.auth_type
        entry["credentials"] = {name: secret.reveal() for name, secret in account.credentials.items()}
        entry["endpoint"] = dict(account.endpoint)
        if account.default:
            entry["default"] = True
        listed.setdefault(account.connector, []).append(entry)
    return {"accounts": listed}


class _Reading:
    def __init__(self, document: Document) -> None:
        self.document = document
        self.mistakes: list[Mistake] = []

    def note(self, code: str, message: str, path: Path) -> None:
        self.mistakes.append(self.document.mistake(code, message, path))

    def entries(self, connector: str, entries: Any) -> list[ConnectorAccount]:
        """The accounts of one application."""
        at: Path = ("accounts", connector)
        if not isinstance(entries, list):
            if entries is not None:
                self.note("accounts_not_list", "expected a list of accounts", at)
            return []
        found = [self.entry(connector, entry, (*at, index)) for index, entry in enumerate(entries)]
        names: set[str] = set()
        for index, account in enumerate(found):
            if account.name in names:
                self.note("accounts_name_twice", f"two accounts are named {account.name!r}", (*at, index))
            names.add(account.name)
        return found

    def entry(self, connector: str, entry: Any, at: Path) -> ConnectorAccount:
        """One account; what is wrong in it is noted."""
        if not isinstance(entry, dict):
            self.note("accounts_entry", "expected an account with name, credentials and endpoint", at)
            return ConnectorAccount(connector, "")
        for key in entry:
            if key not in _KEYS:
                self.note(
                    "accounts_unknown_key", "expected name, authType, credentials, endpoint", (*at, key)
                )
        credentials = self.fields(entry.get("credentials"), (*at, "credentials"))
        inner_type = credentials.pop("authType", "")
        line, column = self.document.place(at)
        return ConnectorAccount(
            connector=connector,
            name=self.name(entry, at),
            auth_type=self.auth_type(entry, inner_type, at),
            credentials={name: Secret(text) for name, text in credentials.items()},
            endpoint=self.fields(entry.get("endpoint"), (*at, "endpoint")),
            default=entry.get("default") is True,
            line=line,
            column=column,
        )

    def name(self, entry: Mapping[str, Any], at: Path) -> str:
        """The account's name, letter by letter as flows say it."""
        name = entry.get("name")
        if isinstance(name, str) and name.strip():
            return name
        if isinstance(name, int) and not isinstance(name, bool):
            return str(name)
        self.note("accounts_no_name", "expected the account's name", at)
        return ""

    def auth_type(self, entry: Mapping[str, Any], inner: str, at: Path) -> str:
        """The auth type, beside or inside the credentials, in upper case with underscores."""
        outer = entry.get("authType", "")
        if not isinstance(outer, str):
            self.note("accounts_auth_type", "expected a word such as BASIC", (*at, "authType"))
            return ""
        if outer and inner and normal_auth_type(outer) != normal_auth_type(inner):
            self.note("accounts_auth_type", "authType is given twice, and differs", (*at, "authType"))
        return normal_auth_type(outer or inner)

    def fields(self, value: Any, at: Path) -> dict[str, str]:
        """Names with texts; numbers and flags as JSON writes them, nothing for null."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.note("accounts_not_fields", "expected fields with values", at)
            return {}
        found: dict[str, str] = {}
        for name, inner in value.items():
            if isinstance(inner, str):
                found[name] = inner
            elif isinstance(inner, bool):
                found[name] = "true" if inner else "false"
            elif isinstance(inner, int | float):
                found[name] = str(inner)
            elif inner is not None:
                self.note("accounts_field", "expected a text", (*at, name))
        return found


def normal_auth_type(text: str) -> str:
    """`BASIC_OAUTH`, also for the camel case of older charts (`basicOauth`, `oauth2Password`)."""
    if text.isupper() or "_" in text:
        return text.upper()
    spread = "".join(f"_{letter}" if letter.isupper() else letter for letter in text)
    return spread.lstrip("_").upper()


def _without_field(mistake: Mistake) -> Mistake:
    # What YAML's reader says may quote the text around the mistake, and that is full of secrets.
    return Mistake(
        mistake.code, "this is not YAML as accounts.yaml needs it", mistake.file, mistake.line, mistake.column
    )
