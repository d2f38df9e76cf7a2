"""Templates and assignments of enterprises: their lists are there, and empty (iam-identity-api.md 11).

IBM's clients list them before they do anything else; a single account has none.
"""

from typing import Any
from urllib.parse import urlencode

from litestar import Router, get
from litestar.params import FromQuery

from lockhouse.iam.entities import check_account
from lockhouse.iam.errors import RequestInvalid
from lockhouse.iam.list_query import given
from lockhouse.iam.paging import DEFAULT, LARGEST, SMALLEST
from lockhouse.iam.room import Guest, TheGuest

Empty = dict[str, Any]


@get("/v1/profile_templates", operation_id="listProfileTemplates")
async def list_profile_templates(
    guest: TheGuest, account_id: FromQuery[str | None] = None, limit: FromQuery[str | None] = None
) -> Empty:
    """No profile templates."""
    return await _empty(guest, "profile_templates", account_id, limit)


@get("/v1/account_settings_templates", operation_id="listAccountSettingsTemplates")
async def list_account_settings_templates(
    guest: TheGuest, account_id: FromQuery[str | None] = None, limit: FromQuery[str | None] = None
) -> Empty:
    """No account settings templates."""
    return await _empty(guest, "account_settings_templates", account_id, limit)


@get("/v1/profile_assignments", operation_id="listTrustedProfileAssignments")
async def list_profile_assignments(
    guest: TheGuest, account_id: FromQuery[str | None] = None, limit: FromQuery[str | None] = None
) -> Empty:
    """No assignments of profile templates."""
    return await _empty(guest, "assignments", account_id, limit)


@get("/v1/account_settings_assignments", operation_id="listAccountSettingsAssignments")
async def list_settings_assignments(
    guest: TheGuest, account_id: FromQuery[str | None] = None, limit: FromQuery[str | None] = None
) -> Empty:
    """No assignments of account settings templates."""
    return await _empty(guest, "assignments", account_id, limit)


TEMPLATES = Router(
    path="/",
    tags=["Templates"],
    route_handlers=[
        list_profile_templates,
        list_account_settings_templates,
        list_profile_assignments,
        list_settings_assignments,
    ],
)


async def _empty(guest: Guest, word: str, account_id: str | None, limit: str | None) -> Empty:
    size = int(limit) if limit and limit.isascii() and limit.isdigit() and len(limit) < 9 else DEFAULT
    if limit is not None and not (limit.isascii() and limit.isdigit() and SMALLEST <= size <= LARGEST):
        raise RequestInvalid(f"Parameter 'limit' must be a number from {SMALLEST} to {LARGEST}.")
    await guest.read(lambda _tx, caller: check_account(caller, account_id or caller.account_id))
    query = urlencode(given(account_id=account_id, limit=limit))
    return {word: [], "limit": size, "offset": 0, "first": f"{guest.here}?{query}" if query else guest.here}
