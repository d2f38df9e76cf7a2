"""Cron expressions of five fields: read, checked, and turned into moments in a zone.

Lists, ranges, steps and English names of months and days; Sunday is 0 and 7. When both the day of the month
and the day of the week are restricted, a day that fits either counts (POSIX crontab).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from lockhouse.errors import Mistake, Mistakes

_MONTH_NAMES = ("JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC")
_MONTHS = {name: number for number, name in enumerate(_MONTH_NAMES, 1)}
_DAYS = {name: number for number, name in enumerate(("SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT"))}


_MARGIN = timedelta(hours=4)  # more than any change of the clocks


@dataclass(frozen=True, slots=True)
class _Field:
    title: str
    least: int
    most: int
    names: dict[str, int]


_FIELDS = (
    _Field("minute", 0, 59, {}),
    _Field("hour", 0, 23, {}),
    _Field("day of the month", 1, 31, {}),
    _Field("month", 1, 12, _MONTHS),
    _Field("day of the week", 0, 7, _DAYS),
)
_DAY_OF_MONTH, _DAY_OF_WEEK = _FIELDS[2], _FIELDS[4]


@dataclass(frozen=True, slots=True)
class Cron:
    """The numbers each field allows; `weekdays` counts from Sunday, 0."""

    minutes: frozenset[int]
    hours: frozenset[int]
    days: frozenset[int]
    months: frozenset[int]
    weekdays: frozenset[int]

    @property
    def every_hour(self) -> bool:
        """Whether no hour is left out: then the schedule means real hours, not named ones."""
        return len(self.hours) == 24

    def falls_on(self, day: date) -> bool:
        """Whether the schedule fires on this day at all."""
        if day.month not in self.months:
            return False
        of_month, of_week = day.day in self.days, day.isoweekday() % 7 in self.weekdays
        if len(self.days) == 31 or len(self.weekdays) == 7:
            return of_month and of_week
        return of_month or of_week


def parse_cron(text: str, *, field: str = "cronExp") -> Cron:
    """Read an expression such as `30 09 * * MON-FRI`. Raises Mistakes, one for each bad field."""
    parts = text.split()
    if len(parts) != len(_FIELDS):
        message = (
            f"expected five fields (minute, hour, day of the month, month, day of the week), got {len(parts)}"
        )
        raise Mistakes([Mistake("schedule_cron", message, field=field)])
    sets: list[frozenset[int]] = []
    mistakes: list[Mistake] = []
    for part, place in zip(parts, _FIELDS, strict=True):
        try:
            sets.append(_numbers(part, place))
        except ValueError:
            expected = f"a {place.title} from {place.least} to {place.most}, a list, range or step"
            message = f"expected {expected}; got {part[:40]!r}"
            mistakes.append(Mistake("schedule_cron", message, field=field))
    if mistakes:
        raise Mistakes(mistakes)
    minutes, hours, days, months, weekdays = sets
    return Cron(minutes, hours, days, months, frozenset(number % 7 for number in weekdays))


def fires_between(cron: Cron, zone: tzinfo, after: datetime, until: datetime) -> Iterator[datetime]:
    """The moments later than `after` and not later than `until`, in order, in UTC.

    A local time that does not exist is read with the offset before the gap, one that occurs twice as the
    first (RFC 5545, section 3.3.5); with every hour allowed, both.
    """
    first, last = after.astimezone(zone).replace(tzinfo=None), until.astimezone(zone).replace(tzinfo=None)
    moved: set[datetime] = set()
    for start in _hours(cron, first - _MARGIN, last + _MARGIN):
        found = _moments_in(cron, zone, start) | moved
        # What a gap moved on, or what occurs twice, belongs among the moments of later hours.
        end = (start + timedelta(hours=1)).replace(tzinfo=zone).astimezone(UTC)
        moved = {moment for moment in found if moment >= end}
        yield from (moment for moment in sorted(found - moved) if after < moment <= until)
    yield from (moment for moment in sorted(moved) if after < moment <= until)


def _hours(cron: Cron, first: datetime, last: datetime) -> Iterator[datetime]:
    """The local hours, without a zone, in which the schedule may fire."""
    day, hours = first.date(), sorted(cron.hours)
    while day <= last.date():
        if cron.falls_on(day):
            starts = (datetime.combine(day, time(hour)) for hour in hours)
            yield from (start for start in starts if first <= start <= last)
        day += timedelta(days=1)


def _moments_in(cron: Cron, zone: tzinfo, start: datetime) -> set[datetime]:
    moments: set[datetime] = set()
    for minute in cron.minutes:
        local = start.replace(minute=minute, tzinfo=zone)
        moments.add(local.astimezone(UTC))
        if cron.every_hour and (again := local.replace(fold=1)).utcoffset() != local.utcoffset():
            # What occurs twice has its second reading later; in a gap it lies before the first.
            moments.add(max(local.astimezone(UTC), again.astimezone(UTC)))
    return moments


def _numbers(text: str, place: _Field) -> frozenset[int]:
    found: set[int] = set()
    for item in text.split(","):
        span, slash, step_text = item.partition("/")
        step = _number(step_text, _Field("step", 1, place.most + 1, {})) if slash else 1
        found.update(_span(span, place, stepped=bool(slash))[::step])
    return frozenset(found)


def _span(text: str, place: _Field, *, stepped: bool) -> list[int]:
    most = 6 if place is _DAY_OF_WEEK else place.most
    if text == "*" or (text == "?" and place in (_DAY_OF_MONTH, _DAY_OF_WEEK)):
        return list(range(place.least, most + 1))
    first_text, dash, last_text = text.partition("-")
    first = _number(first_text, place)
    if not dash:
        return list(range(first, most + 1)) if stepped else [first]
    last = _number(last_text, place)
    if last < first and place is _DAY_OF_WEEK:
        last += 7  # FRI-MON, MON-SUN
    if last < first:
        raise ValueError(text)
    return list(range(first, last + 1))


def _number(text: str, place: _Field) -> int:
    number = place.names.get(text.upper())
    if number is None:
        if not (text.isascii() and text.isdigit() and len(text) <= 2):
            raise ValueError(text)
        number = int(text)
    if not place.least <= number <= place.most:
        raise ValueError(text)
    return number
