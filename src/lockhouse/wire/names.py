"""What things may be called, and which name was most likely meant."""

import re
import unicodedata
from collections.abc import Iterable, Sequence
from difflib import get_close_matches

from lockhouse.errors import Mistake, Mistakes
from lockhouse.wire.accounts import USUAL_NAME

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_LONGEST = {"server": 63, "configuration": 253, "bar": 200, "account": 200}


def check_name(kind: str, name: str) -> None:
    """Raise Mistakes unless a `server`, `configuration` or `bar` may have this name.

    A server's name is also a file name and a configuration's name may become one: letters, digits, `.`, `_`,
    `-`. A BAR is called as its file may be: no control characters, no slashes, no dot in front.
    """
    longest = _LONGEST[kind]
    if not 0 < len(name) <= longest:
        raise Mistakes([Mistake("name_length", f"expected 1 to {longest} characters", field="metadata.name")])
    if kind in {"bar", "account"}:
        _check_title(name)
    elif _WORD.fullmatch(name) is None:
        message = "expected letters, digits, '.', '_' and '-', a letter or digit first"
        raise Mistakes([Mistake("name_characters", message, field="metadata.name")])


def _check_title(name: str) -> None:
    harmful = any(
        character in '/\\"<>|' or (unicodedata.category(character)[0] in "CZ" and character != " ")
        for character in name
    )
    if harmful or name.startswith(".") or name != name.strip() or not unicodedata.is_normalized("NFC", name):
        message = "expected no slashes, quotes, < > | or control characters, nor a dot or blank in front"
        raise Mistakes([Mistake("name_characters", message, field="metadata.name")])


def nearest(wanted: str, names: Iterable[str]) -> str:
    """The name that was most likely meant, or nothing."""
    by_folded = {name.casefold(): name for name in names}
    found = get_close_matches(wanted.casefold(), by_folded, n=1, cutoff=0.6)
    return by_folded[found[0]] if found else ""


def meant(wanted: str, names: Iterable[str]) -> str:
    """The end of a message: the nearest name, or those that exist."""
    known = sorted(names)
    near = nearest(wanted, known)
    if near:
        return f"; did you mean '{near}'?"
    listed = ", ".join(f"'{name}'" for name in known[:10])
    return f"; there are {listed}" if listed else "; there are none"


def default_account(names: Sequence[str], *, flagged: str = "") -> str | None:
    """The account that serves a flow which names none: the one flagged as default, else `Account 1`, else the
    only one. None when there is none, or several and nothing tells which (our choice; the original's is not
    known)."""
    if flagged:
        return flagged
    if USUAL_NAME in names:
        return USUAL_NAME
    return names[0] if len(names) == 1 else None
