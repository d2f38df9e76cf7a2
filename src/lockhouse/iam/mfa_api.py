"""The doors of the status of multi-factor authentication (iam-identity-api.md 8).

An account can say what it wants; the platform itself asks for no second factor, so nobody has enrolled one.
"""

import uuid
from typing import Any

from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery

from lockhouse.iam import account_store, identity_store, report_store
from lockhouse.iam.account_settings import read_settings_json
from lockhouse.iam.audit import Deed, record
from lockhouse.iam.entities import check_account, check_administrator
from lockhouse.iam.errors import NotAllowed, NotFound, RequestInvalid
from lockhouse.iam.list_query import QueryType
from lockhouse.iam.model import Caller
from lockhouse.iam.report_api import DAY_MS, HELD_BACK_MS
from lockhouse.iam.report_store import MFA_HOURS, ReportRow
from lockhouse.iam.room import TheGuest
from lockhouse.storage import Tx
from lockhouse.wire.entities import UNSET
from lockhouse.wire.mfa import AccountBased, Enrolment, IdBased, MfaReport, MfaStatus, UserStatus
from lockhouse.wire.reports import ReportReference
from lockhouse.wire.times import minutes_text

_WITHOUT_FACTOR = {"NONE", "NONE_NO_ROPC"}
_NOTHING = Enrolment(required=False, enrolled=False)


@get("/{account_id:str}/status", operation_id="getMfaStatus")
async def get_mfa_status(
    guest: TheGuest, account_id: FromPath[str], iam_id: FromQuery[str | None] = None
) -> MfaStatus:
    """A user's status: one's own, or anybody's for an administrator."""

    def rule(tx: Tx, caller: Caller) -> MfaStatus:
        check_account(caller, account_id)
        if not iam_id:
            raise RequestInvalid("Parameter 'iam_id' is missing.")
        if iam_id != caller.iam_id and not caller.administrator:
            raise NotAllowed("You may not see the status of this user.")
        user = identity_store.in_account(tx, account_id, iam_id)
        if user is None or user.kind != "user":
            raise NotFound(f"User {iam_id} could not be found in the account.")
        return MfaStatus(**_status(iam_id, _settings(tx, account_id)))

    return await guest.read(rule)


@post("/{account_id:str}/report", operation_id="createMfaReport", status_code=202)
async def create_mfa_report(
    guest: TheGuest, account_id: FromPath[str], kind: QueryType = None
) -> ReportReference:
    """Ask for a report of the status of every user."""
    if kind not in {None, "mfa_status"}:
        raise RequestInvalid("Parameter 'type' must be mfa_status.")

    def rule(tx: Tx, caller: Caller) -> str:
        check_account(caller, account_id)
        check_administrator(caller)
        now = caller.visit.at
        report_store.delete_older(tx, account_id, than=now - DAY_MS)
        row = ReportRow(uuid.uuid4().hex, account_id, now, caller.iam_id, MFA_HOURS)
        report_store.insert(tx, row)
        record(tx, caller, Deed("account-mfa-report.create", row.reference, "CREATE"))
        return row.reference

    return ReportReference(reference=await guest.write(rule))


@get("/{account_id:str}/report/{reference:str}", operation_id="getMfaReport", status_code=200)
async def get_mfa_report(
    guest: TheGuest, account_id: FromPath[str], reference: FromPath[str]
) -> Response[MfaReport | None]:
    """A report, or no content while it is being made; `latest` is the newest."""

    def rule(tx: Tx, caller: Caller) -> MfaReport | None:
        check_account(caller, account_id)
        check_administrator(caller)
        rows = [row for row in report_store.of_account(tx, account_id) if row.hours == MFA_HOURS]
        row = next((row for row in rows if reference in {"latest", row.reference}), None)
        if row is None:
            raise NotFound(f"Report {reference} could not be found.")
        return None if caller.visit.at < row.created_at + HELD_BACK_MS else _report(tx, row)

    report = await guest.read_aside(rule)
    return Response(report, status_code=204 if report is None else 200)


MFA = Router(
    path="/v1/mfa/accounts",
    tags=["MFA status"],
    route_handlers=[get_mfa_status, create_mfa_report, get_mfa_report],
)


def _settings(tx: Tx, account_id: str) -> dict[str, Any]:
    return read_settings_json(account_store.settings(tx, account_id))


def _report(tx: Tx, row: ReportRow) -> MfaReport:
    settings = _settings(tx, row.account_id)
    return MfaReport(
        created_by=row.created_by,
        reference=row.reference,
        report_time=minutes_text(row.created_at),
        account_id=row.account_id,
        users=[
            UserStatus(username=email, name=name, email=email, **_status(iam_id, settings))
            for iam_id, name, email in report_store.users(tx, row.account_id)
        ],
    )


def _status(iam_id: str, settings: dict[str, Any]) -> dict[str, Any]:
    own = {one["iam_id"]: one["mfa"] for one in settings["user_mfa"]}.get(iam_id)
    effective = own or settings["mfa"]
    complies = effective in _WITHOUT_FACTOR
    return {
        "iam_id": iam_id,
        "effective_mfa_type": "id_based_mfa",
        "id_based_mfa": IdBased(
            trait_account_default=settings["mfa"],
            trait_user_specific=own or UNSET,
            trait_effective=effective,
            complies=complies,
            comply_state="ACCOUNT" if complies else "NO",
        ),
        "account_based_mfa": AccountBased(
            security_questions=_NOTHING, totp=_NOTHING, verisign=_NOTHING, complies=True
        ),
    }
