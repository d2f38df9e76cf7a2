"""Bodies of reports of inactivity (iam-identity-api.md 7)."""

import msgspec

from lockhouse.wire.entities import UNSET, Maybe


class ReportReference(msgspec.Struct, frozen=True, kw_only=True):
    """Under what name a report can be fetched."""

    reference: str


class InactiveUser(msgspec.Struct, frozen=True, kw_only=True):
    """A user; without `last_authn` he never got a token."""

    iam_id: str
    name: str
    username: str
    email: str
    last_authn: str | Maybe = UNSET


class KeyOwner(msgspec.Struct, frozen=True, kw_only=True):
    """Whose key it is, when a user's."""

    iam_id: str
    name: str
    username: str
    email: str


class KeyServiceId(msgspec.Struct, frozen=True, kw_only=True):
    """Whose key it is, when a service ID's."""

    id: str
    name: str


class InactiveKey(msgspec.Struct, frozen=True, kw_only=True):
    """An API key."""

    id: str
    name: str
    type: str
    user: KeyOwner | Maybe = UNSET
    serviceid: KeyServiceId | Maybe = UNSET
    last_authn: str | Maybe = UNSET


class InactiveEntity(msgspec.Struct, frozen=True, kw_only=True):
    """A service ID or a trusted profile."""

    id: str
    name: str
    last_authn: str | Maybe = UNSET


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What was not used in the time of the report. `report_duration` is hours, as text."""

    created_by: str
    reference: str
    report_duration: str
    report_start_time: str
    report_end_time: str
    users: list[InactiveUser]
    apikeys: list[InactiveKey]
    serviceids: list[InactiveEntity]
    profiles: list[InactiveEntity]
