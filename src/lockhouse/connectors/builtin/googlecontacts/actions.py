"""Google Contacts: flat maps become persons, searches are woken, and a change needs an etag."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.filters import NEVER
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_FOUND = 30
WAKING = timedelta(minutes=10)
_SECONDS = 3.0
_NAMES = {
    "firstName": "givenName",
    "lastName": "familyName",
    "middleName": "middleName",
    "prefix": "honorificPrefix",
    "suffix": "honorificSuffix",
}
_ORGANIZATION = {"company": "name", "jobTitle": "title", "department": "department"}
_ONE = {"emailAddress": "emailAddresses", "phoneNumber": "phoneNumbers"}
_PLACES = frozenset({"resourceName", "displayName", "birthday", *_NAMES, *_ORGANIZATION, *_ONE})


async def create_contact(call: ActionCall, session: Session) -> ActionResult:
    """Make a contact of a flat map."""
    reply = await session.send("create", {"person": person(call.input)})
    return ActionResult(payload=flattened(reply.body), status_code=201)


async def update_contact(call: ActionCall, session: Session) -> ActionResult:
    """Change one contact; People wants the etag of its last reading."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    name = filters.equalities(tree).get("resourceName")
    if not name:
        raise Rejected("the filter must give resourceName")
    body = person(call.input)
    if not body:
        raise Rejected("there is nothing to change")
    place = {"name": _bare(name)}
    try:
        known = (await session.send("read", place)).body
        changed = {**body, **({"etag": known["etag"]} if known.get("etag") else {})}
        reply = await session.send("update", {**place, "fields": ",".join(body), "person": changed})
    except NotFound:
        return ActionResult(payload=[], status_code=204)
    return ActionResult(payload=flattened(reply.body), status_code=200)


async def search_contacts(call: ActionCall, session: Session) -> ActionResult:
    """Search the account's contacts by the beginnings of words."""
    return await _search(call, session, "search", "Contacts")


async def search_other_contacts(call: ActionCall, session: Session) -> ActionResult:
    """Search the people to whom the account wrote without keeping them."""
    return await _search(call, session, "search-others", "Other contacts")


async def _search(call: ActionCall, session: Session, request: str, title: str) -> ActionResult:
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload={"results": [], title: []}, status_code=204)
    query = filters.equalities(tree).get("query") or call.input.get("query")
    if not query:
        raise Rejected("query: a value is needed")
    await _wake(session, request)
    size = min(call.limit or 10, MOST_FOUND)
    body = (await session.send(request, {"query": as_text(query), "size": size})).body
    results = body.get("results") or []
    found = [{**one, "person": flattened(one.get("person") or {})} for one in results]
    return ActionResult(payload={"results": found, title: found}, status_code=200 if found else 204)


async def _wake(session: Session, request: str) -> None:
    # The first search of a while finds nothing: an empty one makes Google gather what there is.
    woken: datetime | None = session.cached(request)
    if woken is not None and session.now - woken < WAKING:
        return
    await session.send(request, {"query": "", "size": 1})
    session.keep(request, session.now)
    await session.outlet.wait(_SECONDS)


def person(values: Mapping[str, Any]) -> dict[str, Any]:
    """A person as People wants it, of the flat names that flows map."""
    body: dict[str, Any] = {}
    for name, value in values.items():
        if name not in _PLACES and (kept := _cleaned(value)) not in (None, "", [], {}):
            body[name.removeprefix("___")] = kept
    for target, names in (("names", _NAMES), ("organizations", _ORGANIZATION)):
        entry = {inner: values[name] for name, inner in names.items() if values.get(name) not in (None, "")}
        if entry:
            body[target] = [entry]
    for name, target in _ONE.items():
        if values.get(name) and target not in body:
            body[target] = [{"value": values[name]}]
    if values.get("birthday"):
        body["birthdays"] = [_birthday(as_text(values["birthday"]))]
    return body


def _cleaned(value: Any) -> Any:
    if isinstance(value, list):
        return [kept for one in value if (kept := _cleaned(one)) not in (None, "", {})]
    if not isinstance(value, Mapping):
        return value
    if "value" in value and value["value"] in (None, ""):
        return None  # a kind of nothing
    kept = {name.removeprefix("___"): _cleaned(inner) for name, inner in value.items()}
    return {name: inner for name, inner in kept.items() if inner not in (None, "", [], {})}


def _birthday(text: str) -> dict[str, Any]:
    try:
        day = date.fromisoformat(text[:10])
    except ValueError:
        return {"text": text}
    return {"date": {"year": day.year, "month": day.month, "day": day.day}}


def flattened(found: Mapping[str, Any]) -> dict[str, Any]:
    """A person with the first of its names, addresses and numbers under the flat names."""
    name = (found.get("names") or [{}])[0]
    flat = {
        "emailAddress": (found.get("emailAddresses") or [{}])[0].get("value"),
        "phoneNumber": (found.get("phoneNumbers") or [{}])[0].get("value"),
        "firstName": name.get("givenName"),
        "lastName": name.get("familyName"),
        "displayName": name.get("displayName"),
    }
    return {**{key: value for key, value in flat.items() if value is not None}, **found}


def _bare(name: Any) -> str:
    return as_text(name).removeprefix("people/")
