"""What a reader hands on: the value, and the place of everything in it."""

import re
from bisect import bisect_right
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from lockhouse.errors import Mistake, Mistakes

Path = tuple[str | int, ...]
"""Where something is in a document: names of keys and positions in lists, from the root."""

MOST_MISTAKES = 100
LONGEST_NUMBER = 64


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a document may hold; `nodes` counts what an alias repeats as often as it is repeated."""

    bytes: int = 800 * 1024
    nodes: int = 100_000
    depth: int = 100


DEFAULT_LIMITS = Limits()


class Mark:
    """Where a value starts; `keys` of a mapping: where each key starts; `inner`: the marks inside."""

    __slots__ = ("column", "inner", "keys", "line")

    def __init__(self, line: int, column: int) -> None:
        self.line = line
        self.column = column
        self.keys: dict[str, tuple[int, int]] | None = None
        self.inner: Any = ()


@dataclass(frozen=True, slots=True)
class Document:
    """A document that was read: its value, and the place of everything in it.

    `warnings` are oddities that did not stop the reading. Equal subtrees may be one object: do not change.
    """

    value: Any
    file: str
    warnings: tuple[Mistake, ...] = ()
    marks: Callable[[], Mark] = field(default=lambda: Mark(1, 1), repr=False)

    def place(self, path: Path) -> tuple[int, int]:
        """Line and column, from 1, of the value at the path, or of the nearest thing above it."""
        mark = self.marks()
        for part in path:
            below = _below(mark, part)
            if below is None:
                break
            mark = below
        return (mark.line, mark.column)

    def key_place(self, path: Path) -> tuple[int, int]:
        """Line and column of the key that the path ends with; for a list's item, of the item."""
        mark = self.marks()
        for part in path[:-1]:
            below = _below(mark, part)
            if below is None:
                return (mark.line, mark.column)
            mark = below
        if path and mark.keys is not None and path[-1] in mark.keys:
            return mark.keys[str(path[-1])]
        return self.place(path)

    def mistake(self, code: str, message: str, path: Path = (), *, at_key: bool = False) -> Mistake:
        """A mistake about the value at the path (or about its key)."""
        line, column = self.key_place(path) if at_key else self.place(path)
        return Mistake(code, message, self.file, line, column, dotted(path))


def dotted(path: Path) -> str:
    """A path as text: `integration.assemblies.assembly-1.execute[0]`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _below(mark: Mark, part: str | int) -> Mark | None:
    inner: Any = mark.inner
    if isinstance(inner, dict):
        return inner.get(part)
    return inner[part] if isinstance(part, int) and 0 <= part < len(inner) else None


def decoded(data: bytes | str, *, file: str, limits: Limits, form: str) -> str:
    """The text of a document. Raises Mistakes: `<form>_too_large`, `<form>_not_utf8`."""
    try:
        size = len(data if isinstance(data, bytes) else data.encode())
        if size > limits.bytes:
            raise Mistakes(
                [Mistake(f"{form}_too_large", f"a document has at most {limits.bytes} bytes", file, 1, 1)]
            )
        return data.decode("utf-8-sig") if isinstance(data, bytes) else data.removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        before = data[: error.start] if isinstance(data, bytes) else b""
        line, column = before.count(b"\n") + 1, len(before) - before.rfind(b"\n")
        raise Mistakes([Mistake(f"{form}_not_utf8", "expected UTF-8", file, line, column)]) from None
    except UnicodeEncodeError:
        raise Mistakes(
            [Mistake(f"{form}_not_utf8", "expected text without lone surrogates", file, 1, 1)]
        ) from None


def integer(text: str) -> int | float:
    """A whole number; beyond 64 bits as the double that every other reader of JSON takes."""
    number = int(text, 0) if text[:2] in ("0o", "0x") else int(text)
    return number if -(2**63) <= number < 2**64 else float(number)


class Lines:
    """Offsets in a text → line and column."""

    def __init__(self, text: str) -> None:
        self._starts = [0, *(found.end() for found in re.finditer("\n", text))]

    def place(self, offset: int) -> tuple[int, int]:
        line = bisect_right(self._starts, offset)
        return (line, offset - self._starts[line - 1] + 1)
