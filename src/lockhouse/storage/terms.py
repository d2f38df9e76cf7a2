"""What a transaction is, and how a store says no."""

import sqlalchemy as sa

from lockhouse.errors import LockhouseError

Tx = sa.Connection
"""What rules and stores are handed: executes Core statements inside the transaction."""


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
