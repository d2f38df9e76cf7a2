"""Reading a flow document part by part: every mistake is gathered with its place, and reading goes on."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from lockhouse.documents import Document, Path
from lockhouse.errors import Mistake

MISSING: Any = object()
MOST = 200


class Reading:
    """One document, and what was found wrong with it so far."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.mistakes: list[Mistake] = []
        self.warnings: list[Mistake] = list(document.warnings)

    def note(self, mistake: Mistake) -> None:
        """Keep a mistake, once."""
        if len(self.mistakes) < MOST and mistake not in self.mistakes:
            self.mistakes.append(mistake)

    def root(self) -> "Part":
        """The whole document."""
        return Part(self, self.document.value, ())


@dataclass(frozen=True, slots=True)
class Part:
    """A value of the document and where it stands; the value is MISSING when there is none."""

    reading: Reading
    value: Any
    path: Path

    def __getitem__(self, key: str) -> "Part":
        return Part(self.reading, self.mapping().get(key, MISSING), (*self.path, key))

    @property
    def is_there(self) -> bool:
        """Whether the document has this part, with something in it."""
        return self.value is not MISSING and self.value is not None

    def mistake(self, code: str, message: str) -> None:
        """Note a mistake at this part's value."""
        self.reading.note(self.reading.document.mistake(code, message, self.path))

    def mistake_at_key(self, code: str, message: str) -> None:
        """Note a mistake at this part's key."""
        self.reading.note(self.reading.document.mistake(code, message, self.path, at_key=True))

    def warn(self, code: str, message: str) -> None:
        """Note what does not stop the flow."""
        if len(self.reading.warnings) < MOST:
            self.reading.warnings.append(self.reading.document.mistake(code, message, self.path))

    def mapping(self) -> Mapping[str, Any]:
        """The value as a mapping; empty when it is missing."""
        if isinstance(self.value, dict):
            return self.value
        if self.is_there:
            self.mistake("flow_not_a_mapping", f"{self.name}: expected a mapping")
        return {}

    def fields(self) -> list[tuple[str, "Part"]]:
        """Keys and parts of a mapping."""
        return [(key, self[key]) for key in self.mapping()]

    def items(self) -> list["Part"]:
        """Parts of a list; empty when it is missing. An item that is nothing is a mistake and left out."""
        if isinstance(self.value, list):
            parts = [
                Part(self.reading, value, (*self.path, number)) for number, value in enumerate(self.value)
            ]
            for part in parts:
                if part.value is None:
                    part.mistake("flow_missing", f"{self.name}: expected an item, found nothing")
            return [part for part in parts if part.value is not None]
        if self.is_there:
            self.mistake("flow_not_a_list", f"{self.name}: expected a list")
        return []

    def text(self, default: str = "") -> str:
        """The value as text; a number or boolean counts as its text."""
        if isinstance(self.value, str):
            return self.value
        if isinstance(self.value, bool):
            return "true" if self.value else "false"
        if isinstance(self.value, int | float):
            return str(self.value)
        if self.is_there:
            self.mistake("flow_not_text", f"{self.name}: expected text")
        return default

    def required_text(self) -> str:
        """The value as text that is not empty."""
        text = self.text()
        if not text and (not self.is_there or self.value == ""):
            self.mistake_at_key("flow_missing", f"{self.name}: expected text, found nothing")
        return text

    def flag(self, *, default: bool) -> bool:
        """The value as a boolean; `'true'` and `'false'` count too."""
        value = (
            {"true": True, "false": False}.get(self.value, self.value)
            if isinstance(self.value, str)
            else self.value
        )
        if isinstance(value, bool):
            return value
        if self.is_there:
            self.mistake("flow_not_a_boolean", f"{self.name}: expected true or false")
        return default

    def whole(self, default: int | None = None) -> int | None:
        """The value as a whole number that is not negative; its digits as text count too."""
        value = self.value
        if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) < 16:
            value = int(value)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        if self.is_there:
            self.mistake("flow_not_a_number", f"{self.name}: expected a whole number")
        return default

    @property
    def name(self) -> str:
        """The last name in the path, for messages."""
        names = [part for part in self.path if isinstance(part, str)]
        return names[-1] if names else "the document"
