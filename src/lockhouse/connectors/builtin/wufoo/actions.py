"""New entries of a form, by their numbers: they grow, while times are in US Pacific and do not say so."""

from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult

PAGE = 100
MOST_PAGES = 50


async def new_entries(call: ActionCall, session: Session) -> ActionResult:
    """The entries submitted since the last call; the first only learns the newest number
    (runtime.triggers.managed).
    """
    form = filters.equalities(filters.read_where(call.where)).get("Hash")
    if not form:
        raise Rejected("Hash: say of which form")
    places = {"Hash": form}
    state = call.input.get("state")
    if not isinstance(state, int):
        scope = {"places": places, "offset": 0, "size": 1}
        newest = _numbered((await session.send("newest", scope)).body)
        return _told([], max(newest, default=0))
    found: dict[int, Any] = {}
    for page in range(MOST_PAGES):
        scope = {"places": places, "after": state, "offset": page * PAGE, "size": PAGE}
        shown = _numbered((await session.send("after", scope)).body)
        found |= {number: entry for number, entry in shown.items() if number > state}
        if len(shown) < PAGE:
            break
    return _told([found[number] for number in sorted(found)], max(found, default=state))


def _numbered(body: Any) -> dict[int, Any]:
    entries = body.get("Entries") if isinstance(body, dict) else None
    return {
        int(number): entry
        for entry in entries or []
        if isinstance(entry, dict) and (number := str(entry.get("EntryId"))).isdecimal()
    }


def _told(entries: list[Any], newest: int) -> ActionResult:
    events = [{"id": str(entry["EntryId"]), "payload": entry} for entry in entries]
    return ActionResult(payload={"events": events, "state": newest})
