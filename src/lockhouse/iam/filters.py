"""The SCIM-like filter of list operations (iam-identity-api.md 1.9): text → tree.

Grammar: `attribute operator "text"`, joined by `and`, `or` (which binds weaker), grouped by parentheses.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal

from lockhouse.iam.errors import RequestInvalid

LONGEST = 1000
_DEEPEST = 10
_OPERATORS = {"co", "sw", "ew", "co_ci", "sw_ci", "ew_ci"}
_TOKEN = re.compile(r'\s*(?:(?P<paren>[()])|"(?P<text>(?:[^"\\]|\\.)*)"|(?P<word>[A-Za-z_.]+))')


@dataclass(frozen=True, slots=True)
class Matches:
    """One condition: the attribute contains (`co`), starts with (`sw`) or ends with (`ew`) the text."""

    attribute: str
    how: str
    text: str
    blind: bool
    """Whether upper and lower case are the same."""


@dataclass(frozen=True, slots=True)
class Joined:
    """Several filters of which all (`and`) or one (`or`) must hold."""

    how: Literal["and", "or"]
    parts: tuple["Filter", ...]


Filter = Matches | Joined


class _Reader:
    """What is left of the filter's tokens."""

    def __init__(self, text: str, attributes: Collection[str]) -> None:
        self._attributes = attributes
        self._tokens = _split(text)
        self._at = 0

    def read(self) -> Filter:
        found = self._either(0)
        if self._at != len(self._tokens):
            raise _bad(f"unexpected {self._tokens[self._at][1]!r}")
        return found

    def _either(self, depth: int) -> Filter:
        parts = [self._all(depth)]
        while self._word() == "or":
            self._at += 1
            parts.append(self._all(depth))
        return parts[0] if len(parts) == 1 else Joined("or", tuple(parts))

    def _all(self, depth: int) -> Filter:
        parts = [self._one(depth)]
        while self._word() == "and":
            self._at += 1
            parts.append(self._one(depth))
        return parts[0] if len(parts) == 1 else Joined("and", tuple(parts))

    def _one(self, depth: int) -> Filter:
        if depth > _DEEPEST:
            raise _bad("it is nested too deeply")
        kind, value = self._next()
        if (kind, value) == ("paren", "("):
            inner = self._either(depth + 1)
            if self._next() != ("paren", ")"):
                raise _bad("a closing parenthesis is missing")
            return inner
        if kind != "word" or value not in self._attributes:
            raise _bad(f"expected one of {', '.join(sorted(self._attributes))}")
        operator_kind, operator = self._next()
        if operator_kind != "word" or operator.lower() not in _OPERATORS:
            raise _bad(f"expected one of {', '.join(sorted(_OPERATORS))}")
        text_kind, text = self._next()
        if text_kind != "text" or not text:
            raise _bad("expected a text in double quotes")
        how, _, blind = operator.lower().partition("_")
        return Matches(value, how, re.sub(r"\\(.)", r"\1", text), blind == "ci")

    def _word(self) -> str:
        kind, value = self._tokens[self._at] if self._at < len(self._tokens) else ("", "")
        return value.lower() if kind == "word" else ""

    def _next(self) -> tuple[str, str]:
        if self._at == len(self._tokens):
            raise _bad("it ends too early")
        self._at += 1
        return self._tokens[self._at - 1]


def read_filter(text: str, attributes: Collection[str]) -> Filter:
    """Read a filter over these attributes. Raises RequestInvalid."""
    if len(text) > LONGEST:
        raise _bad(f"it has more than {LONGEST} characters")
    return _Reader(text, attributes).read()


def _split(text: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at = 0
    rest = text.rstrip()
    while at < len(rest):
        found = _TOKEN.match(rest, at)
        if found is None or found.lastgroup is None:
            raise _bad(f"it cannot be read from character {at + 1} on")
        tokens.append((found.lastgroup, found[found.lastgroup]))
        at = found.end()
    return tokens


def _bad(why: str) -> RequestInvalid:
    return RequestInvalid(f"Parameter 'filter' is not valid: {why}.")
