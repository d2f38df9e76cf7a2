"""HubSpot's contacts: a list, one by its number, or a search built of the flow's conditions."""

from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.errors import NotFound
from lockhouse.connectors.filters import NEVER, Condition, Group, Tree
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_FOUND = 10_000
"""A search gives no more, and refuses to go further."""
_NAMES = {
    "id": "hs_object_id",
    "vid": "hs_object_id",
    "createdat": "createdate",
    "updatedat": "lastmodifieddate",
}
_OPERATORS = {
    "=": "EQ",
    "neq": "NEQ",
    "gt": "GT",
    "gte": "GTE",
    "lt": "LT",
    "lte": "LTE",
    "contains": "CONTAINS_TOKEN",
}


async def retrieve_contacts(call: ActionCall, session: Session) -> ActionResult:
    """Find contacts; each has its properties beside its id too."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    known = filters.equalities(tree)
    number = known.get("vid", known.get("id"))
    asked = _properties(session, call.business_object, tree)
    if number is not None:
        contact = await _one(number, asked, session)
        found = [contact] if contact is not None and filters.holds(tree, contact) else []
        return ActionResult(payload=found, status_code=200 if found else 204)
    limit = min(call.limit or MOST_FOUND, MOST_FOUND)
    groups, rest = _groups(tree)
    found = await _many(groups, rest, asked, limit + 1, session)
    return ActionResult(
        payload=found[:limit], status_code=206 if len(found) > limit else 200 if found else 204
    )


async def _one(number: Any, asked: list[str], session: Session) -> dict[str, Any] | None:
    try:
        reply = await session.send("contact", {"places": {"id": number}, "properties": ",".join(asked)})
    except NotFound:
        return None
    return flattened(reply.body)


async def _many(
    groups: list[Any], rest: Group, asked: list[str], wanted: int, session: Session
) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    read, cursor = 0, None
    while len(found) < wanted and read < MOST_FOUND:
        page: dict[str, Any] = {"cursor": cursor}
        if groups:
            size = 200 if rest.members else min(200, wanted - len(found))
            reply = await session.send(
                "search", {**page, "groups": groups, "properties": asked, "size": size}
            )
        else:
            size = 100 if rest.members else min(100, wanted - len(found))
            reply = await session.send("list", {**page, "properties": ",".join(asked), "size": size})
        contacts = [flattened(contact) for contact in reply.body.get("results") or []]
        found += [contact for contact in contacts if filters.holds(rest, contact)]
        read += len(contacts)
        before, cursor = cursor, ((reply.body.get("paging") or {}).get("next") or {}).get("after")
        if not cursor or cursor == before:
            break
    return found


def flattened(contact: dict[str, Any]) -> dict[str, Any]:
    """A contact with its properties beside its id, and the id as older flows know it."""
    properties = {
        name: value for name, value in (contact.get("properties") or {}).items() if value is not None
    }
    number = str(contact.get("id") or "")
    return {**properties, **contact, **({"vid": int(number)} if number.isdecimal() else {})}


def _groups(tree: Group) -> tuple[list[Any], Group]:
    """The search's groups of filters, of which one must hold, and the conditions that are left to us."""
    if len(tree.members) == 1 and isinstance(tree.members[0], Group):
        alternatives = tree.members[0].members
        joined = [one.members if isinstance(one, Group) else (one,) for one in alternatives]
        if all(isinstance(part, Condition) for members in joined for part in members) and len(joined) <= 5:
            return [_group(members) for members in joined], filters.ALWAYS
    said = [member for member in tree.members if isinstance(member, Condition)]
    rest = [member for member in tree.members if not isinstance(member, Condition)]
    # At most 6 filters fit into a group.
    return ([_group(tuple(said[:6]))] if said else []), Group("and", (*rest, *said[6:]))


def _group(members: tuple[Tree, ...]) -> dict[str, Any]:
    return {"filters": [_filter(member) for member in members if isinstance(member, Condition)]}


def _filter(condition: Condition) -> dict[str, str]:
    text = as_text(condition.value)
    value = f"*{text}*" if condition.operator == "contains" else text
    return {
        "propertyName": _name(condition.field),
        "operator": _OPERATORS[condition.operator],
        "value": value,
    }


def _name(field: str) -> str:
    name = field.removeprefix("properties.").lower()
    return _NAMES.get(name, name)


def _properties(session: Session, business_object: str, tree: Group) -> list[str]:
    """What to ask for: HubSpot gives few properties unless they are named."""
    known = session.connector.objects[business_object].fields.values()
    standing = [field.target[-1] for field in known if field.target[:1] == ("properties",)]
    return list(dict.fromkeys([*standing, *(_name(field) for field in _named(tree))]))


def _named(tree: Tree) -> list[str]:
    if isinstance(tree, Condition):
        return [tree.field]
    return [name for member in tree.members for name in _named(member)]
