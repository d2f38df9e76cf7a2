"""Marketo's leads: the field they are found by is a value of the request, so it cannot be declared."""

from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.coercion import record_of
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.filters import NEVER, Condition, Group, Tree
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_VALUES = 300
MOST_LEADS = 10_000
MOST_PAGES = 50
_LONGEST = 6_000
"""Names of fields that an address carries: it may have 8 KB."""
_SEARCHED = (
    "id", "email", "cookies", "facebookId", "linkedInId", "twitterId", "sfdcAccountId", "sfdcContactId",
    "sfdcLeadId", "sfdcLeadOwnerId", "sfdcOpptyId", "leadPartitionId",
)  # fmt: skip


async def retrieve_leads(call: ActionCall, session: Session) -> ActionResult:
    """Find leads by one field that Marketo searches; the other conditions are compared here."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    by, values = _sought(tree)
    wanted = min(call.limit or MOST_LEADS, MOST_LEADS) + 1
    fields = await _fields(session, tree)
    found: list[dict[str, Any]] = []
    cursor = None
    while len(found) < wanted:
        asked = {"by": by, "values": values, "fields": fields, "cursor": cursor}
        body = (await session.send("find", {**asked, "size": min(300, wanted - len(found))})).body
        found += [lead for lead in body.get("result") or [] if filters.holds(tree, lead)]
        cursor = body.get("nextPageToken")
        if not cursor or body.get("moreResult") is False:
            break
    status = 206 if len(found) >= wanted else 200 if found else 204
    return ActionResult(payload=found[: wanted - 1], status_code=status)


def _sought(tree: Group) -> tuple[str, str]:
    """The field to search by, and its values as Marketo's list. Raises Rejected when there is none."""
    given = [found for member in tree.members if (found := _equal(member))]
    if not given:
        raise Rejected(
            "the filter must say by which value leads are found, such as email: there is no list of all"
        )
    known = [one for name in _SEARCHED for one in given if one[0] == name]
    by, values = (known or given)[0]
    texts = [as_text(value) for value in values]
    if len(texts) > MOST_VALUES:
        raise Rejected(f"{by}: Marketo searches for at most {MOST_VALUES} values at once")
    if any("," in text or not text for text in texts):
        raise Rejected(f"{by}: Marketo cannot search for a value that is empty or holds a comma")
    return by, ",".join(texts)


def _equal(member: Tree) -> tuple[str, list[Any]] | None:
    """The field and values of a condition that it equals one of them; None for any other."""
    parts = member.members if isinstance(member, Group) else (member,)
    names = {part.field for part in parts if isinstance(part, Condition) and part.operator == "="}
    if len(names) != 1 or not all(isinstance(part, Condition) and part.operator == "=" for part in parts):
        return None
    return names.pop(), [part.value for part in parts if isinstance(part, Condition)]


async def _fields(session: Session, tree: Group) -> str:
    """The names of the fields to ask for: without them Marketo answers with six."""
    names = session.cached("fields")
    if names is None:
        described = (await session.send("describe")).body.get("result") or []
        names = [field["rest"]["name"] for field in described if field.get("rest", {}).get("name")]
        session.keep("fields", names)
    own = list(session.connector.objects["leads"].fields)
    if not names:
        return ",".join(own)
    whole = ",".join(names)
    if len(whole) <= _LONGEST:
        return whole
    asked = [name for name in names if name in own or name in _named(tree)]
    return ",".join(asked)


def _named(tree: Tree) -> set[str]:
    if isinstance(tree, Condition):
        return {tree.field}
    return set().union(*map(_named, tree.members))


async def upsert_lead(call: ActionCall, session: Session) -> ActionResult:
    """Change the lead that has the filter's value, or make it: one call, by Marketo's own rule."""
    tree = filters.read_where(call.where)
    known = filters.equalities(tree)
    if len(known) != 1 or len(tree.members) != 1:
        raise Rejected("the filter of an upsert must say by which one value the lead is known, such as email")
    record = record_of(session.connector.objects["leads"].fields, call.input, creating=True) | known
    try:
        reply = await session.send("upsert", {"by": next(iter(known)), "record": record})
    except Rejected as refused:
        if "1007" in _reasons(refused):
            raise Rejected("several leads match the filter of the upsert", status_code=409) from None
        raise
    told = (reply.body.get("result") or [{}])[0]
    return ActionResult(
        payload={**record, **told}, status_code=201 if told.get("status") == "created" else 200
    )


def _reasons(refused: Rejected) -> list[str]:
    body = refused.reply.body if refused.reply is not None else None
    results = body.get("result") or [] if isinstance(body, dict) else []
    return [str(reason.get("code")) for result in results for reason in result.get("reasons") or []]


async def new_leads(call: ActionCall, session: Session) -> ActionResult:
    """The leads that Marketo's log says are new since the last call (runtime.triggers.managed)."""
    state = call.input.get("state")
    cursor = state.get("cursor") if isinstance(state, dict) else None
    if not cursor:
        since = str(call.input.get("since") or session.now.isoformat())
        cursor = (await session.send("begin", {"since": since})).body.get("nextPageToken")
    ids: list[int] = []
    for _ in range(MOST_PAGES):
        body = (await session.send("activities", {"cursor": cursor})).body
        ids += [entry["leadId"] for entry in body.get("result") or [] if entry.get("leadId")]
        cursor = body.get("nextPageToken") or cursor
        if not body.get("moreResult"):
            break
    leads = await _leads(list(dict.fromkeys(ids)), session)
    events = [{"id": str(lead["id"]), "payload": lead} for lead in leads]
    return ActionResult(payload={"events": events, "state": {"cursor": cursor}})


async def _leads(ids: list[int], session: Session) -> list[dict[str, Any]]:
    found: dict[Any, dict[str, Any]] = {}
    for start in range(0, len(ids), MOST_VALUES):
        part = ids[start : start + MOST_VALUES]
        where = {"id": part}
        call = ActionCall(connector="marketo", business_object="leads", action="RETRIEVEALL", where=where)
        found |= {lead["id"]: lead for lead in (await retrieve_leads(call, session)).payload}
    return [found[lead] for lead in ids if lead in found]
