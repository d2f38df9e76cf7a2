"""SOQL from a filter, and values as Salesforce's fields want them: each field's described type decides."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.filters import Condition, Group, Tree
from lockhouse.connectors.templates import as_text

NUMBERS = frozenset({"int", "long", "double", "currency", "percent"})
COMPOUND = frozenset({"address", "location"})
_NAME = re.compile(r"[A-Za-z]\w*(\.[A-Za-z]\w*)*", re.ASCII)
_NUMBER = re.compile(r"[+-]?\d+(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_DATETIME = re.compile(
    r"(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(\.\d+)?\s*(Z|[+-]\d{2}:?\d{2})?", re.ASCII
)
_OPERATORS = {"=": "=", "neq": "!=", "gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\n": "\\n", "\r": "\\r", "\t": "\\t", '"': '\\"'})


@dataclass(frozen=True, slots=True)
class SalesforceField:
    """What Salesforce says of a field."""

    name: str
    type: str
    createable: bool
    updateable: bool
    sortable: bool


@dataclass(frozen=True, slots=True)
class Description:
    """The fields of an object by their lower-case names; empty when Salesforce does not tell them."""

    name: str
    fields: Mapping[str, SalesforceField]

    @classmethod
    def of(cls, name: str, body: Any) -> "Description":
        """What the answer of a describe says."""
        listed = body.get("fields", []) if isinstance(body, dict) else []
        fields = (
            SalesforceField(
                name=field["name"],
                type=field.get("type", "string"),
                createable=field.get("createable", True),
                updateable=field.get("updateable", True),
                sortable=field.get("sortable", True),
            )
            for field in listed
        )
        return cls(name, {field.name.lower(): field for field in fields})

    def get(self, name: str) -> SalesforceField | None:
        """The field of this name, without regard to case as Salesforce reads it."""
        return self.fields.get(name.lower())

    def selected(self) -> list[str]:
        """The fields that a list shows: no compound ones, no files."""
        return [field.name for field in self.fields.values() if field.type not in COMPOUND | {"base64"}]


def object_name(name: str) -> str:
    """An object's name, safe in SOQL and in an address. Raises Rejected."""
    if not re.fullmatch(r"[A-Za-z]\w*", name, re.ASCII):
        raise Rejected(f"{name!r} is no name of a Salesforce object")
    return name


def where_clause(tree: Tree, description: Description) -> str:
    """The conditions of a filter in SOQL. Raises Rejected for what SOQL cannot say."""
    if isinstance(tree, Group):
        return f" {tree.joint.upper()} ".join(_inner(member, description) for member in tree.members)
    return _condition(tree, description)


def _inner(tree: Tree, description: Description) -> str:
    text = where_clause(tree, description)
    return f"({text})" if isinstance(tree, Group) else text


def _condition(condition: Condition, description: Description) -> str:
    name = condition.field
    if not _NAME.fullmatch(name):
        raise Rejected(f"{name!r} is no name of a Salesforce field")
    field = description.get(name)
    kind = field.type if field is not None else _guessed(name, condition.value)
    if condition.operator == "contains":
        pattern = _escaped(as_text(condition.value)).replace("%", "\\%").replace("_", "\\_")
        return f"{name} LIKE '%{pattern}%'"
    return f"{name} {_OPERATORS[condition.operator]} {literal(name, kind, condition.value)}"


def _guessed(name: str, value: Any) -> str:
    # Without a describe the value must tell; a relationship's field (Account.Name) is not in the describe
    # either.
    if isinstance(value, bool) or value in ("true", "false"):
        return "boolean"
    if isinstance(value, int | float):
        return "double"
    text = as_text(value)
    if _DATETIME.fullmatch(text):
        return "datetime"
    return "date" if _DATE.fullmatch(text) and name.lower().endswith("date") else "string"


def literal(name: str, kind: str, value: Any) -> str:
    """A value as a SOQL literal of a field's type. Raises Rejected for one that the type cannot hold."""
    text = as_text(value)
    bare = text.strip()
    if not bare:
        return "null"
    write = _LITERALS.get(kind)
    if write is None:
        # Ids, mail addresses and picklists never begin or end with a blank; free text may.
        return f"'{_escaped(text if kind in ('string', 'textarea') else bare)}'"
    found = write(bare)
    if found is None:
        raise Rejected(f"{name}: {bare[:80]!r} is no {kind}")
    return found


def _number_literal(text: str) -> str | None:
    return text if _NUMBER.fullmatch(text) else None


def _boolean_literal(text: str) -> str | None:
    return text.lower() if text.lower() in ("true", "false") else None


def _date_literal(text: str) -> str | None:
    return text[:10] if _DATE.fullmatch(text) or _DATETIME.fullmatch(text) else None


def _moment(text: str) -> str | None:
    if _DATE.fullmatch(text):
        return f"{text}T00:00:00Z"
    found = _DATETIME.fullmatch(text)
    if found is None:
        return None
    day, time, fraction, zone = found.groups()
    return f"{day}T{time if len(time) > 5 else time + ':00'}{fraction or ''}{zone or 'Z'}"


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


_LITERALS: Mapping[str, Callable[[str], str | None]] = {
    **dict.fromkeys(NUMBERS, _number_literal),
    "boolean": _boolean_literal,
    "date": _date_literal,
    "datetime": _moment,
}


def converted(values: Mapping[str, Any], description: Description) -> dict[str, Any]:
    """The values of a record with the types of their fields; an empty text where no text can stand is left
    out. Raises Rejected, naming every field that is wrong.
    """
    wrong: list[str] = []
    record: dict[str, Any] = {}
    for name, value in values.items():
        field = description.get(name)
        if field is None or value is None:
            record[name] = value
        elif isinstance(value, str) and not value.strip() and field.type in _LITERALS:
            continue
        elif (found := _converted(field.type, value)) is None:
            wrong.append(f"{name}: expected {field.type}")
        else:
            record[name] = found
    if wrong:
        raise Rejected("; ".join(wrong))
    return record


def _converted(kind: str, value: Any) -> Any:
    """The value for a field of this type, or None when it cannot be converted."""
    if kind in NUMBERS:
        return _number(value)
    if kind == "boolean":
        return value if isinstance(value, bool) else _BOOLEANS.get(as_text(value).strip().lower())
    if kind == "date":
        return as_text(value).strip()[:10]
    if kind == "datetime":
        text = as_text(value).strip()
        return _moment(text) or text
    if kind == "multipicklist" and isinstance(value, list):
        return ";".join(as_text(item) for item in value)
    return as_text(value)


_BOOLEANS = {"true": True, "false": False}


def _number(value: Any) -> int | float | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return value
    text = as_text(value).strip()
    if not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.lstrip("+-").isdecimal() else float(text)
