"""The functions that App Connect adds to JSONata (flow-document.md, section 11).

The engine hands None for null and for nothing alike, and takes None for nothing.
"""

import base64
import binascii
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

from lockhouse.jsonata.errors import ExpressionFailed
from lockhouse.jsonata.moment import NoSuchDate, format_moment, millis_of, moment_of, parse_moment

_ISO = "YYYY-MM-DDTHH:mm:ss.SSS[Z]"


def _format_date(millis: Any = None, pattern: str | None = None, zone: str | None = None) -> str | None:
    """`$formatDate(millis, format [, zone])`; a text is read as ISO 8601."""
    if millis is None:
        return None
    try:
        return format_moment(moment_of(_millis(millis), zone or "UTC"), pattern or _ISO)
    except NoSuchDate as error:
        raise ExpressionFailed(f"$formatDate: {error}", code="date") from None


def _millis(value: Any) -> float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    try:
        moment = datetime.fromisoformat(str(value).strip())
    except ValueError:
        raise NoSuchDate(f"{str(value)[:60]!r} is neither milliseconds nor an ISO 8601 date") from None
    return millis_of(moment if moment.tzinfo else moment.replace(tzinfo=UTC))


def _parse_date(text: str | None = None, pattern: str | None = None, zone: str | None = None) -> float | None:
    """`$parseDate(text, format [, zone])` → milliseconds."""
    if text is None:
        return None
    try:
        return _millis(text) if pattern is None else millis_of(parse_moment(text, pattern, zone or "UTC"))
    except NoSuchDate as error:
        raise ExpressionFailed(f"$parseDate: {error}", code="date") from None


def _is_null(value: Any = None) -> bool:
    """`$isNull(x)`: true for null and for nothing (our choice)."""
    return value is None


_URL_SAFE = str.maketrans("-_", "+/")


def _is_utf8(encoding: Any) -> bool:
    return isinstance(encoding, str) and encoding.lower().replace("-", "") == "utf8"


def _base64encode(text: str | None = None, encoding: Any = None) -> str | None:
    """`$base64encode(x [, encoding])`: one byte a character as JSONata's own; UTF-8 when asked or needed."""
    if text is None:
        return None
    single = not _is_utf8(encoding) and all(character <= "\xff" for character in text)
    return base64.b64encode(text.encode("latin-1" if single else "utf-8", "replace")).decode()


def _base64decode(text: str | None = None, encoding: Any = None) -> str | None:
    """`$base64decode(x [, encoding])`."""
    if text is None:
        return None
    try:
        plain = "".join(text.split()).rstrip("=").translate(_URL_SAFE)
        whole = plain + "=" * (-len(plain) % 4)
        return base64.b64decode(whole, validate=True).decode("utf-8" if _is_utf8(encoding) else "latin-1")
    except (binascii.Error, ValueError):
        raise ExpressionFailed("$base64decode: the text is not Base64", code="base64") from None


HostFunction = tuple[str, Callable[..., Any], str]
"""Name, function, JSONata signature."""

APP_CONNECT_FUNCTIONS: Final[tuple[HostFunction, ...]] = (
    ("formatDate", _format_date, "<x-s?s?:s>"),
    ("parseDate", _parse_date, "<s-s?s?:n>"),
    ("isNull", _is_null, "<x-:b>"),
    ("base64encode", _base64encode, "<s-x?:s>"),
    ("base64decode", _base64decode, "<s-x?:s>"),
)
