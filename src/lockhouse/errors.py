"""The root of our errors, and the form in which a document's mistakes are told."""

import re
from collections.abc import Sequence
from dataclasses import asdict, dataclass


class LockhouseError(Exception):
    """Something happened that the product has a word for. Knows no HTTP.

    The text may be read by strangers: it names facts and ids, never a secret.
    """


def code_of(error: LockhouseError) -> str:
    """The stable code of an error: the service's own, or the event's name in lower case with underscores."""
    code = getattr(error, "code", "")
    if isinstance(code, str) and code:
        return code
    return re.sub(r"(?<!^)(?=[A-Z])", "_", type(error).__name__).lower()


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a text that somebody gave us: where it is and what was expected there.

    `code` is stable (lower case, underscores); `line` and `column` count from 1 and are 0 when the
    mistake has no place; `field` is a dotted path inside the document, or empty.
    """

    code: str
    message: str
    file: str = ""
    line: int = 0
    column: int = 0
    field: str = ""

    def __str__(self) -> str:
        place = ":".join(str(part) for part in (self.file, self.line or "", self.column or "") if part)
        field = f"{self.field}: " if self.field else ""
        told = f"{field}{self.message} [{self.code}]"
        return f"{place}: {told}" if place else told

    def as_dict(self) -> dict[str, object]:
        """The mistake as JSON: code, message, file, line, column, field."""
        return asdict(self)


class Mistakes(LockhouseError):
    """A document cannot be used; every mistake that was found, at once."""

    def __init__(self, mistakes: Sequence[Mistake]) -> None:
        super().__init__("\n".join(str(mistake) for mistake in mistakes))
        self.mistakes = tuple(mistakes)
