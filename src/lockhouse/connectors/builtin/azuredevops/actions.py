"""Work items are found by a query that tells their numbers only; what they hold is asked for after that."""

from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.filters import NEVER
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_FOUND = 20_000
_AT_ONCE = 200
_PLACES = ("organization", "project")


async def retrieve_work_items(call: ActionCall, session: Session) -> ActionResult:
    """The work items of a project that meet the filter, by number."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    places = _places(filters.equalities(tree))
    work_item = session.connector.objects["WorkItem"]
    plan = filters.plan(work_item.actions["RETRIEVEALL"], work_item, tree)
    wanted = MOST_FOUND if call.limit is None else min(call.limit, MOST_FOUND - 1) + 1
    numbers = await _numbers(plan.text, MOST_FOUND if plan.rest.members else wanted, places, session)
    found: list[dict[str, Any]] = []
    for start in range(0, len(numbers), _AT_ONCE):
        items = await _work_items(numbers[start : start + _AT_ONCE], places, session)
        found += [item for item in items if filters.holds(plan.rest, {**item, **(item.get("fields") or {})})]
        if len(found) >= wanted:
            break
    kept = found[: call.limit]
    return ActionResult(payload=kept, status_code=206 if len(found) > len(kept) else 200 if kept else 204)


def _places(known: dict[str, Any]) -> dict[str, str]:
    missing = [name for name in _PLACES if known.get(name) in (None, "")]
    if missing:
        raise Rejected(f"the filter must give {' and '.join(missing)}")
    return {name: as_text(known[name]) for name in _PLACES}


async def _numbers(text: str, most: int, places: dict[str, str], session: Session) -> list[int]:
    conditions = f" AND {text}" if text else ""
    reply = await session.send("query", {"places": places, "conditions": conditions, "size": most})
    return [one["id"] for one in reply.body.get("workItems") or []]


async def _work_items(numbers: list[int], places: dict[str, str], session: Session) -> list[dict[str, Any]]:
    ids = ",".join(map(str, numbers))
    reply = await session.send("work-items", {"places": places, "ids": ids})
    return [item for item in reply.body.get("value") or [] if item]
