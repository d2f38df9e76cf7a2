"""Bodies and pages of trusted profiles, their rules, links and identities (iam-identity-api.md 5)."""

from typing import Any, Literal

import msgspec

from lockhouse.wire.entities import UNSET, Activity, HistoryRecord, Maybe, Page

RuleType = Literal["Profile-SAML", "Profile-CR"]
ComputeType = Literal["VSI", "PVS", "BMS", "IKS_SA", "ROKS_SA", "CE"]
IdentityType = Literal["user", "serviceid", "crn"]
Operator = Literal["EQUALS", "NOT_EQUALS", "EQUALS_IGNORE_CASE", "NOT_EQUALS_IGNORE_CASE", "CONTAINS", "IN"]


class CreateProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Body of create; the name is unique in the account."""

    name: str
    account_id: str
    description: str | None = None
    email: str | None = None


class UpdateProfile(msgspec.Struct, frozen=True, kw_only=True):
    """Body of update: only what changes; an empty text clears description and email."""

    name: str | None = None
    description: str | None = None
    email: str | None = None


class ProfileBody(msgspec.Struct, frozen=True, kw_only=True):
    """A trusted profile as answered."""

    id: str
    entity_tag: str
    crn: str
    name: str
    iam_id: str
    account_id: str
    created_at: str
    modified_at: str
    description: str | Maybe = UNSET
    email: str | Maybe = UNSET
    history: list[HistoryRecord] | Maybe = UNSET
    activity: Activity | Maybe = UNSET


class ProfilePage(Page, frozen=True, kw_only=True):
    """A page of trusted profiles."""

    profiles: list[ProfileBody]


class Condition(msgspec.Struct, frozen=True, kw_only=True):
    """One condition of a rule; `value` is JSON text."""

    claim: str
    operator: Operator
    value: str


class RuleRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a claim rule's create and update. `expiration` is the session's life in seconds."""

    type: RuleType
    conditions: list[Condition]
    name: str | None = None
    realm_name: str | None = None
    cr_type: ComputeType | None = None
    expiration: int | None = None
    context: Any = None


class RuleBody(msgspec.Struct, frozen=True, kw_only=True):
    """A claim rule as answered."""

    id: str
    entity_tag: str
    created_at: str
    modified_at: str
    type: str
    expiration: int
    conditions: list[Condition]
    name: str | Maybe = UNSET
    realm_name: str | Maybe = UNSET
    cr_type: str | Maybe = UNSET


class RuleList(msgspec.Struct, frozen=True, kw_only=True):
    """The claim rules of a profile."""

    rules: list[RuleBody]


class LinkTarget(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The compute resource that a link names."""

    crn: str
    namespace: str | None = None
    name: str | None = None
    component_type: str | None = None
    component_name: str | None = None


class LinkRequest(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a link's create."""

    cr_type: ComputeType
    link: LinkTarget
    name: str | None = None
    is_cross_account: bool | None = None


class LinkBody(msgspec.Struct, frozen=True, kw_only=True):
    """A link as answered."""

    id: str
    entity_tag: str
    created_at: str
    modified_at: str
    cr_type: str
    link: LinkTarget
    is_cross_account: bool
    name: str | Maybe = UNSET


class LinkList(msgspec.Struct, frozen=True, kw_only=True):
    """The links of a profile."""

    links: list[LinkBody]


class ProfileIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """Who may assume a profile; `accounts` (of users) are those from which he may."""

    identifier: str
    type: IdentityType
    accounts: list[str] | None = None
    description: str | None = None


class SetIdentities(msgspec.Struct, frozen=True, kw_only=True):
    """Body that replaces all identities."""

    identities: list[ProfileIdentity] = []


class IdentityBody(msgspec.Struct, frozen=True, kw_only=True):
    """An identity of a profile as answered."""

    iam_id: str
    identifier: str
    type: str
    accounts: list[str] | Maybe = UNSET
    description: str | Maybe = UNSET


class IdentityList(msgspec.Struct, frozen=True, kw_only=True):
    """The identities of a profile; `entity_tag` is the profile's."""

    entity_tag: str
    identities: list[IdentityBody]
