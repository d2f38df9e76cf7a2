"""An event's times and recurrence: how flows write them, and how Google does."""

import re
from datetime import date, timedelta
from typing import Any

from lockhouse.connectors.templates import as_text

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_LOCAL = re.compile(r"(\d{4}-\d{2}-\d{2})[T ]+(\d{2}:\d{2}.*)", re.ASCII)
_OFFSET = re.compile(r"(Z|[+-]\d{2}:?\d{2})$", re.ASCII | re.IGNORECASE)
_RULES = (("interval", "INTERVAL"), ("count", "COUNT"))


def is_day(value: Any) -> bool:
    """Whether a value is a day without a time."""
    return _DAY.fullmatch(as_text(value).strip()) is not None


def needs_zone(value: Any) -> bool:
    """Whether a value is a time that nobody can place without knowing a time zone."""
    text = as_text(value).strip()
    return bool(_LOCAL.fullmatch(text)) and not _OFFSET.search(text)


def point(value: Any, zone: str | None) -> dict[str, Any]:
    """A point in time as Google takes it; a day in an event that has a time is its beginning."""
    text = as_text(value).strip()
    found = _LOCAL.fullmatch(text)
    moment = f"{found[1]}T{found[2]}" if found else f"{text}T00:00:00" if is_day(text) else text
    return {"dateTime": moment} | ({"timeZone": zone} if zone else {})


def days(start: Any, end: Any) -> tuple[str, str]:
    """First day and the day after the last of an all-day event: Google does not count the end."""
    first, after = as_text(start).strip()[:10], as_text(end).strip()[:10]
    if is_day(first) and after <= first:
        try:
            after = (date.fromisoformat(first) + timedelta(days=1)).isoformat()
        except (ValueError, OverflowError):
            return first, after
    return first, after


def in_filter(value: Any) -> str:
    """A moment of a filter: Google wants an offset there, UTC if the flow says none."""
    text = point(value, None)["dateTime"]
    return text if _OFFSET.search(text) or not _LOCAL.fullmatch(text) else f"{text}Z"


def recurrence(requests: list[dict[str, Any]], *, all_day: bool) -> list[str]:
    """RRULE lines (RFC 5545 3.3.10) of a flow's recurrence requests."""
    lines = []
    for request in requests:
        if not request.get("frequency"):
            continue
        parts = [f"FREQ={as_text(request['frequency']).strip().upper()}"]
        if request.get("until"):
            parts.append(f"UNTIL={_until(as_text(request['until']), all_day=all_day)}")
        parts += [f"{name}={as_text(request[key])}" for key, name in _RULES if request.get(key)]
        if request.get("byDay"):
            parts.append(f"BYDAY={','.join(as_text(day).upper() for day in request['byDay'])}")
        lines.append(f"RRULE:{';'.join(parts)}")
    return lines


def _until(text: str, *, all_day: bool) -> str:
    digits = re.sub(r"[-:\s]|\.\d+", "", text)
    if all_day:
        return digits[:8]
    # An event with a time must end with a time in UTC: here the end of that day.
    return f"{digits}T235959Z" if re.fullmatch(r"\d{8}", digits) else digits
