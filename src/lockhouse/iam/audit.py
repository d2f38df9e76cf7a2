"""The audit trail: every change and every token issue is an event, written with what it tells of."""

from dataclasses import dataclass
from typing import Literal

from lockhouse.iam import audit_store
from lockhouse.iam.audit_store import Numbered
from lockhouse.iam.model import Caller, Event, IdentityKind, Visit
from lockhouse.storage import Tx
from lockhouse.wire.events import AuditEvent, Host, Initiator, Target
from lockhouse.wire.times import milliseconds_text

THE_PLATFORM = "lockhouse"
_INSTANCE_NAMES = {"name": "instance_name", "prev_name": "prev_instance_name"}
_OTHER_SERVICES = ("user-management.", "account-management.")
KEY_TYPES: dict[IdentityKind, str] = {
    "user": "user-apikey",
    "serviceid": "serviceid-apikey",
    "profile": "trustedprofile-apikey",
}


@dataclass(frozen=True, slots=True)
class Deed:
    """What a caller did. `action` stands without its `iam-identity.`; `change` is the word of the history."""

    action: str
    target: str
    change: str | None = None
    params: tuple[str, ...] = ()
    outcome: Literal["success", "failure"] = "success"
    message: str = ""


def record(tx: Tx, caller: Caller, deed: Deed) -> None:
    """Write an event about something the caller did."""
    event = Event(
        at=caller.visit.at,
        account_id=caller.account_id,
        action=deed.action if deed.action.startswith(_OTHER_SERVICES) else f"iam-identity.{deed.action}",
        actor=caller.iam_id,
        actor_account=caller.account_id,
        target=deed.target,
        visit=caller.visit,
        outcome=deed.outcome,
        change=deed.change,
        params=deed.params,
        message=deed.message,
    )
    audit_store.insert(tx, [event])


def record_own(tx: Tx, account_id: str, deed: Deed, *, now: int) -> None:
    """Write an event about something that the platform does by itself; its initiator is `lockhouse`."""
    event = Event(
        at=now,
        account_id=account_id,
        action=f"iam-identity.{deed.action}",
        actor=THE_PLATFORM,
        actor_account=account_id,
        target=deed.target,
        visit=Visit(now),
        change=deed.change,
        params=deed.params,
        message=deed.message,
    )
    audit_store.insert(tx, [event])


def _request_data(params: tuple[str, ...]) -> dict[str, str]:
    """`name=value` texts under Activity Tracker's names; of several of one name, all with commas."""
    told: dict[str, str] = {}
    for text in params:
        name, _, value = text.partition("=")
        name = _INSTANCE_NAMES.get(name, name)
        told[name] = f"{told[name]}, {value}" if name in told else value
    return told


def event_body(found: Numbered) -> AuditEvent:
    """An event for the wire."""
    event = found.event
    return AuditEvent(
        number=found.number,
        eventTime=milliseconds_text(event.at),
        action=event.action,
        outcome=event.outcome,
        account_id=event.account_id,
        initiator=Initiator(
            id=event.actor,
            account_id=event.actor_account,
            host=Host(address=event.visit.address, agent=event.visit.agent),
        ),
        target=Target(id=event.target),
        requestData=_request_data(event.params),
        correlationId=event.visit.trace,
        message=event.message,
    )
