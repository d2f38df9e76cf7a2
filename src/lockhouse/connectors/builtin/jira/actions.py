"""Issues: searching by JQL needs the account's time zone, and people are found by their names."""

from datetime import UTC, tzinfo
from typing import Any
from zoneinfo import ZoneInfo

from lockhouse.connectors import filters
from lockhouse.connectors.builtin.jira import jql
from lockhouse.connectors.coercion import missing_fields, record_of
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.filters import NEVER, Group
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_ISSUES = 10_000
MOST_CHANGED = 1_000
_PAGE = 100
_PEOPLE = ("reporter", "assignee")


async def create_issue(call: ActionCall, session: Session) -> ActionResult:
    """Make an issue; the payload is its id, key and address."""
    return ActionResult(payload=await _create(call.input, session), status_code=201)


async def retrieve_issues(call: ActionCall, session: Session) -> ActionResult:
    """The issues that meet the filter, the oldest first."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    limit = min(call.limit or MOST_ISSUES, MOST_ISSUES)
    found = await _find(tree, limit + 1, session)
    status = 206 if len(found) > limit else 200 if found else 204
    return ActionResult(payload=found[:limit], status_code=status)


async def update_issues(call: ActionCall, session: Session) -> ActionResult:
    """Change the issues that the filter finds."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    known = filters.equalities(tree)
    if not known and not tree.members:
        raise Rejected("a filter is needed: without one every issue would be reached")
    if known.keys() == {"id"} and len(tree.members) == 1:
        ids = [known["id"]]
    else:
        ids = [issue["id"] for issue in await _find(tree, call.limit or MOST_CHANGED, session)]
    changed = []
    for issue_id in ids:
        try:
            changed.append(await _update(issue_id, call.input, session))
        except NotFound:
            continue
    if not changed:
        return ActionResult(payload=[], status_code=204)
    return ActionResult(payload=changed[0] if len(changed) == 1 else changed)


async def upsert_issue(call: ActionCall, session: Session) -> ActionResult:
    """Change the one issue that the filter finds, or make it with what the filter says of it."""
    tree = filters.read_where(call.where)
    known = filters.equalities(tree)
    if tree == NEVER or not known.keys() - {"key"}:
        raise Rejected("the filter of an upsert must say by which values the issue is known")
    found = await _find(tree, 2, session)
    if len(found) > 1:
        raise Rejected("several issues match the filter of the upsert", status_code=409)
    if found:
        return ActionResult(payload=await _update(found[0]["id"], call.input, session))
    told = {name: value for name, value in known.items() if name != "id"}
    return ActionResult(payload=await _create({**told, **call.input}, session), status_code=201)


async def _create(values: dict[str, Any], session: Session) -> dict[str, Any]:
    missing = missing_fields(session.connector.objects["Issue"].fields, values)
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")
    reply = await session.send("create", {"record": await _record(values, session, creating=True)})
    made: dict[str, Any] = reply.body
    return made


async def _update(issue_id: Any, values: dict[str, Any], session: Session) -> dict[str, Any]:
    record = await _record(values, session, creating=False)
    await session.send("update", {"places": {"id": issue_id}, "record": record})
    return {"id": as_text(issue_id)}


async def _record(values: dict[str, Any], session: Session, *, creating: bool) -> dict[str, Any]:
    """The fields as Jira takes them; those that the connector does not know are the project's own."""
    known = session.connector.objects["Issue"].fields
    record = record_of(known, values, creating=creating)
    own = {name: value for name, value in record.items() if name != "fields"}
    fields: dict[str, Any] = {**own, **(record.get("fields") or {})}
    for name in _PEOPLE:
        if isinstance(fields.get(name), dict):
            fields[name] = await _person(name, fields[name], session)
    return {"fields": fields}


async def _person(field: str, given: dict[str, Any], session: Session) -> dict[str, Any]:
    if given.get("id") or given.get("accountId"):
        return given
    query = given.get("emailAddress") or given.get("name") or given.get("displayName")
    if not query or not (await _me(session))["is_cloud"]:
        return given  # Data Center knows its users by name
    found = (await session.send("users", {"query": query})).body
    found = found if isinstance(found, list) else []
    if len(found) != 1:
        raise Rejected(f"{field}: {len(found)} users match {as_text(query)[:80]!r}, and it must be one")
    return {"id": found[0].get("accountId")}


async def _me(session: Session) -> dict[str, Any]:
    """Who the account is: whether it is one of Cloud, and its time zone, in which JQL reads times."""
    known = session.cached("myself")
    if known is None:
        body = (await session.send("myself")).body
        known = {"is_cloud": bool(body.get("accountId")), "zone": as_text(body.get("timeZone") or "UTC")}
        session.keep("myself", known)
    found: dict[str, Any] = known
    return found


async def _zone(tree: Group, session: Session) -> tzinfo:
    if not jql.asks_time(tree):
        return UTC
    try:
        return ZoneInfo((await _me(session))["zone"])
    except (ValueError, LookupError, OSError):
        return UTC


async def _find(tree: Group, wanted: int, session: Session) -> list[dict[str, Any]]:
    known = filters.equalities(tree)
    if "id" in known:
        try:
            issue = (await session.send("get", {"places": {"id": known["id"]}})).body
        except NotFound:
            return []
        return [issue_object(issue)]
    query = jql.query_of(tree, await _zone(tree, session))
    found: list[dict[str, Any]] = []
    cursor: Any = None
    size = min(_PAGE, wanted)
    while len(found) < wanted:
        try:
            values = {"jql": query, "size": size, "cursor": cursor}
            body = (await session.send("search", values)).body
        except NotFound:
            return await _by_offset(tree, query, wanted, session)
        found += [issue_object(one) for one in body.get("issues") or [] if jql.holds(tree, one)]
        before, cursor = cursor, body.get("nextPageToken")
        if body.get("isLast") is True or not cursor or cursor == before:
            break
    return found[:wanted]


async def _by_offset(tree: Group, query: str, wanted: int, session: Session) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    offset = 0
    while len(found) < wanted:
        values = {"jql": query, "size": _PAGE, "offset": offset}
        body = (await session.send("search-by-offset", values)).body
        page = body.get("issues") or []
        found += [issue_object(one) for one in page if jql.holds(tree, one)]
        offset += len(page)
        if not page or offset >= int(body.get("total") or 0):
            break
    return found[:wanted]


def issue_object(issue: dict[str, Any]) -> dict[str, Any]:
    """An issue as flows read it: people have a name in Cloud too, and polls know its times."""
    given = issue.get("fields")
    fields = {name: _named(value) for name, value in given.items()} if isinstance(given, dict) else {}
    times = {"dateCreated": fields.get("created"), "dateModified": fields.get("updated")}
    return {**issue, "fields": fields, **{name: at for name, at in times.items() if at}}


def _named(value: Any) -> Any:
    if isinstance(value, dict) and value.get("displayName") and not value.get("name"):
        return {**value, "name": value["displayName"]}
    return value
