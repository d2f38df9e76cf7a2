"""Times that a template put into SQL without quotes."""

import re

from lockhouse.connectors.sql.values import moment_of

# What is not closed goes on to the end: so no text is looked through twice.
_SKIPPED = {
    "postgresql": r"""'(?:[^']|'')*(?:'|\Z)|"[^"]*(?:"|\Z)|\$(\w*)\$.*?(?:\$\1\$|\Z)"""
    r"""|--[^\n]*|/\*.*?(?:\*/|\Z)""",
    "mysql": r"""'(?:[^'\\]|\\.|'')*(?:'|\Z)|"(?:[^"\\]|\\.)*(?:"|\Z)|`[^`]*(?:`|\Z)"""
    r"""|--[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z)""",
}
_TIME = r"(?P<time>\b\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)?)(?![\w:.'-])"


def with_times_quoted(text: str, dialect: str) -> str:
    """The statement with every bare ISO 8601 time made a literal, in UTC; quotes and comments stay.

    Published flows compare with `{{$Trigger.lastEventTime}}` without quotes around it, so App Connect must
    put them there [our reading]. No statement changes its meaning: a bare time of day is not SQL.
    """
    pattern = _PATTERNS["mysql" if dialect in ("mysql", "mariadb") else "postgresql"]
    return pattern.sub(_literal, text)


def _literal(found: re.Match[str]) -> str:
    time = found["time"]
    if time is None:
        return found[0]
    try:
        return f"'{moment_of(time).replace(tzinfo=None).isoformat(sep=' ')}'"
    except ValueError:
        return found[0]


def _pattern(skipped: str) -> re.Pattern[str]:
    return re.compile(f"{skipped}|{_TIME}", re.DOTALL)


_PATTERNS: dict[str, re.Pattern[str]] = {dialect: _pattern(skipped) for dialect, skipped in _SKIPPED.items()}
