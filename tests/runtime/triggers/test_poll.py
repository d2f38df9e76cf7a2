"""Polls: every record that is new since the start becomes one event, whatever clocks and indexes do."""

import random
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from lockhouse.errors import Mistakes
from lockhouse.runtime.triggers.poll import (
    Poll,
    Polled,
    Subject,
    call_of,
    events_in,
    is_polled,
    minutes_of,
    parse_poll,
    start_of,
)
from lockhouse.wire.actions import ActionCall

START = datetime(2026, 3, 1, 10, 0, 0, 400_000, tzinfo=UTC)
ISO = "%Y-%m-%dT%H:%M:%S.%f"


def poll_of(event: str, *, connector: str = "shop", **subscription: Any) -> Poll:
    fields = {"createdField": "made", "updatedField": "changed", "timeFormat": "YYYY-MM-DDTHH:mm:ss.SSSZ"}
    options = {"subscription": {**fields, "pollingInterval": 1, **subscription}}
    return parse_poll(Subject(connector, "Order", event), options)


@dataclass
class Application:
    """Records with times by its own clock; each shows itself `lag` after it was changed."""

    skew: timedelta = timedelta(0)
    lag: timedelta = timedelta(0)
    seconds_only: bool = False
    hides_times: bool = False
    ignores_where: bool = False
    changes: dict[str, list[datetime]] = field(default_factory=dict)

    def change(self, name: str, at: datetime) -> None:
        self.changes.setdefault(name, []).append(at)

    def _text(self, at: datetime) -> str:
        told = (at + self.skew).strftime(ISO)
        return told[:19] + "Z" if self.seconds_only else told[:23] + "+0000"

    def answer(self, call: ActionCall, now: datetime) -> list[dict[str, Any]]:
        records = []
        for name, times in self.changes.items():
            visible = [at for at in times if at + self.lag <= now]
            if visible:
                record = {"id": name, "version": len(visible), "made": self._text(times[0])}
                records.append({**record, "changed": self._text(visible[-1])})
        if not self.ignores_where:
            records = [record for record in records if self._fits(call.where or {}, record)]
        random.Random(str(now)).shuffle(records)
        hidden = {"made", "changed"} if self.hides_times else set()
        return [{name: value for name, value in record.items() if name not in hidden} for record in records]

    def _fits(self, where: Mapping[str, Any], record: Mapping[str, Any]) -> bool:
        for name, condition in where.items():
            limit = datetime.fromisoformat(condition["gte"])
            if datetime.fromisoformat(record[name]) < (
                limit.replace(microsecond=0) if self.seconds_only else limit
            ):
                return False
        return True


def polled_through(poll: Poll, application: Application, *, minutes: int) -> list[tuple[str, Any]]:
    """All events of so many minutes; what is remembered goes to disk and back between two polls."""
    polled, events = start_of(START), []
    for turn in range(1, minutes + 1):
        now = START + turn * minutes_of(poll)
        found, polled = events_in(poll, polled, application.answer(call_of(poll, polled), now), now=now)
        events += found
        polled = msgspec.json.decode(msgspec.json.encode(polled), type=Polled)
        assert len(polled.seen) < 200
    return events


@pytest.mark.parametrize(
    "application",
    [
        Application(),
        Application(seconds_only=True),
        Application(lag=timedelta(minutes=3)),
        Application(skew=timedelta(minutes=4), seconds_only=True),
        Application(skew=timedelta(hours=2)),
        Application(hides_times=True, lag=timedelta(minutes=2)),
        Application(ignores_where=True),
    ],
)
def test_each_record_made_after_the_start_is_one_event(application: Application) -> None:
    chance = random.Random(7)
    application.changes.clear()
    for number in range(50):
        application.change(f"old{number}", START - timedelta(hours=5, seconds=number))
    moments = sorted(START + timedelta(seconds=1 + chance.random() * 3000) for _ in range(120))
    for number, moment in enumerate(moments):
        application.change(f"new{number}", moment)
        application.change(f"new{number}", moment + timedelta(hours=1))  # later changes make no new record

    events = polled_through(poll_of("CREATED_POLLER"), application, minutes=120)

    names = [payload["id"] for _, payload in events]
    assert sorted(names) == sorted(f"new{number}" for number in range(120))
    assert len({event_id for event_id, _ in events}) == 120


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("CREATED_POLLER", ["made later"]),
        ("UPDATED_POLLER", ["old", "old"]),
        ("CREATEDORUPDATED_POLLER", ["made later", "old", "old"]),
    ],
)
def test_what_counts_is_what_the_event_says(event: str, expected: list[str]) -> None:
    application = Application()
    application.change("old", START - timedelta(days=1))
    application.change("untouched", START - timedelta(days=1))
    application.change("old", START + timedelta(minutes=3))
    application.change("made later", START + timedelta(minutes=5, seconds=10))
    application.change("old", START + timedelta(minutes=30))

    events = polled_through(poll_of(event), application, minutes=60)

    assert sorted(payload["id"] for _, payload in events) == expected


def test_our_choice_an_update_of_a_record_that_is_new_in_the_same_poll_is_no_update() -> None:
    application = Application()
    application.change("new", START + timedelta(minutes=2, seconds=5))
    application.change("new", START + timedelta(minutes=2, seconds=40))
    application.change("new", START + timedelta(minutes=20))

    events = polled_through(poll_of("UPDATED_POLLER"), application, minutes=30)

    assert [payload["version"] for _, payload in events] == [3]


def test_events_come_the_oldest_first() -> None:
    application = Application()
    for number in (3, 1, 2):
        application.change(str(number), START + timedelta(seconds=number))

    events = polled_through(poll_of("CREATED_POLLER"), application, minutes=1)

    assert [payload["id"] for _, payload in events] == ["1", "2", "3"]


def test_one_field_for_both_times_still_tells_the_new_from_the_changed_where_records_say_it() -> None:
    poll = poll_of("CREATED_POLLER", createdField="updated", updatedField="updated")
    now = START + timedelta(minutes=1)
    records = [
        {"id": "1", "updated": "2026-03-01T10:00:30Z", "created": "2026-03-01T10:00:30Z"},
        {"id": "2", "updated": "2026-03-01T10:00:31Z", "created": "2025-01-01T00:00:00Z"},
        {"id": "3", "updated": "2026-03-01T10:00:32Z"},
    ]

    events, _ = events_in(poll, start_of(START), records, now=now)

    assert [payload["id"] for _, payload in events] == ["1", "3"]


def test_our_choice_without_any_time_field_the_first_poll_only_learns_what_is_there() -> None:
    poll = parse_poll(Subject("wrike", "Comment", "CREATEDORUPDATED_POLLER"), {"subscription": {}})
    polled, seen = start_of(START), []
    for turn, records in enumerate(
        (
            [{"id": 1, "text": "a"}],
            [{"id": 1, "text": "a"}, {"id": 2, "text": "b"}],
            [{"id": 2, "text": "b"}, {"id": 1, "text": "changed"}],
            [{"id": 1, "text": "changed"}, {"id": 2, "text": "b"}],
        )
    ):
        found, polled = events_in(poll, polled, records, now=START + timedelta(minutes=turn))
        seen.append([payload for _, payload in found])

    assert call_of(poll, polled).where is None
    assert seen == [[], [{"id": 2, "text": "b"}], [{"id": 1, "text": "changed"}], []]


@pytest.mark.parametrize(
    ("time_format", "zone", "text"),
    [
        ("YYYY-MM-DDTHH:mm:ss.SSSZZ", "UTC", "2026-03-01T10:00:00.000+0000"),
        ("YYYY-MM-DDTHH:mm:ssZ", "US/Pacific", "2026-03-01T02:00:00-08:00"),
        ("YYYY-MM-DDTHH:mm:ss", "Asia/Kolkata", "2026-03-01T15:30:00"),
    ],
)
def test_the_time_is_asked_for_in_the_documents_own_format_and_zone(
    time_format: str, zone: str, text: str
) -> None:
    poll = poll_of("CREATED_POLLER", timeFormat=time_format, timeZone=zone)

    assert call_of(poll, start_of(START)).where == {"made": {"gte": text}}


def test_the_parent_filter_says_in_which_container_to_look() -> None:
    options = {"parentFilter": {"OwnerName": "ada", "RepoName": "engine"}, "subscription": {}}
    poll = parse_poll(Subject("github", "Issue", "CREATEDORUPDATED_POLLER", "Account 2"), options)
    call = call_of(poll, start_of(START))

    assert (call.connector, call.business_object, call.action) == ("github", "Issue", "RETRIEVEALL")
    assert call.account_name == "Account 2"
    assert call.where == {
        "and": [
            {"OwnerName": "ada"},
            {"RepoName": "engine"},
            {"updated_at": {"gte": "2026-03-01T10:00:00.000+00:00"}},
        ]
    }


def test_a_field_that_cannot_be_asked_for_is_looked_at_here() -> None:
    poll = poll_of("CREATED_POLLER", isCreatedQueryable=False)
    application = Application(ignores_where=True)
    application.change("old", START - timedelta(days=1))
    application.change("new", START + timedelta(seconds=5))

    assert call_of(poll, start_of(START)).where is None
    assert [payload["id"] for _, payload in polled_through(poll, application, minutes=9)] == ["new"]


@pytest.mark.parametrize(
    ("value", "minutes"),
    [("5", 5), (1, 1), (None, 5), (0, None), (True, None), ("-1", None), ("9" * 99, None)],
)
def test_the_interval_is_a_number_of_minutes(value: Any, minutes: int | None) -> None:
    options = {"subscription": {"pollingInterval": value, "timeZone": "UTC"}}
    subject = Subject("shop", "Order", "CREATED_POLLER")
    if minutes is None:
        with pytest.raises(Mistakes) as refusal:
            parse_poll(subject, options)
        assert [mistake.code for mistake in refusal.value.mistakes] == ["poll_interval"]
    else:
        assert minutes_of(parse_poll(subject, options)) == timedelta(minutes=minutes)


def test_what_a_connector_would_be_told_is_found_by_asking_where_its_fields_are_known() -> None:
    assert is_polled(Subject("salesforce", "Lead", "CREATED"), {})
    assert is_polled(Subject("anything", "Row", "UPDATED_POLLER"), {})
    assert not is_polled(Subject("anything", "Row", "CREATED"), {})
    assert not is_polled(
        Subject("salesforce", "LeadChangeEvent", "UPDATED"), {"subscription": {"ReplayId": "-1"}}
    )
    assert minutes_of(parse_poll(Subject("salesforce", "Lead", "CREATED"), {})) == timedelta(minutes=1)


@pytest.mark.parametrize(
    ("event", "times", "asked"),
    [
        ("CREATED", ("made", ""), {"made": {"gte": "2026-03-01T10:00:00+00:00"}}),
        ("UPDATED", ("made", "changed"), {"changed": {"gte": "2026-03-01T10:00:00+00:00"}}),
        ("UPDATED", ("made", ""), None),
        ("DELETED", ("made", "changed"), None),
        ("CREATED", ("", ""), None),
    ],
)
def test_what_a_manifest_gives_times_for_is_found_by_asking(
    event: str, times: tuple[str, str], asked: Any
) -> None:
    subject = Subject("shop", "Order", event)
    assert is_polled(subject, {}, times) is (asked is not None)
    if asked is not None:
        assert call_of(parse_poll(subject, {}, times=times), start_of(START)).where == asked


@pytest.mark.parametrize("record", ["text", 5, None, [], {}, {"id": None}, {"made": "no time", "id": True}])
def test_strange_records_harm_nothing(record: Any) -> None:
    now = START + timedelta(minutes=1)
    events, polled = events_in(poll_of("CREATED_POLLER"), start_of(START), [record, record], now=now)
    again, _ = events_in(poll_of("CREATED_POLLER"), polled, [record], now=now)

    assert len({event_id for event_id, _ in events}) == 1
    assert again == []
