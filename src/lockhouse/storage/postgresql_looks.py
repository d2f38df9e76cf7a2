"""PostgreSQL on the event loop, for single look-ups: without a thread, and without a transaction.

A look-up through a thread and SQLAlchemy costs 250 µs and more where threads wait for one another; here 70.
"""

import asyncio
from typing import Any

import psycopg

from lockhouse.storage.terms import NOT_STORABLE, NotStorable, StorageUnavailable

_CONNECTIONS = 4
_CONNECT_SECONDS = 5

Row = tuple[Any, ...]
Connection = psycopg.AsyncConnection[Row]


class Looks:
    """A few connections in autocommit, opened when they are needed. Used on one event loop."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._idle: list[Connection] = []
        self._free = asyncio.Semaphore(_CONNECTIONS)

    async def first(self, text: str, values: dict[str, Any]) -> Row | None:
        """The first row of a query, or None. Raises StorageUnavailable, NotStorable."""
        async with self._free:
            try:
                try:
                    return await self._ask(text, values)
                except psycopg.OperationalError:
                    # The server may have started anew since: a new connection may do better than idle ones.
                    await self._drop_idle()
                    return await self._ask(text, values)
            except (*NOT_STORABLE, psycopg.DataError) as error:
                raise NotStorable from error
            except psycopg.Error as error:
                raise StorageUnavailable(f"the store cannot be read: {error}") from error

    async def close(self) -> None:
        """Close every connection."""
        await self._drop_idle()

    async def _ask(self, text: str, values: dict[str, Any]) -> Row | None:
        connection = self._idle.pop() if self._idle else await self._connect()
        try:
            cursor = await connection.execute(text, values)
            row = await cursor.fetchone()
        except psycopg.DataError:
            self._idle.append(connection)
            raise
        except BaseException:
            # Also when whoever asked stopped waiting: an answer may still be on its way.
            await connection.close()
            raise
        self._idle.append(connection)
        return row

    async def _connect(self) -> Connection:
        return await psycopg.AsyncConnection.connect(
            self._address, autocommit=True, connect_timeout=_CONNECT_SECONDS
        )

    async def _drop_idle(self) -> None:
        idle, self._idle = self._idle, []
        for connection in idle:
            await connection.close()
