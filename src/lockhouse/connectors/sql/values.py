"""Values on their way into a column of a type, and out of a row into JSON.

Templates give texts, so a text is converted to the type of its column. A time without a zone is taken as UTC,
both ways [our choice: the flow document does not say].
"""

import base64
import binascii
import json
import math
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from typing import Any
from uuid import UUID

from sqlalchemy.types import ARRAY, JSON, DateTime, TypeEngine

from lockhouse.connectors.templates import as_text

_TRUE, _FALSE = {"true", "t", "yes", "y", "1"}, {"false", "f", "no", "n", "0"}


def to_column(kind: TypeEngine[Any], value: Any) -> Any:
    """A value of JSON as a column of this type takes it. An empty text is nothing where no text can stand.

    Raises ValueError that says what was expected.
    """
    if value is None:
        return None
    if isinstance(kind, ARRAY):
        items = value if isinstance(value, list) else [value]
        element: TypeEngine[Any] = kind.item_type
        return [to_column(element, item) for item in items]
    if isinstance(kind, JSON):
        return _json(value)
    try:
        wanted = kind.python_type
    except NotImplementedError:
        wanted = str  # SQLAlchemy does not know the type: the database converts the text
    convert: Callable[[Any], Any] = _INTO.get(wanted, _text)
    if value == "" and convert is not _text:
        return None
    converted = convert(value)
    zoned = isinstance(kind, DateTime) and kind.timezone is True
    return converted.replace(tzinfo=None) if wanted is datetime and not zoned else converted


def to_json(value: Any) -> Any:
    """A value of a row as JSON: times in ISO 8601, bytes in base64, decimals as exact numbers."""
    if value is None or isinstance(value, bool | int | str):
        return value
    for kind, convert in _OUT.items():
        if isinstance(value, kind):
            return convert(value)
    return str(value)


def _integer(value: Any) -> int:
    if as_text(value).strip().lower() in ("true", "false"):
        return int(_boolean(value))  # MySQL has no other booleans
    number = _decimal(value)
    if number != number.to_integral_value():
        raise ValueError("expected a whole number")
    return int(number)


def _decimal(value: Any) -> Decimal:
    try:
        number = Decimal(as_text(value).strip())
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite() or abs(number.adjusted()) > 400:
        raise ValueError("expected a number")
    return number


def _boolean(value: Any) -> bool:
    text = as_text(value).strip().lower()
    if text not in _TRUE | _FALSE:
        raise ValueError("expected true or false")
    return text in _TRUE


def moment_of(value: Any) -> datetime:
    """A moment in UTC from ISO 8601. Raises ValueError."""
    try:
        moment = datetime.fromisoformat(as_text(value).strip())
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise ValueError("expected a time such as 2024-05-01T10:00:00Z") from None


def _date(value: Any) -> date:
    text = as_text(value).strip()
    try:
        # A point in time where a day is wanted: the day as it is written there.
        return date.fromisoformat(text[:10] if text[10:11] in ("T", " ") else text)
    except ValueError:
        raise ValueError("expected a day such as 2024-05-01") from None


def _time(value: Any) -> time:
    try:
        return time.fromisoformat(as_text(value).strip().removesuffix("Z"))
    except ValueError:
        raise ValueError("expected a time of day such as 10:00:00") from None


def _uuid(value: Any) -> UUID:
    try:
        return UUID(as_text(value).strip())
    except ValueError:
        raise ValueError("expected a UUID") from None


def _bytes(value: Any) -> bytes:
    try:
        return base64.b64decode(as_text(value), validate=True)
    except (binascii.Error, ValueError):
        raise ValueError("expected base64") from None


def _json(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value  # a text is JSON too


def _text(value: Any) -> str:
    text = as_text(value)
    if "\0" in text:
        raise ValueError("expected text without a zero character")
    return text


def _plain_number(value: Decimal) -> Any:
    if value.is_finite() and value == value.to_integral_value() and abs(value) < 2**53:
        return int(value)
    number = float(value)
    return number if math.isfinite(number) and Decimal(repr(number)) == value else str(value)


def _moment(value: datetime) -> str:
    moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return moment.isoformat().replace("+00:00", "Z")


_INTO: Mapping[type, Callable[[Any], Any]] = {
    int: _integer,
    float: lambda value: float(_decimal(value)),
    Decimal: _decimal,
    bool: _boolean,
    datetime: moment_of,
    date: _date,
    time: _time,
    UUID: _uuid,
    bytes: _bytes,
}
_OUT: Mapping[Any, Callable[[Any], Any]] = {
    float: lambda value: value if math.isfinite(value) else str(value),
    Decimal: _plain_number,
    datetime: _moment,
    date: date.isoformat,
    time: time.isoformat,
    timedelta: str,
    (bytes, bytearray, memoryview): lambda value: base64.b64encode(bytes(value)).decode(),
    dict: lambda value: {str(key): to_json(inner) for key, inner in value.items()},
    (list, tuple, set): lambda value: [to_json(inner) for inner in value],
}
