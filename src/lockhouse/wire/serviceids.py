"""Bodies and pages of service IDs and their groups (iam-identity-api.md 4)."""

import msgspec

from lockhouse.wire.apikeys import ApiKeyBody
from lockhouse.wire.entities import UNSET, Activity, HistoryRecord, Maybe, Page


class CreateKeyInside(msgspec.Struct, frozen=True, kw_only=True):
    """The API key that is created together with its service ID."""

    name: str
    description: str | None = None
    apikey: str | None = None
    store_value: bool | None = None
    action_when_leaked: str | None = None
    expires_at: str | None = None

    def __repr__(self) -> str:
        return f"CreateKeyInside(name={self.name!r})"


class CreateServiceId(msgspec.Struct, frozen=True, kw_only=True):
    """Body of create."""

    account_id: str
    name: str
    group_id: str | None = None
    description: str | None = None
    unique_instance_crns: list[str] | None = None
    apikey: CreateKeyInside | None = None


class UpdateServiceId(msgspec.Struct, frozen=True, kw_only=True):
    """Body of update: only what changes; an empty text or list clears."""

    name: str | None = None
    description: str | None = None
    unique_instance_crns: list[str] | None = None


class ServiceIdBody(msgspec.Struct, frozen=True, kw_only=True):
    """A service ID as answered."""

    id: str
    iam_id: str
    entity_tag: str
    crn: str
    locked: bool
    created_at: str
    modified_at: str
    account_id: str
    name: str
    unique_instance_crns: list[str]
    description: str | Maybe = UNSET
    group_id: str | Maybe = UNSET
    apikey: ApiKeyBody | Maybe = UNSET
    history: list[HistoryRecord] | Maybe = UNSET
    activity: Activity | Maybe = UNSET


class ServiceIdPage(Page, frozen=True, kw_only=True):
    """A page of service IDs."""

    serviceids: list[ServiceIdBody]


class CreateGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a group's create."""

    account_id: str
    name: str
    description: str | None = None


class UpdateGroup(msgspec.Struct, frozen=True, kw_only=True):
    """Body of a group's update."""

    name: str
    description: str | None = None


class GroupBody(msgspec.Struct, frozen=True, kw_only=True):
    """A service ID group as answered."""

    id: str
    entity_tag: str
    account_id: str
    crn: str
    name: str
    created_at: str
    created_by: str
    modified_at: str
    description: str | Maybe = UNSET


class GroupList(msgspec.Struct, frozen=True, kw_only=True):
    """All groups of an account."""

    serviceid_groups: list[GroupBody]
