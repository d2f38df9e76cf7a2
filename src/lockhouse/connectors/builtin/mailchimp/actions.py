"""New members, campaigns and audiences: Mailchimp is asked for those made since and a little before."""

from datetime import UTC, datetime, timedelta
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_PAGES = 100
_OVERLAP = timedelta(minutes=5)
"""Times have whole seconds, and what is new may show late: the last minutes are asked for again."""


async def new_members(call: ActionCall, session: Session) -> ActionResult:
    """The members that were added since the last call (runtime.triggers.managed)."""
    list_id = filters.equalities(filters.read_where(call.where)).get("list_id")
    if not list_id:
        raise Rejected("list_id: say of which audience")
    return await _new(call, session, "members", "timestamp_opt", {"places": {"list_id": list_id}})


async def new_campaigns(call: ActionCall, session: Session) -> ActionResult:
    """The campaigns that were made since the last call (runtime.triggers.managed)."""
    list_id = filters.equalities(filters.read_where(call.where)).get("list_id")
    return await _new(call, session, "campaigns", "create_time", {"list_id": list_id})


async def new_lists(call: ActionCall, session: Session) -> ActionResult:
    """The audiences that were made since the last call (runtime.triggers.managed)."""
    return await _new(call, session, "lists", "date_created", {})


async def _new(
    call: ActionCall, session: Session, name: str, field: str, values: dict[str, Any]
) -> ActionResult:
    started = _moment(call.input.get("since")) or session.now
    state = call.input.get("state")
    known = state if isinstance(state, dict) else {}
    newest = _moment(known.get("newest")) or started
    seen: dict[str, str] = dict(known.get("seen") or {})
    since = max(started.replace(microsecond=0), newest - _OVERLAP)
    events: list[dict[str, Any]] = []
    for item in await _items(session, name, {**values, "since": _written(since)}):
        made = _moment(item.get(field))
        if made is None or made < since or item["id"] in seen:
            continue
        seen[item["id"]], newest = _written(made), max(newest, made)
        events.append({"id": item["id"], "payload": item})
    horizon = _written(newest - 2 * _OVERLAP)
    kept = {one: at for one, at in seen.items() if at >= horizon}
    return ActionResult(payload={"events": events, "state": {"newest": _written(newest), "seen": kept}})


async def _items(session: Session, name: str, values: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for _ in range(MOST_PAGES):
        body = (await session.send(name, {**values, "offset": len(found)})).body
        page = body.get(name) or []
        found += page
        if not page or len(found) >= int(body.get("total_items") or 0):
            break
    return found


def _moment(text: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(as_text(text or ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds")
