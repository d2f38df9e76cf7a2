"""Bodies of the status of multi-factor authentication (iam-identity-api.md 8)."""

from typing import Literal

import msgspec

from lockhouse.wire.entities import UNSET, Maybe


class IdBased(msgspec.Struct, frozen=True, kw_only=True):
    """What the account wants of a user's own log-in, and whether he complies."""

    trait_account_default: str
    trait_effective: str
    complies: bool
    comply_state: Literal["NO", "ACCOUNT", "CROSS_ACCOUNT"]
    trait_user_specific: str | Maybe = UNSET


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A second factor: whether it is required, and whether the user has it."""

    required: bool
    enrolled: bool


class AccountBased(msgspec.Struct, frozen=True, kw_only=True):
    """Second factors that belong to the account."""

    security_questions: Enrolment
    totp: Enrolment
    verisign: Enrolment
    complies: bool


class MfaStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A user's status."""

    iam_id: str
    effective_mfa_type: Literal["id_based_mfa", "account_based_mfa"]
    id_based_mfa: IdBased
    account_based_mfa: AccountBased


class UserStatus(MfaStatus, frozen=True, kw_only=True):
    """A user's status, in a report."""

    username: str
    name: str
    email: str


class MfaReport(msgspec.Struct, frozen=True, kw_only=True):
    """The status of every user of an account."""

    created_by: str
    reference: str
    report_time: str
    account_id: str
    users: list[UserStatus]
