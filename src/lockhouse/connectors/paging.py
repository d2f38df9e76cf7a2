"""Reading a vendor's list to the end, or until there is one more than was wanted."""

from dataclasses import replace
from typing import Any

from yarl import URL

from lockhouse.connectors import bodies, filters
from lockhouse.connectors.errors import Rejected, UnknownAction
from lockhouse.connectors.filters import Plan
from lockhouse.connectors.model import Action, HttpRequest, Paging
from lockhouse.connectors.reply import Reply
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import Scope, as_text

MOST_ITEMS = 50_000
MOST_PAGES = 1_000


async def collect(
    session: Session, action: Action, scope: Scope, plan: Plan, limit: int | None
) -> tuple[list[Any], bool]:
    """The items of an action's list that meet the plan's rest, at most `limit`, and whether there are more.

    Raises the five errors.
    """
    if action.request is None:
        raise UnknownAction(f"{action.name} on {action.business_object} has no request")
    wanted = min(limit, MOST_ITEMS) + 1 if limit is not None else MOST_ITEMS
    found: list[Any] = []
    place: dict[str, Any] = {"offset": 0, "page": 1, "cursor": None}
    request = _with_parameters(action.request, plan)
    for _ in range(MOST_PAGES):
        place["size"] = _size(action, plan, wanted - len(found))
        reply = await session.perform(request, {**scope, **place, "limit": limit})
        raw = items_of(action, reply, scope)
        shown = (_output(action, one, reply, scope) for one in raw)
        _know_names(plan, raw)
        found += [item for item in shown if item is not None and _wanted(plan, item)]
        if len(found) >= wanted or not _advance(action.paging, reply, place, len(raw)):
            break
        if "next" in place:
            request = replace(
                action.request, path=_fixed(place.pop("next")), query=None, body=None, base_url=None
            )
    most = wanted - 1 if limit is not None else wanted
    return found[:most], len(found) > most


def items_of(action: Action, reply: Reply, scope: Scope) -> list[Any]:
    """The items in an answer: at the declared place, else the body itself."""
    body = content_of(action, reply, scope)
    found = action.items(body) if action.items is not None else body
    if found is None:
        return []
    return found if isinstance(found, list) else [found]


def content_of(action: Action, reply: Reply, scope: Scope) -> Any:
    """An answer's content, in the declared form."""
    kind = action.request.answer if action.request is not None else "json"
    if kind == "none":
        return None
    if kind == "file":
        encoding = scope.get("input", {}).get("fileType")
        return {"content": bodies.as_content(reply.content, encoding)}
    return reply.content.decode("utf-8", "replace") if kind == "text" else reply.body


def _output(action: Action, item: Any, reply: Reply, scope: Scope) -> Any:
    if action.output is None:
        return item
    return action.output({**scope, "item": item, "body": reply.body, "status": reply.status})


def _know_names(plan: Plan, raw: list[Any]) -> None:
    # The vendor drops a condition on a field that it does not know, and finds more than was asked for.
    first = raw[0] if raw else None
    unknown = sorted(plan.named - first.keys()) if isinstance(first, dict) else []
    if unknown:
        raise Rejected(f"{', '.join(unknown)}: the application's records have no such field")


def _wanted(plan: Plan, item: Any) -> bool:
    return not plan.rest.members or filters.holds(plan.rest, item)


def _size(action: Action, plan: Plan, missing: int) -> int:
    # Pages that are counted must all be of one size; and when we compare ourselves, most of a page may not be
    # wanted.
    steady = plan.rest.members or (action.paging is not None and action.paging.page)
    return action.most if steady else max(1, min(action.most, missing))


def _with_parameters(request: HttpRequest, plan: Plan) -> HttpRequest:
    if not plan.query:
        return request
    declared, added = request.query, plan.query
    return replace(request, query=lambda scope: {**(declared(scope) if declared else {}), **added})


def _fixed(address: str) -> Any:
    return lambda _scope: address


def _advance(paging: Paging | None, reply: Reply, place: dict[str, Any], count: int) -> bool:
    """Move on to the next page; False when this was the last."""
    if paging is None or (paging.more is not None and not paging.more(reply.body)):
        return False
    if paging.url is not None or paging.link:
        address = _linked(reply) if paging.link else paging.url(reply.body) if paging.url else None
        if address:
            place["next"] = _same_host(reply, as_text(address))
        return bool(address)
    if paging.cursor is not None:
        before, place["cursor"] = place["cursor"], _in_address(paging.cursor(reply.body), paging.parameter)
        if place["cursor"] or not paging.page:
            return place["cursor"] not in (None, "", before)
    return _counted(paging, reply, place, count)


def _in_address(cursor: Any, parameter: str) -> Any:
    """The query parameter of an address, where the cursor is one; a cursor of another kind as it is."""
    if not (parameter and isinstance(cursor, str) and "?" in cursor):
        return cursor
    return URL(cursor).query.get(parameter)


def _counted(paging: Paging, reply: Reply, place: dict[str, Any], count: int) -> bool:
    place["offset"] += count
    place["page"] += 1
    total = paging.total(reply.body) if paging.total is not None else None
    if isinstance(total, int):
        return count > 0 and place["offset"] < total
    return count > 0 if paging.more is not None else count >= place["size"]


def _linked(reply: Reply) -> str | None:
    """The address of `rel="next"` in the Link headers (RFC 8288)."""
    for header in reply.headers.getall("Link", []):
        for part in header.split(","):
            address, _, parameters = part.partition(";")
            if 'rel="next"' in parameters or "rel=next" in parameters:
                return address.strip().strip("<>")
    return None


def _same_host(reply: Reply, address: str) -> str:
    # A next page on another host would be sent the account's credentials.
    url = reply.url.join(URL(address, encoded=True))
    if url.origin() != reply.url.origin():
        raise Rejected("the application's next page is on another host", status_code=502)
    return str(url)
