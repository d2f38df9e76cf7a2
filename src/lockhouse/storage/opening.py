"""Open SQLite or PostgreSQL from a URL."""

from pathlib import Path

import sqlalchemy as sa

from lockhouse.storage.database import Database
from lockhouse.storage.terms import StorageUnavailable


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
