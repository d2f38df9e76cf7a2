"""A platform for tests: of people who test their own code against IBM Cloud IAM without a cloud, and our own.

    with lockhouse.testing.platform() as platform:
        authenticator = IAMAuthenticator(platform.apikey, url=platform.url)

Or the pytest fixture `lockhouse_platform`, which every installation of Lockhouse offers.
"""

import asyncio
import contextlib
import socket
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import uvicorn

from lockhouse.app import FirstStart, Platform, initialise
from lockhouse.clock import TravellingClock
from lockhouse.sealing import Secret
from lockhouse.settings import Settings

_START_SECONDS = 30


@dataclass(frozen=True, slots=True)
class TestPlatform:
    """A running platform with a store of its own.

    `url` has no trailing slash; `apikey` is a live key of the account's owner; `email` and `password` sign him in to
    the console. Time in it moves with `travel`.
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

    def travel(self, **lengths: float) -> None:
        """Move the platform's time on by a `timedelta` of these lengths, such as `minutes=61`."""
        self.clock.travel(timedelta(**lengths))


@contextlib.contextmanager
def platform(*, database_url: str | None = None, **settings: object) -> Iterator[TestPlatform]:
    """Start a platform on a free port of the loopback; it is gone, with its store, when the block ends.

    `database_url` is an empty PostgreSQL database; without it SQLite in a temporary directory. Further arguments are
    fields of `lockhouse.settings.Settings`.
    """
    with tempfile.TemporaryDirectory(prefix="lockhouse-test-") as folder, _free_socket() as listener:
        wanted = Settings(
            data=Path(folder),
            port=listener.getsockname()[1],
            database_url=Secret(database_url) if database_url else None,
        )
        wanted = replace(wanted, **settings)  # type: ignore[arg-type]  # fields named by the caller
        clock = TravellingClock()
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
        Platform(settings, clock=clock), log_level="warning", access_log=False, http="httptools", lifespan="on",
        timeout_graceful_shutdown=1,
    )  # fmt: skip
    server = Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="lockhouse", daemon=True)
    thread.start()
    started = ready.wait(_START_SECONDS) and not server.should_exit
    try:
        if not started:
            raise RuntimeError("the platform did not start")
        yield
    finally:
        server.should_exit = True
        thread.join(_START_SECONDS)
