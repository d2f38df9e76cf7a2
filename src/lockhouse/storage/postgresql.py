"""PostgreSQL: each transaction runs in a thread, on a connection of a pool.

Reads have no transaction, so that they cost no round trips for its beginning and end: under PostgreSQL's own
default, READ COMMITTED, each statement sees what is committed when it begins, inside of one or not.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import psycopg
import sqlalchemy as sa

from lockhouse.storage.hot import HotQuery
from lockhouse.storage.postgresql_looks import Looks
from lockhouse.storage.terms import NOT_STORABLE, AlreadyThere, NotStorable, StorageUnavailable, Tx

T = TypeVar("T")
_CONNECTIONS = 8
_TRIES = 5
_TRY_AGAIN = {"40001", "40P01"}  # serialization_failure, deadlock_detected


def engine_for(url: sa.URL, **more: Any) -> sa.Engine:
    """An engine with a small pool. A connection that was lost is noticed when it is used."""
    return sa.create_engine(
        url.set(drivername="postgresql+psycopg"),
        pool_size=_CONNECTIONS,
        max_overflow=0,
        pool_pre_ping=False,
        pool_recycle=300,
        connect_args={"connect_timeout": 5},
        **more,
    )


class PostgresDatabase:
    """An open PostgreSQL store."""

    dialect = "postgresql"

    def __init__(self, engine: sa.Engine) -> None:
        self._engine = engine
        self._reading = engine_for(engine.url, isolation_level="AUTOCOMMIT")
        self._looks = Looks(engine.url.set(drivername="postgresql").render_as_string(hide_password=False))
        # Threads of their own: writes of one account wait for one another, and no read shall wait with them.
        self._readers = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="sql-read")
        self._writers = ThreadPoolExecutor(_CONNECTIONS, thread_name_prefix="sql-write")

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work` on a connection without a transaction."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._readers, self._run, self._reading.connect, work)

    async def first(self, query: HotQuery, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The first row of a query, on the event loop."""
        return await self._looks.first(*query.on("postgresql", values))

    async def read_aside(self, work: Callable[[Tx], T]) -> T:
        """The same."""
        return await self.read(work)

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` and commit; tried again after a deadlock or a lost connection that had done nothing
        yet."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._writers, self._run, self._engine.begin, work)

    def _run(self, enter: Callable[[], AbstractContextManager[Tx]], work: Callable[[Tx], T]) -> T:
        for attempt in range(_TRIES):
            try:
                with enter() as connection:
                    return work(connection)
            except (*NOT_STORABLE, psycopg.DataError) as error:
                raise NotStorable from error
            except (sa.exc.IntegrityError, psycopg.IntegrityError) as error:
                raise AlreadyThere("the change does not fit what is in the store") from error
            except (sa.exc.ProgrammingError, psycopg.ProgrammingError) as error:
                raise StorageUnavailable(f"the store is not as it should be: {_cause(error)}") from error
            except (sa.exc.OperationalError, psycopg.OperationalError) as error:
                if attempt + 1 == _TRIES or not _may_try_again(error):
                    raise StorageUnavailable(f"the store did not answer: {_cause(error)}") from error
        raise AssertionError("unreachable")

    async def close(self) -> None:
        """Finish what runs and close the pool."""
        await self._looks.close()
        self._writers.shutdown()
        self._readers.shutdown()
        self._engine.dispose()
        self._reading.dispose()


def _cause(error: Exception) -> object:
    return getattr(error, "orig", error)


def _may_try_again(error: Exception) -> bool:
    # A connection that died before the commit was asked for has changed nothing.
    lost = (
        isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated and error.statement is not None
    )
    return lost or getattr(_cause(error), "sqlstate", None) in _TRY_AGAIN
