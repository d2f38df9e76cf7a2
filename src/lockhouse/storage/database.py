"""SQLite or PostgreSQL from a URL: `await db.read(work)`, `await db.write(work)`.

A transaction is a plain function of a `Tx`. It cannot await, so no network call can stand inside it, and
it may be run
again from the start (PostgreSQL, after a deadlock), so it has no effect but its SQL and its value.
"""

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

import sqlalchemy as sa

from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from lockhouse.storage.hot import HotQuery

Tx = sa.Connection
"""What rules and stores are handed: executes Core statements inside the transaction."""

T = TypeVar("T")


class StorageUnavailable(LockhouseError):
    """The database cannot be opened, or did not take a commit. Nothing of the change was acknowledged."""


class AlreadyThere(LockhouseError):
    """The change breaks a rule of the tables: somebody else was faster, or what it refers to is gone."""


class NotStorable(LockhouseError):
    """A value that no column can hold or be compared with: a NUL, half a character, a number beyond 64
    bits."""

    def __init__(self) -> None:
        super().__init__("A parameter holds a character or a number that cannot be stored.")


NOT_STORABLE = (sa.exc.DataError, OverflowError, UnicodeEncodeError)


class Database(Protocol):
    """An open database."""

    async def read(self, work: Callable[[Tx], T]) -> T:
        """Run `work`. It must not write. SQLite shows all of it one snapshot, PostgreSQL each statement its
        own."""
        ...

    async def first(self, query: "HotQuery", values: dict[str, Any]) -> tuple[Any, ...] | None:
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


def sqlite_url(data: Path) -> str:
    """The URL of the SQLite store in a data directory."""
    return f"sqlite:///{(data / 'lockhouse.db').resolve()}"


def open_database(url: str) -> Database:
    """Open a store and bring its tables up to date.

    `url` is `sqlite:///path` or `postgresql://user:password@host/name`. Raises StorageUnavailable, whose
    text never holds the URL's password.
    """
    from lockhouse.storage import migrate

    try:
        parsed = sa.engine.make_url(url)
    except (sa.exc.ArgumentError, ValueError):
        raise StorageUnavailable(
            "the database URL cannot be read: expected postgresql://user@host/name"
        ) from None
    try:
        if parsed.get_backend_name() == "sqlite":
            from lockhouse.storage import sqlite

            migrate.bring_up_to_date(sqlite.engine_for(parsed))
            return sqlite.SqliteDatabase(parsed)
        if parsed.get_backend_name() == "postgresql":
            # Only here: psycopg costs a fifth of a second and 20 MB.
            from lockhouse.storage import postgresql

            engine = postgresql.engine_for(parsed)
            migrate.bring_up_to_date(engine)
            return postgresql.PostgresDatabase(engine)
    except (sa.exc.OperationalError, sa.exc.DatabaseError) as error:
        raise StorageUnavailable(
            f"cannot open {parsed.render_as_string(hide_password=True)}: {error.orig}"
        ) from error
    raise StorageUnavailable(
        f"unknown kind of database: {parsed.get_backend_name()}; use sqlite or postgresql"
    )
