"""A platform for tests: of people who test their own code against IBM Cloud IAM without a cloud, and our own.

    with lockhouse.testing.platform() as platform:
        authenticator = IAMAuthenticator(platform.apikey, url=platform.url)

Or the pytest fixture `lockhouse_platform`, which every installation of Lockhouse offers.
"""

import asyncio
import base64
import contextlib
import json
import socket
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import uvicorn

from lockhouse.app import FirstStart, Platform, initialise
from lockhouse.clock import TravellingClock
from lockhouse.sealing import Secret
from lockhouse.settings import Settings
from lockhouse.web.log import configure_logging
from lockhouse.wire.tokens import APIKEY_GRANT, CONSOLE_CLIENT, PASSWORD_GRANT

_START_SECONDS = 30
LOG_FILE = "platform.log"


@dataclass(frozen=True, slots=True)
class TestPlatform:
    """A running platform with a store of its own.

    `url` has no trailing slash; `apikey` is a live key of the account's owner; `email` and `password` sign
    him in to the console. Time in it moves with `travel`.
    """

    __test__ = False

    url: str
    account_id: str
    iam_id: str
    apikey: str
    apikey_id: str
    instance_id: str
    email: str
    password: str
    data: Path
    settings: Settings
    clock: TravellingClock

    @property
    def log(self) -> Path:
        """What the platform logs, one JSON object a line."""
        return self.data / LOG_FILE

    def new_account(self, name: str, email: str) -> "TestAccount":
        """A further account with an owner of its own and an API key: to see that nothing crosses."""
        operator = self._token({"grant_type": APIKEY_GRANT, "apikey": self.apikey})
        made = self._ask("POST", "/v1/accounts", operator, {"name": name, "owner_email": email})
        return self._member(made["account_id"], made["owner_iam_id"], email, made["code"])

    def new_user(self, email: str, *, roles: Sequence[str] = ()) -> "TestAccount":
        """A further user of the account, with an API key of his own; without roles he is a plain member."""
        owner = self._token({"grant_type": APIKEY_GRANT, "apikey": self.apikey})
        users = [{"email": email, "roles": list(roles)}]
        answer = self._ask("POST", f"/v2/accounts/{self.account_id}/users", owner, {"users": users})
        invited = answer["resources"][0]
        return self._member(self.account_id, invited["id"], email, invited["code"])

    def _member(self, account_id: str, iam_id: str, email: str, code: str) -> "TestAccount":
        password = f"password of {email}"
        self._ask("POST", "/v2/users/password", None, {"code": code, "password": password})
        form = {"grant_type": PASSWORD_GRANT, "username": email, "password": password}
        token = self._token(form, client=f"{CONSOLE_CLIENT}:{CONSOLE_CLIENT}")
        key = self._ask("POST", "/v1/apikeys", token, {"name": "first", "iam_id": iam_id})
        return TestAccount(account_id, iam_id, key["apikey"], key["id"], email, password)

    def _token(self, form: Mapping[str, str], client: str = "") -> str:
        headers = {"Authorization": f"Basic {base64.b64encode(client.encode()).decode()}"} if client else {}
        body = urlencode(form).encode()
        return str(_send(Request(f"{self.url}/identity/token", body, headers))["access_token"])  # noqa: S310 - our own address

    def _ask(self, method: str, path: str, token: str | None, body: object) -> Any:
        headers = {"Content-Type": "application/json"} | (
            {"Authorization": f"Bearer {token}"} if token else {}
        )
        raw = json.dumps(body).encode()
        return _send(Request(self.url + path, raw, headers, method=method))  # noqa: S310 - our own address

    def travel(self, **lengths: float) -> None:
        """Move the platform's time on by a `timedelta` of these lengths, such as `minutes=61`."""
        self.clock.travel(timedelta(**lengths))

    @contextlib.contextmanager
    def away(self, **lengths: float) -> Iterator[None]:
        """Travel, and come back when the block ends."""
        self.clock.travel(timedelta(**lengths))
        try:
            yield
        finally:
            self.clock.travel(-timedelta(**lengths))


@dataclass(frozen=True, slots=True)
class TestAccount:
    """A user with an account (his own, or that of the platform), a key and a password."""

    __test__ = False

    account_id: str
    iam_id: str
    apikey: str
    apikey_id: str
    email: str
    password: str


def _send(request: Request) -> Any:
    with urlopen(request, timeout=30) as answer:  # noqa: S310 - our own address
        raw = answer.read()
    return json.loads(raw) if raw else None


@contextlib.contextmanager
def platform(*, database_url: str | None = None, **settings: object) -> Iterator[TestPlatform]:
    """Start a platform on a free port of the loopback; it is gone, with its store, when the block ends.

    `database_url` is an empty PostgreSQL database; without it SQLite in a temporary directory. Further
    arguments are fields of `lockhouse.settings.Settings`.
    """
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory(prefix="lockhouse-test-"))
        listener = stack.enter_context(_free_socket())
        wanted = Settings(
            data=Path(folder),
            port=listener.getsockname()[1],
            database_url=Secret(database_url) if database_url else None,
        )
        wanted = replace(wanted, **settings)  # type: ignore[arg-type]  # fields named by the caller
        clock = TravellingClock()
        log = stack.enter_context((wanted.data / LOG_FILE).open("a"))
        stack.callback(configure_logging)
        configure_logging("json", log)
        first = asyncio.run(initialise(wanted, clock=clock))
        with _served(wanted, clock, listener):
            yield _describe(wanted, clock, first)


def _describe(settings: Settings, clock: TravellingClock, first: FirstStart) -> TestPlatform:
    return TestPlatform(
        url=settings.url,
        account_id=first.account_id,
        iam_id=first.iam_id,
        apikey=first.apikey.reveal(),
        apikey_id=first.apikey_id,
        instance_id=first.instance_id,
        email=first.email,
        password=first.password.reveal(),
        data=settings.data,
        settings=settings,
        clock=clock,
    )


@contextlib.contextmanager
def _free_socket() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", 0))
        yield listener


@contextlib.contextmanager
def _served(settings: Settings, clock: TravellingClock, listener: socket.socket) -> Iterator[None]:
    ready = threading.Event()

    class Server(uvicorn.Server):
        async def startup(self, sockets: list[socket.socket] | None = None) -> None:
            await super().startup(sockets)
            ready.set()

    config = uvicorn.Config(
        Platform(settings, clock=clock),
        log_level="warning",
        access_log=False,
        http="httptools",
        lifespan="on",
        proxy_headers=False,
        timeout_graceful_shutdown=1,
    )
    server = Server(config)
    thread = threading.Thread(
        target=server.run, kwargs={"sockets": [listener]}, name="lockhouse", daemon=True
    )
    thread.start()
    started = ready.wait(_START_SECONDS) and not server.should_exit
    try:
        if not started:
            raise RuntimeError("the platform did not start")
        yield
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
