"""How to open a database; nothing about what is in it."""

from lockhouse.storage.database import Database
from lockhouse.storage.opening import open_database, sqlite_url
from lockhouse.storage.terms import AlreadyThere, NotStorable, StorageUnavailable, Tx

__all__ = [
    "AlreadyThere",
    "Database",
    "NotStorable",
    "StorageUnavailable",
    "Tx",
    "open_database",
    "sqlite_url",
]
