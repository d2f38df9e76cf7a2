"""Works off a server's runs: claims what is ready, runs the flows, gives signs of life, concludes."""

import asyncio
import contextlib
from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec
import structlog

from lockhouse.clock import Clock
from lockhouse.runtime import run_store, worker_store
from lockhouse.runtime.run_calls import LONGEST_WAIT, Leave, MakeCall, Outcome, Retry, RunCalls
from lockhouse.runtime.run_database import RunDatabase, RunsUnavailable, Tx
from lockhouse.runtime.run_store import Claim, RunLost, Step
from lockhouse.runtime.worker_store import Orphan
from lockhouse.runtime.workers import Pulse, Workers
from lockhouse.wire.actions import ActionCall, ActionProblem
from lockhouse.wire.times import moment_of

_LOG = structlog.get_logger("lockhouse.runs")

Call = Callable[[ActionCall, str], Awaitable[Outcome]]
"""What a flow is handed: a call and its place in the flow → its outcome."""
RunFlow = Callable[[str, Any, Call], Awaitable[dict[str, Any] | None]]
"""Runs a flow (by name) once with an event's payload. None when it is done, else what went wrong, as JSON."""

_TICK_SECONDS = 1.0
_PROBE_SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Engine:
    """What runs flows, and what makes their connector calls."""

    run_flow: RunFlow
    make_call: MakeCall


@dataclass(frozen=True, slots=True)
class Policy:
    """How runs are treated. `concurrency` is the most runs of one flow at once in this process.

    A run whose process ended `crashes` times since it last got on is a dead letter. Events that are done are
    recognised as duplicates for `remembered` seconds.
    """

    retry: Retry = field(default_factory=Retry)
    pulse: Pulse = field(default_factory=Pulse)
    concurrency: int = 10
    crashes: int = 10
    remembered: float = 7 * 24 * 3600.0


@dataclass(frozen=True, slots=True)
class Pause:
    """Why a flow takes no runs up. From `probe_at` (loop time) on, one run may try."""

    problem: ActionProblem
    probe_at: float


class RunWork:
    """The work of one process on the runs of one server. Made and used on one event loop."""

    def __init__(
        self, database: RunDatabase, server: str, engine: Engine, policy: Policy, clock: Clock
    ) -> None:
        self._database = database
        self._server = server
        self._engine = engine
        self._policy = policy
        self._clock = clock
        self._workers = Workers(database, server, clock=clock, decide=self._decide, pulse=policy.pulse)
        self._flows: frozenset[str] = frozenset()
        self._pauses: dict[str, Pause] = {}
        self._hungry: set[str] = set()
        self._busy: Counter[str] = Counter()
        self._running: dict[tuple[int, int], tuple[RunCalls, asyncio.Task[None]]] = {}
        self._look_at = 0.0
        self._wake = asyncio.Event()
        self._signed = asyncio.Event()
        self._tasks: list[asyncio.Task[None]] = []

    @property
    def flows(self) -> frozenset[str]:
        """The flows whose runs are worked off."""
        return self._flows

    @property
    def leads(self) -> bool:
        """Whether this process is the one of the server's replicas that polls and keeps schedules."""
        return self._workers.leads

    async def start(self, flows: Collection[str]) -> None:
        """Begin to run the events of these flows. Raises RunsUnavailable."""
        self._flows = frozenset(flows)
        await self._workers.begin()
        self._tasks = [asyncio.create_task(self._dispatch()), asyncio.create_task(self._live())]

    async def stop(self, seconds: float) -> None:
        """Begin no call any more, finish those under way for so long, and put the runs back."""
        await _end(self._tasks)
        for calls, _ in self._running.values():
            calls.leave(Leave())
        working = [task for _, task in self._running.values()]
        if working:
            await asyncio.wait(working, timeout=seconds)
        await _end(working)
        if self._tasks:
            with contextlib.suppress(RunsUnavailable):
                await self._workers.end()

    def feed(self, flow: str = "") -> None:
        """There is something to run: of this flow, or of any."""
        if flow:
            self._hungry.add(flow)
        else:
            self._look_at = 0.0
        self._wake.set()

    def pause(self, flow: str, problem: ActionProblem) -> None:
        """Begin no run of the flow until `resume`; one run tries now and then."""
        probe_at = asyncio.get_running_loop().time() + _PROBE_SECONDS
        self._pauses[flow] = Pause(problem, probe_at)

    def resume(self, flow: str) -> None:
        """Take the flow's runs up again."""
        if self._pauses.pop(flow, None) is not None:
            self.feed(flow)

    def paused(self, flow: str) -> ActionProblem | None:
        """Why the flow's runs are not taken up, if so."""
        pause = self._pauses.get(flow)
        return pause.problem if pause else None

    async def _dispatch(self) -> None:
        """Claim what is ready, for ever; look by itself once a second."""
        while True:
            self._wake.clear()
            try:
                if (now := asyncio.get_running_loop().time()) >= self._look_at:
                    await self._look_for_ready()
                    self._look_at = now + _TICK_SECONDS
                await asyncio.gather(*(self._claim(flow) for flow in self._hungry & self._flows))
            except RunsUnavailable as error:
                _LOG.error("runs_unavailable", message=str(error))
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(_TICK_SECONDS):
                    await self._wake.wait()

    async def _look_for_ready(self) -> None:
        now = self._now()
        latest = now + int(LONGEST_WAIT * 1000)

        def look(tx: Tx) -> list[str]:
            run_store.wake(tx, self._server, now=now, latest=latest)
            return run_store.flows_ready(tx, self._server)

        self._hungry.update(await self._database.run(look))

    async def _claim(self, flow: str) -> None:
        probe = flow in self._pauses
        most = self._free(flow)
        if not most or not self._workers.trusted:
            return
        self._hungry.discard(flow)
        worker, now = self._workers.me, self._now()
        claims = await self._database.run(lambda tx: run_store.claim(tx, worker, flow, most=most, now=now))
        if len(claims) == most:
            self._hungry.add(flow)
        for claim in claims:
            self._begin(claim, probe=probe)

    def _free(self, flow: str) -> int:
        pause, busy = self._pauses.get(flow), self._busy[flow]
        if pause is None:
            return self._policy.concurrency - busy
        return 1 if asyncio.get_running_loop().time() >= pause.probe_at and not busy else 0

    def _begin(self, claim: Claim, *, probe: bool) -> None:
        calls = RunCalls(
            claim,
            make=self._engine.make_call,
            remember=lambda place, step: self._remember(claim, place, step),
            trusted=self._until_trusted,
            retry=self._policy.retry,
        )
        task = asyncio.create_task(self._carry_out(claim, calls, probe=probe))
        self._running[claim.seq, claim.fence] = (calls, task)
        self._busy[claim.flow] += 1

    async def _carry_out(self, claim: Claim, calls: RunCalls, *, probe: bool) -> None:
        payload = msgspec.json.decode(claim.payload)
        flow = asyncio.ensure_future(self._engine.run_flow(claim.flow, payload, calls.call))
        calls.cancel = flow.cancel
        try:
            await asyncio.wait({flow})
            await self._conclude(claim, calls, flow)
        except RunLost:
            _LOG.warning("run_lost", flow=claim.flow, run=claim.id)
        except RunsUnavailable as error:
            _LOG.error("runs_unavailable", message=str(error))
        finally:
            flow.cancel()
            self._running.pop((claim.seq, claim.fence), None)
            self._busy[claim.flow] -= 1
            if probe and not (calls.leaving and calls.leaving.parked):
                self.resume(claim.flow)
            if claim.flow in self._hungry:
                self._wake.set()

    async def _conclude(
        self, claim: Claim, calls: RunCalls, flow: "asyncio.Future[dict[str, Any] | None]"
    ) -> None:
        """Write down how a run ended, or that it goes on later."""
        now = self._now()
        if flow.cancelled():
            await self._put_back(claim, calls.leaving or Leave())
            return
        if (error := flow.exception()) is not None:
            _LOG.error("run_broke", flow=claim.flow, run=claim.id, exc_info=error)
            problem: dict[str, Any] | None = {"code": "internal_error", "message": "the flow broke off"}
        else:
            problem = flow.result()
        if problem is None:
            await self._database.run(lambda tx: run_store.finish(tx, claim, now=now))
            return
        _LOG.warning("run_failed", flow=claim.flow, run=claim.id, code=problem.get("code"))
        text = msgspec.json.encode(problem)
        await self._database.run(lambda tx: run_store.bury(tx, claim, text, now=now))

    async def _put_back(self, claim: Claim, leave: Leave) -> None:
        if leave.lost:
            return
        if leave.parked and leave.problem is not None:
            self.pause(claim.flow, leave.problem)
        now = self._now()
        due = now + int(leave.seconds * 1000) if leave.seconds else 0
        problem = msgspec.json.encode(leave.problem) if leave.problem else None
        await self._database.run(lambda tx: run_store.put_back(tx, claim, due=due, problem=problem, now=now))
        if not due:
            self._hungry.add(claim.flow)

    async def _remember(self, claim: Claim, place: str, step: Step) -> None:
        now = self._now()
        await self._database.run(lambda tx: run_store.record_step(tx, claim, place, step, now=now))

    async def _until_trusted(self) -> None:
        while not self._workers.trusted:
            self._signed.clear()
            await self._signed.wait()

    async def _live(self) -> None:
        """Give signs of life, and give everything up when nobody can see them."""
        unknown: set[tuple[int, int]] = set()
        while True:
            await asyncio.sleep(self._policy.pulse.beat)
            try:
                async with asyncio.timeout(self._policy.pulse.beat):
                    unknown = await self._sign(unknown)
                    await self._forget_done()
            except (RunsUnavailable, TimeoutError):
                if not self._workers.trusted:
                    self._give_everything_up("no_sign_of_life")

    async def _sign(self, unknown: set[tuple[int, int]]) -> set[tuple[int, int]]:
        """One sign of life. What the store says that we run, and we twice did not know of, goes back."""
        if not await self._workers.beat():
            self._give_everything_up("given_up")
            await self._workers.begin()
        self._signed.set()
        worker, now = self._workers.me, self._now()
        held = await self._database.run(lambda tx: set(worker_store.running(tx, worker)))
        strays = held - self._running.keys()
        if lost := strays & unknown:
            await self._database.run(lambda tx: worker_store.give_back(tx, worker, list(lost), now=now))
        return strays

    def _give_everything_up(self, why: str) -> None:
        _LOG.error("runs_given_up", reason=why, count=len(self._running))
        for calls, _ in self._running.values():
            calls.leave(Leave(lost=True))

    async def _forget_done(self) -> None:
        before = self._now() - int(self._policy.remembered * 1000)
        await self._database.run(lambda tx: run_store.forget_done(tx, self._server, before=before))

    def _decide(self, orphan: Orphan) -> tuple[str, int, bytes | None]:
        """What becomes of a run whose process ended: the more often that was, the later it is tried again."""
        if orphan.crashes >= self._policy.crashes:
            message = f"the process that ran it ended {orphan.crashes} times before it got on"
            return "dead", 0, msgspec.json.encode({"code": "crashed", "message": message})
        if orphan.crashes == 1:
            return "ready", 0, None
        return "waiting", self._now() + 1000 * min(60, 2 ** (orphan.crashes - 2)), None

    def _now(self) -> int:
        return moment_of(self._clock())


async def _end(tasks: Sequence["asyncio.Task[None]"]) -> None:
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
