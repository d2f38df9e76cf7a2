"""Schedules: when they fire, over a year with both changes of the clocks, restarts and clocks that jump."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from lockhouse.errors import Mistakes
from lockhouse.flows.schedule import (
    Fired,
    Schedule,
    due_fire,
    iso_milliseconds,
    latest_fire,
    next_fire,
    parse_schedule,
    upcoming,
)

START = datetime(2026, 1, 1, tzinfo=UTC)
YEAR_END = datetime(2027, 1, 1, tzinfo=UTC)


def schedule_of(now: datetime = START, **kinds: Any) -> Schedule:
    return parse_schedule(kinds, now=now)


def calendar(cron: str, zone: str = "UTC") -> Schedule:
    return schedule_of(calendar={"cronExp": cron, "every": "day", "timeZone": zone, "runOnceOncheck": False})


def interval(**fields: Any) -> Schedule:
    return schedule_of(interval={"unit": "hour", "value": 1, "timeZone": "UTC", **fields})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text)


def all_fires(schedule: Schedule, started_at: datetime = START, until: datetime = YEAR_END) -> list[datetime]:
    """As a server goes through them: to the next moment, fire, on to the next."""
    fired, moments = Fired(started_at), []
    while (moment := upcoming(schedule, fired, fired.planned or started_at)) is not None and moment < until:
        fire = due_fire(schedule, fired, moment)
        assert fire is not None
        assert fire.planned == moment
        moments.append(moment)
        fired = fired.after(fire)
    return moments


def walked(zone: str, wanted: dict[str, set[int]]) -> Iterator[datetime]:
    """An independent list: every fifth minute of the year, looked at on the wall clock of the zone."""
    clock, moment = ZoneInfo(zone), START
    while (moment := moment + timedelta(minutes=5)) < YEAR_END:
        wall = moment.astimezone(clock)
        seen = {"minute": wall.minute, "hour": wall.hour, "day": wall.day, "weekday": wall.isoweekday()}
        seen["month"] = wall.month
        if all(seen[field] in numbers for field, numbers in wanted.items()):
            yield moment


@pytest.mark.parametrize(
    ("cron", "zone", "wanted"),
    [
        ("00 09 * * *", "Europe/London", {"minute": {0}, "hour": {9}}),
        ("30 09 * * MON", "America/New_York", {"minute": {30}, "hour": {9}, "weekday": {1}}),
        ("00 00 1 * *", "CST6CDT", {"minute": {0}, "hour": {0}, "day": {1}}),
        ("*/15 * * 3,10 *", "Europe/Berlin", {"minute": {0, 15, 30, 45}, "month": {3, 10}}),
        ("5 * * * MON-FRI", "Australia/Sydney", {"minute": {5}, "weekday": {1, 2, 3, 4, 5}}),
        ("0,30 22-23 * * *", "Pacific/Auckland", {"minute": {0, 30}, "hour": {22, 23}}),
    ],
)
def test_a_year_of_a_calendar_is_what_the_wall_clock_shows(
    cron: str, zone: str, wanted: dict[str, set[int]]
) -> None:
    assert all_fires(calendar(cron, zone)) == list(walked(zone, wanted))


# The changes of 2026: London 29 March 01:00 to 02:00 and 25 October 02:00 to 01:00; New York 8 March 02:00 to
# 03:00 and 1 November 02:00 to 01:00; Lord Howe 5 April 02:00 to 01:30 and 4 October 02:00 to 02:30.
@pytest.mark.parametrize(
    ("cron", "zone", "day", "moments"),
    [
        ("30 1 * * *", "Europe/London", "2026-03-29", ["2026-03-29T01:30Z"]),
        ("30 1 * * *", "Europe/London", "2026-10-25", ["2026-10-25T00:30Z"]),
        ("30 2 * * *", "America/New_York", "2026-03-08", ["2026-03-08T07:30Z"]),
        ("30 1 * * *", "America/New_York", "2026-11-01", ["2026-11-01T05:30Z"]),
        ("15 2 * * *", "Australia/Lord_Howe", "2026-10-04", ["2026-10-03T15:45Z"]),
        ("45 1 * * *", "Australia/Lord_Howe", "2026-04-05", ["2026-04-04T14:45Z"]),
        ("30 0-3 * * *", "Europe/London", "2026-03-29", ["2026-03-29T00:30Z", "2026-03-29T01:30Z",
                                                       "2026-03-29T02:30Z"]),
        ("30 0-3 * * *", "Europe/London", "2026-10-25", ["2026-10-24T23:30Z", "2026-10-25T00:30Z",
                                                       "2026-10-25T02:30Z", "2026-10-25T03:30Z"]),
    ],
)  # fmt: skip
def test_our_choice_a_skipped_local_time_fires_later_and_a_repeated_one_fires_once(
    cron: str, zone: str, day: str, moments: list[str]
) -> None:
    local_day = date.fromisoformat(day)
    fires = [m for m in all_fires(calendar(cron, zone)) if m.astimezone(ZoneInfo(zone)).date() == local_day]

    assert fires == [at(text) for text in moments]


@pytest.mark.parametrize(
    "zone", ["Europe/London", "America/New_York", "Asia/Beirut", "America/Santiago", "UTC"]
)
@pytest.mark.parametrize("minute_of_day", [0, 30, 60, 90, 120, 150, 1410])
def test_a_daily_schedule_fires_once_on_every_day_of_the_year(zone: str, minute_of_day: int) -> None:
    hour, minute = divmod(minute_of_day, 60)
    days = [m.astimezone(ZoneInfo(zone)).date() for m in all_fires(calendar(f"{minute} {hour} * * *", zone))]

    inner = [date(2026, 1, 2) + timedelta(days=number) for number in range(363)]
    assert [day for day in days if inner[0] <= day <= inner[-1]] == inner


@pytest.mark.parametrize(
    ("fields", "zone", "length", "days"),
    [
        ({"unit": "minute", "value": 30}, "Europe/London", timedelta(minutes=30), range(7)),
        ({"unit": "hour", "value": "16"}, "America/New_York", timedelta(hours=16), range(7)),
        ({"unit": "hour", "value": 10, "days": ["MON", "SAT"]}, "Europe/Berlin", timedelta(hours=10), (0, 5)),
        ({"unit": "minute", "value": 15, "days": ["SUN"]}, "Europe/London", timedelta(minutes=15), (6,)),
    ],
)
def test_an_interval_fires_first_one_interval_after_the_start_and_on_its_days_only(
    fields: dict[str, Any], zone: str, length: timedelta, days: range
) -> None:
    started_at = at("2026-01-01T10:17:23Z")
    expected, moment = [], started_at + length
    while moment < YEAR_END:
        if moment.astimezone(ZoneInfo(zone)).weekday() in days:
            expected.append(moment)
        moment += length

    assert all_fires(interval(timeZone=zone, **fields), started_at) == expected


def test_absent_days_are_every_day_and_an_absent_zone_is_utc() -> None:
    plain = schedule_of(interval={"unit": "hour", "value": 12})

    assert next_fire(plain, started_at=START, after=START) == START + timedelta(hours=12)


def test_the_payload_holds_this_event_time_and_the_last_one() -> None:
    schedule, fired = interval(unit="minute", value=5), Fired(START)
    first = due_fire(schedule, fired, at("2026-01-01T00:05:00.250Z"))
    assert first is not None
    second = due_fire(schedule, fired.after(first), at("2026-01-01T00:10:01Z"))
    assert second is not None

    assert first.payload() == {
        "lastEventTime": "2026-01-01T00:00:00.000Z",  # our choice: the start of the flow
        "currentEventTime": "2026-01-01T00:05:00.000Z",
    }
    assert second.payload()["lastEventTime"] == "2026-01-01T00:05:00.000Z"


def test_run_once_when_switched_on_fires_at_once_and_then_at_its_times() -> None:
    schedule, fired = interval(value=1, runOnceOncheck=True), Fired(START)
    first = due_fire(schedule, fired, START)
    assert first is not None
    after_first = fired.after(first)

    assert first.planned == START
    assert due_fire(schedule, after_first, START + timedelta(minutes=59)) is None
    assert upcoming(schedule, after_first, START) == START + timedelta(hours=1)


def test_our_choice_what_was_missed_while_away_is_one_event_that_reaches_back_to_the_last() -> None:
    schedule = interval(value=1)
    fired = Fired(START, planned=at("2026-01-01T10:00Z"), event_time=at("2026-01-01T10:00Z"))
    back = at("2026-01-02T12:37:05Z")
    fire = due_fire(schedule, fired, back)
    assert fire is not None
    after = fired.after(fire)

    assert fire.planned == at("2026-01-02T12:00Z")
    assert fire.payload() == {
        "lastEventTime": "2026-01-01T10:00:00.000Z",
        "currentEventTime": "2026-01-02T12:37:05.000Z",
    }
    assert due_fire(schedule, after, back + timedelta(minutes=1)) is None
    assert upcoming(schedule, after, back) == at("2026-01-02T13:00Z")


@pytest.mark.parametrize("schedule", [interval(value=1), calendar("0 * * * *", "Europe/London")])
def test_a_clock_that_jumps_an_hour_loses_nothing_and_fires_nothing_twice(schedule: Schedule) -> None:
    fired, planned = Fired(START), []
    # On to 03:30, an hour ahead to 04:30, an hour back to 03:31, then on by five minutes at a time.
    clock = [at("2026-01-01T03:30Z"), at("2026-01-01T04:30Z"), at("2026-01-01T03:31Z")]
    clock += [at("2026-01-01T03:31Z") + timedelta(minutes=5 * turn) for turn in range(1, 60)]
    for now in clock:
        if fire := due_fire(schedule, fired, now):
            planned.append(fire.planned)
            fired = fired.after(fire)

    assert planned == [at(f"2026-01-01T{hour:02}:00Z") for hour in (3, 4, 5, 6, 7, 8)]


def test_a_last_event_from_a_clock_that_was_a_year_ahead_does_not_stop_the_schedule() -> None:
    fired = Fired(START, planned=YEAR_END, event_time=YEAR_END)

    assert upcoming(interval(value=1), fired, at("2026-01-05T00:30Z")) == at("2026-01-05T01:00Z")


def test_a_schedule_that_takes_another_ones_place_starts_now_and_remembers_the_last_event() -> None:
    now = at("2026-03-01T00:00Z")
    anew = Fired(START, at("2026-02-28T00:00Z"), at("2026-02-28T00:00Z")).anew(now)
    fire = due_fire(interval(value=2), anew, now + timedelta(hours=2))
    assert fire is not None

    assert fire.payload()["lastEventTime"] == "2026-02-28T00:00:00.000Z"


def test_a_long_absence_is_looked_through_for_the_last_fire_only() -> None:
    schedule = calendar("0 0 29 2 *")
    found = latest_fire(schedule, started_at=START, after=START, until=at("2033-01-01T00:00Z"))

    assert found == at("2032-02-29T00:00Z")


@pytest.mark.parametrize(
    ("configuration", "codes"),
    [
        ("", ["schedule_unfinished"]),
        (None, ["schedule_unfinished"]),
        ({"interval": {}, "calendar": {}}, ["schedule_unfinished"]),
        ({"interval": {"unit": "hour", "value": 1}, "calendar": {"cronExp": "* * * * *"}},
         ["schedule_ambiguous"]),
        ({"interval": {"unit": "fortnight", "value": 0, "timeZone": "Mars/Base", "days": ["MONDAY", "XYZ"]}},
         ["schedule_unit", "schedule_days", "zone_unknown"]),
        ({"interval": {"unit": "hour", "value": 0}}, ["schedule_value"]),
        ({"interval": {"unit": "hour", "value": True}}, ["schedule_value"]),
        ({"interval": {"unit": "hour", "value": "9" * 400}}, ["schedule_value"]),
        ({"interval": {"unit": "minute", "value": -5}}, ["schedule_value"]),
        ({"interval": {"unit": "hour", "value": 1, "timeZone": "../../etc/passwd"}}, ["zone_unknown"]),
        ({"calendar": {"cronExp": "", "timeZone": "Nowhere"}}, ["schedule_cron", "zone_unknown"]),
        ({"calendar": {"cronExp": "0 0 30 2 *"}}, ["schedule_never"]),
        # Started on a Thursday, a week at a time:
        ({"interval": {"unit": "hour", "value": 168, "days": ["MON"]}}, ["schedule_never"]),
    ],
)  # fmt: skip
def test_a_schedule_that_cannot_run_is_refused_with_every_mistake(
    configuration: object, codes: list[str]
) -> None:
    with pytest.raises(Mistakes) as refusal:
        parse_schedule(configuration, now=START)

    assert [mistake.code for mistake in refusal.value.mistakes] == codes


def test_moments_are_told_in_utc_with_milliseconds() -> None:
    assert iso_milliseconds(at("2026-03-29T03:00:00.5+02:00")) == "2026-03-29T01:00:00.500Z"
