"""Manage > Access (IAM) > Service IDs: the list, and one service ID with its keys."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Asked, Desk, TheDesk
from lockhouse.console.listing import Listing, ListKind
from lockhouse.wire.apikeys import ApiKeyBody
from lockhouse.wire.serviceids import ServiceIdBody, ServiceIdPage

PATH = "/iam/serviceids"
LIST = ListKind(PATH, sorts=("name", "description", "created_at"))


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of the list, and the addresses of its neighbours."""

    listing: Listing
    serviceids: list[ServiceIdBody]
    previous: str
    next: str


async def shown_list(desk: Desk, listing: Listing) -> dict[str, Any]:
    """What the list is made from. Raises Problem."""
    query = listing.wire_query(desk.login.who.account_id)
    page = msgspec.convert(await desk.iam.service_ids_page(desk.token, **query), ServiceIdPage)
    links = listing.neighbour(page.previous), listing.neighbour(page.next)
    return {"shown": Shown(listing, page.serviceids, *links), "path_of": path_of}


async def shown_one(desk: Desk, serviceid: str) -> dict[str, Any]:
    """What the details are made from: the service ID and its keys; None where they are not to be managed.

    Raises Problem.
    """
    answer = await desk.iam.get_service_id(desk.token, serviceid, include_history="true")
    one = msgspec.convert(answer, ServiceIdBody)
    return {"one": one, "keys": await _keys(desk, one), "path": path_of(one.id)}


async def _keys(desk: Desk, one: ServiceIdBody) -> list[ApiKeyBody] | None:
    try:
        listed = await desk.iam.every_api_key(desk.token, one.account_id, iam_id=one.iam_id)
    except Problem as problem:
        if problem.status != 403:
            raise
        return None
    return msgspec.convert(listed, list[ApiKeyBody])


def path_of(serviceid: str) -> str:
    """The address of a service ID's details."""
    return f"{PATH}/{quote(serviceid, safe='')}"


@get(PATH)
async def list_service_ids(request: Asked, desk: TheDesk) -> Response[bytes]:
    """The list."""
    listing = Listing.from_query(LIST, request.query_params)
    return desk.show("serviceids/list.html", **await shown_list(desk, listing))


@get(PATH + "/{serviceid:str}")
async def show_service_id(serviceid: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """A service ID's details."""
    return desk.show("serviceids/details.html", **await shown_one(desk, serviceid))


ROUTES = [list_service_ids, show_service_id]
