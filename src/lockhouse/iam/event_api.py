"""The door of the audit trail (ours): events with filters, newest first or oldest first."""

from collections.abc import Mapping
from typing import Annotated
from urllib.parse import urlencode

from litestar import Router, get
from litestar.params import FromPath, FromQuery, QueryParameter

from lockhouse.iam import audit_store
from lockhouse.iam.audit import event_body
from lockhouse.iam.audit_store import EventList, Numbered
from lockhouse.iam.entities import check_account
from lockhouse.iam.errors import NotAllowed, RequestInvalid
from lockhouse.iam.list_query import given
from lockhouse.iam.model import Caller
from lockhouse.iam.room import TheGuest
from lockhouse.storage import Tx
from lockhouse.wire.entities import UNSET
from lockhouse.wire.events import AuditPage
from lockhouse.wire.times import read_time

MOST, DEFAULT = 1000, 100
From = Annotated[str | None, QueryParameter(name="from", required=False)]


@get("/{account_id:str}/events", operation_id="listEvents")
async def list_events(  # noqa: PLR0913, PLR0917 - so many filters
    guest: TheGuest,
    account_id: FromPath[str],
    action: FromQuery[str | None] = None,
    actor: FromQuery[str | None] = None,
    target: FromQuery[str | None] = None,
    outcome: FromQuery[str | None] = None,
    since: From = None,
    to: FromQuery[str | None] = None,
    order: FromQuery[str | None] = None,
    limit: FromQuery[str | None] = None,
    start: FromQuery[str | None] = None,
) -> AuditPage:
    """List audit events. `action` is a name or its beginning; `from` and `to` are ISO 8601 times."""
    query = given(action=action, actor=actor, target=target, outcome=outcome, to=to, order=order)
    query |= {"from": since} if since is not None else {}
    size = _number("limit", limit, most=MOST) or DEFAULT
    await guest.room.issues.flush()

    def rule(tx: Tx, caller: Caller) -> list[Numbered]:
        check_account(caller, account_id)
        if not caller.viewer:
            raise NotAllowed("You may not read the audit events of this account.")
        wanted = _wanted(account_id, query, start=_number("start", start, most=1 << 62))
        return audit_store.events(tx, wanted, size + 1)

    found = await guest.read_aside(rule)
    more = len(found) > size
    on = urlencode(query | {"limit": str(size), "start": str(found[size - 1].number)}) if more else ""
    return AuditPage(
        limit=size,
        events=[event_body(event) for event in found[:size]],
        next=guest.address_of(f"/v1/accounts/{account_id}/events?{on}") if more else UNSET,
    )


EVENTS = Router(path="/v1/accounts", tags=["Audit"], route_handlers=[list_events])


def _wanted(account_id: str, query: Mapping[str, str], *, start: int | None) -> EventList:
    order = query.get("order", "desc")
    if order not in {"asc", "desc"}:
        raise RequestInvalid("Parameter 'order' must be asc or desc.")
    if query.get("outcome", "success") not in {"success", "failure"}:
        raise RequestInvalid("Parameter 'outcome' must be success or failure.")
    return EventList(
        account_id=account_id,
        action=query.get("action"),
        equal={name: query[name] for name in ("actor", "target", "outcome") if name in query},
        since=_moment("from", query.get("from")),
        until=_moment("to", query.get("to")),
        oldest_first=order == "asc",
        beyond=start,
    )


def _moment(name: str, text: str | None) -> int | None:
    if text is None:
        return None
    try:
        return read_time(text)
    except (ValueError, OverflowError):
        raise RequestInvalid(f"Parameter '{name}' must be a time such as 2026-01-02T18:30+0000.") from None


def _number(name: str, text: str | None, *, most: int) -> int | None:
    if text is None:
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 20 and 1 <= int(text) <= most):
        raise RequestInvalid(f"Parameter '{name}' must be a number from 1 to {most}.")
    return int(text)
