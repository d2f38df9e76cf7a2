"""What goes off by itself: schedules and polls of a server's flows, kept by one of its replicas.

What a trigger remembers is written with its events, in one transaction: a process that ends at any moment
loses nothing and repeats nothing.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import msgspec
import structlog

from lockhouse.clock import Clock
from lockhouse.flows.schedule import Fired, Schedule, due_fire, iso_milliseconds, upcoming
from lockhouse.runtime.run_calls import PARKED, Outcome
from lockhouse.runtime.run_database import RunsUnavailable
from lockhouse.runtime.runs import DurableRuns
from lockhouse.runtime.triggers.poll import (
    LIMITS,
    Events,
    Poll,
    Polled,
    call_of,
    events_in,
    minutes_of,
    start_of,
)
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult
from lockhouse.wire.times import moment_of

LONGEST_NAP = 15.0
"""A wall clock may jump: nobody waits longer without looking at it again (seconds)."""
_SHUT_SECONDS = 30.0
_LOG = structlog.get_logger("lockhouse.triggers")

Ask = Callable[[ActionCall], Awaitable[Outcome]]


@dataclass(slots=True)
class Standing:
    """How a trigger stands, for whoever looks: when it goes off next, and what went wrong last."""

    next_at: datetime | None = None
    problem: ActionProblem | None = None


class _Remembered(msgspec.Struct, frozen=True, kw_only=True):
    """A schedule's memory as it is kept; moments are Unix milliseconds."""

    plan: str
    started_at: int
    planned: int | None = None
    event_time: int | None = None


class ScheduleTimer:
    """Fires the events of one schedule."""

    def __init__(self, flow: str, schedule: Schedule, runs: DurableRuns, clock: Clock) -> None:
        self._flow = flow
        self._schedule = schedule
        self._runs = runs
        self._clock = clock
        self._plan = hashlib.sha256(repr(schedule).encode()).hexdigest()[:16]
        self.standing = Standing()

    async def keep(self) -> None:
        """Fire when it is time, for ever."""
        while True:
            nap = LONGEST_NAP
            try:
                if self._runs.leads:
                    nap = await self.look()
            except RunsUnavailable as error:
                _LOG.error("trigger_store_unavailable", flow=self._flow, message=str(error))
                nap = 1.0
            await asyncio.sleep(nap)

    async def look(self) -> float:
        """Fire if something is due; how many seconds there are until somebody should look again."""
        now, fired = self._clock(), await self._fired()
        fire = due_fire(self._schedule, fired, now)
        if fire is not None and not await self._is_held_up():
            fired = fired.after(fire)
            event = (f"schedule/{iso_milliseconds(fire.planned)}", fire.payload())
            await self._runs.accept_all(self._flow, [event], remember=self._kept(fired))
            fire = None
        self.standing.next_at = upcoming(self._schedule, fired, now)
        if fire is not None or self.standing.next_at is None:
            return LONGEST_NAP
        return min(LONGEST_NAP, max(0.01, (self.standing.next_at - self._clock()).total_seconds()))

    async def _fired(self) -> Fired:
        """What is remembered; a flow that is started for the first time, or anew, begins now."""
        text = await self._runs.remembered(self._name)
        kept = msgspec.json.decode(text, type=_Remembered) if text else None
        if kept is not None and kept.plan == self._plan:
            return _fired_of(kept)
        now = _time(moment_of(self._clock()))
        fired = _fired_of(kept).anew(now) if kept else Fired(now)
        await self._runs.accept_all(self._flow, [], remember=self._kept(fired))
        return fired

    async def _is_held_up(self) -> bool:
        """While the way to the applications is shut one event waits, not one for each time."""
        if self._runs.paused(self._flow) is None:
            return False
        return (await self._runs.standing())[self._flow].ready > 0

    @property
    def _name(self) -> str:
        return f"schedule/{self._flow}"

    def _kept(self, fired: Fired) -> tuple[str, bytes]:
        kept = _Remembered(
            plan=self._plan,
            started_at=moment_of(fired.started_at),
            planned=moment_of(fired.planned) if fired.planned else None,
            event_time=moment_of(fired.event_time) if fired.event_time else None,
        )
        return self._name, msgspec.json.encode(kept)


class Source(Protocol):
    """What a poll timer asks: an application by timestamps, or a connector that knows how."""

    @property
    def every(self) -> timedelta:
        """How long there is between two polls."""
        ...

    def begin(self, now: datetime) -> bytes:
        """What is remembered before the first poll."""
        ...

    async def ask(self, ask: Ask, remembered: bytes, now: datetime) -> tuple[Events, bytes] | ActionProblem:
        """The new events, and what to remember then; or what went wrong."""
        ...


class PolledRecords:
    """A source that is asked for records by their timestamps."""

    def __init__(self, poll: Poll) -> None:
        self._poll = poll
        self.every = minutes_of(poll)

    def begin(self, now: datetime) -> bytes:
        """Nothing seen yet."""
        return msgspec.json.encode(start_of(now))

    async def ask(self, ask: Ask, remembered: bytes, now: datetime) -> tuple[Events, bytes] | ActionProblem:
        """The new records; an answer that was cut off is asked for again, larger."""
        polled = msgspec.json.decode(remembered, type=Polled)
        for limit in LIMITS:
            outcome = await ask(call_of(self._poll, polled, limit=limit))
            if isinstance(outcome, ActionProblem):
                return outcome
            records = _records(outcome)
            if outcome.status_code != 206 and len(records) <= limit:
                break
        else:
            message = f"more than {LIMITS[-1]} records are new at once: nobody can tell which were seen"
            return ActionProblem(code="poll_truncated", message=message)
        events, after = events_in(self._poll, polled, records, now=now)
        return events, msgspec.json.encode(after)


class PollTimer:
    """Polls for the events of one flow."""

    def __init__(self, flow: str, source: Source, runs: DurableRuns, *, ask: Ask, clock: Clock) -> None:
        self._flow = flow
        self._source = source
        self._runs = runs
        self._ask = ask
        self._clock = clock
        self.standing = Standing()

    @property
    def every(self) -> timedelta:
        """How long there is between two polls."""
        return self._source.every

    async def keep(self) -> None:
        """Poll at each interval, for ever."""
        while True:
            nap = LONGEST_NAP
            try:
                if self._runs.leads:
                    nap = await self.look()
            except RunsUnavailable as error:
                _LOG.error("trigger_store_unavailable", flow=self._flow, message=str(error))
                nap = 1.0
            self.standing.next_at = self._clock() + timedelta(seconds=nap)
            await asyncio.sleep(nap)

    async def look(self) -> float:
        """Poll once; how many seconds there are until the next time."""
        name = f"poll/{self._flow}"
        remembered = await self._runs.remembered(name)
        if remembered is None:
            remembered = self._source.begin(self._clock())
            await self._runs.accept_all(self._flow, [], remember=(name, remembered))
        found = await self._source.ask(self._ask, remembered, self._clock())
        if isinstance(found, ActionProblem):
            return self._after(found)
        events, after = found
        if events or after != remembered:
            await self._runs.accept_all(self._flow, events, remember=(name, after))
        self.standing.problem = None
        self._runs.resume(self._flow)
        return self._source.every.total_seconds()

    def _after(self, problem: ActionProblem) -> float:
        if problem != self.standing.problem:
            _LOG.warning("poll_failed", flow=self._flow, code=problem.code, message=problem.message)
        self.standing.problem = problem
        if problem.code in PARKED:
            self._runs.pause(self._flow, problem)
            return _SHUT_SECONDS
        return max(self._source.every.total_seconds(), problem.retry_after or 0.0)


def _fired_of(kept: _Remembered) -> Fired:
    return Fired(_time(kept.started_at), _time_or_none(kept.planned), _time_or_none(kept.event_time))


def _time(moment: int) -> datetime:
    return datetime.fromtimestamp(moment / 1000, UTC)


def _time_or_none(moment: int | None) -> datetime | None:
    return None if moment is None else _time(moment)


def _records(result: ActionResult) -> list[Any]:
    payload = result.payload
    if payload is None or result.status_code == 204:
        return []
    return payload if isinstance(payload, list) else [payload]


async def keep_all(timers: Sequence[ScheduleTimer | PollTimer]) -> None:
    """Keep timers until cancelled; one that breaks does not stop the others."""
    await asyncio.gather(*(_kept(timer) for timer in timers))


async def _kept(timer: ScheduleTimer | PollTimer) -> None:
    while True:
        try:
            await timer.keep()
        except Exception as error:  # noqa: BLE001 - nobody waits for a timer, and it must go on
            _LOG.error("trigger_broke", error=type(error).__name__, exc_info=error)
        await asyncio.sleep(LONGEST_NAP)
