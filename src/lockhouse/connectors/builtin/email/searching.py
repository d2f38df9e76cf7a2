"""A flow's filter as far as a mail server can search by it, and the names of folders (RFC 3501)."""

import base64
import re
from datetime import date, timedelta

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.filters import Condition, Group
from lockhouse.connectors.moments import in_utc
from lockhouse.connectors.templates import as_text

_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_TEXTS = {"subject": "SUBJECT", "from": "FROM", "to": "TO", "cc": "CC"}
_NOT_ASCII = re.compile(r"[^\x20-\x7e]+")


def folder_of(tree: Group) -> str:
    """The folder that a filter names; the inbox when it names none."""
    named = [
        member.value for member in tree.members if isinstance(member, Condition) and _is(member, "folder")
    ]
    return as_text(named[0]) if named else "INBOX"


def rest_of(tree: Group) -> Group:
    """The conditions that a mail itself must meet."""
    members = tuple(
        member for member in tree.members if not (_is(member, "folder") or _is(member, "dateFilter"))
    )
    return in_utc(Group("and", members), ("date",))


def search_words(tree: Group) -> list[str]:
    """What the server is asked; it may find more than meets the filter, never less. Raises Rejected."""
    words = ["ALL"]
    for member in tree.members:
        if isinstance(member, Condition):
            words += _words(member)
    return words


def _words(condition: Condition) -> list[str]:
    text = as_text(condition.value)
    if condition.field == "dateFilter":
        if condition.operator not in ("=", "gt", "gte"):
            raise Rejected("dateFilter: mails since that day; it is compared with `=`")
        return ["SINCE", _day(text, "dateFilter")]
    if condition.field == "date" and condition.operator in ("=", "gt", "gte"):
        return ["SINCE", _day(text, "date", back=1)]
    if condition.field == "uid" and condition.operator == "=" and text.isdecimal():
        return ["UID", text]
    if condition.field in _TEXTS and condition.operator in ("=", "contains") and text and text.isascii():
        return [_TEXTS[condition.field], quoted(text)]
    return []


def _day(text: str, name: str, *, back: int = 0) -> str:
    """`06-Dec-2023` for `2023-12-06T…`; a day earlier where servers count days in their own zone."""
    try:
        day = date.fromisoformat(text.strip()[:10]) - timedelta(days=back)
    except (ValueError, OverflowError):
        raise Rejected(f"{name}: expected a day such as 2023-12-06") from None
    return f"{day.day:02}-{_MONTHS[day.month - 1]}-{day.year:04}"


def quoted(text: str) -> str:
    """A quoted string. Raises Rejected for what no command can carry."""
    if not text.isascii() or not text.isprintable():
        raise Rejected("a filter of mails holds characters that a mail server cannot be asked for")
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def folder_name(name: str) -> str:
    """A folder's name on the wire: quoted, in modified UTF-7 (RFC 3501, section 5.1.3)."""
    if not name or not name.isprintable() or len(name) > 500:
        raise Rejected("folder: expected the name of a folder")
    written = _NOT_ASCII.sub(_in_base64, name.replace("&", "&-"))
    return quoted(written)


def _in_base64(found: re.Match[str]) -> str:
    packed = base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=").replace("/", ",")
    return f"&{packed}-"


def _is(member: object, name: str) -> bool:
    return isinstance(member, Condition) and member.field == name
