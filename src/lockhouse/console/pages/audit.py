"""Manage > Access (IAM) > Audit trail: what was done, by whom, from where, with filters."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import msgspec
from litestar import Response, get

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Asked, TheDesk
from lockhouse.console.listing import plain_text
from lockhouse.console.refusals import NOTHING_REFUSED, refusal_of
from lockhouse.wire.events import AuditPage

PATH = "/iam/audit"
_PAGE_SIZE = "50"
OUTCOMES = {"": "All", "success": "Success", "failure": "Failure"}
ORDERS = {"desc": "Newest first", "asc": "Oldest first"}


@dataclass(frozen=True, slots=True)
class Filters:
    """Which events are shown. `since` and `until` are moments of a form: `2026-01-31T12:00`, in UTC."""

    action: str = ""
    actor: str = ""
    target: str = ""
    outcome: str = ""
    since: str = ""
    until: str = ""
    order: str = "desc"

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> "Filters":
        """Those that an address names."""
        given = {name: plain_text(query.get(name, "")) for name in cls.__slots__}
        given["order"] = "asc" if given["order"] == "asc" else "desc"
        return cls(**given)

    @property
    def chosen(self) -> dict[str, str]:
        """Those that are not as they are at first."""
        plain = Filters()
        return {
            name: text for name in self.__slots__ if (text := getattr(self, name)) != getattr(plain, name)
        }

    def wire_query(self) -> dict[str, str]:
        """The same for IAM."""
        names = {"since": "from", "until": "to"}
        return {
            names.get(name, name): f"{text}+0000" if name in names and "T" in text else text
            for name, text in (self.chosen | {"order": self.order}).items()
        }


@get(PATH)
async def show_trail(request: Asked, desk: TheDesk) -> Response[bytes]:
    """A page of the trail."""
    filters = Filters.from_query(request.query_params)
    query = filters.wire_query() | {"limit": _PAGE_SIZE}
    start = plain_text(request.query_params.get("start", ""))
    query |= {"start": start} if start else {}
    values: dict[str, Any] = {"filters": filters, "outcomes": OUTCOMES, "orders": ORDERS, "path": PATH}
    try:
        answer = await desk.iam.list_events(desk.token, desk.login.who.account_id, **query)
    except Problem as problem:
        refused = refusal_of(problem)
        return desk.show(
            "audit/list.html", status=refused.status, events=[], refused=refused, next="", **values
        )
    page = msgspec.convert(answer, AuditPage)
    following = ""
    if page.next is not msgspec.UNSET:
        start = parse_qs(urlsplit(page.next).query)["start"][0]
        following = f"{PATH}?{urlencode(filters.chosen | {'start': start})}"
    return desk.show("audit/list.html", events=page.events, refused=NOTHING_REFUSED, next=following, **values)


ROUTES = [show_trail]
