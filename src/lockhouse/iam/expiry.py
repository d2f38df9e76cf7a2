"""API keys that end by themselves: told of a week before, deleted long after (iam-identity-api.md 2.3)."""

from lockhouse.iam import apikey_store, audit_store, expiry_store
from lockhouse.iam.audit import KEY_TYPES, THE_PLATFORM, Deed, record_own
from lockhouse.iam.entities import kind_of
from lockhouse.iam.model import ApiKey
from lockhouse.storage import Tx
from lockhouse.wire.times import minutes_text

KEPT_MS = 90 * 86_400_000
"""How long an expired key that nobody changes is kept."""
TOLD_MS = 7 * 86_400_000
"""How long before its end a key's coming end is an event."""
_POSITION = "api keys that end"


def look(tx: Tx, *, now: int) -> None:
    """Tell of the keys that end within a week, each once; delete those that ended ninety days ago."""
    # The position is a moment: up to which every end has been told. One process at a time moves it.
    since, until = audit_store.take_position(tx, _POSITION), now + TOLD_MS
    if until > since:
        for key in expiry_store.ending(tx, since=max(since, now), until=until):
            _tell(tx, key, now=now)
        audit_store.set_position(tx, _POSITION, until)
    for key in expiry_store.long_ended(tx, before=now - KEPT_MS):
        apikey_store.bury(tx, key.id, at=now, by=THE_PLATFORM)
        deed = Deed(f"{KEY_TYPES[kind_of(key.iam_id)]}.delete", key.id, "DELETE", (f"name={key.name}",))
        record_own(tx, key.account_id, deed, now=now)


def _tell(tx: Tx, key: ApiKey, *, now: int) -> None:
    ends = minutes_text(key.expires_at or now)
    deed = Deed(
        f"{KEY_TYPES[kind_of(key.iam_id)]}.expire",
        key.id,
        params=(f"name={key.name}", f"iam_id={key.iam_id}", f"expires_at={ends}"),
        message=f"Warning: API key {key.name} expires at {ends}.",
    )
    record_own(tx, key.account_id, deed, now=now)
