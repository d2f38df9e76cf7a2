"""Bodies of an account's limits and what is used of them (iam-identity-api.md 10)."""

import msgspec

from lockhouse.wire.entities import UNSET, Maybe


class LimitsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Body of POST: of what the use is wanted. Flags for the account, lists of ids for the rest."""

    serviceid_groups: bool | None = None
    profiles: bool | None = None
    templates: bool | None = None
    idps: bool | None = None
    cr_links: bool | None = None
    cr_rules: bool | None = None
    serviceids_per_group: list[str] | None = None
    apikeys_per_identity: list[str] | None = None
    template_versions_per_template: list[str] | None = None
    claim_rules_per_group: list[str] | None = None
    claim_rules_per_profile: list[str] | None = None
    cr_links_per_profile: list[str] | None = None
    cr_rules_per_profile: list[str] | None = None


class LimitCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many there may be, and how many there are."""

    limit: int
    count: int | Maybe = UNSET


class GroupCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many a service ID group or access group has."""

    group_id: str
    count: int


class IdentityCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many an identity has."""

    iam_id: str
    count: int


class TemplateCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many a template has."""

    template_id: str
    count: int


class ProfileCount(msgspec.Struct, frozen=True, kw_only=True):
    """How many a trusted profile has."""

    profile_id: str
    count: int


class PerServiceIdGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A limit of service ID groups."""

    limit: int
    serviceid_groups: list[GroupCount] | Maybe = UNSET


class PerIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """A limit of identities."""

    limit: int
    identities: list[IdentityCount] | Maybe = UNSET


class PerTemplate(msgspec.Struct, frozen=True, kw_only=True):
    """A limit of templates."""

    limit: int
    templates: list[TemplateCount] | Maybe = UNSET


class PerAccessGroup(msgspec.Struct, frozen=True, kw_only=True):
    """A limit of access groups."""

    limit: int
    access_groups: list[GroupCount] | Maybe = UNSET


class PerProfile(msgspec.Struct, frozen=True, kw_only=True):
    """A limit of trusted profiles."""

    limit: int
    profiles: list[ProfileCount] | Maybe = UNSET


class LimitsBody(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What was asked for; of what the platform does not have (templates, identity providers, access groups)
    there may be none."""

    serviceid_groups: LimitCount | Maybe = UNSET
    profiles: LimitCount | Maybe = UNSET
    profile_templates: LimitCount | Maybe = UNSET
    account_settings_templates: LimitCount | Maybe = UNSET
    idps: LimitCount | Maybe = UNSET
    cr_links: LimitCount | Maybe = UNSET
    cr_rules: LimitCount | Maybe = UNSET
    serviceids_per_group: PerServiceIdGroup | Maybe = UNSET
    apikeys_per_identity: PerIdentity | Maybe = UNSET
    template_versions_per_template: PerTemplate | Maybe = UNSET
    claim_rules_per_group: PerAccessGroup | Maybe = UNSET
    claim_rules_per_profile: PerProfile | Maybe = UNSET
    cr_links_per_profile: PerProfile | Maybe = UNSET
    cr_rules_per_profile: PerProfile | Maybe = UNSET
