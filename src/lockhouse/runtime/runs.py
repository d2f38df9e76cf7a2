"""Durable runs of event flows: on disk before acknowledged, carried on from the last finished call.

The one doorway: an event is accepted when it is on disk; each event is one run of its flow; a run goes on
after a crash, in whichever process has the flow, never in two at once; what fails for good becomes a dead
letter that can be looked at and run again. Why this is ours and no engine of others: docs/decisions.
"""

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from lockhouse.clock import Clock, utc_now
from lockhouse.runtime import run_store
from lockhouse.runtime.run_database import RunDatabase, RunsUnavailable, Tx
from lockhouse.runtime.run_store import DeadLetter, Event
from lockhouse.runtime.run_work import Engine, Policy, RunWork
from lockhouse.wire.actions import ActionProblem
from lockhouse.wire.times import moment_of

_LONGEST_ID = 300


@dataclass(frozen=True, slots=True)
class FlowRuns:
    """How a flow's runs stand: accepted and not begun, running here or elsewhere, waiting to go on, dead.

    `paused` says why none is begun.
    """

    ready: int = 0
    running: int = 0
    waiting: int = 0
    dead: int = 0
    paused: ActionProblem | None = None


class DurableRuns:
    """The runs of one server. Made and used on one event loop: `open`, `start`, `halt`, `close`."""

    def __init__(
        self,
        database: RunDatabase,
        server: str,
        engine: Engine,
        *,
        policy: Policy | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._database = database
        self._server = server
        self._clock = clock
        self._work = RunWork(database, server, engine, policy or Policy(), clock)

    @property
    def leads(self) -> bool:
        """Whether this process is the one of the server's replicas that polls and keeps schedules."""
        return self._work.leads

    async def open(self) -> None:
        """Make the store ready: from now on events are accepted. Raises RunsUnavailable."""
        try:
            await run_store.bring_up_to_date(self._database)
        except RunsUnavailable:
            await self._database.close()
            raise

    async def start(self, flows: Collection[str]) -> None:
        """Begin to run the events of these flows. Raises RunsUnavailable."""
        await self._work.start(flows)

    async def halt(self, seconds: float) -> None:
        """Begin no call any more, finish those under way for at most `seconds`, put the runs back.

        Events are still accepted.
        """
        await self._work.stop(seconds)

    async def close(self) -> None:
        """Accept nothing any more; what was accepted is on disk."""
        await self._database.close()

    async def accept(self, flow: str, event_id: str, payload: Any) -> bool:
        """Take an event: it is on disk when this returns. False when it was accepted before.

        Raises RunsUnavailable; then the sender should send it again.
        """
        return await self.accept_all(flow, [(event_id, payload)]) == 1

    async def accept_all(
        self, flow: str, events: Sequence[tuple[str, Any]], *, remember: tuple[str, bytes] | None = None
    ) -> int:
        """Take events, given as (id, payload), and write what a trigger remembers (name, value): all or none.

        How many were new. Raises RunsUnavailable.
        """
        rows = [
            Event(flow, storable_id(event_id), msgspec.json.encode(payload)) for event_id, payload in events
        ]
        now = self._now()

        def take(tx: Tx) -> int:
            if remember is not None:
                run_store.remember(tx, self._server, *remember)
            return sum(run_store.accept(tx, self._server, row, now=now) for row in rows)

        new = await self._database.run(take)
        if new:
            self._work.feed(flow)
        return new

    async def remembered(self, name: str) -> bytes | None:
        """What a trigger remembers. Raises RunsUnavailable."""
        return await self._database.run(lambda tx: run_store.trigger_state(tx, self._server, name))

    def pause(self, flow: str, problem: ActionProblem) -> None:
        """Begin no run of the flow until `resume`, but one now and then; its events are still accepted."""
        self._work.pause(flow, problem)

    def resume(self, flow: str) -> None:
        """Take the flow's runs up again."""
        self._work.resume(flow)

    def paused(self, flow: str) -> ActionProblem | None:
        """Why the flow takes no runs up, if so."""
        return self._work.paused(flow)

    async def standing(self) -> dict[str, FlowRuns]:
        """How the runs of each flow stand, also of flows that this server does not have any more."""
        found = await self._database.run(lambda tx: run_store.counts(tx, self._server))
        names = sorted(found.keys() | self._work.flows)
        return {name: FlowRuns(**found.get(name, {}), paused=self.paused(name)) for name in names}

    async def dead_letters(self, *, flow: str | None = None, most: int = 100) -> list[DeadLetter]:
        """The dead letters, the oldest first."""
        return await self._database.run(
            lambda tx: run_store.dead_letters(tx, self._server, flow=flow, most=most)
        )

    async def dead_letter(self, run_id: str) -> DeadLetter:
        """One dead letter, with its calls. Raises RunNotFound."""
        return await self._database.run(lambda tx: run_store.dead_letter(tx, self._server, run_id))

    async def replay(self, run_id: str) -> None:
        """Run a dead letter again from its last finished call. Raises RunNotFound."""
        now = self._now()
        await self._database.run(lambda tx: run_store.replay(tx, self._server, run_id, now=now))
        self._work.feed()

    async def drop(self, run_id: str) -> None:
        """Give a dead letter up. Raises RunNotFound."""
        now = self._now()
        await self._database.run(lambda tx: run_store.drop(tx, self._server, run_id, now=now))

    def _now(self) -> int:
        return moment_of(self._clock())


def storable_id(event_id: str) -> str:
    """An event's id as it is kept: a long one, or one with characters that do not print, by its digest."""
    if len(event_id) <= _LONGEST_ID and event_id.isprintable():
        return event_id
    return hashlib.sha256(event_id.encode(errors="surrogatepass")).hexdigest()
