"""Audit events, in the shape of IBM's Activity Tracker (ours is the door that shows them)."""

import msgspec

from lockhouse.wire.entities import UNSET, Maybe


class Host(msgspec.Struct, frozen=True, kw_only=True):
    """From where it was done."""

    address: str
    agent: str


class Initiator(msgspec.Struct, frozen=True, kw_only=True):
    """Who did it; `account_id` is the one he acted from."""

    id: str
    account_id: str
    host: Host


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """To what it was done."""

    id: str


class AuditEvent(msgspec.Struct, frozen=True, kw_only=True):
    """One event. `number` counts the events of the platform; `correlationId` is the trace of the call."""

    number: int
    eventTime: str  # noqa: N815 - Activity Tracker's word
    action: str
    outcome: str
    account_id: str
    initiator: Initiator
    target: Target
    requestData: dict[str, str]  # noqa: N815 - Activity Tracker's word
    correlationId: str  # noqa: N815 - Activity Tracker's word
    message: str


class AuditPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of events; `next` is the address of the page after it."""

    limit: int
    events: list[AuditEvent]
    next: str | Maybe = UNSET
