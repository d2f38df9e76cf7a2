"""Google Calendar: times with and without zones, all-day events, recurrence, and events that are new."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, vendor

from lockhouse.connectors.builtin.googlecalendar.times import days, in_filter, recurrence
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

CALENDAR = "team@group.calendar.google.com"
LINE = "/calendar/v3/calendars/team%40group.calendar.google.com/events"
MADE = {"id": "0a1b", "status": "confirmed", "start": {"dateTime": "x"}, "end": {"dateTime": "y"}}


def google(*answers: Any) -> Any:
    return vendor("googlecalendar", answers)


def error(status: int, reason: str) -> Answer:
    told = {"code": status, "message": reason, "errors": [{"reason": reason}]}
    return Answer({"error": told}, status)


@pytest.mark.parametrize(
    ("given", "start", "end"),
    [
        (
            {
                "startTime": "2026-12-01T10:00:00",
                "endTime": "2026-12-01 11:00:00",
                "timeZone": "Asia/Kolkata",
            },
            {"dateTime": "2026-12-01T10:00:00", "timeZone": "Asia/Kolkata"},
            {"dateTime": "2026-12-01T11:00:00", "timeZone": "Asia/Kolkata"},
        ),
        (
            {"startTime": "2026-12-01T10:00:00Z", "endTime": "2026-12-01T11:00:00+02:00"},
            {"dateTime": "2026-12-01T10:00:00Z"},
            {"dateTime": "2026-12-01T11:00:00+02:00"},
        ),
        (
            {"startTime": "2026-12-01T10:00:00Z", "endTime": "2026-12-01T11:00:00Z", "allDayEvent": "true"},
            {"date": "2026-12-01"},
            {"date": "2026-12-02"},
        ),
        (
            {"startTime": "2026-12-01", "endTime": "2026-12-03"},
            {"date": "2026-12-01"},
            {"date": "2026-12-03"},
        ),
    ],
)
async def test_an_event_has_times_as_google_takes_them(
    given: dict[str, Any], start: dict[str, Any], end: dict[str, Any]
) -> None:
    async with google(MADE) as calendar:
        attendees = [{"email": "ada@example.com"}, {"displayName": "Nobody"}]
        parts = {"id": CALENDAR, "summary": "Exit interview", "attendees": attendees, "visibility": "private"}
        result = await calendar.call("events", "CREATE", input={**parts, **given})
        assert (calendar.lines, calendar.sent[0].query) == ([f"POST {LINE}"], {})
        assert calendar.sent[0].body == {
            "summary": "Exit interview",
            "visibility": "private",
            "start": start,
            "end": end,
            "attendees": [{"email": "ada@example.com"}],
        }
        assert result.status_code == 201
        assert (result.payload["eventId"], result.payload["id"]) == ("0a1b", CALENDAR)
        assert (result.payload["startTime"], result.payload["allDayEvent"]) == ("x", False)


async def test_our_choice_a_time_that_nobody_can_place_is_one_of_the_calendars_zone() -> None:
    async with google({"timeZone": "Europe/Rome"}, MADE, MADE) as calendar:
        given = {"id": CALENDAR, "startTime": "2026-12-01T10:00:00", "endTime": "2026-12-01T11:00:00Z"}
        for _ in range(2):
            await calendar.call("events", "CREATE", input=given)
        assert calendar.lines == [f"GET {LINE.removesuffix('/events')}", f"POST {LINE}", f"POST {LINE}"]
        assert calendar.sent[2].body["start"] == {
            "dateTime": "2026-12-01T10:00:00",
            "timeZone": "Europe/Rome",
        }


@pytest.mark.parametrize("missing", ["id", "startTime", "endTime"])
async def test_an_event_without_what_it_needs_is_not_sent(missing: str) -> None:
    given = {"id": CALENDAR, "startTime": "2026-12-01", "endTime": "2026-12-01"}
    async with google() as calendar:
        with pytest.raises(Rejected, match=missing):
            await calendar.call("events", "CREATE", input={**given, missing: ""})
        assert calendar.lines == []


@pytest.mark.parametrize(
    ("request_", "all_day", "line"),
    [
        ({"frequency": "Daily", "until": "20261231"}, False, "RRULE:FREQ=DAILY;UNTIL=20261231T235959Z"),
        ({"frequency": "Daily", "until": "2026-12-31"}, True, "RRULE:FREQ=DAILY;UNTIL=20261231"),
        (
            {"frequency": "weekly", "until": "2026-12-31T10:00:00.000Z"},
            False,
            "RRULE:FREQ=WEEKLY;UNTIL=20261231T100000Z",
        ),
        (
            {
                "frequency": "WEEKLY",
                "interval": 2,
                "count": 5,
                "byDay": ["mo", "fr"],
            },
            False,
            "RRULE:FREQ=WEEKLY;INTERVAL=2;COUNT=5;BYDAY=MO,FR",
        ),
    ],
)
def test_a_recurrence_is_a_rule_of_rfc_5545(request_: dict[str, Any], all_day: bool, line: str) -> None:
    assert recurrence([request_, {}], all_day=all_day) == [line]


def test_the_end_of_an_all_day_event_is_not_counted() -> None:
    assert days("2026-12-31", "2026-12-31T10:00:00Z") == ("2026-12-31", "2027-01-01")
    assert days("2026-12-01", "2026-12-03") == ("2026-12-01", "2026-12-03")
    assert days("someday", "x") == ("someday", "x")
    assert days("9999-12-31", "9999-12-31") == ("9999-12-31", "9999-12-31")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("2026-01-01", "2026-01-01T00:00:00Z"),
        ("2026-01-01 08:00:00", "2026-01-01T08:00:00Z"),
        ("2026-01-01T08:00:00+05:30", "2026-01-01T08:00:00+05:30"),
        ("soon", "soon"),
    ],
)
def test_a_moment_of_a_filter_has_an_offset(given: str, expected: str) -> None:
    assert in_filter(given) == expected


async def test_events_are_found_from_a_date_on_each_occurrence_for_itself() -> None:
    holiday = {"id": "x1", "status": "confirmed", "summary": "Holiday", "start": {"date": "2026-12-25"}}
    pages = (
        {"items": [{**holiday, "status": "cancelled"}], "nextPageToken": "p2"},
        {"items": [{**holiday, "end": {"date": "2026-12-26"}}, {**holiday, "summary": "Other"}]},
    )
    async with google(*pages) as calendar:
        where = {"and": [{"id": CALENDAR}, {"fromDate": "2026-11-23T06:50:00Z"}, {"summary": "Holiday"}]}
        result = await calendar.call("events", "RETRIEVEALL", where=where, limit=10)
        assert calendar.sent[0].query == {
            "singleEvents": "true",
            "orderBy": "startTime",
            "timeMin": "2026-11-23T06:50:00Z",
            "maxResults": "250",
        }
        assert calendar.sent[1].query["pageToken"] == "p2"
        assert result.payload == [
            {
                "id": CALENDAR,
                "eventId": "x1",
                "status": "confirmed",
                "summary": "Holiday",
                "timeZone": None,
                "startTime": "2026-12-25",
                "endTime": "2026-12-26",
                "allDayEvent": True,
            }
        ]


async def test_a_deleted_event_is_no_event() -> None:
    async with google({**MADE, "status": "cancelled"}, error(404, "notFound"), MADE) as calendar:
        for status in (204, 204, 200):
            found = await calendar.call("events", "RETRIEVEALL", where={"id": CALENDAR, "eventId": "0a1b"})
            assert found.status_code == status


async def test_a_change_takes_away_the_day_or_the_time_that_was_there() -> None:
    async with google(MADE) as calendar:
        given = {"startTime": "2026-12-01", "endTime": "2026-12-01", "id": CALENDAR}
        await calendar.call("events", "UPDATEALL", where={"id": CALENDAR, "eventId": "0a1b"}, input=given)
        assert calendar.lines == [f"PATCH {LINE}/0a1b"]
        assert calendar.sent[0].body == {
            "start": {"date": "2026-12-01", "dateTime": None},
            "end": {"date": "2026-12-02", "dateTime": None},
        }


async def test_not_every_event_is_changed_by_mistake() -> None:
    async with google() as calendar:
        for action in ("UPDATEALL", "UPSERTWITHWHERE"):
            with pytest.raises(Rejected, match="filter"):
                await calendar.call("events", action, where={"id": CALENDAR}, input={"summary": "x"})
        assert calendar.lines == []


async def test_an_upsert_makes_what_it_does_not_find() -> None:
    async with google({"items": []}, MADE, {"items": [MADE | {"summary": "A"}]}, MADE) as calendar:
        given = {"startTime": "2026-12-01", "endTime": "2026-12-01"}
        for status in (201, 200):
            where = {"id": CALENDAR, "summary": "A"}
            result = await calendar.call("events", "UPSERTWITHWHERE", where=where, input=given)
            assert result.status_code == status
        assert calendar.sent[1].body["summary"] == "A"
        assert calendar.lines[3] == f"PATCH {LINE}/0a1b"


async def test_a_quick_event_is_one_line_of_text() -> None:
    async with google(MADE) as calendar:
        given = {"id": CALENDAR, "text": "Lunch at 12", "sendUpdates": "all"}
        result = await calendar.call("events", "CREATEQUICKEVENT", input=given)
        sent = calendar.sent[0]
        assert (sent.line, sent.query, sent.content) == (
            f"POST {LINE}/quickAdd",
            {"text": "Lunch at 12", "sendUpdates": "all"},
            b"",
        )
        assert (result.payload["eventId"], result.payload["id"]) == ("0a1b", CALENDAR)


async def test_one_calendar_without_rights_leaves_the_account_good() -> None:
    async with google(error(403, "requiredAccessLevel"), error(404, "notFound")) as calendar:
        with pytest.raises(Rejected):
            await calendar.call("events", "RETRIEVEALL", where={"id": CALENDAR})
        with pytest.raises(NotFound):
            await calendar.call("events", "RETRIEVEALL", where={"id": CALENDAR})


async def test_new_events_are_found_by_their_change() -> None:
    start = datetime(2026, 11, 23, 6, 50, tzinfo=UTC)
    old = {**MADE, "created": "2026-11-01T00:00:00.000Z", "updated": "2026-11-23T06:50:30.000Z"}
    new = {**MADE, "id": "n", "created": "2026-11-23T06:50:20.000Z", "updated": "2026-11-23T06:50:20.000Z"}
    options = {
        "parentFilter": {"id": CALENDAR},
        "subscription": {"updatedField": "updated", "pollingInterval": 1},
    }
    poll = parse_poll(Subject("googlecalendar", "events", "CREATED_POLLER"), options, key="eventId")
    async with google(
        {"items": [old, new]}, error(410, "updatedMinTooLongAgo"), {"items": [new]}
    ) as calendar:
        events, polled = await asked(
            poll, start_of(start), calendar.credentials, start + timedelta(minutes=1)
        )
        assert [event["eventId"] for event in events] == ["n"]
        assert calendar.sent[0].query == {
            "updatedMin": "2026-11-23T06:50:00.000+00:00",
            "singleEvents": "false",
            "maxResults": "250",
        }
        events, _ = await asked(poll, polled, calendar.credentials, start + timedelta(days=90))
        assert events == []
        assert calendar.sent[2].query["updatedMin"] == "2027-02-14T06:50:00+00:00"
