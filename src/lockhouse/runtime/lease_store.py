"""Which `up` runs the servers of a store: one row, whose beat grows while its holder lives.

No clock decides: whoever wants the lease of a holder that is gone must have seen the same beat for a while.
"""

import sqlalchemy as sa

from lockhouse.runtime.tables import LEASE
from lockhouse.storage import Tx

_MAY_HOLD = sa.or_(
    LEASE.c.holder == sa.bindparam("me"), LEASE.c.holder == "", LEASE.c.beat == sa.bindparam("stale")
)
_BEAT = sa.update(LEASE).where(_MAY_HOLD).values(holder=sa.bindparam("me"), beat=LEASE.c.beat + 1)
_RELEASE = sa.update(LEASE).where(LEASE.c.holder == sa.bindparam("me")).values(holder="")
_SEEN = sa.select(LEASE.c.beat)


def beat(tx: Tx, holder: str, *, stale: int) -> tuple[bool, int]:
    """Hold the lease, or go on holding it: whether `holder` does now, and the beat.

    It is taken from another only if its beat is still `stale`; -1 takes it from nobody.
    """
    held = tx.execute(_BEAT, {"me": holder, "stale": stale}).rowcount == 1
    return held, int(tx.execute(_SEEN).scalar_one())


def release(tx: Tx, holder: str) -> None:
    """Let the lease go, if it is this one's."""
    tx.execute(_RELEASE, {"me": holder})
