"""Manage > Access (IAM) > API keys: the list with its views, and one key's details."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Asked, Desk, TheDesk
from lockhouse.console.listing import Listing, ListKind
from lockhouse.console.uses import carriers
from lockhouse.wire.apikeys import ApiKeyBody, ApiKeyPage

PATH = "/iam/apikeys"
MINE = "mine"
VIEWS = {
    MINE: "My Lockhouse API keys",
    "account": "All API keys of the account",
    "serviceids": "API keys of service IDs",
}
LIST = ListKind(PATH, sorts=("name", "description", "created_at", "created_by"), views=VIEWS)


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of a list: its keys and the addresses of its neighbours."""

    listing: Listing
    keys: list[ApiKeyBody]
    views: Mapping[str, str]
    previous: str
    next: str


async def shown_list(desk: Desk, listing: Listing) -> Shown:
    """Ask IAM for a page of keys. Raises Problem."""
    who = desk.login.who
    whose = {
        MINE: {"iam_id": who.iam_id},
        "account": {"scope": "account"},
        "serviceids": {"scope": "account", "type": "serviceid"},
    }
    query = listing.wire_query(who.account_id) | whose[listing.view]
    page = msgspec.convert(await desk.iam.list_api_keys(desk.token, **query), ApiKeyPage)
    sees_all = listing.view != MINE or await _sees_all(desk)
    views = VIEWS if sees_all else {MINE: VIEWS[MINE]}
    return Shown(listing, page.apikeys, views, listing.neighbour(page.previous), listing.neighbour(page.next))


async def _sees_all(desk: Desk) -> bool:
    query = {"account_id": desk.login.who.account_id, "scope": "account", "pagesize": "1"}
    try:
        await desk.iam.list_api_keys(desk.token, **query)
    except Problem as problem:
        if problem.status != 403:
            raise
        return False
    return True


async def shown_key(desk: Desk, key_id: str) -> dict[str, Any]:
    """What a key's details are made from: the key, and the configurations that carry it. Raises Problem."""
    more = {"include_activity": "true", "include_history": "true"}
    key = msgspec.convert(await desk.iam.get_api_key(desk.token, key_id, **more), ApiKeyBody)
    return {"key": key, "path": path_of(key.id), "users": await carriers(desk, [key.id])}


def path_of(key_id: str) -> str:
    """The address of a key's details."""
    return f"{PATH}/{quote(key_id, safe='')}"


@get(PATH)
async def list_keys(request: Asked, desk: TheDesk) -> Response[bytes]:
    """The list."""
    shown = await shown_list(desk, Listing.from_query(LIST, request.query_params))
    return desk.show("apikeys/list.html", shown=shown, path_of=path_of)


@get(PATH + "/{key_id:str}")
async def show_key(key_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """A key's details."""
    return desk.show("apikeys/details.html", **await shown_key(desk, key_id))


ROUTES = [list_keys, show_key]
