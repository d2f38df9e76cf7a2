"""Names of entries: which may stand in an archive, which are the same, how they are shown."""

import re
import unicodedata

MOST_PARTS = 32
_LONGEST_NAME = 512
_DRIVE = re.compile(r"[A-Za-z]:")
_NOT_SHOWN = {"Cc", "Zl", "Zp", "Cs"}
# Marks that turn the direction of what is shown after them, and two that XML cannot carry.
_MISLEADING = frozenset(
    "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\ufffe\uffff"
)


def complaint_of(name: str) -> str:
    """Why a name may not stand in an archive; empty when it may."""
    parts = name.removesuffix("/").split("/")
    if len(name) > _LONGEST_NAME or len(parts) > MOST_PARTS:
        return f"has a name longer than {_LONGEST_NAME} characters or {MOST_PARTS} parts"
    if any(unicodedata.category(sign) in _NOT_SHOWN or sign in _MISLEADING for sign in name):
        return "has characters in its name that do not show"
    if "\\" in name:
        return "has a backslash in its name"
    if name.startswith("/") or _DRIVE.match(name):
        return "has an absolute name"
    if any(part.strip(" .") == "" for part in parts):
        return "has an empty part, `.` or `..` in its name"
    return ""


def folded(name: str) -> str:
    """By which two names are told apart on file systems that ignore case and the form of accents."""
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name.removesuffix("/")).casefold())


def shown(name: str) -> str:
    """A stranger's name as one harmless, short line."""
    start = name[:100]
    strange = any(unicodedata.category(sign)[0] in "CZ" and sign != " " for sign in start)
    return (ascii(start) if strange else repr(start)) + ("…" if len(name) > len(start) else "")
