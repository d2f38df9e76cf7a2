"""How to open a database; nothing about what is in it."""

from lockhouse.storage.database import Database, StorageUnavailable, Tx, open_database

__all__ = ["Database", "StorageUnavailable", "Tx", "open_database"]
