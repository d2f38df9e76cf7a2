"""What a double keeps of one business object: records checked against its fields, found by requests."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from aiohttp import web

from lockhouse.connectors.filters import compare
from lockhouse.connectors.model import BusinessObject, Field, Parameter, QueryLanguage
from lockhouse.connectors.templates import as_text, put_at, step_into
from lockhouse.standins.conditions import parse_conditions
from lockhouse.standins.routes import Mismatch, Route

Record = dict[str, Any]
_JSON_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,), "date": (str,), "datetime": (str,), "integer": (int,), "number": (int, float),
    "boolean": (bool,), "object": (dict,), "array": (list,),
}  # fmt: skip
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")


class WrongRecord(Exception):
    """The vendor would not take a record like this."""


@dataclass(frozen=True, slots=True)
class Query:
    """What a request asks for: conditions as (field, operator, value), and which part of the result."""

    conditions: tuple[tuple[str, str, Any], ...] = ()
    places: Mapping[str, Any] = field(default_factory=dict)
    start: int = 0
    size: int = 100

    @classmethod
    def of(cls, route: Route, found: Mapping[str, Any], request: web.Request) -> "Query":
        """The query in the holes of a route's templates. Raises Mismatch."""
        places = {
            name.removeprefix("where."): value for name, value in found.items() if name.startswith("where.")
        }
        action = route.action
        conditions: list[tuple[str, str, Any]] = []
        size = _number(found.get("size"), action.most if action else 100)
        if action is not None:
            for name, parameter in action.parameters.items():
                conditions += _by_parameter(name, parameter, request)
            if action.language is not None and found.get("filter"):
                conditions += _by_language(str(found["filter"]), action.language, action.always)
        return cls(tuple(conditions), places, _start(found, request, size), size)


def _by_parameter(name: str, parameter: Parameter, request: web.Request) -> list[tuple[str, str, Any]]:
    return [
        (name, operator, value)
        for operator, query_name in parameter.names.items()
        if (value := request.query.get(query_name)) is not None
    ]


def _by_language(text: str, language: QueryLanguage, always: str) -> list[tuple[str, str, Any]]:
    if always:
        text = text.replace(always, "").strip().removesuffix(language.joint_and.strip()).strip()
    if not text or text == language.empty:
        return []
    conditions = parse_conditions(text, language)
    if conditions is None:
        raise Mismatch(f"the query cannot be read: {text}")
    return conditions


def _start(found: Mapping[str, Any], request: web.Request, size: int) -> int:
    if "__at" in request.query:
        return _number(request.query["__at"], 0)
    if found.get("cursor"):
        text = as_text(found["cursor"])
        if not re.fullmatch(r"c\d+", text):
            raise Mismatch("the cursor is not one of ours")
        return int(text[1:])
    if "offset" in found:
        return _number(found["offset"], 0)
    return (_number(found["page"], 1) - 1) * size if "page" in found else 0


def _number(value: Any, usual: int) -> int:
    if value is None:
        return usual
    text = as_text(value)
    if not text.isdecimal():
        raise Mismatch(f"{text!r} is no number")
    return int(text)


class Collection:
    """The records of one business object, oldest first."""

    def __init__(self, shape: BusinessObject, samples: Mapping[str, Any], *, open_shape: bool) -> None:
        self.shape = shape
        self.samples = samples
        self.is_open = open_shape or not shape.fields
        self.records: list[Record] = []
        self.places: dict[int, Mapping[str, Any]] = {}
        self.contents: dict[int, bytes] = {}
        self._count = 0

    def add(self, query: Query, found: Mapping[str, Any], content: bytes | None) -> Record:
        """Make a record of what a request carries. Raises WrongRecord."""
        given = self._given(found)
        self._check(given, creating=True, content=content)
        record = self.put(given, query.places)
        if content is not None:
            self.contents[id(record)] = content
        return record

    def put(self, given: Mapping[str, Any], places: Mapping[str, Any]) -> Record:
        """Keep a record, with what the vendor adds to it."""
        self._count += 1
        record: Record = {}
        for known in self.shape.fields.values():
            if known.read_only and not known.place:
                put_at(record, known.target or (known.name,), _filled(known, self._count))
        record |= {**self.samples, **given}
        key = self._key_steps()
        if key and step_into(record, key) in (None, ""):
            put_at(record, key, self._new_key())
        self.records.append(record)
        self.places[id(record)] = dict(places)
        return record

    def change(self, record: Record, found: Mapping[str, Any]) -> Record:
        """Change a record by what a request carries. Raises WrongRecord."""
        given = self._given(found)
        self._check(given, creating=False, content=None)
        if isinstance(found.get("record"), list):
            _patch(record, found["record"])
        else:
            record |= given
        return record

    def remove(self, record: Record) -> None:
        """Delete a record."""
        self.records = [kept for kept in self.records if kept is not record]

    def find(self, query: Query) -> Record | None:
        """The record that a request names, or None."""
        key, name = self._key_steps(), self.shape.key
        if name in query.places:
            wanted = as_text(query.places[name])
        elif query.places:
            name, value = list(query.places.items())[-1]
            wanted = as_text(value)
        else:
            return self.records[-1] if self.records else None
        if not key:
            return next(
                (one for one in self.records if self._is_placed(one, query) or wanted in one.values()), None
            )
        return next(
            (
                one
                for one in self.records
                if wanted in map(as_text, (step_into(one, key), self._value(one, name)))
            ),
            None,
        )

    def _is_placed(self, record: Record, query: Query) -> bool:
        kept = self.places.get(id(record), {})
        return bool(kept) and all(
            as_text(kept.get(name)) == as_text(value) for name, value in query.places.items()
        )

    def select(self, query: Query) -> list[Record]:
        """The records that a request asks for."""
        return [record for record in self.records if self._fits(record, query)]

    def _fits(self, record: Record, query: Query) -> bool:
        kept = self.places.get(id(record), {})
        for name, value in query.places.items():
            seen = kept[name] if name in kept else self._value(record, name)
            if seen is not None and not compare(seen, "=", value):
                return False
        return all(
            compare(self._value(record, name), operator, value) for name, operator, value in query.conditions
        )

    def _value(self, record: Record, name: str) -> Any:
        known = self.shape.fields.get(name)
        found = step_into(record, known.target if known and known.target else (name,))
        return step_into(record, tuple(name.split("."))) if found is None else found

    def _key_steps(self) -> tuple[str, ...]:
        known = self.shape.fields.get(self.shape.key)
        return (known.target or (self.shape.key,)) if known else (self.shape.key,) if self.shape.key else ()

    def _new_key(self) -> Any:
        known = self.shape.fields.get(self.shape.key)
        number = 1_000_000_000 + self._count
        return number if known is not None and known.type in ("integer", "number") else str(number)

    def _given(self, found: Mapping[str, Any]) -> Record:
        """The vendor's record in the holes of a request."""
        whole = found.get("record")
        record: Record = {}
        if isinstance(whole, list):
            _patch(record, whole)
        elif whole is not None and not isinstance(whole, dict):
            raise WrongRecord("expected an object")
        else:
            record = dict(whole or {})
        for name, value in found.items():
            source, _, inner = name.partition(".")
            if source == "record" and inner:
                record[inner] = value
            elif source == "input" and inner:
                known = self.shape.fields.get(inner)
                if known is None or not known.place:
                    put_at(record, known.target if known and known.target else (inner,), value)
        return record

    def _check(self, record: Record, *, creating: bool, content: bytes | None) -> None:
        names: set[str] = set()
        for known in self.shape.fields.values():
            steps = known.target or (known.name,)
            names.add(steps[0])
            if known.place or known.read_only:
                continue
            value = step_into(record, steps)
            if value is None:
                if creating and known.required and content is None:
                    raise WrongRecord(f"{'.'.join(steps)} is missing")
            elif not _is_typed(known, value):
                raise WrongRecord(f"{'.'.join(steps)} is no {known.type}")
        unknown = [name for name in record if name not in names]
        if unknown and not self.is_open:
            raise WrongRecord(f"{unknown[0]} is not known")


def _patch(record: Record, operations: list[Any]) -> None:
    """Carry out the operations of a JSON Patch that set values (RFC 6902). Raises WrongRecord."""
    for one in operations:
        path = one.get("path") if isinstance(one, dict) else None
        if not isinstance(path, str) or not path.startswith("/") or one.get("op") not in ("add", "replace"):
            raise WrongRecord("expected the operations of a JSON Patch")
        put_at(record, tuple(path[1:].split("/")), one.get("value"))


def _is_typed(known: Field, value: Any) -> bool:
    if isinstance(value, str) and known.type in ("integer", "number", "boolean"):
        return False
    wanted = _JSON_TYPES.get(known.type)
    if wanted is None:
        return True
    if not isinstance(value, wanted) or (isinstance(value, bool) and known.type != "boolean"):
        return False
    return known.type != "date" or _DATE.fullmatch(as_text(value)) is not None


def _filled(known: Field, count: int) -> Any:
    now = datetime.now(UTC).strftime(known.format or "%Y-%m-%dT%H:%M:%SZ")
    plain: Mapping[str, Any] = {
        "string": f"{known.name} {count}", "any": None, "integer": count, "number": count, "boolean": False,
        "date": now[:10], "datetime": now, "object": {}, "array": [],
    }  # fmt: skip
    return known.example if known.example is not None else plain[known.type]
