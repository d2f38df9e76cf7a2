"""The connector calls of one run: each is made until it has an outcome, and its outcome is remembered.

Only connector calls are remembered; everything else of a flow is reckoned again when a run goes on after a
crash. A call is known by its place in the flow (its node, inside which turn of which loop), so turns that run
side by side get their own outcomes back, in whatever order they come.
"""

import asyncio
import hashlib
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from random import SystemRandom

import msgspec

from lockhouse.runtime.run_database import RunsUnavailable
from lockhouse.runtime.run_store import Claim, RunLost, Step
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult

Outcome = ActionResult | ActionProblem
MakeCall = Callable[[str, ActionCall], Awaitable[Outcome]]
"""Makes a call for a flow (by name), once, without trying again."""

RETRIED = frozenset({"rate_limited", "unavailable"})
"""Events run at least once and carry an idempotency key, so these are tried again whatever the action."""
PARKED = frozenset(
    {"cloud_key_rejected", "cloud_key_missing", "cloud_instance_forbidden", "cloud_instance_unreachable"}
)
"""The way to the application is shut: the run waits until it opens, and nothing counts as tried."""

_RANDOM = SystemRandom()
_LONGEST_ASKED = 24 * 3600.0
LONGEST_WAIT = 1.1 * _LONGEST_ASKED
"""No run is put back for longer (seconds)."""


@dataclass(frozen=True, slots=True)
class Retry:
    """When a call is tried again: after `first` seconds, then twice as long each time up to `longest`.

    Up to half of a wait is left to chance. At most `tries` in all. Waits up to `patience` keep the run in
    memory.
    """

    tries: int = 16
    first: float = 1.0
    longest: float = 300.0
    patience: float = 2.0

    def seconds_after(self, tries: int, problem: ActionProblem) -> float:
        """How long to wait after so many tries; never shorter than the application asked for."""
        usual = min(self.longest, self.first * 2.0 ** min(tries - 1, 30))
        asked = min(problem.retry_after or 0.0, _LONGEST_ASKED)
        return max(usual * _RANDOM.uniform(0.5, 1.0), asked * _RANDOM.uniform(1.0, 1.1))


@dataclass(frozen=True, slots=True)
class Leave:
    """Why a run is left before its end.

    To go on after `seconds`, with the problem that it waits for; `parked` when the way is shut; `lost` when
    the run is in other hands or cannot be written down. With nothing said: because this process ends.
    """

    seconds: float = 0.0
    parked: bool = False
    lost: bool = False
    problem: ActionProblem | None = None


class RunCalls:
    """What stands between a running flow and the connectors. Made for one claim of one run.

    `remember(place, step)` writes a step to the disk; `trusted()` returns when a call may be begun; both
    raise RunLost and RunsUnavailable. When the run is to be left, no call begins any more, those under way
    are finished and remembered, and then `cancel()` ends the flow.
    """

    def __init__(
        self,
        claim: Claim,
        *,
        make: MakeCall,
        remember: Callable[[str, Step], Awaitable[None]],
        trusted: Callable[[], Awaitable[None]],
        retry: Retry,
    ) -> None:
        self._claim = claim
        self._make = make
        self._remember = remember
        self._trusted = trusted
        self._retry = retry
        self._under_way = 0
        self._begun: Counter[str] = Counter()
        self._asked_to_leave = asyncio.Event()
        self.leaving: Leave | None = None
        self.cancel: Callable[[], object] = lambda: None

    async def call(self, call: ActionCall, place: str) -> Outcome:
        """The outcome of the call at this place: what it came to before, or comes to now.

        Does not return when the run is left: it is cancelled then.
        """
        self._begun[place] += 1
        if self._begun[place] > 1:
            place = f"{place}#{self._begun[place]}"
        known = self._claim.steps.get(place, Step(tries=0))
        if known.outcome is not None:
            return _outcome_of(known.outcome, failed=known.failed)
        outcome = None
        if self.leaving is None:
            self._under_way += 1
            try:
                outcome = await self._until_settled(call, place, known.tries)
            except (RunLost, RunsUnavailable):
                self.leave(Leave(lost=True))
            finally:
                self._under_way -= 1
                self._end_if_idle()
        return outcome if outcome is not None else await _for_ever()

    def leave(self, leave: Leave) -> None:
        """Leave the run as soon as the calls under way are finished; at once when it is lost."""
        if self.leaving is None or leave.lost:
            self.leaving = leave
            self._asked_to_leave.set()
            self._end_if_idle()

    async def _until_settled(self, call: ActionCall, place: str, tries: int) -> Outcome | None:
        """Try until there is an outcome, and remember it; None when the run is left first."""
        keyed = msgspec.structs.replace(call, idempotency_key=idempotency_key(self._claim.id, place))
        while self.leaving is None:
            await self._trusted()
            outcome = await self._make(self._claim.flow, keyed)
            if isinstance(outcome, ActionProblem) and outcome.code in PARKED:
                self.leave(Leave(parked=True, problem=outcome))
                return None
            tries += 1
            if isinstance(outcome, ActionResult) or outcome.code not in RETRIED or tries >= self._retry.tries:
                failed = isinstance(outcome, ActionProblem)
                await self._remember(place, Step(tries, failed, msgspec.json.encode(outcome)))
                return outcome
            await self._remember(place, Step(tries))
            await self._wait(self._retry.seconds_after(tries, outcome), outcome)
        return None

    async def _wait(self, seconds: float, problem: ActionProblem) -> None:
        if seconds > self._retry.patience:
            self.leave(Leave(seconds=seconds, problem=problem))
            return
        try:
            async with asyncio.timeout(seconds):
                await self._asked_to_leave.wait()
        except TimeoutError:
            return

    def _end_if_idle(self) -> None:
        if self.leaving is not None and (self._under_way == 0 or self.leaving.lost):
            self.cancel()


def idempotency_key(run_id: str, place: str) -> str:
    """The key of a call, the same at every try: 32 hexadecimal digits made of the run and the place."""
    return hashlib.sha256(f"{run_id}\0{place}".encode()).hexdigest()[:32]


def _outcome_of(text: bytes, *, failed: bool) -> Outcome:
    if failed:
        return msgspec.json.decode(text, type=ActionProblem)
    return msgspec.json.decode(text, type=ActionResult)


async def _for_ever() -> Outcome:
    """Wait to be cancelled."""
    await asyncio.Event().wait()
    raise AssertionError("nobody sets this event")
