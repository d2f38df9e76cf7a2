"""Schedules: a flow's scheduleConfiguration → when it fires next. Pure functions; nobody sleeps here.

Documented: an interval fires for the first time one interval after the flow starts, on the named days, in its
zone; a calendar is a five-field cron expression (flow-document.md, section 2). Ours, where nothing is said:

- An interval is elapsed time since the flow started: no change of zone or to summer time moves it.
- A calendar names local times. One that a change to summer time skips fires as much later as the clocks were
  put forward; one that occurs twice fires at the first (RFC 5545, section 3.3.5). An expression that names
  every hour means real hours, so it fires at both.
- Fires that were missed while the server was away become one, at once: its `lastEventTime` is that of the
  last run, so a flow that asks what changed since loses nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta, tzinfo

from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows.cron import Cron, fires_between, parse_cron
from lockhouse.jsonata.moment import NoSuchDate
from lockhouse.jsonata.moment import zone_named as named

_YEARS_AHEAD = 9  # 29 February is at most eight years away
_MOST_TURNS = 11_000  # more than a week has minutes: an interval that hits its days at all hits them by then
_LATE = timedelta(minutes=1)
_UNBELIEVABLE = timedelta(hours=25)


@dataclass(frozen=True, slots=True)
class Interval:
    """Every `length`, counted from the start of the flow, on `days` (0 is Monday) of the zone."""

    length: timedelta
    days: frozenset[int]
    zone: tzinfo
    run_at_start: bool = False


@dataclass(frozen=True, slots=True)
class Calendar:
    """At the local times that a cron expression names."""

    cron: Cron
    zone: tzinfo
    run_at_start: bool = False


Schedule = Interval | Calendar


@dataclass(frozen=True, slots=True)
class Fire:
    """One event of a schedule. `planned` names it: the same moment is never fired twice."""

    planned: datetime
    last_event_time: datetime
    current_event_time: datetime

    def payload(self) -> dict[str, str]:
        """What the flow sees: moments in ISO 8601, UTC, with milliseconds."""
        return {
            "lastEventTime": iso_milliseconds(self.last_event_time),
            "currentEventTime": iso_milliseconds(self.current_event_time),
        }


@dataclass(frozen=True, slots=True)
class Fired:
    """What a schedule remembers: when the flow was started, the last moment fired (planned), and its event's
    time."""

    started_at: datetime
    planned: datetime | None = None
    event_time: datetime | None = None

    def after(self, fire: Fire) -> "Fired":
        """What is remembered once this event is on disk."""
        return Fired(self.started_at, fire.planned, fire.current_event_time)

    def anew(self, now: datetime) -> "Fired":
        """What is remembered when another schedule takes this one's place: it starts now, nothing is
        forgotten."""
        return Fired(now, None, self.event_time)


def iso_milliseconds(moment: datetime) -> str:
    """`2026-03-29T01:00:00.000Z`."""
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


_UNITS = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1)}
_WEEKDAYS = ("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN")
_EVERY_DAY = frozenset(range(7))
_LONGEST = timedelta(days=366)


def parse_schedule(configuration: object, *, now: datetime, field: str = "scheduleConfiguration") -> Schedule:
    """A flow's `scheduleConfiguration` (flow-document.md, section 2). Raises Mistakes, all at once.

    `now` is only asked whether the schedule will ever fire.
    """
    kinds = configuration if isinstance(configuration, Mapping) else {}
    given = [
        kind for kind in ("interval", "calendar") if isinstance(kinds.get(kind), Mapping) and kinds[kind]
    ]
    if len(given) != 1:
        message = "the schedule is unfinished: expected an interval or a calendar" if not given else (
            "expected either an interval or a calendar, not both")  # fmt: skip
        raise Mistakes(
            [Mistake("schedule_unfinished" if not given else "schedule_ambiguous", message, field=field)]
        )
    place = f"{field}.{given[0]}"
    schedule = (_interval if given[0] == "interval" else _calendar)(kinds[given[0]], place)
    if not schedule.run_at_start and next_fire(schedule, started_at=now, after=now) is None:
        raise Mistakes([Mistake("schedule_never", "this schedule never fires", field=place)])
    return schedule


def zone_named(name: object, *, field: str) -> tzinfo | Mistake:
    """The zone of a tz name; absent or empty means UTC."""
    try:
        return named(str(name) if name else "UTC")
    except NoSuchDate:
        message = f"expected a tz name such as Europe/London, got {str(name)[:60]!r}"
        return Mistake("zone_unknown", message, field=field)


def _interval(configuration: Mapping[str, object], field: str) -> Interval:
    zone = zone_named(configuration.get("timeZone"), field=f"{field}.timeZone")
    length = _length(configuration, field)
    days = _days(configuration.get("days"), f"{field}.days")
    mistakes = [part for part in (length, days, zone) if isinstance(part, Mistake)]
    if isinstance(length, Mistake) or isinstance(days, Mistake) or isinstance(zone, Mistake):
        raise Mistakes(mistakes)
    return Interval(length, days, zone, _is_true(configuration.get("runOnceOncheck")))


def _calendar(configuration: Mapping[str, object], field: str) -> Calendar:
    zone = zone_named(configuration.get("timeZone"), field=f"{field}.timeZone")
    mistakes = [zone] if isinstance(zone, Mistake) else []
    try:
        cron = parse_cron(str(configuration.get("cronExp") or ""), field=f"{field}.cronExp")
    except Mistakes as error:
        raise Mistakes([*error.mistakes, *mistakes]) from None
    if isinstance(zone, Mistake):
        raise Mistakes(mistakes)
    return Calendar(cron, zone, _is_true(configuration.get("runOnceOncheck")))


def _length(configuration: Mapping[str, object], field: str) -> timedelta | Mistake:
    unit = _UNITS.get(str(configuration.get("unit")).removesuffix("s").lower())
    if unit is None:
        return Mistake("schedule_unit", "expected minute or hour", field=f"{field}.unit")
    value = configuration.get("value")
    text = str(value).strip()
    if (
        isinstance(value, bool)
        or not (text.isascii() and text.isdigit())
        or not 1 <= int(text[:9]) <= _LONGEST // unit
    ):
        return Mistake(
            "schedule_value", "expected a whole number from 1, at most a year", field=f"{field}.value"
        )
    return int(text[:9]) * unit


def _days(given: object, field: str) -> frozenset[int] | Mistake:
    if given is None or given == []:
        return _EVERY_DAY
    names = [str(name).strip().upper()[:3] for name in given] if isinstance(given, list) else [""]
    if any(name not in _WEEKDAYS for name in names):
        return Mistake("schedule_days", f"expected a list of {', '.join(_WEEKDAYS)}", field=field)
    return frozenset(_WEEKDAYS.index(name) for name in names)


def _is_true(value: object) -> bool:
    return value is True or str(value).lower() == "true"


def next_fire(schedule: Schedule, *, started_at: datetime, after: datetime) -> datetime | None:
    """The first moment later than `after`, in UTC; None when there is none in the next years."""
    if isinstance(schedule, Interval):
        return _next_of_interval(schedule, started_at, max(after, started_at))
    moments = fires_between(
        schedule.cron, schedule.zone, after, after.replace(microsecond=0) + timedelta(days=366 * _YEARS_AHEAD)
    )
    return next(moments, None)


def due_fire(schedule: Schedule, fired: Fired, now: datetime) -> Fire | None:
    """The event to fire now, if one is due. However many were missed, they are one: the latest.

    A clock that was put back fires nothing twice: what was fired stays fired. A last fire that lies more than
    a day ahead of `now` came from a wrong clock and is not believed.
    """
    believed = _believed(fired, now)
    if schedule.run_at_start and believed.planned is None:
        return _fire(believed, believed.started_at, now)
    after = believed.planned or believed.started_at
    planned = latest_fire(schedule, started_at=believed.started_at, after=after, until=now)
    return _fire(believed, planned, now) if planned is not None else None


def upcoming(schedule: Schedule, fired: Fired, now: datetime) -> datetime | None:
    """When the schedule fires next, for whoever waits or looks. In the past when it is due."""
    believed = _believed(fired, now)
    if schedule.run_at_start and believed.planned is None:
        return believed.started_at
    return next_fire(schedule, started_at=believed.started_at, after=believed.planned or believed.started_at)


def latest_fire(
    schedule: Schedule, *, started_at: datetime, after: datetime, until: datetime
) -> datetime | None:
    """The last moment later than `after` and not later than `until`; None when there is none."""
    if isinstance(schedule, Interval):
        return _latest_of_interval(schedule, started_at, max(after, started_at), until)
    # Far back there may be very many: look at the last hour first, then further.
    for hours in (1, 24, 24 * 32, 24 * 366, 24 * 366 * _YEARS_AHEAD):
        start = max(after, until - timedelta(hours=hours))
        latest = max(fires_between(schedule.cron, schedule.zone, start, until), default=None)
        if latest is not None or start == after:
            return latest
    return None


def _fire(fired: Fired, planned: datetime, now: datetime) -> Fire:
    current = now if now - planned > _LATE else planned
    return Fire(planned, fired.event_time or fired.started_at, current)


def _believed(fired: Fired, now: datetime) -> Fired:
    ahead = now + _UNBELIEVABLE
    if fired.started_at > ahead:
        return Fired(now)
    if fired.planned is not None and fired.planned > ahead:
        return Fired(fired.started_at, now, now)
    return fired


def _next_of_interval(schedule: Interval, started_at: datetime, after: datetime) -> datetime | None:
    turn = (after - started_at) // schedule.length + 1
    for _ in range(_MOST_TURNS):
        local = (started_at + turn * schedule.length).astimezone(schedule.zone)
        if local.weekday() in schedule.days:
            return local.astimezone(UTC)
        midnight = datetime.combine(local.date() + timedelta(days=1), time(), schedule.zone)
        turn = max(turn + 1, -(-(midnight.astimezone(UTC) - started_at) // schedule.length))
    return None


def _latest_of_interval(
    schedule: Interval, started_at: datetime, after: datetime, until: datetime
) -> datetime | None:
    turn = (until - started_at) // schedule.length
    while (moment := started_at + turn * schedule.length) > after:
        local = moment.astimezone(schedule.zone)
        if local.weekday() in schedule.days:
            return local.astimezone(UTC)
        midnight = datetime.combine(local.date(), time(), schedule.zone).astimezone(UTC)
        turn = min(turn - 1, (midnight - started_at) // schedule.length)
    return None
