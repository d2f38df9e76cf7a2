"""What a double is told by whoever runs it: records to keep, failures to have."""

from typing import Annotated, Any, Literal, TypeVar

import msgspec
from aiohttp import web

Word = Literal["token-refused", "auth-failed", "not-found", "rejected", "rate-limited", "unavailable"]


class Records(msgspec.Struct, forbid_unknown_fields=True):
    """Records of a business object, as the vendor would keep them; `places` says where they lie."""

    object: str
    records: list[dict[str, Any]]
    places: dict[str, Any] = {}


class Failure(msgspec.Struct, forbid_unknown_fields=True):
    """What the next calls are answered."""

    word: Word
    times: Annotated[int, msgspec.Meta(ge=1, le=10_000)] = 1


Told = TypeVar("Told", Records, Failure)


def read_told(content: bytes, kind: type[Told]) -> Told:
    """Read it from JSON. Raises 400 with the reason."""
    try:
        return msgspec.json.decode(content, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise web.HTTPBadRequest(text=f"{error}\n") from None
