"""Bodies and pages of `/v1/apikeys` (iam-identity-api.md 2)."""

from typing import Literal

import msgspec

from lockhouse.wire.entities import UNSET, Activity, HistoryRecord, Maybe, Page


class CreateApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """Body of create. `apikey` is a value chosen by the caller, at least 32 characters."""

    name: str
    iam_id: str
    account_id: str | None = None
    description: str | None = None
    apikey: str | None = None
    store_value: bool | None = None
    support_sessions: bool | None = None
    action_when_leaked: str | None = None
    expires_at: str | None = None

    def __repr__(self) -> str:
        return f"CreateApiKey(name={self.name!r})"


class UpdateApiKey(msgspec.Struct, frozen=True, kw_only=True):
    """Body of update: only what changes; an empty text clears `description` and `expires_at`."""

    name: str | None = None
    description: str | None = None
    support_sessions: bool | None = None
    action_when_leaked: str | None = None
    expires_at: str | None = None


class ApiKeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """An API key as answered. `apikey` is empty where the value is not to be shown."""

    id: str
    entity_tag: str
    crn: str
    locked: bool
    disabled: bool
    created_at: str
    created_by: str
    modified_at: str
    name: str
    support_sessions: bool
    action_when_leaked: Literal["none", "disable", "delete"]
    iam_id: str
    account_id: str
    apikey: str
    description: str | Maybe = UNSET
    expires_at: str | Maybe = UNSET
    history: list[HistoryRecord] | Maybe = UNSET
    activity: Activity | Maybe = UNSET

    def __repr__(self) -> str:
        return f"ApiKeyBody(id={self.id!r})"


class ApiKeyPage(Page, frozen=True, kw_only=True):
    """A page of keys."""

    apikeys: list[ApiKeyBody]
