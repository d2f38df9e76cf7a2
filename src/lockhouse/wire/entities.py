"""What all entities of the identity API have in common (iam-identity-api.md 1.9 and 1.10)."""

import msgspec

UNSET = msgspec.UNSET
Maybe = msgspec.UnsetType


class HistoryRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One change of an entity."""

    timestamp: str
    iam_id: str
    iam_id_account: str
    action: str
    params: list[str]
    message: str


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """When a token was last issued for an entity, and how often; `last_authn` is absent before the first."""

    authn_count: int
    last_authn: str | Maybe = UNSET


class Page(msgspec.Struct, frozen=True, kw_only=True):
    """What every page of a list has. The links are absolute and hold the whole query."""

    offset: int
    limit: int
    first: str
    previous: str | Maybe = UNSET
    next: str | Maybe = UNSET
