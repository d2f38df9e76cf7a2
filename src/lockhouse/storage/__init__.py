"""How to open a database; nothing about what is in it."""

from lockhouse.storage.database import (
    AlreadyThere,
    Database,
    NotStorable,
    StorageUnavailable,
    Tx,
    open_database,
)

__all__ = ["AlreadyThere", "Database", "NotStorable", "StorageUnavailable", "Tx", "open_database"]
