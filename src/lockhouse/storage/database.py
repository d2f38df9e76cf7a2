"""SQLite or PostgreSQL from a URL: `await db.read(work)`, `await db.write(work)`.

A transaction is a plain function of a `Tx`. It cannot await, so no network call can stand inside it. It may
be run again from the start (PostgreSQL, after a deadlock), so it has no effect but its SQL and its value.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

from lockhouse.storage.hot import HotQuery
from lockhouse.storage.terms import Tx

T = TypeVar("T")


class Database(Protocol):
    """An open database."""

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work`. It must not write. SQLite shows all of it one snapshot, PostgreSQL each statement its
        own."""
        ...

    async def first(self, query: HotQuery, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The first row of one query, outside of any transaction: the cheapest way to look something up."""
        ...

    async def read_aside(self, work: Callable[[Tx], T]) -> T:
        """The same for work that may take long, such as a search of a whole table: nobody else waits for
        it."""
        ...

    async def write(self, work: Callable[[Tx], T]) -> T:
        """Run `work` in a transaction; when this returns, the change is on disk. An exception undoes it
        whole."""
        ...

    async def close(self) -> None:
        """Finish what was accepted and close."""
        ...

    @property
    def dialect(self) -> str:
        """`sqlite` or `postgresql`."""
        ...
