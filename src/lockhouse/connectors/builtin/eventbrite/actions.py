"""What is new at Eventbrite: attendees, orders and events of one organization, or of the account's all."""

from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult

OVERLAP = timedelta(minutes=5)
MOST_PAGES = 200


async def new_attendees(call: ActionCall, session: Session) -> ActionResult:
    """The attendees that were added since the last call (runtime.triggers.managed)."""
    return await _new(call, session, "attendees")


async def new_orders(call: ActionCall, session: Session) -> ActionResult:
    """The orders that were placed since the last call."""
    return await _new(call, session, "orders")


async def new_events(call: ActionCall, session: Session) -> ActionResult:
    """The events that were made since the last call."""
    return await _new(call, session, "events")


async def _new(call: ActionCall, session: Session, kind: str) -> ActionResult:
    state = call.input.get("state")
    known: Mapping[str, Any] = state if isinstance(state, dict) else {}
    start = _moment(call.input.get("since")) or session.now
    since = max(start, _moment(known.get("since")) or start)
    seen = set(known.get("seen") or [])
    records = {
        str(record.get("id")): record
        for organization in await _organizations(call, session)
        async for record in _records(session, kind, organization, since)
        if (_moment(record.get("created")) or since) >= since
    }
    new = [record for key, record in records.items() if key not in seen and _counts(record, kind)]
    new.sort(key=lambda record: str(record.get("created")))
    newest = max([since, *(moment for one in records.values() if (moment := _moment(one.get("created"))))])
    after = max(since, newest - OVERLAP)
    told = {key for key, record in records.items() if _counts(record, kind)}
    events = [{"id": str(record["id"]), "payload": record} for record in new if record.get("id")]
    remembered = {"since": _text(after), "seen": sorted(told)}
    return ActionResult(payload={"events": events, "state": remembered})


def _counts(record: Mapping[str, Any], kind: str) -> bool:
    # An order exists before it is paid; it is new when it is placed.
    return kind != "orders" or record.get("status") == "placed"


async def _organizations(call: ActionCall, session: Session) -> list[str]:
    where = filters.equalities(filters.read_where(call.where))
    if where.get("organizationID"):
        return [str(where["organizationID"])]
    pages = _pages(session, "organizations", {}, "organizations")
    return [str(organization["id"]) async for organization in pages]


async def _records(
    session: Session, kind: str, organization: str, since: datetime
) -> AsyncIterator[dict[str, Any]]:
    values = {"places": {"organization": organization}, "since": _text(since)}
    async for record in _pages(session, f"new-{kind}", values, kind):
        created = _moment(record.get("created"))
        if kind == "events" and created is not None and created < since:
            return  # the newest come first
        yield record


async def _pages(
    session: Session, request: str, values: Mapping[str, Any], items: str
) -> AsyncIterator[dict[str, Any]]:
    cursor, page = None, 1
    for _ in range(MOST_PAGES):
        asked = {"cursor": cursor, "page": None if cursor else page}
        body = (await session.send(request, {**values, **asked})).body
        for record in body.get(items) or []:
            yield record
        told = body.get("pagination") or {}
        before, cursor, page = cursor, told.get("continuation"), page + 1
        if not told.get("has_more_items") or (cursor and cursor == before):
            return


def _moment(text: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
