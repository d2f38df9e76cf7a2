"""Values as the vendor's fields want them (flow-document.md 7 rule 5): what cannot be, at once."""

import contextlib
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.model import Field
from lockhouse.connectors.templates import as_text, put_at

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


class NotConvertible(ValueError):
    """A value is not of the field's type; the text says what was expected."""


def coerced(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values with the types of their fields; unknown fields as they are. Raises Rejected, naming every
    field.
    """
    wrong: list[str] = []
    found: dict[str, Any] = {}
    for name, value in values.items():
        field = fields.get(name)
        try:
            found[name] = value if field is None else convert(field, value)
        except NotConvertible as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        raise Rejected("; ".join(wrong))
    return {name: value for name, value in found.items() if value is not None or values[name] is None}


def convert(field: Field, value: Any) -> Any:
    """One value for one field; None for an empty text where no text can stand. Raises NotConvertible."""
    if value is None:
        return None
    return TYPES[field.type](field, value)


def record_of(fields: Mapping[str, Field], values: Mapping[str, Any], *, creating: bool) -> dict[str, Any]:
    """The part of the values that the vendor is sent, each at its field's target."""
    record: dict[str, Any] = {}
    for name, value in values.items():
        field = fields.get(name)
        if field is None:
            record[name] = value
        elif not (field.place or field.read_only or (field.create_only and not creating)):
            put_at(record, field.target or (name,), value)
    return record


def missing_fields(fields: Mapping[str, Field], values: Mapping[str, Any]) -> list[str]:
    """The required fields for which there is no value."""
    return [name for name, field in fields.items() if field.required and values.get(name) in (None, "")]


def with_defaults(fields: Mapping[str, Field], values: Mapping[str, Any]) -> dict[str, Any]:
    """The values, and the defaults of the fields that have none."""
    defaults = {name: field.default for name, field in fields.items() if field.default is not None}
    return {**defaults, **values} if defaults else dict(values)


def _string(_field: Field, value: Any) -> Any:
    return as_text(value)


def _integer(field: Field, value: Any) -> Any:
    number = _number(field, value)
    if isinstance(number, float) and not number.is_integer():
        raise NotConvertible("expected a whole number")
    return int(number) if isinstance(number, float) else number


def _number(_field: Field, value: Any) -> Any:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = value.strip()
        if not text:
            return None
        if _NUMBER.fullmatch(text) and len(text) < 400:
            number = float(text)
            if re.fullmatch(r"[+-]?\d+", text):
                return int(text)
            if math.isfinite(number):
                return number
    raise NotConvertible("expected a number")


def _boolean(_field: Field, value: Any) -> Any:
    if isinstance(value, bool):
        return value
    if isinstance(value, str):
        text = value.strip().lower()
        if not text:
            return None
        if text in ("true", "false"):
            return text == "true"
    raise NotConvertible("expected true or false")


def _date(_field: Field, value: Any) -> Any:
    text = as_text(value).strip()
    if not text:
        return None
    # A point in time where a day is wanted: the day as it is written there.
    return text[:10] if _DATE.match(text) and text[10:11] in ("T", " ") else text


def _datetime(field: Field, value: Any) -> Any:
    text = as_text(value).strip()
    if not field.format or not _DATE.match(text):
        return text or None
    return moment_text(text, field.format)


def moment_text(text: str, form: str) -> str:
    """A moment in another form (strftime), in UTC if it says its zone. What cannot be read as a time is the
    vendor's to judge.
    """
    with contextlib.suppress(ValueError, OverflowError):
        moment = datetime.fromisoformat(text)
        utc = moment.astimezone(UTC) if moment.tzinfo else moment
        return utc.strftime(form)
    return text


def _object(field: Field, value: Any) -> Any:
    if not isinstance(value, dict):
        raise NotConvertible("expected an object")
    return coerced(field.members, value) if field.members else value


def _array(field: Field, value: Any) -> Any:
    items = value if isinstance(value, list) else [] if value == "" else [value]
    element = Field(field.name, field.element, members=field.members)
    return [convert(element, item) for item in items if item is not None]


def _any(_field: Field, value: Any) -> Any:
    return value


TYPES: Mapping[str, Callable[[Field, Any], Any]] = {
    "any": _any,
    "string": _string,
    "integer": _integer,
    "number": _number,
    "boolean": _boolean,
    "date": _date,
    "datetime": _datetime,
    "object": _object,
    "array": _array,
}
