"""JSON by RFC 8259, without what other readers let pass: duplicate names, NaN, UTF-16, half surrogates."""

import json
import math
import re
from functools import cache
from typing import Any

from lockhouse.documents.model import (
    DEFAULT_LIMITS,
    LONGEST_NUMBER,
    MOST_MISTAKES,
    Document,
    Limits,
    Lines,
    Mark,
    decoded,
    integer,
)
from lockhouse.errors import Mistake, Mistakes

_FLOAT_SIGNS = re.compile(r"[.eE]")
_PIECE = re.compile(r'[\[\]{},:]|"[^"\\]*(?:\\.[^"\\]*)*"|[^\s\[\]{},:"]+', re.DOTALL)
_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]", re.ASCII)


class _JsonWalk:
    """Goes through the pieces of a JSON text: the marks of its values, and what a strict reader refuses.

    Only for texts that are not good, and for those whose places are asked for: ten times slower than reading.
    """

    def __init__(self, text: str, *, file: str, limits: Limits) -> None:
        self.file = file
        self.limits = limits
        self.lines = Lines(text)
        self.mistakes: list[Mistake] = []
        self.stack: list[Mark] = []
        self.key: str | None = None
        self.keys: list[str | None] = []
        self.nodes = 0
        self.root = Mark(1, 1)
        for piece in _PIECE.finditer(text):
            if len(self.mistakes) >= MOST_MISTAKES:
                break
            self.take(piece.group(), *self.lines.place(piece.start()))

    def note(self, code: str, message: str, line: int, column: int) -> None:
        self.mistakes.append(Mistake(code, message, self.file, line, column))

    def stop(self, code: str, message: str, line: int, column: int) -> None:
        self.note(code, message, line, column)
        raise Mistakes(self.mistakes)

    def take(self, piece: str, line: int, column: int) -> None:
        if piece in ",:":
            return
        if piece in "]}":
            if self.stack:
                self.stack.pop()
                self.key = self.keys.pop()
                self._placed()
            return
        above = self.stack[-1] if self.stack else None
        if above is not None and above.keys is not None and self.key is None and piece[0] == '"':
            self._name(above, piece, line, column)
            return
        self._value(piece, line, column)

    def _name(self, above: Mark, piece: str, line: int, column: int) -> None:
        name = self._text(piece, line, column)
        keys = above.keys
        if keys is not None and name in keys:
            self.note("json_duplicate_name", f"the name {name[:80]!r} was given already", line, column)
        elif keys is not None:
            keys[name] = (line, column)
        self.key = name

    def _value(self, piece: str, line: int, column: int) -> None:
        mark = Mark(line, column)
        self.nodes += 1
        if self.nodes == self.limits.nodes + 1:
            self.stop("json_too_many_values", f"at most {self.limits.nodes} values", line, column)
        self._attach(mark)
        if piece in "[{":
            mark.keys = {} if piece == "{" else None
            mark.inner = {} if piece == "{" else []
            self.stack.append(mark)
            self.keys.append(self.key)
            self.key = None
            if len(self.stack) == self.limits.depth + 1:
                self.stop("json_too_deep", f"nested at most {self.limits.depth} deep", line, column)
            return
        if piece[0] == '"':
            self._text(piece, line, column)
        elif not _carried(piece):
            self.note("json_number", "a number that JSON cannot carry", line, column)
        self._placed()

    def _text(self, piece: str, line: int, column: int) -> str:
        text: str = json.loads(piece)
        if _SURROGATE.search(piece) and not _encodes(text):
            self.note("json_surrogate", "half of a surrogate pair", line, column)
        return text

    def _attach(self, mark: Mark) -> None:
        if not self.stack:
            self.root = mark
        elif isinstance(self.stack[-1].inner, list):
            self.stack[-1].inner.append(mark)
        elif self.key is not None:
            self.stack[-1].inner[self.key] = mark

    def _placed(self) -> None:
        if self.stack and self.stack[-1].keys is not None:
            self.key = None


def _encodes(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _carried(piece: str) -> bool:
    if piece in ("NaN", "Infinity", "-Infinity"):
        return False
    if piece[0] not in "-0123456789":
        return True
    return len(piece) <= LONGEST_NUMBER and not math.isinf(float(piece))


class _Hooks:
    """What the decoder of the standard library is told to do; `doubtful` when it met what is refused."""

    def __init__(self) -> None:
        self.doubtful = False

    def pairs(self, found: list[tuple[str, Any]]) -> dict[str, Any]:
        value = dict(found)
        if len(value) != len(found):
            self.doubtful = True
        return value

    def number(self, piece: str) -> int | float:
        if not _carried(piece):
            self.doubtful = True
            return 0
        return float(piece) if _FLOAT_SIGNS.search(piece) else integer(piece)


def read_json(data: bytes | str, *, file: str, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read one JSON text. Raises Mistakes, with every mistake that could be found."""
    text = decoded(data, file=file, limits=limits, form="json")
    hooks = _Hooks()
    number = hooks.number
    try:
        value = json.loads(
            text, object_pairs_hook=hooks.pairs, parse_float=number, parse_int=number, parse_constant=number
        )
    except json.JSONDecodeError as error:
        raise Mistakes([Mistake("json_syntax", error.msg, file, error.lineno, error.colno)]) from None
    except RecursionError:
        _JsonWalk(text, file=file, limits=DEFAULT_LIMITS)
        raise Mistakes([Mistake("json_too_deep", "nested too deep", file)]) from None
    if hooks.doubtful or _may_break(text, limits):
        walk = _JsonWalk(text, file=file, limits=limits)
        if walk.mistakes:
            raise Mistakes(walk.mistakes)

    @cache
    def marks() -> Mark:
        endless = Limits(nodes=len(text) + 1, depth=len(text) + 1)
        return _JsonWalk(text, file=file, limits=endless).root

    return Document(value, file, marks=marks)


def _may_break(text: str, limits: Limits) -> bool:
    opened = text.count("[") + text.count("{")
    many = opened > limits.depth or opened + text.count(",") + 1 > limits.nodes
    return many or _SURROGATE.search(text) is not None
