"""Bodies of an account's settings (iam-identity-api.md 6). All scalars are texts, the numbers too."""

from typing import Any, Literal

import msgspec

from lockhouse.wire.entities import UNSET, HistoryRecord, Maybe

Restriction = Literal["RESTRICTED", "NOT_RESTRICTED", "NOT_SET"]
Visibility = Literal["RESTRICTED", "NOT_RESTRICTED"]
Mfa = Literal["NONE", "NONE_NO_ROPC", "TOTP", "TOTP4ALL", "LEVEL1", "LEVEL2", "LEVEL3"]


class UserMfa(msgspec.Struct, frozen=True, kw_only=True):
    """A user's exception from the account's MFA; the names are answered with `resolve_user_mfa`."""

    iam_id: str
    mfa: Mfa | None = None
    name: str | Maybe = UNSET
    user_name: str | Maybe = UNSET
    email: str | Maybe = UNSET
    description: str | Maybe = UNSET


class DomainRestriction(msgspec.Struct, frozen=True, kw_only=True):
    """Who may be invited from a realm; a PUT with `realm_id` alone removes the entry."""

    realm_id: str
    invitation_email_allow_patterns: list[str] | None = None
    restrict_invitation: bool | None = None


class UpdateSettings(msgspec.Struct, frozen=True, kw_only=True):
    """Body of PUT: only what changes."""

    restrict_create_service_id: Restriction | None = None
    restrict_create_platform_apikey: Restriction | None = None
    restrict_user_list_visibility: Visibility | None = None
    allowed_ip_addresses: str | None = None
    mfa: Mfa | None = None
    user_mfa: list[UserMfa] | None = None
    session_expiration_in_seconds: str | None = None
    session_invalidation_in_seconds: str | None = None
    max_sessions_per_identity: str | None = None
    system_access_token_expiration_in_seconds: str | None = None
    system_refresh_token_expiration_in_seconds: str | None = None
    restrict_user_domains: list[DomainRestriction] | None = None


class EffectiveSettings(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the account."""

    restrict_create_service_id: str
    restrict_create_platform_apikey: str
    restrict_user_list_visibility: str
    allowed_ip_addresses: str
    mfa: str
    user_mfa: list[UserMfa]
    session_expiration_in_seconds: str
    session_invalidation_in_seconds: str
    max_sessions_per_identity: str
    system_access_token_expiration_in_seconds: str
    system_refresh_token_expiration_in_seconds: str


class SettingsBody(EffectiveSettings, frozen=True, kw_only=True):
    """The settings as answered."""

    account_id: str
    entity_tag: str
    restrict_user_domains: list[DomainRestriction]
    history: list[HistoryRecord] | Maybe = UNSET


class EffectiveBody(msgspec.Struct, frozen=True, kw_only=True):
    """The account's settings, and what they come to."""

    account_id: str
    effective: EffectiveSettings
    account: SettingsBody
    assigned_templates: list[dict[str, Any]]
