"""SOQL as Salesforce reads it: parsed, checked against the object's fields, run over records."""

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from lockhouse.clock import utc_now
from lockhouse.standins.salesforce_objects import CHILDREN, StoredField, StoredObject
from lockhouse.standins.soql_dates import compared, span_of

Record = dict[str, Any]
Test = Callable[[Record], bool]

_TOKEN = re.compile(
    r"\s*(?:(?P<text>'(?:[^'\\]|\\.)*')"
    r"|(?P<time>\d{4}-\d{2}-\d{2}(?:T\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:Z|[+-]\d{2}:?\d{2}))?)"
    r"|(?P<number>[+-]?\d+(?:\.\d+)?)|(?P<name>[A-Za-z_][\w.]*(?::\d+)?)|(?P<sign>!=|<=|>=|<>|[=<>(),]))",
    re.DOTALL,
)
_NUMBERS = frozenset({"int", "double", "currency", "percent"})
_UNQUOTED = {"number": _NUMBERS, "date": {"date"}, "datetime": {"datetime"}, "boolean": {"boolean"}}
_UNESCAPED = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_ID = re.compile(r"[A-Za-z0-9]{15}(?:[A-Za-z0-9]{3})?")


class QueryRefused(Exception):
    """Salesforce answers 400 with this error code and message."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Query:
    """A query that was read: what to show, what to keep, in which order, how many."""

    target: StoredObject
    fields: tuple[str, ...]
    children: tuple[tuple[str, "Query", str], ...]
    keep: Test
    order: tuple[tuple[str, bool], ...]
    limit: int | None
    offset: int
    count_only: bool = False


def parse(text: str, objects: Mapping[str, StoredObject]) -> Query:
    """Read a query. Raises QueryRefused as Salesforce does."""
    parser = _Parser(text, objects)
    query = parser.query(None)
    if parser.kind is not None:
        raise parser.unexpected()
    return query


class _Parser:
    def __init__(self, text: str, objects: Mapping[str, StoredObject]) -> None:
        self.objects = {name.lower(): found for name, found in objects.items()}
        self.tokens = list(self._read(text))
        self.at = 0

    def _read(self, text: str) -> Iterator[tuple[str, str]]:
        position = 0
        while position < len(text.rstrip()):
            found = _TOKEN.match(text, position)
            if found is None or found.end() == position:
                near = text[position : position + 20]
                raise QueryRefused("MALFORMED_QUERY", f"unexpected token: {near!r} at position {position}")
            position = found.end()
            yield str(found.lastgroup), found[str(found.lastgroup)]

    @property
    def kind(self) -> str | None:
        return self.tokens[self.at][0] if self.at < len(self.tokens) else None

    @property
    def word(self) -> str:
        return self.tokens[self.at][1] if self.at < len(self.tokens) else "<EOF>"

    def unexpected(self) -> QueryRefused:
        return QueryRefused("MALFORMED_QUERY", f"unexpected token: {self.word}")

    def take(self, *words: str) -> bool:
        if self.kind in ("name", "sign") and self.word.upper() in words:
            self.at += 1
            return True
        return False

    def need(self, *words: str) -> None:
        if not self.take(*words):
            raise self.unexpected()

    def next(self, kind: str) -> str:
        if self.kind != kind:
            raise self.unexpected()
        self.at += 1
        return self.tokens[self.at - 1][1]

    def query(self, parent: str | None) -> Query:
        self.need("SELECT")
        start = self.at
        self._skip_to_from()
        target = self._target(parent)
        after = self.at
        self.at = start
        fields, children, count_only = self._selection(target)
        self.at = after
        keep: Test = self._conditions(target) if self.take("WHERE") else lambda _record: True
        order = self._order(target)
        limit = int(self.next("number")) if self.take("LIMIT") else None
        offset = int(self.next("number")) if self.take("OFFSET") else 0
        if "FIELDS(ALL)" in fields and (limit is None or limit > 200):
            raise QueryRefused("MALFORMED_QUERY", "The SOQL FIELDS function must have a LIMIT of at most 200")
        return Query(target, fields, children, keep, order, limit, offset, count_only)

    def _skip_to_from(self) -> None:
        depth = 0
        while self.kind is not None and not (depth == 0 and self.word.upper() == "FROM"):
            depth += {"(": 1, ")": -1}.get(self.word, 0)
            self.at += 1
        self.need("FROM")

    def _target(self, parent: str | None) -> StoredObject:
        name = self.next("name")
        if parent is not None:
            child = CHILDREN.get((parent, name))
            if child is None:
                raise QueryRefused("INVALID_TYPE", f"Didn't understand relationship '{name}' in field path")
            return self.objects[child[0].lower()]
        found = self.objects.get(name.lower())
        if found is None:
            raise QueryRefused("INVALID_TYPE", f"sObject type '{name}' is not supported.")
        return found

    def _selection(self, target: StoredObject) -> tuple[tuple[str, ...], tuple[Any, ...], bool]:
        fields: list[str] = []
        children: list[tuple[str, Query, str]] = []
        while True:
            if self.take("("):
                position = self.at
                query = self.query(target.name)
                self.need(")")
                name = self._child_name(position)
                children.append((name, query, CHILDREN[(target.name, name)][1]))
            elif self.take("COUNT"):
                self.need("(")
                self.need(")")
                return (), (), True
            elif self.take("FIELDS"):
                self.need("(")
                fields.append(f"FIELDS({self.next('name').upper()})")
                self.need(")")
            else:
                fields.append(self._field(target, self.next("name"))[0])
            if not self.take(","):
                break
        if len({name.lower() for name in fields}) < len(fields):
            raise QueryRefused("MALFORMED_QUERY", "duplicate field selected")
        return tuple(fields), tuple(children), False

    def _child_name(self, position: int) -> str:
        words = [word for _, word in self.tokens[position : self.at]]
        return words[[word.upper() for word in words].index("FROM") + 1]

    def _field(self, target: StoredObject, name: str) -> tuple[str, StoredField]:
        first, _, rest = name.partition(".")
        if rest:
            link = target.fields.get(f"{first.lower()}id")
            other = self.objects.get(first.lower())
            if link is None or other is None:
                raise QueryRefused("INVALID_FIELD", f"Didn't understand relationship '{first}' in field path")
            inner, field = self._field(other, rest)
            return f"{first}.{inner}", field
        known = target.fields.get(name.lower())
        if known is None:
            raise QueryRefused("INVALID_FIELD", f"No such column '{name}' on entity '{target.name}'.")
        return known.name, known

    def _conditions(self, target: StoredObject) -> Test:
        tests, joint = [self._condition(target)], ""
        while self.kind is not None and self.word.upper() in ("AND", "OR"):
            if joint and self.word.upper() != joint:
                raise self.unexpected()  # AND and OR mixed need parentheses
            joint = self.word.upper()
            self.at += 1
            tests.append(self._condition(target))
        if joint == "OR":
            return lambda record: any(test(record) for test in tests)
        return lambda record: all(test(record) for test in tests)

    def _condition(self, target: StoredObject) -> Test:
        if self.take("NOT"):
            inner = self._condition(target)
            return lambda record: not inner(record)
        if self.take("("):
            inner = self._conditions(target)
            self.need(")")
            return inner
        name, field = self._field(target, self.next("name"))
        if self.take("IN"):
            return self._one_of(name, field)
        if self.take("NOT"):
            self.need("IN")
            found = self._one_of(name, field)
            return lambda record: not found(record)
        if self.take("LIKE"):
            return self._like(name, field)
        return self._comparison(name, field)

    def _comparison(self, name: str, field: StoredField) -> Test:
        operator = self.next("sign")
        if operator not in _COMPARE:
            raise self.unexpected()
        span = span_of(self.word, utc_now().date()) if self.kind == "name" else None
        if span is not None and field.type in ("date", "datetime"):
            self.at += 1
            is_so = compared(operator, span)
            return lambda record: is_so(_value(record, name))
        value = self._literal(field)
        return lambda record: _COMPARE[operator](_value(record, name), value)

    def _one_of(self, name: str, field: StoredField) -> Test:
        self.need("(")
        values = [self._literal(field)]
        while self.take(","):
            values.append(self._literal(field))
        self.need(")")
        return lambda record: any(_COMPARE["="](_value(record, name), value) for value in values)

    def _like(self, name: str, field: StoredField) -> Test:
        if field.type == "textarea" and not 0 < field.length <= 255:
            raise QueryRefused("INVALID_FIELD", f"field '{name}' can not be filtered in a query call")
        if self.kind != "text":
            raise self.unexpected()
        pattern = _like_pattern(self.next("text")[1:-1])
        return lambda record: pattern.fullmatch(str(_value(record, name) or "")) is not None

    def _literal(self, field: StoredField) -> Any:
        kind, word = self.kind, self.word
        value: Any
        self.at += 1
        if kind == "name" and word.lower() == "null":
            return None
        if kind == "name" and word.lower() in ("true", "false"):
            kind, value = "boolean", word.lower() == "true"
        elif kind == "time":
            kind, value = ("datetime" if "T" in word else "date"), word
        elif kind == "number":
            value = float(word)
        elif kind == "text":
            value = _unescaped(word[1:-1])
        else:
            self.at -= 1
            raise self.unexpected()
        self._check(field, str(kind), value, word)
        return value

    def _check(self, field: StoredField, kind: str, value: Any, word: str) -> None:
        typed = field.type in _NUMBERS | {"date", "datetime", "boolean"}
        if kind == "text" and typed:
            raise QueryRefused(
                "INVALID_FIELD",
                f"filter criteria for '{field.name}' ({field.type}) value should not be enclosed in quotes",
            )
        if kind != "text" and (not typed or field.type not in _UNQUOTED[kind]):
            code = "INVALID_FIELD" if typed else "MALFORMED_QUERY"
            raise QueryRefused(
                code,
                f"value of filter criterion for field '{field.name}' must be of type {field.type}: {word}",
            )
        if field.type in ("id", "reference") and isinstance(value, str) and not _ID.fullmatch(value):
            raise QueryRefused("INVALID_QUERY_FILTER_OPERATOR", f"invalid ID field: {value}")

    def _order(self, target: StoredObject) -> tuple[tuple[str, bool], ...]:
        found: list[tuple[str, bool]] = []
        if not self.take("ORDER"):
            return ()
        self.need("BY")
        while True:
            name, field = self._field(target, self.next("name"))
            if field.type in ("textarea", "base64", "address"):
                raise QueryRefused("INVALID_FIELD", f"field '{name}' can not be sorted in a query call")
            descending = self.take("DESC") or (self.take("ASC") and False)
            if self.take("NULLS"):
                self.need("FIRST", "LAST")
            found.append((name, descending))
            if not self.take(","):
                return tuple(found)


def _value(record: Record, name: str) -> Any:
    value: Any = record
    for step in name.split("."):
        value = value.get(step) if isinstance(value, dict) else None
    return value


def _like_pattern(text: str) -> re.Pattern[str]:
    out, position = "", 0
    while position < len(text):
        sign = text[position]
        if sign == "\\" and position + 1 < len(text):
            position += 1
            out += re.escape(_UNESCAPED.get(text[position], text[position]))
        else:
            out += {"%": ".*", "_": "."}.get(sign, re.escape(sign))
        position += 1
    return re.compile(out, re.IGNORECASE | re.DOTALL)


def _unescaped(text: str) -> str:
    return re.sub(r"\\(.)", lambda found: _UNESCAPED.get(found[1], found[1]), text, flags=re.DOTALL)


def comparable(value: Any) -> Any:
    """A value as Salesforce compares it: text without case, ids by 15 characters, times as UTC text."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float):
        return float(value)
    text = str(value)
    if re.match(r"\d{4}-\d{2}-\d{2}T", text):
        return datetime.fromisoformat(text).timestamp()
    return text[:15] if _ID.fullmatch(text) and len(text) == 18 else text.lower()


def _ordered(test: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    return lambda left, right: (
        left is not None and right is not None and test(comparable(left), comparable(right))
    )


_COMPARE: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": lambda left, right: comparable(left) == comparable(right) or (right == "" and left is None),
    "!=": lambda left, right: comparable(left) != comparable(right),
    "<>": lambda left, right: comparable(left) != comparable(right),
    "<": _ordered(lambda left, right: left < right),
    "<=": _ordered(lambda left, right: left <= right),
    ">": _ordered(lambda left, right: left > right),
    ">=": _ordered(lambda left, right: left >= right),
}
