"""Schedules and polls of a running server: each event once, through restarts, replicas and trouble."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.runtime.house_of_runs import House, house_of, problem, until

from lockhouse.flows.schedule import Schedule, iso_milliseconds, parse_schedule
from lockhouse.runtime.event_timers import PolledRecords, PollTimer, ScheduleTimer
from lockhouse.runtime.run_calls import Outcome
from lockhouse.runtime.run_work import Call
from lockhouse.runtime.runs import DurableRuns
from lockhouse.runtime.triggers.managed import ManagedPoll
from lockhouse.runtime.triggers.poll import Subject, parse_poll
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult


@pytest.fixture(params=["sqlite", "postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    """An empty store of each kind; the flow `Orders` notes its payloads."""
    house = house_of(request, tmp_path)

    async def note(payload: Any, call: Call) -> Any:
        return payload

    house.flows.others["Orders"] = note
    return house


def payloads(house: House) -> list[Any]:
    return [payload for _, payload in house.flows.finished]


def hourly(house: House, *, value: int = 1, at_start: bool = False) -> Schedule:
    interval = {"unit": "hour", "value": value, "runOnceOncheck": at_start}
    return parse_schedule({"interval": interval}, now=house.clock())


def timer_of(house: House, runs: DurableRuns, schedule: Schedule | None = None) -> ScheduleTimer:
    return ScheduleTimer("Orders", schedule or hourly(house), runs, house.clock)


@dataclass
class Application:
    """The application that is polled: what it answers, and what it was asked."""

    answers: list[Outcome] = field(default_factory=list)
    asked: list[ActionCall] = field(default_factory=list)

    async def ask(self, call: ActionCall) -> Outcome:
        self.asked.append(call)
        return self.answers.pop(0) if self.answers else ActionResult(payload=[])


def record(number: int, at: datetime) -> dict[str, Any]:
    return {"id": number, "made": iso_milliseconds(at)}


def poll_timer(house: House, runs: DurableRuns, application: Application) -> PollTimer:
    fields = {"createdField": "made", "timeFormat": "YYYY-MM-DDTHH:mm:ss.SSSZ", "pollingInterval": 1}
    poll = parse_poll(Subject("shop", "Order", "CREATED_POLLER"), {"subscription": fields})
    return PollTimer("Orders", PolledRecords(poll), runs, ask=application.ask, clock=house.clock)


async def test_a_schedule_fires_at_its_times_and_goes_on_after_a_restart(house: House) -> None:
    for _ in range(3):
        async with house.server() as runs:
            timer = timer_of(house, runs)
            await timer.look()
            house.clock.travel(timedelta(minutes=40))
            await timer.look()
            await timer.look()
    async with house.server():
        await until(lambda: len(house.flows.finished) == 2)  # after 60 and 120 minutes

    first, second = payloads(house)
    assert second["lastEventTime"] == first["currentEventTime"]
    started_at = datetime.fromisoformat(first["lastEventTime"])
    assert datetime.fromisoformat(second["currentEventTime"]) - started_at == timedelta(hours=2)


async def test_what_was_missed_is_one_event(house: House) -> None:
    async with house.server() as runs:
        await timer_of(house, runs).look()
    house.clock.travel(timedelta(hours=30, minutes=5))
    async with house.server() as runs:
        await timer_of(house, runs).look()
        await timer_of(house, runs).look()
        await until(lambda: house.flows.finished)

    assert len(house.flows.finished) == 1


async def test_a_flow_that_runs_when_it_is_switched_on_does_so_once_and_not_at_every_restart(
    house: House,
) -> None:
    for _ in range(3):
        async with house.server() as runs:
            await timer_of(house, runs, hourly(house, at_start=True)).look()
    async with house.server():
        await until(lambda: house.flows.finished)

    assert len(house.flows.finished) == 1


async def test_two_replicas_fire_one_event(house: House) -> None:
    async with house.server() as one, house.server() as two:
        timers = [timer_of(house, one), timer_of(house, two)]
        for timer in timers:
            await timer.look()
        house.clock.travel(timedelta(hours=1))
        for timer in timers:  # as if each thought that it led
            await timer.look()
        await until(lambda: house.flows.finished)

    assert len(house.flows.finished) == 1


async def test_another_schedule_starts_anew_and_remembers_the_last_event(house: House) -> None:
    async with house.server() as runs:
        await timer_of(house, runs).look()
        house.clock.travel(timedelta(hours=1))
        await timer_of(house, runs).look()
        changed = hourly(house, value=2)
        await timer_of(house, runs, changed).look()
        house.clock.travel(timedelta(hours=1, minutes=30))
        await timer_of(house, runs, changed).look()
        house.clock.travel(timedelta(minutes=30))
        await timer_of(house, runs, changed).look()
        await until(lambda: len(house.flows.finished) == 2)

    first, second = payloads(house)
    assert second["lastEventTime"] == first["currentEventTime"]


async def test_while_the_way_is_shut_one_event_of_a_schedule_waits_and_not_one_for_each_time(
    house: House,
) -> None:
    async with house.server() as runs:
        timer = timer_of(house, runs)
        await timer.look()
        runs.pause("Orders", problem("cloud_key_rejected"))
        for _ in range(5):
            house.clock.travel(timedelta(hours=1))
            await timer.look()
        assert (await runs.standing())["Orders"].ready == 1
        runs.resume("Orders")
        await until(lambda: len(house.flows.finished) == 1)
        await timer.look()
        await until(lambda: len(house.flows.finished) == 2)

    assert payloads(house)[1]["lastEventTime"] == payloads(house)[0]["currentEventTime"]


async def test_a_poll_brings_each_record_once_through_restarts(house: House) -> None:
    application = Application()
    async with house.server() as runs:
        assert await poll_timer(house, runs, application).look() == 60.0  # only what comes from now on counts
    house.clock.travel(timedelta(minutes=1))
    new = [record(number, house.clock() - timedelta(seconds=number)) for number in (1, 2, 3)]
    for _ in range(3):
        async with house.server() as runs:
            application.answers = [ActionResult(payload=new)]
            await poll_timer(house, runs, application).look()
    async with house.server():
        await until(lambda: len(house.flows.finished) == 3)

    assert sorted(payload["id"] for payload in payloads(house)) == [1, 2, 3]
    assert {call.action for call in application.asked} == {"RETRIEVEALL"}


async def test_an_answer_that_was_cut_off_is_asked_for_again_larger(house: House) -> None:
    application = Application()
    async with house.server() as runs:
        timer = poll_timer(house, runs, application)
        await timer.look()
        house.clock.travel(timedelta(minutes=1))
        new = [record(number, house.clock()) for number in range(5)]
        application.answers = [ActionResult(payload=new[:2], status_code=206), ActionResult(payload=new)]
        await timer.look()
        await until(lambda: len(house.flows.finished) == 5)

    assert [call.limit for call in application.asked] == [1_000, 1_000, 10_000]


async def test_a_poll_that_always_is_cut_off_is_told_and_loses_nothing(house: House) -> None:
    application = Application()
    async with house.server() as runs:
        timer = poll_timer(house, runs, application)
        await timer.look()
        application.answers = [ActionResult(payload=[], status_code=206)] * 3
        await timer.look()
        assert timer.standing.problem is not None
        assert timer.standing.problem.code == "poll_truncated"
        house.clock.travel(timedelta(minutes=1))
        application.answers = [ActionResult(payload=[record(1, house.clock())])]
        await timer.look()
        assert timer.standing.problem is None
        await until(lambda: house.flows.finished)


async def test_a_poll_that_meets_a_dead_key_pauses_the_flow_and_takes_it_up_again(house: House) -> None:
    application = Application()
    async with house.server() as runs:
        timer = poll_timer(house, runs, application)
        await timer.look()
        application.answers = [problem("cloud_key_rejected")]
        assert await timer.look() == 30.0
        assert runs.paused("Orders") == problem("cloud_key_rejected")
        await timer.look()
        assert runs.paused("Orders") is None


async def test_a_limited_poll_waits_as_long_as_it_is_told(house: House) -> None:
    application = Application()
    async with house.server() as runs:
        timer = poll_timer(house, runs, application)
        await timer.look()
        application.answers = [problem("rate_limited", retry_after=900.0), problem("unavailable")]

        assert await timer.look() == 900.0
        assert await timer.look() == 60.0


async def test_a_connector_that_declares_the_event_says_itself_what_is_new(house: House) -> None:
    application = Application()
    source = ManagedPoll(Subject("mailer", "mail", "CREATED", "Account 2"), {"label": "INBOX"})
    async with house.server() as runs:
        timer = PollTimer("Orders", source, runs, ask=application.ask, clock=house.clock)
        application.answers = [ActionResult(payload={"events": [], "state": {"history": 6}})]
        await timer.look()  # at once, so that nothing is missed between the start and the first interval
        events = [{"id": "m1", "payload": {"Subject": "one"}}, {"id": "m2", "payload": {"Subject": "two"}}]
        application.answers = [
            ActionResult(payload={"events": events, "state": {"history": 7}}),
            ActionProblem(code="unavailable", message="busy"),
            ActionResult(payload={"events": events[1:], "state": {"history": 8}}),
            ActionResult(payload=["no such form"]),
        ]
        for _ in range(4):
            await timer.look()
        assert timer.standing.problem is not None
        assert timer.standing.problem.code == "poll_unreadable"
        await until(lambda: len(house.flows.finished) == 2)

    told = [call.input.get("state") for call in application.asked]
    assert told == [None, *({"history": number} for number in (6, 7, 7, 8))]
    assert application.asked[0].account_name == "Account 2"
    assert application.asked[0].where == {"label": "INBOX"}
