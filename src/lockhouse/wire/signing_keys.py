"""Bodies of signing keys (ours)."""

from typing import Literal

import msgspec

from lockhouse.wire.entities import UNSET, Maybe


class SigningKeyBody(msgspec.Struct, frozen=True, kw_only=True):
    """A signing key: `next` waits, `current` signs, `retiring` has signed, `revoked` is refused."""

    kid: str
    state: Literal["next", "current", "retiring", "revoked"]
    created_at: str
    signs_from: str | Maybe = UNSET


class SigningKeyList(msgspec.Struct, frozen=True, kw_only=True):
    """The signing keys that are kept, oldest first."""

    signing_keys: list[SigningKeyBody]
