"""SQLite: statements run on the event loop's thread (microseconds), only the commit goes to a thread.

One process writes. All writes that wait while a commit is on its way to the disk form the next batch: one
`BEGIN IMMEDIATE … COMMIT` with a SAVEPOINT for each (group commit). Running the SQL in the writer's own
thread instead would make every request wait for the interpreter lock's 5 ms switch.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import sqlalchemy as sa

from lockhouse.storage.hot import HotQuery
from lockhouse.storage.terms import NOT_STORABLE, AlreadyThere, NotStorable, StorageUnavailable, Tx

T = TypeVar("T")
_MOST_IN_A_BATCH = 256


def engine_for(url: sa.URL) -> sa.Engine:
    """An engine whose connections are in WAL mode, fully synchronous, with foreign keys on, and begin by
    hand."""
    engine = sa.create_engine(
        url, isolation_level="AUTOCOMMIT", connect_args={"check_same_thread": False, "timeout": 10}
    )

    @sa.event.listens_for(engine, "connect")
    def _prepare(connection: sqlite3.Connection, _record: Any) -> None:
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "cache_size=-16384"):
            connection.execute(f"PRAGMA {pragma}")
        # SQLite's own knows the letters of ASCII only.
        connection.create_function("lower", 1, _lower, deterministic=True)

    return engine


class _Change:
    """A write that waits for its commit."""

    def __init__(self, work: Callable[[Tx], Any], done: asyncio.Future[Any]) -> None:
        self.work = work
        self.done = done
        self.value: Any = None
        self.error: Exception | None = None

    def run(self, connection: sa.Connection, raw: sqlite3.Connection) -> None:
        """Run in a savepoint; an error undoes this change alone."""
        raw.execute("SAVEPOINT change")
        try:
            self.value = self.work(connection)
        except (sa.exc.IntegrityError, sqlite3.IntegrityError) as error:
            self.error = AlreadyThere("the change does not fit what is in the store")
            self.error.__cause__ = error
            raw.execute("ROLLBACK TO change")
        except NOT_STORABLE as error:
            self.error = NotStorable()
            self.error.__cause__ = error
            raw.execute("ROLLBACK TO change")
        except (sa.exc.OperationalError, sqlite3.OperationalError) as error:
            self.error = StorageUnavailable(f"the store did not take the change: {error}")
            self.error.__cause__ = error
            raw.execute("ROLLBACK TO change")
        except Exception as error:  # noqa: BLE001 - whatever the rule raised is handed to the one who asked
            self.error = error
            raw.execute("ROLLBACK TO change")
        raw.execute("RELEASE change")

    def tell(self) -> None:
        """Answer the one who waits, if he still does."""
        if self.done.done():
            return
        if self.error is not None:
            self.done.set_exception(self.error)
        else:
            self.done.set_result(self.value)


class SqliteDatabase:
    """An open SQLite store. Made and used on one event loop."""

    dialect = "sqlite"

    def __init__(self, url: sa.URL) -> None:
        self._engine = engine_for(url)
        self._reader = self._engine.connect()
        self._writer = self._engine.connect()
        self._raw_reader = _raw(self._reader)
        self._raw_writer = _raw(self._writer)
        self._raw_reader.execute("PRAGMA query_only=ON")
        self._waiting: list[_Change] = []
        self._turn: asyncio.Task[None] | None = None
        self._disk = ThreadPoolExecutor(1, thread_name_prefix="commit")
        self._aside = ThreadPoolExecutor(1, thread_name_prefix="search")
        self._aside_reader: sa.Connection | None = None

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on a consistent snapshot, on this thread: a read must be quick (indexed, or a page)."""
        return _read(self._reader, self._raw_reader, work)

    async def first(self, query: HotQuery, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a query, on this thread."""
        text, bound = query.on("sqlite", values)
        try:
            return query.typed(self._raw_reader.execute(text, bound).fetchone())
        except NOT_STORABLE as error:
            raise NotStorable from error
        except sqlite3.Error as error:
            raise StorageUnavailable(f"the store cannot be read: {error}") from error

    async def read_aside(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on a consistent snapshot in a thread, one after another."""
        return await asyncio.get_running_loop().run_in_executor(self._aside, self._read_aside, work)

    def _read_aside(self, work: Callable[[Tx], T]) -> T:
        if self._aside_reader is None:
            self._aside_reader = self._engine.connect()
            _raw(self._aside_reader).execute("PRAGMA query_only=ON")
        return _read(self._aside_reader, _raw(self._aside_reader), work)

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in the next batch; returns when it is on disk. Whoever stops waiting does not undo
        it."""
        change = _Change(work, asyncio.get_running_loop().create_future())
        self._waiting.append(change)
        if self._turn is None or self._turn.done():
            self._turn = asyncio.create_task(self._write_batches())
        value: T = await change.done
        return value

    async def _write_batches(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting[:_MOST_IN_A_BATCH], self._waiting[_MOST_IN_A_BATCH:]
            try:
                self._raw_writer.execute("BEGIN IMMEDIATE")
                for change in batch:
                    change.run(self._writer, self._raw_writer)
                await asyncio.get_running_loop().run_in_executor(self._disk, self._raw_writer.commit)
            except Exception as error:  # noqa: BLE001 - whatever it was, those who wait must hear of it
                self._undo(batch, error)
            for change in batch:
                change.tell()

    def _undo(self, batch: list[_Change], error: Exception) -> None:
        if self._raw_writer.in_transaction:
            self._raw_writer.rollback()
        for change in batch:
            change.error = StorageUnavailable(f"the store did not take the change: {error}")

    async def close(self) -> None:
        """Finish the writes that wait, then close."""
        if self._turn is not None:
            await self._turn
        self._disk.shutdown()
        self._aside.shutdown()
        if self._aside_reader is not None:
            self._aside_reader.close()
        self._reader.close()
        self._writer.close()
        self._engine.dispose()


def _read(connection: sa.Connection, raw: sqlite3.Connection, work: Callable[[Tx], T]) -> T:
    try:
        raw.execute("BEGIN")
        try:
            return work(connection)
        finally:
            raw.execute("COMMIT")
    except NOT_STORABLE as error:
        raise NotStorable from error
    except (sqlite3.Error, sa.exc.OperationalError) as error:
        raise StorageUnavailable(f"the store cannot be read: {error}") from error


def _lower(value: Any) -> Any:
    return value.lower() if isinstance(value, str) else value


def _raw(connection: sa.Connection) -> sqlite3.Connection:
    raw = connection.connection.driver_connection
    if not isinstance(raw, sqlite3.Connection):
        raise StorageUnavailable("the SQLite driver is not sqlite3")
    return raw
