"""Builds the rooms of the platform process and mounts them: the only place that knows them all."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvicorn

from lockhouse.appconnect.bootstrap import create_instance
from lockhouse.appconnect.door import open_appconnect
from lockhouse.client.iam import IamClient
from lockhouse.clock import Clock, utc_now
from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.console.door import open_console
from lockhouse.errors import LockhouseError, code_of
from lockhouse.iam.bootstrap import FirstAccount, init_account
from lockhouse.iam.door import open_iam
from lockhouse.ids import InstanceId
from lockhouse.outbound import Reach, open_session
from lockhouse.runtime.door import open_runtime
from lockhouse.sealing import Keyring, KeyringMissing, Secret, keyring_at, make_keyring
from lockhouse.settings import Settings, read_settings
from lockhouse.storage import AlreadyThere, Database, open_database, sqlite_url
from lockhouse.web.bearer import Verifier
from lockhouse.web.collector import leave_the_start_alone
from lockhouse.web.connections import BoundedProtocol
from lockhouse.web.door import AsgiApp, Door
from lockhouse.web.log import configure_logging
from lockhouse.web.platform import around, create_litestar

KEYRING_FILE = "sealing.key"


class StoreExists(LockhouseError):
    """A store is there already; it is never made over."""


@dataclass(frozen=True, slots=True)
class FirstStart:
    """What `lockhouse init` made. Password and key value are shown once and kept nowhere in clear."""

    account_id: str
    iam_id: str
    email: str
    password: Secret
    apikey: Secret
    apikey_id: str
    instance_id: InstanceId


def database_url(settings: Settings) -> str:
    """The store's URL: the one that is set, or SQLite in the data directory."""
    return settings.database_url.reveal() if settings.database_url else sqlite_url(settings.data)


def store_exists(settings: Settings) -> bool:
    """Whether the data directory was initialised."""
    return (settings.data / KEYRING_FILE).exists()


async def initialise(settings: Settings, *, clock: Clock = utc_now) -> FirstStart:
    """Make the store, the first account with its owner, instance and key. Raises StoreExists,
    KeyringMissing, StorageUnavailable.
    """
    if store_exists(settings):
        raise StoreExists(f"{settings.data} holds a store already; nothing was changed")
    unfinished = settings.data / f"{KEYRING_FILE}.new"
    cut_short = unfinished.exists()
    database = settings.data / "lockhouse.db"
    if settings.database_url is None and database.exists() and not cut_short:
        raise KeyringMissing(f"{database} is here but {KEYRING_FILE} is not: restore it; nothing was changed")
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    # The keyring comes last under its own name: a start that was cut short leaves no half-made store behind.
    unfinished.unlink(missing_ok=True)
    keyring = make_keyring(unfinished)
    if settings.database_url is None:
        for leftover in settings.data.glob("lockhouse.db*"):
            leftover.unlink()
    try:
        first, instance_id = await _first_account(settings, keyring, clock)
    except AlreadyThere:
        unfinished.unlink()
        raise StoreExists(
            f"the database holds a store already, and its {KEYRING_FILE} is not in {settings.data}: "
            "restore it there, or use an empty database; nothing was changed"
        ) from None
    except LockhouseError:
        unfinished.unlink()
        raise
    unfinished.rename(settings.data / KEYRING_FILE)
    return FirstStart(
        account_id=first.account_id,
        iam_id=first.iam_id,
        email=first.email,
        password=first.password,
        apikey=first.apikey,
        apikey_id=first.apikey_id,
        instance_id=instance_id,
    )


async def _first_account(
    settings: Settings, keyring: Keyring, clock: Clock
) -> tuple[FirstAccount, InstanceId]:
    db = open_database(database_url(settings))
    try:
        first = await init_account(db, keyring, now=clock())
        return first, await db.write(lambda tx: create_instance(tx, first.account_id, now=clock()))
    finally:
        await db.close()


class Platform:
    """The ASGI application of the platform process: hot paths first, everything else through Litestar."""

    def __init__(self, settings: Settings, *, clock: Clock = utc_now) -> None:
        self._settings = settings
        self._clock = clock
        self._hot: dict[str, AsgiApp] = {}
        self._rest: AsgiApp | None = None
        self._running: contextlib.AsyncExitStack | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One connection: a request, or the server's start and stop."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        path = scope["path"]
        # Clients that were given an address with a slash at its end call `//identity/token`.
        app = self._hot.get(path) or self._hot.get(f"/{path.strip('/')}") or self._rest
        if app is not None:
            await app(scope, receive, send)

    async def _lifespan(self, receive: Any, send: Any) -> None:
        await receive()
        self._running = contextlib.AsyncExitStack()
        try:
            await self._running.enter_async_context(self._rooms())
        except LockhouseError as error:
            await self._running.aclose()
            await send({"type": "lifespan.startup.failed", "message": f"{error} [{code_of(error)}]"})
            return
        leave_the_start_alone()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self._running.aclose()
        await send({"type": "lifespan.shutdown.complete"})

    @contextlib.asynccontextmanager
    async def _rooms(self) -> AsyncIterator[None]:
        settings = self._settings
        async with contextlib.AsyncExitStack() as stack:
            keyring = keyring_at(settings.data / KEYRING_FILE)
            db = open_database(database_url(settings))
            stack.push_async_callback(db.close)
            session = await stack.enter_async_context(open_session(Reach.PLATFORM))
            doors = _doors(settings, self._clock, db=db, keyring=keyring, session=session)
            for door in doors:
                for start in door.start:
                    await start()
                for stop in door.stop:
                    stack.push_async_callback(stop)
            litestar = create_litestar(doors)
            await stack.enter_async_context(litestar.lifespan())
            self._hot = {path: app for door in doors for path, app in door.hot.items()}
            self._rest = around(litestar)
            yield


def _doors(settings: Settings, clock: Clock, *, db: Database, keyring: Keyring, session: Any) -> list[Door]:
    iam = IamClient(session, settings.loopback_url)
    verifier = Verifier(iam.keys, issuer=settings.token_issuer, clock=clock)
    catalogue = load_catalogue(tuple(Path(folder) for folder in settings.connectors))
    return [
        open_iam(db=db, keyring=keyring, clock=clock, settings=settings),
        open_appconnect(
            db=db,
            keyring=keyring,
            clock=clock,
            settings=settings,
            verifier=verifier,
            iam=iam,
            catalogue=catalogue,
        ),
        open_runtime(
            db=db,
            keyring=keyring,
            clock=clock,
            settings=settings,
            verifier=verifier,
            iam=iam,
            catalogue=catalogue,
            session=session,
        ),
        open_console(keyring=keyring, clock=clock, settings=settings, session=session),
    ]


def serve(settings: Settings) -> None:
    """Serve the platform until SIGTERM. One process; with `workers` above one, that many on PostgreSQL."""
    configure_logging(settings.log_format)
    options: Mapping[str, Any] = {
        "host": settings.host,
        "port": settings.port,
        "log_level": "warning",
        "access_log": False,
        "server_header": False,
        "date_header": True,
        "proxy_headers": False,
        "http": BoundedProtocol,
        "lifespan": "on",
        "timeout_graceful_shutdown": 25,
        "timeout_keep_alive": 30,
    }
    if settings.workers > 1:
        uvicorn.run(
            "lockhouse.app:create_from_environment", factory=True, workers=settings.workers, **options
        )
    else:
        uvicorn.run(Platform(settings), **options)


def create_from_environment() -> Platform:
    """The application of one of several workers."""
    settings = read_settings()
    configure_logging(settings.log_format)
    return Platform(settings)


if __name__ == "__main__":
    serve(read_settings())
