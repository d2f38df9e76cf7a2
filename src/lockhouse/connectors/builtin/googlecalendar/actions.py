"""Events: their times need the calendar's zone now and then, and flows know them by other names."""

from datetime import timedelta
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.builtin.googlecalendar import times
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.filters import NEVER, Condition, Group, Tree
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_EVENTS = 10_000
MOST_CHANGED = 1_000
_PAGE = 250
_OURS = frozenset(
    {"id", "eventId", "startTime", "endTime", "timeZone", "allDayEvent", "attendees", "recurrenceRequest"}
    | {"sendUpdates", "text"}
)
_LOOK_BACK = timedelta(days=7)
_PARAMETERS = {
    ("fromDate", "="): "timeMin", ("fromDate", "gte"): "timeMin", ("toDate", "="): "timeMax",
    ("toDate", "lte"): "timeMax", ("updated", "gte"): "updatedMin", ("updated", "gt"): "updatedMin",
}  # fmt: skip


async def create_event(call: ActionCall, session: Session) -> ActionResult:
    """Make an event in a calendar."""
    return ActionResult(payload=await _create(call.input, session), status_code=201)


async def retrieve_events(call: ActionCall, session: Session) -> ActionResult:
    """The events of a calendar, each occurrence for itself, unless what was updated is asked for."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    limit = min(call.limit or MOST_EVENTS, MOST_EVENTS)
    found = await _find(tree, limit + 1, session)
    status = 206 if len(found) > limit else 200 if found else 204
    return ActionResult(payload=found[:limit], status_code=status)


async def update_events(call: ActionCall, session: Session) -> ActionResult:
    """Change the events that the filter finds."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    known = filters.equalities(tree)
    if not known.keys() - {"id"}:
        raise Rejected("a filter is needed that says which events of the calendar are meant")
    if known.keys() == {"id", "eventId"} == {one.field for one in tree.members if isinstance(one, Condition)}:
        ids = [known["eventId"]]
    else:
        ids = [one["eventId"] for one in await _find(tree, call.limit or MOST_CHANGED, session)]
    changed = []
    for event_id in ids:
        try:
            changed.append(await _update(known["id"], event_id, call.input, session))
        except NotFound:
            continue
    if not changed:
        return ActionResult(payload=[], status_code=204)
    return ActionResult(payload=changed[0] if len(changed) == 1 else changed)


async def upsert_event(call: ActionCall, session: Session) -> ActionResult:
    """Change the one event that the filter finds, or make it with what the filter says of it."""
    tree = filters.read_where(call.where)
    known = filters.equalities(tree)
    if tree == NEVER or not known.keys() - {"id"}:
        raise Rejected("the filter of an upsert must say by which values the event is known")
    found = await _find(tree, 2, session)
    if len(found) > 1:
        raise Rejected("several events match the filter of the upsert", status_code=409)
    if found:
        return ActionResult(payload=await _update(known["id"], found[0]["eventId"], call.input, session))
    told = {
        name: value for name, value in known.items() if name not in ("eventId", "fromDate", "toDate", "q")
    }
    return ActionResult(payload=await _create({**told, **call.input}, session), status_code=201)


async def _create(values: dict[str, Any], session: Session) -> dict[str, Any]:
    missing = [name for name in ("id", "startTime", "endTime") if values.get(name) in (None, "")]
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")
    reply = await session.send("create", await _request(values, session))
    return event_object(reply.body, values["id"])


async def _update(calendar: Any, event_id: Any, values: dict[str, Any], session: Session) -> dict[str, Any]:
    request = await _request({**values, "id": calendar}, session)
    for name in ("start", "end"):
        # A change is merged with what is there: of day and time one must be taken away.
        if name in request["record"]:
            request["record"][name] = {"date": None, "dateTime": None} | request["record"][name]
    request["places"]["eventId"] = event_id
    reply = await session.send("update", request)
    return event_object(reply.body, calendar)


async def _request(values: dict[str, Any], session: Session) -> dict[str, Any]:
    record = {name: value for name, value in values.items() if name not in _OURS and value is not None}
    record |= await _times(values, session)
    if values.get("attendees") is not None:
        record["attendees"] = [one for one in values["attendees"] if one.get("email")]
    return {
        "places": {"id": values["id"]},
        "record": record,
        "sendUpdates": values.get("sendUpdates") or None,
        "conference": 1 if record.get("conferenceData") else None,
    }


async def _times(values: dict[str, Any], session: Session) -> dict[str, Any]:
    given = {name: values.get(name) for name in ("startTime", "endTime")}
    present = [value for value in given.values() if value not in (None, "")]
    start, end = given["startTime"], given["endTime"]
    all_day = values.get("allDayEvent") is True or (bool(present) and all(map(times.is_day, present)))
    zone = as_text(values["timeZone"]) if values.get("timeZone") else None
    repeats = values.get("recurrenceRequest") or []
    if present and zone is None and not all_day and (repeats or any(map(times.needs_zone, present))):
        zone = await _zone_of(values["id"], session)
    found: dict[str, Any] = {}
    if all_day:
        first, after = times.days(start or end, end or start)
        ends = {"start": {"date": first}, "end": {"date": after}}
        found |= {name: ends[name] for name, value in (("start", start), ("end", end)) if value}
    else:
        found |= {name: times.point(value, zone) for name, value in (("start", start), ("end", end)) if value}
    if repeats:
        found["recurrence"] = times.recurrence(repeats, all_day=all_day)
    return found


async def _zone_of(calendar: Any, session: Session) -> str | None:
    name = f"zone of {calendar}"
    zone = session.cached(name)
    if zone is None:
        zone = (await session.send("calendar", {"places": {"id": calendar}})).body.get("timeZone")
        session.keep(name, zone)
    return zone if isinstance(zone, str) else None


async def _find(tree: Group, wanted: int, session: Session) -> list[dict[str, Any]]:
    known = filters.equalities(tree)
    if known.get("id") in (None, ""):
        raise Rejected("id: the filter must say in which calendar")
    calendar = known["id"]
    asked, rest = _split(tree)
    if "eventId" in known:
        try:
            body = (await session.send("get", {"places": {"id": calendar, "eventId": known["eventId"]}})).body
        except NotFound:
            return []
        found = event_object(body, calendar)
        return [found] if body.get("status") != "cancelled" and filters.holds(rest, found) else []
    try:
        return await _listed(calendar, asked, rest, wanted, session)
    except NotFound as gone:
        if gone.status_code != 410 or "updatedMin" not in asked:
            raise
        # Google no longer knows the changes of so long ago.
        asked["updatedMin"] = (session.now - _LOOK_BACK).isoformat(timespec="seconds")
        return await _listed(calendar, asked, rest, wanted, session)


def _split(tree: Group) -> tuple[dict[str, Any], Group]:
    """What Google is asked by, and what is left to compare here."""
    asked: dict[str, Any] = {}
    rest: list[Tree] = []
    for member in tree.members:
        name = _PARAMETERS.get((member.field, member.operator)) if isinstance(member, Condition) else None
        if not isinstance(member, Condition):
            rest.append(member)
        elif name is not None:
            asked[name] = times.in_filter(member.value)
        elif member.operator == "=" and member.field == "q":
            asked["q"] = member.value
        elif member.field not in ("id", "eventId"):
            rest.append(member)
    return asked, Group("and", tuple(rest))


async def _listed(
    calendar: Any, asked: dict[str, Any], rest: Group, wanted: int, session: Session
) -> list[dict[str, Any]]:
    # Changes of a recurring event are one change; otherwise each occurrence counts, in order.
    by_change = "updatedMin" in asked
    order = {"single": "false"} if by_change else {"single": "true", "order": "startTime"}
    size = _PAGE if rest.members or by_change else min(_PAGE, wanted)
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        values = {**asked, **order, "places": {"id": calendar}, "size": size, "cursor": cursor}
        body = (await session.send("list", values)).body
        for item in body.get("items") or []:
            event = event_object(item, calendar)
            if item.get("status") != "cancelled" and filters.holds(rest, event):
                found.append(event)
        before, cursor = cursor, body.get("nextPageToken")
        if len(found) >= wanted or not cursor or cursor == before:
            return found[:wanted]


def event_object(item: dict[str, Any], calendar: Any) -> dict[str, Any]:
    """An event of Google as flows read it."""
    start, end = _ends(item, "start"), _ends(item, "end")
    told = {
        "id": calendar,
        "eventId": item.get("id"),
        "startTime": start.get("dateTime") or start.get("date"),
        "endTime": end.get("dateTime") or end.get("date"),
        "timeZone": start.get("timeZone"),
        "allDayEvent": "date" in start,
    }
    return {name: value for name, value in item.items() if name not in ("start", "end")} | told


def _ends(item: dict[str, Any], name: str) -> dict[str, Any]:
    found = item.get(name)
    return found if isinstance(found, dict) else {}
