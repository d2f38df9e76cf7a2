"""SQL of API keys that end by themselves."""

import sqlalchemy as sa

from lockhouse.iam.model import ApiKey
from lockhouse.iam.tables import API_KEYS
from lockhouse.storage import Tx

_KEY = tuple(API_KEYS.c[name] for name in ApiKey.__annotations__)
_MOST = 500
_ENDING = (
    sa.select(*_KEY)
    .where(
        API_KEYS.c.deleted_at.is_(None),
        API_KEYS.c.expires_at >= sa.bindparam("since"),
        API_KEYS.c.expires_at < sa.bindparam("until"),
    )
    .order_by(API_KEYS.c.expires_at, API_KEYS.c.id)
)
_LONG_ENDED = (
    sa.select(*_KEY)
    .where(
        API_KEYS.c.deleted_at.is_(None),
        API_KEYS.c.expires_at < sa.bindparam("before"),
        API_KEYS.c.modified_at < sa.bindparam("before"),
    )
    .order_by(API_KEYS.c.expires_at, API_KEYS.c.id)
    .limit(_MOST)
)


def ending(tx: Tx, *, since: int, until: int) -> list[ApiKey]:
    """Live keys whose `expires_at` lies in this time (Unix milliseconds), `until` left out."""
    return [ApiKey(*row) for row in tx.execute(_ENDING, {"since": since, "until": until})]


def long_ended(tx: Tx, *, before: int) -> list[ApiKey]:
    """Keys that expired before a moment and were not changed since then; at most 500."""
    return [ApiKey(*row) for row in tx.execute(_LONG_ENDED, {"before": before})]
