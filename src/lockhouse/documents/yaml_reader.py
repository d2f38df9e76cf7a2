"""YAML, a subset of 1.2: one document, scalars of the core schema (`no` and `12:30` are text), text keys.

Anchors are known, tags and merge keys are not. Composed here from libyaml's events, since every loader of
PyYAML trusts its input: 4 kB of merge keys keep it busy for a minute.
"""

import math
import re
from bisect import bisect_right
from collections.abc import Iterator
from itertools import islice
from typing import Any

import yaml

from lockhouse.documents.model import (
    DEFAULT_LIMITS,
    LONGEST_NUMBER,
    MOST_MISTAKES,
    Document,
    Limits,
    Lines,
    Mark,
    decoded,
    dotted,
    integer,
)
from lockhouse.errors import Mistake, Mistakes

_WORDS: dict[str, Any] = {
    "": None, "~": None, "null": None, "Null": None, "NULL": None,
    "true": True, "True": True, "TRUE": True, "false": False, "False": False, "FALSE": False,
}  # fmt: skip
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_ENDLESS = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")


def _scalar(text: str) -> Any:
    """The value of a plain scalar in the core schema. Raises ValueError where JSON has no such number."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in "-+.0123456789":
        return text
    if _ENDLESS.fullmatch(text):
        raise ValueError("expected a number that JSON can carry")
    if _INTEGER.fullmatch(text):
        if len(text) > LONGEST_NUMBER:
            raise ValueError("the number is too large")
        return integer(text)
    if _FLOAT.fullmatch(text):
        number = float(text)
        if math.isinf(number):
            raise ValueError("the number is too large")
        return number
    return text


class _Open:
    """A mapping or list that is being read."""

    __slots__ = ("anchor", "before", "height", "key", "mark", "value")

    def __init__(self, value: Any, mark: Mark, anchor: str | None, before: int) -> None:
        self.value = value
        self.mark = mark
        self.anchor = anchor
        self.before = before
        self.height = 1
        self.key: str | None = None


class _Composer:
    """Builds the value and its marks from libyaml's events; collects mistakes, stops at a limit."""

    def __init__(self, text: str, *, file: str, limits: Limits) -> None:
        self.file = file
        self.limits = limits
        self.text = text
        self.nodes = 0
        self.stack: list[_Open] = []
        # name of an anchor → value, mark, nodes and height of what it names; None while that is still open
        self.anchors: dict[str, tuple[Any, Mark, int, int] | None] = {}
        self.mistakes: list[Mistake] = []
        self.scalar_spans: list[tuple[int, int]] = []
        self.documents = 0
        self.root: tuple[Any, Mark] = (None, Mark(1, 1))

    def note(self, code: str, message: str, at: Any) -> None:
        self.mistakes.append(Mistake(code, message, self.file, at.line + 1, at.column + 1, self.where()))
        if len(self.mistakes) >= MOST_MISTAKES:
            raise Mistakes(self.mistakes)

    def stop(self, code: str, message: str, at: Any) -> None:
        self.note(code, message, at)
        raise Mistakes(self.mistakes)

    def where(self) -> str:
        steps = (len(frame.value) if isinstance(frame.value, list) else frame.key for frame in self.stack)
        return dotted(tuple(step for step in steps if step is not None))

    def compose(self) -> tuple[Any, Mark]:
        """The value and its marks; `mistakes` holds what did not stop it. Raises Mistakes for what did."""
        directive = 0 if self.text.startswith("%TAG") else self.text.find("\n%TAG") + 1
        if directive or self.text.startswith("%TAG"):
            # libyaml compares each directive with all before it: 800 KB of them take four seconds.
            line = self.text.count("\n", 0, directive) + 1
            raise Mistakes([Mistake("yaml_tag", "tags are not accepted: %TAG", self.file, line, 1)])
        try:
            for event in yaml.parse(self.text, Loader=yaml.CLoader):
                self.take(event)
        except yaml.MarkedYAMLError as error:
            at = error.problem_mark or error.context_mark
            line, column = (at.line + 1, at.column + 1) if at else (1, 1)
            said = ", ".join(part for part in (error.context, error.problem) if part)
            raise Mistakes([*self.mistakes, Mistake("yaml_syntax", said, self.file, line, column)]) from None
        except yaml.reader.ReaderError as error:
            before = self.text.encode()[: error.position].decode(errors="ignore")
            line, column = before.count("\n") + 1, len(before) - before.rfind("\n")
            forbidden = Mistake("yaml_character", "a character that YAML forbids", self.file, line, column)
            raise Mistakes([*self.mistakes, forbidden]) from None
        return self.root

    def take(self, event: Any) -> None:
        kind = type(event)
        if kind is yaml.ScalarEvent:
            self.scalar(event)
        elif kind is yaml.MappingStartEvent or kind is yaml.SequenceStartEvent:
            self.open(event, {} if kind is yaml.MappingStartEvent else [])
        elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
            self.close()
        elif kind is yaml.AliasEvent:
            self.alias(event)
        elif kind is yaml.DocumentStartEvent:
            self.documents += 1
            if self.documents > 1:
                self.stop("yaml_documents", "expected one document in a file", event.start_mark)

    def count(self, event: Any, nodes: int, height: int) -> None:
        self.nodes += nodes
        if self.nodes > self.limits.nodes:
            self.stop(
                "yaml_too_many_nodes",
                f"at most {self.limits.nodes} values, aliases counted",
                event.start_mark,
            )
        if len(self.stack) + height > self.limits.depth:
            self.stop("yaml_too_deep", f"nested at most {self.limits.depth} deep", event.start_mark)

    def scalar(self, event: Any) -> None:
        at = event.start_mark
        self.scalar_spans.append((at.index, event.end_mark.index))
        if event.tag is not None:
            self.note("yaml_tag", f"tags are not accepted: {event.tag[:80]}", at)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and isinstance(frame.value, dict):
            self.key(frame, event)
            return
        self.count(event, 1, 0)
        value: Any = event.value
        if event.implicit[0] and not event.style:
            try:
                value = _scalar(value)
            except ValueError as error:
                self.note("yaml_number", str(error), at)
        self.put(value, Mark(at.line + 1, at.column + 1), anchor=event.anchor, nodes=1, height=0)

    def key(self, frame: _Open, event: Any) -> None:
        at, key = event.start_mark, event.value
        self.count(event, 1, 0)
        if event.anchor is not None:
            self.anchors[event.anchor] = (key, Mark(at.line + 1, at.column + 1), 1, 0)
        if key == "<<" and not event.style:
            self.note("yaml_merge_key", "merge keys are not accepted", at)
        keys = frame.mark.keys
        if keys is not None and key in keys:
            first = keys[key]
            self.note("yaml_duplicate_key", f"the key {key[:80]!r} was given in line {first[0]} already", at)
        elif keys is not None:
            keys[key] = (at.line + 1, at.column + 1)
        frame.key = key

    def open(self, event: Any, value: Any) -> None:
        at = event.start_mark
        if event.tag is not None:
            self.note("yaml_tag", f"tags are not accepted: {event.tag[:80]}", at)
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and isinstance(frame.value, dict):
            self.stop("yaml_key", "expected a key that is text", at)
        self.count(event, 1, 1)
        mark = Mark(at.line + 1, at.column + 1)
        mark.inner = type(value)()
        mark.keys = {} if isinstance(value, dict) else None
        if event.anchor is not None:
            self.anchors[event.anchor] = None
        self.stack.append(_Open(value, mark, event.anchor, self.nodes - 1))

    def close(self) -> None:
        frame = self.stack.pop()
        self.put(
            frame.value, frame.mark, anchor=frame.anchor, nodes=self.nodes - frame.before, height=frame.height
        )

    def alias(self, event: Any) -> None:
        frame = self.stack[-1] if self.stack else None
        if frame is not None and frame.key is None and isinstance(frame.value, dict):
            self.stop("yaml_key", "expected a key that is text", event.start_mark)
        named = self.anchors.get(event.anchor)
        if named is None:
            self.stop("yaml_alias", f"*{event.anchor[:80]} names nothing before it", event.start_mark)
            return
        value, mark, nodes, height = named
        self.count(event, nodes, height)
        self.put(value, mark, anchor=None, nodes=nodes, height=height)

    def put(self, value: Any, mark: Mark, *, anchor: str | None, nodes: int, height: int) -> None:
        if anchor is not None:
            self.anchors[anchor] = (value, mark, nodes, height)
        if not self.stack:
            self.root = (value, mark)
            return
        frame = self.stack[-1]
        frame.height = max(frame.height, height + 1)
        if isinstance(frame.value, list):
            frame.value.append(value)
            frame.mark.inner.append(mark)
        else:
            frame.value[frame.key] = value
            frame.mark.inner[frame.key] = mark
            frame.key = None

    def tabs(self) -> Iterator[Mistake]:
        """Each TAB between tokens: libyaml takes it for a blank, stricter readers refuse the document."""
        lines = Lines(self.text)
        in_comment = 0  # the line that from here on is a comment
        for found in re.finditer("\t", self.text):
            at = found.start()
            line, column = lines.place(at)
            if line == in_comment or self._in_a_scalar(at):
                continue
            comment = self.text.rfind("#", at - column + 1, at)
            if comment >= 0 and not self._in_a_scalar(comment):
                in_comment = line
                continue
            yield Mistake(
                "yaml_tab", "a TAB between values: strict readers refuse it", self.file, line, column
            )

    def _in_a_scalar(self, at: int) -> bool:
        number = bisect_right(self.scalar_spans, (at, len(self.text)))
        return number > 0 and at < self.scalar_spans[number - 1][1]


def read_yaml(data: bytes | str, *, file: str, limits: Limits = DEFAULT_LIMITS) -> Document:
    """Read one YAML document. Raises Mistakes, with every mistake that could be found."""
    document, mistakes = examine_yaml(data, file=file, limits=limits)
    if mistakes:
        raise Mistakes(mistakes)
    return document


def examine_yaml(
    data: bytes | str, *, file: str, limits: Limits = DEFAULT_LIMITS
) -> tuple[Document, tuple[Mistake, ...]]:
    """A document with mistakes that did not stop the reading, so that more can be found in it.

    Of a key that is given twice it has the last value. Raises Mistakes for what cannot be read at all.
    """
    text = decoded(data, file=file, limits=limits, form="yaml")
    composer = _Composer(text, file=file, limits=limits)
    value, mark = composer.compose()
    warnings = tuple(islice(composer.tabs(), MOST_MISTAKES)) if "\t" in text else ()
    return Document(value, file, warnings, lambda: mark), tuple(composer.mistakes)
