"""Reading a manifest's YAML piece by piece: every mistake is noted with its place, and reading goes on."""

import difflib
from collections.abc import Callable, Collection, Mapping
from typing import Any, TypeVar

from lockhouse.connectors.templates import BadTemplate
from lockhouse.documents import Document, Path
from lockhouse.errors import Mistake, Mistakes

T = TypeVar("T")


class Reading:
    """One document that is being read, and the mistakes found in it so far."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.mistakes: list[Mistake] = []

    def note(self, code: str, message: str, path: Path, *, at_key: bool = False) -> None:
        """Note a mistake at a path."""
        self.mistakes.append(self.document.mistake(code, message, path, at_key=at_key))

    def end(self) -> None:
        """Raise Mistakes if any were noted."""
        if self.mistakes:
            raise Mistakes(self.mistakes)

    def mapping(self, value: Any, path: Path, known: Collection[str] | None = None) -> dict[str, Any]:
        """An object, with no other keys than the known ones; an empty one when it is something else."""
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.note("manifest_not_mapping", "expected keys with values", path)
            return {}
        for key in value:
            if known is not None and key not in known:
                self.note(
                    "manifest_unknown_key",
                    f"unknown key {key!r}{nearest(key, known)}",
                    (*path, key),
                    at_key=True,
                )
        return {key: inner for key, inner in value.items() if known is None or key in known}

    def text(self, source: Mapping[str, Any], key: str, path: Path, *, default: str = "") -> str:
        """A text under a key; numbers are taken as they are written."""
        value = source.get(key)
        if value is None:
            return default
        if isinstance(value, str) or (isinstance(value, int) and not isinstance(value, bool)):
            return str(value)
        self.note("manifest_not_text", "expected a text", (*path, key))
        return default

    def needed(self, source: Mapping[str, Any], key: str, path: Path) -> str:
        """A text that must be there."""
        if source.get(key) in (None, ""):
            self.note("manifest_missing_key", f"expected a value for {key!r}", path)
            return ""
        return self.text(source, key, path)

    def flag(self, source: Mapping[str, Any], key: str, path: Path) -> bool:
        """true or false; false when it is not there."""
        value = source.get(key, False)
        if not isinstance(value, bool):
            self.note("manifest_not_flag", "expected true or false", (*path, key))
            return False
        return value

    def number(self, source: Mapping[str, Any], key: str, path: Path, *, default: int) -> int:
        """A whole number above zero."""
        value = source.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or value < 1:
            self.note("manifest_not_number", "expected a whole number above zero", (*path, key))
            return default
        return value

    def texts(self, source: Mapping[str, Any], key: str, path: Path) -> tuple[str, ...]:
        """A list of texts; one text is a list of one."""
        value = source.get(key)
        if value is None:
            return ()
        items = value if isinstance(value, list) else [value]
        if not all(isinstance(item, str | int) and not isinstance(item, bool) for item in items):
            self.note("manifest_not_texts", "expected a list of texts", (*path, key))
            return ()
        return tuple(str(item) for item in items)

    def compiled(
        self, source: Mapping[str, Any], key: str, path: Path, compile_it: Callable[[Any], T]
    ) -> T | None:
        """What a compiler makes of the value under a key; None when there is none, or when it is noted as
        wrong.
        """
        value = source.get(key)
        if value is None:
            return None
        try:
            return compile_it(value)
        except ValueError as error:
            inner = error.path if isinstance(error, BadTemplate) else ()
            self.note("manifest_template", str(error), (*path, key, *inner))
        return None

    def choice(
        self, source: Mapping[str, Any], key: str, path: Path, choices: Collection[str], default: str
    ) -> str:
        """One of some words."""
        value = source.get(key, default)
        if not isinstance(value, str) or value not in choices:
            self.note("manifest_unknown_word", f"expected one of {', '.join(sorted(choices))}", (*path, key))
            return default
        return str(value)


def nearest(word: str, known: Collection[str]) -> str:
    """`, did you mean x?` when a known word is near, else the known words when they are few."""
    near = difflib.get_close_matches(word, list(known), n=1, cutoff=0.6)
    if near:
        return f", did you mean {near[0]!r}?"
    return f"; known: {', '.join(sorted(known))}" if len(known) <= 12 else ""
