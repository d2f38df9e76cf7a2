"""Apply what is missing of the one history of migrations."""

from importlib.resources import files

import sqlalchemy as sa

from lockhouse.errors import LockhouseError

_LOCK = 0x10C4  # PostgreSQL advisory lock: one process migrates, the others wait
_VERSION = sa.text("SELECT version_num FROM alembic_version")


class StoreIsNewer(LockhouseError):
    """The store was written by a later version of Lockhouse than this one."""


def versions() -> list[str]:
    """The history: the revision ids, which are the numbers that the files' names start with, oldest first."""
    names = (entry.name for entry in files("lockhouse.storage.migrations.versions").iterdir())
    return sorted(name.split("_", 1)[0] for name in names if name[:4].isdigit() and name.endswith(".py"))


def bring_up_to_date(engine: sa.Engine) -> None:
    """Upgrade the tables to the newest version. Raises StoreIsNewer."""
    with engine.connect() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(sa.text(f"SELECT pg_advisory_lock({_LOCK})"))
        try:
            _upgrade(connection)
            connection.commit()
        finally:
            if connection.dialect.name == "postgresql":
                connection.rollback()
                connection.execute(sa.text(f"SELECT pg_advisory_unlock({_LOCK})"))
                connection.commit()


def _upgrade(connection: sa.Connection) -> None:
    known = versions()
    present = connection.scalar(_VERSION) if sa.inspect(connection).has_table("alembic_version") else None
    if present == known[-1]:
        return
    if present is not None and present not in known:
        raise StoreIsNewer(f"the store is at version {present}, this Lockhouse knows up to {known[-1]}")
    # Imported here: it costs a fifth of a second, and nearly every start finds the store up to date.
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "lockhouse:storage/migrations")
    config.attributes["connection"] = connection
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    command.upgrade(config, "head")
    if connection.dialect.name == "sqlite":
        connection.exec_driver_sql("COMMIT")
