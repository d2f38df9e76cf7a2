"""Manage > Access (IAM) > Users: the list, and one user."""

from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from lockhouse.console.desk import Asked, Desk, TheDesk
from lockhouse.console.listing import plain_text
from lockhouse.wire.apikeys import ApiKeyBody
from lockhouse.wire.users import UserBody, UserList

PATH = "/iam/users"
_PAGE_SIZE = "50"


@dataclass(frozen=True, slots=True)
class Shown:
    """A page of the users: those with the e-mail address that was searched for, or all; how many in all."""

    users: list[UserBody]
    total: int
    search: str
    next: str


async def shown_list(desk: Desk, *, search: str = "", start: str = "") -> dict[str, Any]:
    """What the list is made from. Raises Problem."""
    query = {"limit": _PAGE_SIZE} | ({"user_id": search} if search else {})
    query |= {"_start": start} if start else {}
    answer = await desk.iam.users_page(desk.token, desk.login.who.account_id, **query)
    page = msgspec.convert(answer, UserList)
    following = ""
    if page.next_url is not msgspec.UNSET:
        token = parse_qs(urlsplit(page.next_url).query)["_start"][0]
        following = f"{PATH}?{urlencode({'search': search, 'start': token} if search else {'start': token})}"
    return {"shown": Shown(page.resources, page.total_results, search, following), "path_of": path_of}


async def shown_user(desk: Desk, iam_id: str) -> dict[str, Any]:
    """What a user's details are made from; his keys for those who may see them. Raises Problem."""
    who = desk.login.who
    user = msgspec.convert(await desk.iam.get_user(desk.token, who.account_id, iam_id), UserBody)
    keys = None
    if who.administrator or who.iam_id == iam_id:
        listed = await desk.iam.every_api_key(desk.token, who.account_id, iam_id=iam_id)
        keys = msgspec.convert(listed, list[ApiKeyBody])
    return {"user": user, "keys": keys, "path": path_of(iam_id)}


def path_of(iam_id: str) -> str:
    """The address of a user's details."""
    return f"{PATH}/{quote(iam_id, safe='')}"


@get(PATH)
async def list_users(request: Asked, desk: TheDesk) -> Response[bytes]:
    """The list."""
    search, start = plain_text(request.query_params.get("search", "")), request.query_params.get("start", "")
    return desk.show("users/list.html", **await shown_list(desk, search=search, start=start))


@get(PATH + "/{iam_id:str}")
async def show_user(iam_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """A user's details."""
    return desk.show("users/details.html", **await shown_user(desk, iam_id))


ROUTES = [list_users, show_user]
