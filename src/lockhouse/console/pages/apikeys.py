"""Manage > Access (IAM) > API keys: the list with its views, and one key's details."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import parse_qs, quote, urlencode, urlsplit

import msgspec
from litestar import Response, get
from litestar.params import FromPath

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Asked, Desk, TheDesk
from lockhouse.console.session import Login
from lockhouse.wire.apikeys import ApiKeyBody, ApiKeyPage
from lockhouse.wire.servers import Configuration

PATH = "/iam/apikeys"
VIEWS = {"mine": "My Lockhouse API keys", "account": "All API keys of the account"}
SORTS = ("name", "description", "created_at", "created_by")
_MOST_LETTERS = 200
_PAGE_SIZE = "50"


@dataclass(frozen=True, slots=True)
class Listing:
    """What a list shows: which keys, which of them, in what order, from where on."""

    view: str = "mine"
    search: str = ""
    sort: str = "name"
    order: str = "asc"
    pagetoken: str = ""

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Listing":
        """The list that an address asks for; what it does not know it takes for the first choice."""
        plain = cls()
        search = "".join(letter for letter in query.get("search", "") if letter >= " ")
        return cls(
            view=query.get("view", "") if query.get("view") in VIEWS else plain.view,
            search=search.strip()[:_MOST_LETTERS],
            sort=query.get("sort", "") if query.get("sort") in SORTS else plain.sort,
            order="desc" if query.get("order") == "desc" else plain.order,
            pagetoken=query.get("pagetoken", ""),
        )

    def path(self, **changes: str) -> str:
        """The address of this list with changes; another choice begins at the first page."""
        wanted = replace(self, **({"pagetoken": ""} | changes))
        plain = Listing()
        given = {name: getattr(wanted, name) for name in self.__slots__}
        query = urlencode({name: value for name, value in given.items() if value != getattr(plain, name)})
        return f"{PATH}?{query}" if query else PATH

    def sorted_by(self, column: str) -> str:
        """The address of this list sorted by a column; once more turns it round."""
        turned = self.sort == column and self.order == "asc"
        return self.path(sort=column, order="desc" if turned else "asc")

    def wire_query(self, login: Login) -> dict[str, str]:
        """The same for IAM."""
        query = {"account_id": login.who.account_id, "pagesize": _PAGE_SIZE}
        query |= {"sort": self.sort, "order": self.order}
        if self.view == "account":
            query["scope"] = "account"
        else:
            query["iam_id"] = login.who.iam_id
        if self.search:
            words = self.search.replace("\\", "\\\\").replace('"', '\\"')
            query["filter"] = f'name co_ci "{words}" or description co_ci "{words}"'
        if self.pagetoken:
            query["pagetoken"] = self.pagetoken
        return query


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
    answer = await desk.iam.list_api_keys(desk.token, **listing.wire_query(desk.login))
    page = msgspec.convert(answer, ApiKeyPage)
    sees_all = listing.view == "account" or await _sees_all(desk)
    views = VIEWS if sees_all else {"mine": VIEWS["mine"]}
    links = (_neighbour(listing, page.previous), _neighbour(listing, page.next))
    return Shown(listing, page.apikeys, views, *links)


async def _sees_all(desk: Desk) -> bool:
    query = {"account_id": desk.login.who.account_id, "scope": "account", "pagesize": "1"}
    try:
        await desk.iam.list_api_keys(desk.token, **query)
    except Problem as problem:
        if problem.status != 403:
            raise
        return False
    return True


def _neighbour(listing: Listing, link: Any) -> str:
    if link is msgspec.UNSET:
        return ""
    tokens = parse_qs(urlsplit(link).query).get("pagetoken", [""])
    return listing.path(pagetoken=tokens[0])


async def shown_key(desk: Desk, key_id: str) -> dict[str, Any]:
    """What a key's details are made from: the key, and the configurations that carry it. Raises Problem."""
    more = {"include_activity": "true", "include_history": "true"}
    key = msgspec.convert(await desk.iam.get_api_key(desk.token, key_id, **more), ApiKeyBody)
    return {"key": key, "path": path_of(key.id), "users": await _users(desk, key.id)}


async def _users(desk: Desk, key_id: str) -> list[Configuration] | None:
    """The configurations that carry a key; None when the person may not see any."""
    try:
        configurations = await desk.runtime.configurations()
    except Problem as problem:
        if problem.status != 403:
            raise
        return None
    return [one for one in configurations if key_id in {carried.apikey_id for carried in one.status.keys}]


def path_of(key_id: str) -> str:
    """The address of a key's details."""
    return f"{PATH}/{quote(key_id, safe='')}"


@get(PATH)
async def list_keys(request: Asked, desk: TheDesk) -> Response[bytes]:
    """The list."""
    shown = await shown_list(desk, Listing.from_query(request.query_params))
    return desk.show("apikeys/list.html", shown=shown, path_of=path_of)


@get(PATH + "/{key_id:str}")
async def show_key(key_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """A key's details."""
    return desk.show("apikeys/details.html", **await shown_key(desk, key_id))


ROUTES = [list_keys, show_key]
