"""Text with {{…}} → a value (flow-document.md, section 7)."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import lru_cache
from typing import Any

import msgspec

from lockhouse.jsonata.engine import NOTHING, Budget, Expression, compile_expression
from lockhouse.jsonata.errors import ExpressionFailed, ExpressionMistake
from lockhouse.jsonata.extent import judge_extent

_OPENERS = {"{": "}", "[": "]", "(": ")"}
_BEFORE_REGEX = frozenset("([{,;:=<>!&|+-*%?~^")


@dataclass(frozen=True, slots=True)
class Template:
    """A compiled template: literal texts and expressions in turn.

    `variables`, `functions` and `unknown` are those of all its expressions.
    """

    text: str
    parts: tuple[str | Expression, ...]
    expressions: tuple[Expression, ...]
    is_single: bool

    @property
    def is_constant(self) -> bool:
        """Whether there is no expression in it."""
        return not self.expressions

    @property
    def variables(self) -> frozenset[str]:
        """The names that its expressions read."""
        return frozenset().union(*(expression.variables for expression in self.expressions))

    def evaluate(self, bindings: Mapping[str, Any], budget: Budget | None = None) -> Any:
        """A single `{{E}}` gives E's value with its type, or NOTHING; anything else gives text.

        Raises ExpressionFailed.
        """
        if not self.expressions:
            return self.text
        if self.is_single:
            return self.expressions[0].evaluate(bindings, budget)
        return "".join(
            part if isinstance(part, str) else as_text(part.evaluate(bindings, budget)) for part in self.parts
        )


def as_text(value: Any) -> str:
    """A value where text is expected: text as it is, null and nothing empty, all else as compact JSON.

    Raises ExpressionFailed for a value that is too much, or nested too deep, to be written out.
    """
    if isinstance(value, str):
        return value
    if value is None or value is NOTHING:
        return ""
    if isinstance(value, dict | list):
        judge_extent(value)
    try:
        return json_text(value)
    except RecursionError:
        raise ExpressionFailed("a value is nested too deep to be written as text", code="budget") from None


def json_text(value: Any) -> str:
    """Compact JSON, with numbers as JavaScript writes them."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(value) if abs(value) < 10**21 else _number_text(float(value))
    if isinstance(value, float):
        return _number_text(value)
    if isinstance(value, dict):
        inside = ",".join(f"{_quoted(key)}:{json_text(item)}" for key, item in value.items())
        return f"{{{inside}}}"
    if isinstance(value, list | tuple):
        return f"[{','.join(map(json_text, value))}]"
    return "null" if value is None or value is NOTHING else _quoted(str(value))


def _quoted(text: str) -> str:
    return msgspec.json.encode(text.encode("utf-8", "replace").decode()).decode()


def _number_text(number: float) -> str:
    if not math.isfinite(number):
        return "null"
    text = repr(number)
    if number.is_integer() and abs(number) < 1e21:
        return f"{Decimal(text):.0f}"
    if "e" not in text:
        return text
    if 1e-7 < abs(number) < 1e21:
        return f"{Decimal(text):f}"
    return re.sub(r"e([+-])0*", r"e\1", text)


@lru_cache(maxsize=8192)
def compile_template(text: str, given: frozenset[str] = frozenset()) -> Template:
    """Compile a template; `given` as of compile_expression.

    Raises ExpressionMistake, with the position in the whole template.
    """
    if "{{" not in text:
        return Template(text, (text,), (), is_single=False)
    parts: list[str | Expression] = []
    position = 0
    while (start := text.find("{{", position)) >= 0:
        if start > position:
            parts.append(text[position:start])
        end = _end_of_expression(text, start + 2)
        parts.append(_compiled(text, start + 2, end, given))
        position = end + 2
    if position < len(text):
        parts.append(text[position:])
    expressions = tuple(part for part in parts if isinstance(part, Expression))
    return Template(text, tuple(parts), expressions, is_single=len(parts) == 1)


def _compiled(text: str, start: int, end: int, given: frozenset[str]) -> Expression:
    try:
        return compile_expression(text[start:end], given)
    except ExpressionMistake as mistake:
        raise ExpressionMistake(
            str(mistake), text=text, code=mistake.code, position=start + mistake.position
        ) from None


def _end_of_expression(text: str, start: int) -> int:
    """Where the closing `}}` stands; quotes, comments, regular expressions and brackets are skipped."""
    closers: list[str] = []
    position, before = start, ""
    while position < len(text):
        character = text[position]
        if character == "}" and not closers and text.startswith("}}", position):
            return position
        skipped = _skip(text, position, before)
        if skipped > position:
            position, before = skipped, '"'
            continue
        if character in _OPENERS:
            closers.append(_OPENERS[character])
        elif closers and character == closers[-1]:
            closers.pop()
        before = before if character.isspace() else character
        position += 1
    # A bracket that is not closed must not hide the end: the engine then says what is wrong inside.
    end = text.find("}}", start)
    if end < 0:
        raise ExpressionMistake("{{ is never closed", text=text, code="template_unclosed", position=start - 2)
    return end


def _skip(text: str, position: int, before: str) -> int:
    """The end of the quoted text, comment or regular expression that starts here; else the position."""
    character = text[position]
    if character in "\"'`":
        return _after(text, position + 1, character, escapes=character != "`")
    if text.startswith("/*", position):
        end = text.find("*/", position + 2)
        return end + 2 if end >= 0 else len(text)
    if character == "/" and (not before or before in _BEFORE_REGEX):
        return _after(text, position + 1, "/", escapes=True)
    return position


def _after(text: str, position: int, closer: str, *, escapes: bool) -> int:
    while position < len(text):
        if text[position] == "\\" and escapes:
            position += 1
        elif text[position] == closer:
            return position + 1
        position += 1
    return position
