"""The doors of reports of inactivity (iam-identity-api.md 7)."""

import uuid
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, QueryParameter

from lockhouse.iam import report_store
from lockhouse.iam.audit import Deed, record
from lockhouse.iam.entities import check_account, check_administrator
from lockhouse.iam.errors import NotFound, RequestInvalid
from lockhouse.iam.model import Caller
from lockhouse.iam.report_store import MFA_HOURS, Inactive, ReportRow
from lockhouse.iam.room import TheGuest
from lockhouse.storage import Tx
from lockhouse.wire.entities import UNSET, Maybe
from lockhouse.wire.reports import (
    InactiveEntity,
    InactiveKey,
    InactiveUser,
    KeyOwner,
    KeyServiceId,
    Report,
    ReportReference,
)
from lockhouse.wire.times import minutes_text

DEFAULT_HOURS = 720
_LONGEST_HOURS = 24 * 366 * 5
_HOUR_MS = 3_600_000
DAY_MS = 24 * _HOUR_MS
HELD_BACK_MS = 1000
"""A report is not ready at once: IBM's clients expect to ask again."""
ReportType = Annotated[str, QueryParameter(name="type", required=False)]


@post("/{account_id:str}/report", operation_id="createReport", status_code=202)
async def create_report(
    guest: TheGuest,
    account_id: FromPath[str],
    kind: ReportType = "inactive",
    duration: FromQuery[str] = str(DEFAULT_HOURS),
) -> ReportReference:
    """Ask for a report of what was not used for so many hours."""
    if kind != "inactive":
        raise RequestInvalid("Parameter 'type' must be inactive.")
    hours = int(duration) if duration.isascii() and duration.isdigit() and len(duration) < 9 else 0
    if not 1 <= hours <= _LONGEST_HOURS:
        raise RequestInvalid(f"Parameter 'duration' must be a number of hours from 1 to {_LONGEST_HOURS}.")

    def rule(tx: Tx, caller: Caller) -> str:
        check_account(caller, account_id)
        check_administrator(caller)
        now = caller.visit.at
        report_store.delete_older(tx, account_id, than=now - DAY_MS)
        row = ReportRow(uuid.uuid4().hex, account_id, now, caller.iam_id, hours)
        report_store.insert(tx, row)
        record(tx, caller, Deed("account-report.create", row.reference, "CREATE"))
        return row.reference

    return ReportReference(reference=await guest.write(rule))


@get("/{account_id:str}/report/{reference:str}", operation_id="getReport", status_code=200)
async def get_report(
    guest: TheGuest, account_id: FromPath[str], reference: FromPath[str]
) -> Response[Report | None]:
    """A report, or no content while it is being made; `latest` is the newest."""
    await guest.room.issues.flush()

    def rule(tx: Tx, caller: Caller) -> Report | None:
        check_account(caller, account_id)
        check_administrator(caller)
        rows = [row for row in report_store.of_account(tx, account_id) if row.hours != MFA_HOURS]
        row = next((row for row in rows if reference in {"latest", row.reference}), None)
        if row is None:
            raise NotFound(f"Report {reference} could not be found.")
        return None if caller.visit.at < row.created_at + HELD_BACK_MS else _report(tx, row)

    report = await guest.read_aside(rule)
    if report is None:
        return Response(None, status_code=204)
    return Response(report)


REPORTS = Router(path="/v1/activity/accounts", tags=["Reports"], route_handlers=[create_report, get_report])


def _report(tx: Tx, row: ReportRow) -> Report:
    since = row.created_at - row.hours * _HOUR_MS
    identities = report_store.inactive_identities(tx, row.account_id, since=since)
    return Report(
        created_by=row.created_by,
        reference=row.reference,
        report_duration=str(row.hours),
        report_start_time=minutes_text(since),
        report_end_time=minutes_text(row.created_at),
        users=[_user(one) for one in identities if one.kind == "user"],
        apikeys=[_key(one) for one in report_store.inactive_keys(tx, row.account_id, since=since)],
        serviceids=[_entity(one) for one in identities if one.kind == "serviceid"],
        profiles=[_entity(one) for one in identities if one.kind == "profile"],
    )


def _user(one: Inactive) -> InactiveUser:
    email = one.email or ""
    return InactiveUser(iam_id=one.iam_id, name=one.name, username=email, email=email, last_authn=_last(one))


def _entity(one: Inactive) -> InactiveEntity:
    return InactiveEntity(id=one.id, name=one.name, last_authn=_last(one))


def _key(one: Inactive) -> InactiveKey:
    email = one.email or ""
    of_user = one.kind == "user"
    owner = KeyOwner(iam_id=one.iam_id, name=one.name, username=email, email=email)
    return InactiveKey(
        id=one.key_id or "",
        name=one.key_name or "",
        type="user" if of_user else "serviceid",
        user=owner if of_user else UNSET,
        serviceid=UNSET if of_user else KeyServiceId(id=one.id, name=one.name),
        last_authn=_last(one),
    )


def _last(one: Inactive) -> str | Maybe:
    return UNSET if one.last_authn is None else minutes_text(one.last_authn)
