"""What texts of an entity may hold."""

import re
import unicodedata

from lockhouse.iam.errors import RequestInvalid
from lockhouse.wire.times import read_time

_EMAIL = re.compile(r"[^\s@<>\"]+@[^\s@<>\"]+")
LONGEST_NAME = 256
LONGEST_DESCRIPTION = 4000


def checked_name(name: str, field: str = "name") -> str:
    """A name. Raises RequestInvalid when it is empty, too long, or holds control characters."""
    if not name.strip():
        raise RequestInvalid(f"Parameter '{field}' must not be empty.")
    return _checked(name, field, LONGEST_NAME, allowed="")


def checked_description(description: str) -> str:
    """A description, which may have several lines. Raises RequestInvalid."""
    return _checked(description, "description", LONGEST_DESCRIPTION, allowed="\n\r\t")


def checked_email(email: str) -> str:
    """An e-mail address, as far as its form goes. Raises RequestInvalid."""
    checked = _checked(email.strip(), "email", LONGEST_NAME, allowed="")
    if _EMAIL.fullmatch(checked) is None:
        raise RequestInvalid("Parameter 'email' must be an e-mail address.")
    return checked


def checked_expiry(text: str, *, now: int) -> int:
    """The moment of an `expires_at`. Raises RequestInvalid when it is no time or lies in the past."""
    try:
        moment = read_time(text)
    except (ValueError, OverflowError):
        raise RequestInvalid("Parameter 'expires_at' must be a time such as 2049-01-02T18:30+0000.") from None
    if moment <= now:
        raise RequestInvalid("Parameter 'expires_at' lies in the past.")
    return moment


def _checked(text: str, field: str, longest: int, *, allowed: str) -> str:
    if len(text) > longest:
        raise RequestInvalid(f"Parameter '{field}' has more than {longest} characters.")
    # Most texts are printable throughout, which costs a hundredth to see.
    if not text.isprintable() and any(
        unicodedata.category(character) in {"Cc", "Cs"} and character not in allowed for character in text
    ):
        raise RequestInvalid(f"Parameter '{field}' holds control characters.")
    return text
