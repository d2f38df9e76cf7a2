"""Conditions of an `if` and of a filter (flow-document.md, sections 8 and 10)."""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from lockhouse.flows.bound import Evaluate, bind_template, bind_template_text
from lockhouse.flows.context import Context
from lockhouse.flows.reading import Part
from lockhouse.flows.scope import Scope
from lockhouse.jsonata import NOTHING, as_text

Holds = Callable[[Context], bool]
"""Whether a condition holds now. Raises ExpressionFailed."""

_EDITORS_REMNANT = "hashKey"
_NUMBER = re.compile(r"[-+]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d{1,3})?", re.ASCII)
_LONGEST_NUMBER = 64
_DEEPEST = 20


def _equal(left: Any, right: Any) -> bool:
    text = as_text(right)
    if text == "":
        return left is NOTHING or left is None or left in ("", [])
    numbers = _numbers(left, right)
    return numbers[0] == numbers[1] if numbers else as_text(left) == text


def _ordered(holds: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def compare(left: Any, right: Any) -> bool:
        numbers = _numbers(left, right)
        return holds(*numbers) if numbers else holds(as_text(left), as_text(right))

    return compare


OPERATORS: Mapping[str, Callable[[Any, Any], bool]] = {
    "=": _equal,
    "eq": _equal,
    "neq": lambda left, right: not _equal(left, right),
    "gt": _ordered(lambda left, right: left > right),
    "gte": _ordered(lambda left, right: left >= right),
    "lt": _ordered(lambda left, right: left < right),
    "lte": _ordered(lambda left, right: left <= right),
    "contains": lambda left, right: as_text(right) in as_text(left),
}
"""Operators of a condition; the short form is `=`. `contains` is our addition, from filters."""


_Number = int | float | Decimal


def _numbers(left: Any, right: Any) -> tuple[_Number, _Number] | None:
    """Both sides as numbers, if both look like numbers."""
    one = _number(left)
    if one is None:
        return None
    other = _number(right)
    return None if other is None else (one, other)


def _number(value: Any) -> _Number | None:
    kind = type(value)
    if kind is int:
        return int(value)
    if kind is str:
        return _read_number(value)
    return _read_number(repr(value)) if kind is float else None


@lru_cache(maxsize=4096)
def _read_number(text: str) -> _Number | None:
    text = text.strip()
    if len(text) > _LONGEST_NUMBER or not _NUMBER.fullmatch(text):
        return None
    return int(text) if text.isdigit() else Decimal(text)


def compile_condition(part: Part, scope: Scope, inputs: Mapping[str, str], depth: int = 0) -> Holds:
    """The condition at a part: one left side, or `and` / `or` with a list of conditions."""
    held = [
        _one(left, right, scope, inputs, depth) for left, right in part.fields() if left != _EDITORS_REMNANT
    ]
    if not held:
        part.mistake("condition_empty", "expected a condition")
    return held[0] if len(held) == 1 else _all(held)


def _one(left: str, part: Part, scope: Scope, inputs: Mapping[str, str], depth: int) -> Holds:
    if left in ("and", "or") and isinstance(part.value, list):
        if depth >= _DEEPEST:
            part.mistake("condition_too_deep", f"conditions are nested at most {_DEEPEST} deep")
            return lambda _context: False
        several = [compile_condition(item, scope, inputs, depth + 1) for item in part.items()]
        return _all(several) if left == "and" else _any(several)
    left_of = bind_template_text(left.strip(), part, scope, inputs)
    if isinstance(part.value, dict):
        compared = [
            _compared(left_of, operator, right, scope, inputs)
            for operator, right in part.fields()
            if operator != _EDITORS_REMNANT
        ]
        return compared[0] if len(compared) == 1 else _all(compared)
    return _compared(left_of, "=", part, scope, inputs)


def _compared(left_of: Evaluate, operator: str, part: Part, scope: Scope, inputs: Mapping[str, str]) -> Holds:
    compare = OPERATORS.get(operator)
    if compare is None:
        part.mistake_at_key(
            "condition_operator", f"expected one of {', '.join(OPERATORS)}, found {operator[:40]}"
        )
        return lambda _context: False
    right_of = bind_template(part, scope, inputs, trimmed=True)

    def holds(context: Context) -> bool:
        left, right = left_of(context), right_of(context)
        if type(left) is list and left and right != "":
            context.warn(f"{part.name}: a list is compared by its JSON text")
        return compare(left, right)

    return holds


def _all(held: list[Holds]) -> Holds:
    return lambda context: all(holds(context) for holds in held)


def _any(held: list[Holds]) -> Holds:
    return lambda context: any(holds(context) for holds in held)


def compile_where(
    part: Part, scope: Scope, inputs: Mapping[str, str]
) -> Callable[[Context], dict[str, Any]] | None:
    """A filter's `where`, to be evaluated; a value that is nothing becomes None. None: no conditions."""
    fields = [(name, field) for name, field in part.fields() if name != _EDITORS_REMNANT]
    if not fields:
        return None
    bound = [(name, _where_value(field, scope, inputs, 0)) for name, field in fields]
    return lambda context: {name: value_of(context) for name, value_of in bound}


def _where_value(part: Part, scope: Scope, inputs: Mapping[str, str], depth: int) -> Evaluate:
    value = part.value
    if depth >= _DEEPEST:
        part.mistake("condition_too_deep", f"conditions are nested at most {_DEEPEST} deep")
        return lambda _context: None
    if isinstance(value, list):
        items = [_where_value(item, scope, inputs, depth + 1) for item in part.items()]
        return lambda context: [item(context) for item in items]
    if isinstance(value, dict):
        fields = [
            (name, _where_value(field, scope, inputs, depth + 1))
            for name, field in part.fields()
            if name != _EDITORS_REMNANT
        ]
        return lambda context: {name: value_of(context) for name, value_of in fields}
    if not isinstance(value, str):
        return lambda _context: value
    evaluate = bind_template(part, scope, inputs)
    return lambda context: _or_none(evaluate(context))


def _or_none(value: Any) -> Any:
    return None if value is NOTHING else value
