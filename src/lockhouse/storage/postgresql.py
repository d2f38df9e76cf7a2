"""PostgreSQL: each transaction runs in a thread, on a connection of a pool."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar, cast

import psycopg
import sqlalchemy as sa

from lockhouse.storage.database import NOT_STORABLE, AlreadyThere, NotStorable, StorageUnavailable, Tx
from lockhouse.storage.hot import HotQuery
from lockhouse.storage.postgresql_looks import Looks

T = TypeVar("T")
_CONNECTIONS = 8
_TRIES = 5
_TRY_AGAIN = {"40001", "40P01"}  # serialization_failure, deadlock_detected


def engine_for(url: sa.URL) -> sa.Engine:
    """An engine with a small pool. A lost connection is noticed before it is used."""
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=False,
        pool_recycle=300,
        connect_args={"connect_timeout": 5},
    )


def first_row(tx: Tx, text: str, values: dict[str, Any]) -> tuple[Any, ...] | None:
    """The first row of a query, straight from the driver: SQLAlchemy describes each column of each answer."""
    driver = tx.connection.driver_connection
    try:
        row: tuple[Any, ...] | None = cast("psycopg.Connection[Any]", driver).execute(text, values).fetchone()
    except psycopg.OperationalError:
        # Once more through SQLAlchemy: it knows what to do with a connection that is lost.
        again = tx.exec_driver_sql(text, values).first()
        return None if again is None else tuple(again)
    return row


class PostgresDatabase:
    """An open PostgreSQL store."""

    dialect = "postgresql"

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._looks = Looks(engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
        self._threads = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="sql")

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a transaction of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    async def first(self, query: HotQuery, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a query, on the event loop."""
        return await self._looks.first(*query.on("postgresql", values))

    async def read_aside(self, work: Callable[[Tx], T]) -> T:
        """The same."""
        return await self.read(work)

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` and commit; tried again after a deadlock or a lost connection that had done nothing
        yet."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, work)

    def _run(self, work: Callable[[Tx], T]) -> T:
        for attempt in range(_TRIES):
            try:
                with self._engine.begin() as connection:
                    return work(connection)
            except (*NOT_STORABLE, psycopg.DataError) as error:
                raise NotStorable from error
            except sa.exc.IntegrityError as error:
                raise AlreadyThere("the change does not fit what is in the store") from error
            except sa.exc.ProgrammingError as error:
                raise StorageUnavailable(f"the store is not as it should be: {error.orig}") from error
            except sa.exc.OperationalError as error:
                state = getattr(error.orig, "sqlstate", None)
                # A connection that died before the first statement was answered has changed nothing.
                lost = error.connection_invalidated and error.statement is not None
                if attempt + 1 == _TRIES or not (state in _TRY_AGAIN or lost):
                    raise StorageUnavailable(f"the store did not take the change: {error.orig}") from error
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Finish what runs and close the pool."""
        await self._looks.close()
        self._threads.shutdown()
        self._engine.dispose()
