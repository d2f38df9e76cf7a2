"""JSON by RFC 8259, without what other readers let pass: duplicate names, NaN, UTF-16, half surrogates."""

import json
import math
import re
from itertools import accumulate
from typing import Any, Final

import msgspec

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

_STRING = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"', re.DOTALL)
_LONG_NUMBER = re.compile(rb"\d{19}")
_LONG = 19  # digits: fewer are a whole number of 64 bits, whatever they are
_NO_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))
_STEPS = tuple(1 if sign in b"[{" else -1 if sign in b"]}" else 0 for sign in range(256))
_HOLDERS = frozenset({dict, list})
_UNSURE: Final = object()


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
    value = _read_quickly(data, limits)
    if value is _UNSURE:
        value = _read_with_care(data, file=file, limits=limits)

    known: list[Mark] = []

    def marks() -> Mark:
        if not known:
            text = decoded(data, file=file, limits=limits, form="json")
            endless = Limits(nodes=len(text) + 1, depth=len(text) + 1)
            known.append(_JsonWalk(text, file=file, limits=endless).root)
        return known[0]

    return Document(value, file, marks=marks)


def _read_quickly(data: bytes | str, limits: Limits) -> Any:
    """The value of a text that is good beyond doubt, as nearly all are; _UNSURE for any other.

    msgspec is strict but for three things: names given twice, numbers beyond 64 bits, and our limits.
    """
    try:
        raw = data if isinstance(data, bytes) else data.encode()
        if len(raw) > limits.bytes:
            return _UNSURE
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeError, RecursionError):
        return _UNSURE
    bare = _without_strings(raw)
    if _exceeds(bare, limits) or bare.count(b":") != _names_in(value):
        return _UNSURE
    longest = max(map(len, bare.split(b",")))
    return _UNSURE if longest >= _LONG and _LONG_NUMBER.search(bare) else value


def _read_with_care(data: bytes | str, *, file: str, limits: Limits) -> Any:
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
        raise Mistakes([Mistake("json_too_deep", "nested too deep", file, 1, 1)]) from None
    if hooks.doubtful or _SURROGATE.search(text) or _exceeds(_without_strings(text.encode()), limits):
        walk = _JsonWalk(text, file=file, limits=limits)
        if walk.mistakes:
            raise Mistakes(walk.mistakes)
    return value


def _without_strings(raw: bytes) -> bytes:
    """A good JSON text without its strings and names: signs, numbers and words are left."""
    return _STRING.sub(b"", raw) if b"\\" in raw else b"".join(raw.split(b'"')[::2])


def _exceeds(bare: bytes, limits: Limits) -> bool:
    """Whether a text may hold too many values, or is nested too deep."""
    brackets = bare.translate(None, _NO_BRACKETS)
    if len(brackets) // 2 + bare.count(b",") + 1 > limits.nodes:
        return True
    return max(accumulate(map(_STEPS.__getitem__, brackets)), default=0) > limits.depth


def _names_in(value: Any) -> int:
    """How many names the objects of a value have together."""
    count, inner = 0, value
    if type(value) is dict:
        count, inner = len(value), value.values()
    elif type(value) is not list:
        return 0
    for one in inner:
        if type(one) in _HOLDERS:
            count += _names_in(one)
    return count
