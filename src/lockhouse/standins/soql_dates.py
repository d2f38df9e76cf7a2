"""The date literals of SOQL (SOQL and SOSL Reference, "Date Formats and Date Literals"), as days of UTC."""

import re
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, timedelta

Span = tuple[date, date]
"""The first day, and the day after the last."""
_NAMED = re.compile(r"(LAST|THIS|NEXT)_(WEEK|MONTH|QUARTER|YEAR)")
_COUNTED = re.compile(r"(LAST|NEXT)_N_DAYS:(\d{1,5})")
_DAYS = {"YESTERDAY": -1, "TODAY": 0, "TOMORROW": 1}
_MONTHS = {"MONTH": 1, "QUARTER": 3, "YEAR": 12}
_STEPS = {"LAST": -1, "THIS": 0, "NEXT": 1}


def span_of(word: str, today: date) -> Span | None:
    """The days that a literal such as `THIS_YEAR` or `LAST_N_DAYS:7` names; None when it names none."""
    word = word.upper()
    if word in _DAYS:
        first = today + timedelta(days=_DAYS[word])
        return first, first + timedelta(days=1)
    if counted := _COUNTED.fullmatch(word):
        days = timedelta(days=int(counted[2]))
        tomorrow = today + timedelta(days=1)
        return (today - days, tomorrow) if counted[1] == "LAST" else (tomorrow, tomorrow + days)
    named = _NAMED.fullmatch(word)
    if named is None:
        return None
    step = _STEPS[named[1]]
    if named[2] == "WEEK":  # a week begins on Sunday
        first = today - timedelta(days=today.isoweekday() % 7) + timedelta(weeks=step)
        return first, first + timedelta(weeks=1)
    length = _MONTHS[named[2]]
    month = today.year * 12 + today.month - 1
    month += step * length - month % length
    return _month(month), _month(month + length)


def compared(operator: str, span: Span) -> Callable[[object], bool]:
    """A test of a record's value against the days of a literal."""
    first, after = span
    tests: Mapping[str, Callable[[date], bool]] = {
        "=": lambda day: first <= day < after,
        "!=": lambda day: not first <= day < after,
        "<>": lambda day: not first <= day < after,
        "<": lambda day: day < first,
        "<=": lambda day: day < after,
        ">": lambda day: day >= after,
        ">=": lambda day: day >= first,
    }
    test = tests[operator]
    return lambda value: operator in ("!=", "<>") if value is None else test(_day(str(value)))


def _day(text: str) -> date:
    if "T" not in text:
        return date.fromisoformat(text)
    return datetime.fromisoformat(text).astimezone(UTC).date()


def _month(count: int) -> date:
    return date(count // 12, count % 12 + 1, 1)
