"""Pages: which part of a list is wanted, and links that hold the whole query (iam-identity-api.md 1.9)."""

import base64
import binascii
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlencode

import msgspec

from lockhouse.iam.errors import RequestInvalid
from lockhouse.sealing import Keyring, Secret, same

SMALLEST, DEFAULT, LARGEST = 1, 20, 100
_LONGEST_TOKEN = 4000
_MAC_BYTES = 16


@dataclass(frozen=True, slots=True)
class PageRequest:
    """A part of a list.

    `query` are the parameters that chose the list. `edge` is the sort value and id of the row beside the
    page, on its
    near side: the row before it, or with `backwards` the row after it; None at the list's start. `offset`
    counts the rows before the page.
    """

    query: Mapping[str, str]
    sort: str
    descending: bool
    size: int
    offset: int = 0
    edge: tuple[Any, str] | None = None
    backwards: bool = False

    @property
    def scans(self) -> bool:
        """Whether the page may cost a look at every row of the list."""
        return "filter" in self.query or self.sort not in {"created_at", "name"}

    def flag(self, name: str) -> bool:
        """A boolean parameter of the query. Raises RequestInvalid."""
        return read_flag(self.query, name)


@dataclass(frozen=True, slots=True)
class Page:
    """The rows that were asked for. `first_edge` and `last_edge` are sort value and id of its outer rows."""

    request: PageRequest
    rows: Sequence[Any]
    first_edge: tuple[Any, str] | None
    last_edge: tuple[Any, str] | None
    more: bool
    """Whether rows follow after the last one."""


def read_page_request(
    keyring: Keyring,
    given: Mapping[str, str],
    *,
    sorts: Collection[str],
    default_sort: str,
    size_name: str = "pagesize",
) -> PageRequest:
    """What a list operation was asked for; with a `pagetoken` the token says it all. Raises
    RequestInvalid."""
    token = given.get("pagetoken")
    if token:
        return _of_token(keyring, token, sorts)
    query = {name: value for name, value in given.items() if value != ""}
    sort = query.get("sort", default_sort)
    if sort not in sorts:
        raise RequestInvalid(f"Parameter 'sort' must be one of {', '.join(sorts)}.")
    order = query.get("order", "asc")
    if order not in {"asc", "desc"}:
        raise RequestInvalid("Parameter 'order' must be asc or desc.")
    size = query.get(size_name, str(DEFAULT))
    if not (size.isascii() and size.isdigit() and len(size) < 9 and SMALLEST <= int(size) <= LARGEST):
        raise RequestInvalid(f"Parameter '{size_name}' must be a number from {SMALLEST} to {LARGEST}.")
    return PageRequest(query, sort, order == "desc", int(size))


def page_links(keyring: Keyring, page: Page, address: str) -> dict[str, str]:
    """`first`, and `previous` and `next` where there are such pages: absolute, each complete in itself.

    `address` is the list's URL without a query.
    """
    request = page.request
    start = replace(request, offset=0, edge=None, backwards=False)
    links = {"first": _link(keyring, start, address)}
    if request.offset > 0 and page.first_edge is not None:
        before = max(0, request.offset - request.size)
        back = replace(request, offset=before, edge=page.first_edge, backwards=True)
        links["previous"] = _link(keyring, back, address)
    if page.more and page.last_edge is not None:
        on = replace(request, offset=request.offset + len(page.rows), edge=page.last_edge, backwards=False)
        links["next"] = _link(keyring, on, address)
    return links


def read_flag(query: Mapping[str, str], name: str) -> bool:
    """A boolean query parameter, false when absent. Raises RequestInvalid."""
    value = query.get(name, "false").lower()
    if value not in {"true", "false"}:
        raise RequestInvalid(f"Parameter '{name}' must be true or false.")
    return value == "true"


def _link(keyring: Keyring, request: PageRequest, address: str) -> str:
    body = msgspec.json.encode(request)
    token = base64.urlsafe_b64encode(_mac(keyring, body) + body).rstrip(b"=").decode()
    # The query is in the token already; it stands beside it for those who build the next call from both.
    beside = {
        name: value for name, value in request.query.items() if name in {"account_id", "pagesize", "limit"}
    }
    return f"{address}?{urlencode(beside | {'pagetoken': token})}"


def _of_token(keyring: Keyring, token: str, sorts: Collection[str]) -> PageRequest:
    try:
        raw = base64.b64decode(
            token[:_LONGEST_TOKEN] + "=" * (-len(token) % 4), altchars=b"-_", validate=True
        )
        mac, body = raw[:_MAC_BYTES], raw[_MAC_BYTES:]
        if not same(mac.hex(), _mac(keyring, body).hex()):
            raise RequestInvalid("Parameter 'pagetoken' is not valid.")
        request = msgspec.json.decode(body, type=PageRequest)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise RequestInvalid("Parameter 'pagetoken' is not valid.") from None
    if request.sort not in sorts:
        raise RequestInvalid("Parameter 'pagetoken' is of another list.")
    return request


def _mac(keyring: Keyring, body: bytes) -> bytes:
    return keyring.digest(Secret("pagetoken:" + body.decode()))[:_MAC_BYTES]
