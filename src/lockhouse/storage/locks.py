"""Names that one transaction holds at a time."""

import sqlalchemy as sa

from lockhouse.storage.hot import HotQuery
from lockhouse.storage.terms import Tx

_HOLD = HotQuery(sa.select(sa.func.pg_advisory_xact_lock(sa.func.hashtextextended(sa.bindparam("name"), 0))))


def hold(tx: Tx, name: str) -> None:
    """Wait until no other transaction holds this name, and hold it to the end of this one.

    For rules that look first and then write, such as a count that must not be passed. On SQLite writes
    come one after another anyway.
    """
    if tx.dialect.name == "postgresql":
        _HOLD.first(tx, {"name": name})
