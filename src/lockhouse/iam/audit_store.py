"""SQL of the audit trail, of history, and of the counts of token issues."""

from collections.abc import Iterable, Mapping, Sequence

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from lockhouse.iam.model import Change, Event, Use
from lockhouse.iam.tables import ACTIVITY, AUDIT
from lockhouse.storage import Tx
from lockhouse.storage.hot import HotInsert

_COLUMNS = (
    "at", "account_id", "action", "outcome", "actor", "actor_account", "target", "change", "params_json", "message",
    "address", "agent", "trace",
)  # fmt: skip
_INSERT = HotInsert(AUDIT, *_COLUMNS)
_HISTORY = (
    sa.select(
        AUDIT.c.target, AUDIT.c.at, AUDIT.c.actor, AUDIT.c.actor_account, AUDIT.c.change, AUDIT.c.params_json,
        AUDIT.c.message,
    )
    .where(AUDIT.c.target.in_(sa.bindparam("targets", expanding=True)), AUDIT.c.change.is_not(None))
    .where(AUDIT.c.outcome == "success")
    .order_by(AUDIT.c.number)
)  # fmt: skip
_USES = sa.select(ACTIVITY).where(ACTIVITY.c.entity_id.in_(sa.bindparam("entity_ids", expanding=True)))


def _upsert(insert: sqlite.Insert | postgresql.Insert) -> sqlite.Insert | postgresql.Insert:
    return insert.on_conflict_do_update(
        index_elements=["entity_id"],
        set_={
            "last_authn": insert.excluded.last_authn,
            "authn_count": ACTIVITY.c.authn_count + insert.excluded.authn_count,
        },
    )


_COUNT = {"sqlite": _upsert(sqlite.insert(ACTIVITY)), "postgresql": _upsert(postgresql.insert(ACTIVITY))}


def insert(tx: Tx, events: Iterable[Event]) -> None:
    """Append events in their order."""
    _INSERT.many(tx, [_row(event) for event in events])


def _row(event: Event) -> tuple[object, ...]:
    visit = event.visit
    params = msgspec.json.encode(event.params).decode() if event.params else "[]"
    return (
        event.at, event.account_id, event.action, event.outcome, event.actor, event.actor_account, event.target,
        event.change, params, event.message, visit.address, visit.agent, visit.trace,
    )  # fmt: skip


def history(tx: Tx, targets: Sequence[str]) -> dict[str, list[Change]]:
    """The successful changes of each entity, oldest first."""
    found: dict[str, list[Change]] = {target: [] for target in targets}
    for target, at, actor, actor_account, change, params, message in tx.execute(
        _HISTORY, {"targets": list(targets)}
    ):
        entry = Change(at, actor, actor_account, change, tuple(msgspec.json.decode(params)), message)
        found[target].append(entry)
    return found


def count_uses(tx: Tx, uses: Mapping[str, Use]) -> None:
    """Add to the counts of token issues, by entity."""
    tx.execute(
        _COUNT[tx.dialect.name],
        [
            {"entity_id": entity_id, "last_authn": use.last_authn, "authn_count": use.authn_count}
            for entity_id, use in sorted(uses.items())
        ],
    )


def uses(tx: Tx, entity_ids: Sequence[str]) -> dict[str, Use]:
    """The counts of each entity; zero for those never used."""
    found = {entity_id: Use() for entity_id in entity_ids}
    for entity_id, last_authn, authn_count in tx.execute(_USES, {"entity_ids": list(entity_ids)}):
        found[entity_id] = Use(last_authn, authn_count)
    return found
