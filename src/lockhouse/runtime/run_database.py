"""Where durable runs are kept: a SQLite file of the server, or PostgreSQL that its replicas share.

The drivers themselves, not SQLAlchemy: an integration server is light (ARCHITECTURE), and these few
statements are hot. As in `storage`, a transaction is a plain function; all changes that wait while a commit
is on its way to the disk form the next transaction (group commit). A change may be run again from its start,
so it has no effect but its SQL and its value.
"""

import asyncio
import os
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Protocol, TypeVar
from urllib.parse import unquote, urlsplit

from lockhouse.errors import LockhouseError

T = TypeVar("T")
_MOST_IN_A_BATCH = 256
_BUSY_SECONDS = 10


class RunsUnavailable(LockhouseError):
    """The store of runs cannot be opened, or did not take a change. Nothing of it was acknowledged."""


class Tx(Protocol):
    """A transaction. SQL marks its values with `?`."""

    dialect: str

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        """Run a statement that answers rows."""
        ...

    def change(self, sql: str, *values: object) -> int:
        """Run a statement; how many rows it changed."""
        ...


class RunDatabase(Protocol):
    """An open store of runs. Made and used on one event loop."""

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        ...

    async def run(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in the next transaction; returns when it is on disk. Raises RunsUnavailable."""
        ...

    async def close(self) -> None:
        """Finish what waits and close."""
        ...


def open_run_database(url: str) -> RunDatabase:
    """Open `sqlite:///path` or `postgresql://user:password@host/name`. Raises RunsUnavailable."""
    scheme = urlsplit(url).scheme
    if scheme == "sqlite":
        return _GroupCommit(_SqliteFile(Path(unquote(url.removeprefix("sqlite:///")))))
    if scheme in ("postgresql", "postgres"):
        return _GroupCommit(_PostgresLink(url))
    raise RunsUnavailable(f"unknown kind of database: {scheme[:20]}; use sqlite or postgresql")


class _Change:
    def __init__(self, work: Callable[[Tx], Any], done: asyncio.Future[Any]) -> None:
        self.work = work
        self.done = done


class _Link(Protocol):
    """One connection. `attempt` runs functions in one transaction, all or none."""

    dialect: str
    refusals: tuple[type[Exception], ...]

    async def attempt(self, works: list[Callable[[Tx], Any]]) -> list[Any]: ...

    async def close(self) -> None: ...


class _GroupCommit:
    """Puts the changes that wait into one transaction; one that fails is then run by itself."""

    def __init__(self, link: _Link) -> None:
        self._link = link
        self._waiting: list[_Change] = []
        self._turn: asyncio.Task[None] | None = None

    @property
    def dialect(self) -> str:
        return self._link.dialect

    async def run(self, work: Callable[[Tx], T]) -> T:
        change = _Change(work, asyncio.get_running_loop().create_future())
        self._waiting.append(change)
        if self._turn is None or self._turn.done():
            self._turn = asyncio.create_task(self._take_turns())
        value: T = await change.done
        return value

    async def close(self) -> None:
        if self._turn is not None:
            await self._turn
        await self._link.close()

    async def _take_turns(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_MOST_IN_A_BATCH], self._waiting[_MOST_IN_A_BATCH:]
            try:
                values = await self._link.attempt([change.work for change in batch])
            except Exception:  # noqa: BLE001 - whose fault it was shows when each is run by itself
                for change in batch:
                    await self._alone(change)
                continue
            for change, value in zip(batch, values, strict=True):
                if not change.done.done():
                    change.done.set_result(value)

    async def _alone(self, change: _Change) -> None:
        value: Any = None
        failure: Exception | None = None
        try:
            (value,) = await self._link.attempt([change.work])
        except self._link.refusals as refusal:
            failure = RunsUnavailable(f"the store of runs did not take the change: {refusal}")
        except Exception as error:  # noqa: BLE001 - what the function raised goes to whoever asked
            failure = error
        if change.done.done():
            return
        if failure is not None:
            change.done.set_exception(failure)
        else:
            change.done.set_result(value)


class _SqliteTx:
    dialect = "sqlite"

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        return self._connection.execute(sql, values).fetchall()

    def change(self, sql: str, *values: object) -> int:
        return self._connection.execute(sql, values).rowcount


class _SqliteFile:
    """Statements run on the event loop's thread (microseconds), only the commit goes to a thread."""

    dialect = "sqlite"
    refusals: tuple[type[Exception], ...] = (sqlite3.Error,)

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
            self._connection = sqlite3.connect(
                path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False
            )
            for pragma in ("journal_mode=WAL", "synchronous=FULL", "cache_size=-8192"):
                self._connection.execute(f"PRAGMA {pragma}")
        except (OSError, sqlite3.Error) as error:
            raise RunsUnavailable(f"cannot open the store of runs {path.name}: {error}") from error
        self._tx = _SqliteTx(self._connection)
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="runs-commit")

    async def attempt(self, works: list[Callable[[Tx], Any]]) -> list[Any]:
        try:
            self._connection.execute("BEGIN IMMEDIATE")
            values = [work(self._tx) for work in works]
            await asyncio.get_running_loop().run_in_executor(self._disk, self._connection.commit)
        except BaseException:
            if self._connection.in_transaction:
                self._connection.rollback()
            raise
        return values

    async def close(self) -> None:
        self._disk.shutdown()
        self._connection.close()


class _PostgresTx:
    dialect = "postgresql"

    def __init__(self, connection: Any) -> None:
        self._connection = connection

    def rows(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        rows: list[tuple[Any, ...]] = self._connection.execute(sql.replace("?", "%s"), values).fetchall()
        return rows

    def change(self, sql: str, *values: object) -> int:
        count: int = self._connection.execute(sql.replace("?", "%s"), values).rowcount
        return count


class _PostgresLink:
    """Transactions run in a thread, on one connection that is made anew when it was lost."""

    dialect = "postgresql"

    def __init__(self, url: str) -> None:
        import psycopg  # a server whose runs are in SQLite never needs it

        self._psycopg = psycopg
        self._url = url
        self._connection: Any = None
        self.refusals: tuple[type[Exception], ...] = (psycopg.Error,)
        self._threads = ThreadPoolExecutor(1, thread_name_prefix="runs-sql")
        try:
            self._connected()
        except psycopg.Error as error:
            where = urlsplit(url)
            raise RunsUnavailable(
                f"cannot open the store of runs at {where.hostname}{where.path}: {error}"
            ) from error

    async def attempt(self, works: list[Callable[[Tx], Any]]) -> list[Any]:
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, works)

    def _run(self, works: list[Callable[[Tx], Any]]) -> list[Any]:
        connection = self._connected()
        tx = _PostgresTx(connection)
        with connection.transaction():
            return [work(tx) for work in works]

    def _connected(self) -> Any:
        if self._connection is None or self._connection.closed or self._connection.broken:
            # The keep-alives tell within half a minute that the server's machine is gone.
            self._connection = self._psycopg.connect(
                self._url, autocommit=True, connect_timeout=5,
                keepalives_idle=10, keepalives_interval=5, keepalives_count=3,
            )  # fmt: skip
        return self._connection

    async def close(self) -> None:
        self._threads.shutdown()
        if self._connection is not None:
            self._connection.close()
