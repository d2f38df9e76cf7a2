"""SQL of the audit trail, of history, and of the counts of token issues."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import takewhile
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from lockhouse.iam.model import Change, Event, Use, Visit
from lockhouse.iam.tables import ACTIVITY, AUDIT, POSITIONS
from lockhouse.storage import Tx
from lockhouse.storage.hot import HotInsert
from lockhouse.storage.locks import hold

_COLUMNS = (
    "at",
    "account_id",
    "action",
    "outcome",
    "actor",
    "actor_account",
    "target",
    "change",
    "params_json",
    "message",
    "address",
    "agent",
    "trace",
)
_INSERT = HotInsert(AUDIT, *_COLUMNS)
_EVENT_COLUMNS = (AUDIT.c.number, *(AUDIT.c[name] for name in _COLUMNS))
_AFTER = (
    sa.select(*_EVENT_COLUMNS)
    .where(AUDIT.c.number > sa.bindparam("number"))
    .order_by(AUDIT.c.number)
    .limit(sa.bindparam("most"))
)
_POSITION = sa.select(POSITIONS.c.number).where(POSITIONS.c.name == sa.bindparam("name"))
_MOVE = (
    sa.update(POSITIONS).where(POSITIONS.c.name == sa.bindparam("reader")).values(number=sa.bindparam("to"))
)
_HISTORY = (
    sa.select(
        AUDIT.c.target,
        AUDIT.c.at,
        AUDIT.c.actor,
        AUDIT.c.actor_account,
        AUDIT.c.change,
        AUDIT.c.params_json,
        AUDIT.c.message,
    )
    .where(AUDIT.c.target.in_(sa.bindparam("targets", expanding=True)), AUDIT.c.change.is_not(None))
    .where(AUDIT.c.outcome == "success")
    .order_by(AUDIT.c.number)
)
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
        event.at,
        event.account_id,
        event.action,
        event.outcome,
        event.actor,
        event.actor_account,
        event.target,
        event.change,
        params,
        event.message,
        visit.address,
        visit.agent,
        visit.trace,
    )


def history(tx: Tx, targets: Sequence[str]) -> dict[str, list[Change]]:
    """The successful changes of each entity, oldest first."""
    found: dict[str, list[Change]] = {target: [] for target in targets}
    for target, at, actor, actor_account, change, params, message in tx.execute(
        _HISTORY, {"targets": list(targets)}
    ):
        entry = Change(at, actor, actor_account, change, tuple(msgspec.json.decode(params)), message)
        found[target].append(entry)
    return found


class Numbered(msgspec.Struct, frozen=True):
    """An event with its number."""

    number: int
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class EventList:
    """Which events are wanted: `action` by its beginning, `equal` by column, moments in Unix milliseconds,
    and beyond which number the page starts."""

    account_id: str
    action: str | None = None
    equal: Mapping[str, str] = field(default_factory=dict)
    since: int | None = None
    until: int | None = None
    oldest_first: bool = False
    beyond: int | None = None


def events(tx: Tx, wanted: EventList, most: int) -> list[Numbered]:
    """Events of an account."""
    rows = sa.select(*_EVENT_COLUMNS).where(AUDIT.c.account_id == wanted.account_id)
    if wanted.action is not None:
        rows = rows.where(sa.func.substr(AUDIT.c.action, 1, len(wanted.action)) == wanted.action)
    for column, value in wanted.equal.items():
        rows = rows.where(AUDIT.c[column] == value)
    if wanted.since is not None:
        rows = rows.where(AUDIT.c.at >= wanted.since)
    if wanted.until is not None:
        rows = rows.where(AUDIT.c.at < wanted.until)
    number = AUDIT.c.number
    if wanted.beyond is not None:
        rows = rows.where(number > wanted.beyond if wanted.oldest_first else number < wanted.beyond)
    rows = rows.order_by(number.asc() if wanted.oldest_first else number.desc()).limit(most)
    return [_event(tuple(row)) for row in tx.execute(rows)]


def events_after(tx: Tx, number: int, until: int, most: int) -> list[Numbered]:
    """Every account's events after a number, in order, up to the first that is later than `until`."""
    found = [_event(tuple(row)) for row in tx.execute(_AFTER, {"number": number, "most": most})]
    return list(takewhile(lambda one: one.event.at <= until, found))


def take_position(tx: Tx, name: str) -> int:
    """How far a reader of the trail has come; no other process reads under this name until the transaction
    ends."""
    hold(tx, name)
    return int(tx.scalar(_POSITION, {"name": name}) or 0)


def set_position(tx: Tx, name: str, number: int) -> None:
    """Note how far a reader of the trail has come."""
    if tx.execute(_MOVE, {"reader": name, "to": number}).rowcount == 0:
        tx.execute(sa.insert(POSITIONS), {"name": name, "number": number})


def _event(row: tuple[Any, ...]) -> Numbered:
    (
        number,
        at,
        account_id,
        action,
        outcome,
        actor,
        actor_account,
        target,
        change,
        params,
        message,
        *visit,
    ) = row
    address, agent, trace = visit
    event = Event(
        at=at,
        account_id=account_id,
        action=action,
        actor=actor,
        actor_account=actor_account,
        target=target,
        visit=Visit(at, address, agent, trace),
        outcome=outcome,
        change=change,
        params=tuple(msgspec.json.decode(params)),
        message=message,
    )
    return Numbered(number, event)


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
