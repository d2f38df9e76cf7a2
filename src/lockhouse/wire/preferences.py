"""Bodies of identities' preferences (iam-identity-api.md 9)."""

import msgspec

from lockhouse.wire.entities import UNSET, Maybe


class SetPreference(msgspec.Struct, frozen=True, kw_only=True):
    """Body of PUT: one of the two, as the preference has it."""

    value_string: str | None = None
    value_list_of_strings: list[str] | None = None


class PreferenceBody(msgspec.Struct, frozen=True, kw_only=True):
    """A preference as answered."""

    service: str
    id: str
    account_id: str
    scope: str
    value_string: str | Maybe = UNSET
    value_list_of_strings: list[str] | Maybe = UNSET


class PreferenceList(msgspec.Struct, frozen=True, kw_only=True):
    """The preferences that an identity has."""

    preferences: list[PreferenceBody]
