"""How moments are written on the identity wire (iam-identity-api.md 1.7)."""

from datetime import UTC, datetime
from functools import lru_cache


def moment_of(time: datetime) -> int:
    """A moment: Unix milliseconds."""
    return int(time.timestamp() * 1000)


@lru_cache(4096)
def _minutes_text(minute: int) -> str:
    return datetime.fromtimestamp(minute * 60, UTC).strftime("%Y-%m-%dT%H:%M+0000")


def minutes_text(moment: int) -> str:
    """`2020-06-02T10:37+0000`: minutes, and no colon in the offset."""
    return _minutes_text(moment // 60_000)


def milliseconds_text(moment: int) -> str:
    """`2020-06-02T10:37:05.123+0000`: as Activity Tracker writes it."""
    seconds, milliseconds = divmod(moment, 1000)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{milliseconds:03}+0000"


def read_time(text: str) -> int:
    """The moment that an ISO 8601 text names, with or without seconds, with `Z` or an offset. Raises
    ValueError."""
    time = datetime.fromisoformat(text)
    if time.tzinfo is None or "T" not in text:
        raise ValueError("expected a date, a time and an offset")
    return moment_of(time)
