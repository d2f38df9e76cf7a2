"""What a run is handed, what a step is, and how steps are run one after the other."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

from lockhouse.clock import Clock, utc_now
from lockhouse.flows.context import Context
from lockhouse.flows.errors import ActionFailed, ErrorDetails, FlowFailed
from lockhouse.jsonata import Budget, ExpressionFailed, judge_extent
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult

LONGEST_BLOCK = 0.02
"""Seconds that a run may keep the event loop before it lets others in."""


@dataclass(frozen=True, slots=True)
class LogLine:
    """One line of a flow's log. `level`: debug, info, warning or error; `turn`: the place in its loops."""

    level: str
    message: str
    flow: str
    node: str = ""
    turn: str = ""


@dataclass(slots=True)
class CallRecord:
    """One connector call of a run, in the order in which the calls began."""

    node: str
    turn: str
    call: ActionCall
    result: ActionResult | None = None
    problem: ActionProblem | None = None


CallAction = Callable[[ActionCall], Awaitable[ActionResult]]
"""Carries out a call. Raises flows.errors.ActionFailed."""


def _silent(_line: LogLine) -> None:
    return


@dataclass(slots=True)
class Execution:
    """What one run is handed by those who run it; one for each run.

    `run_id` names the run, the same when it is repeated: calls then carry an idempotency key made of it and
    of their place in the flow. `calls` collects what was called, if a list is given. `start_batch` starts a
    batch process and tells its id; without it batches wait in `batches` until `finish_batches`.
    """

    call_action: CallAction
    log: Callable[[LogLine], None] = _silent
    now: Clock = utc_now
    run_id: str = ""
    expression_seconds: float = 4.0
    parallel_turns: int = 10
    calls: list[CallRecord] | None = None
    start_batch: "Callable[[Batch], Awaitable[str]] | None" = None
    batches: "list[Batch]" = field(default_factory=list)
    flow_name: str = ""
    _let_in_at: float = field(default_factory=time.monotonic)

    def budget(self) -> Budget:
        """The budget of the expressions of one run."""
        return Budget(self.expression_seconds, self.now)

    def note(self, level: str, message: str, *, node: str = "", turn: str = "") -> None:
        """Write a line to the flow's log."""
        self.log(LogLine(level, message, self.flow_name, node, turn))

    async def call(self, call: ActionCall, *, node: str, turn: str) -> ActionResult:
        """Carry out a connector call for a node. Raises ActionFailed; ExpressionFailed for too much input."""
        judge_extent(call.input)
        judge_extent(call.where)
        record = CallRecord(node, turn, call)
        if self.calls is not None:
            self.calls.append(record)
        try:
            record.result = await self.call_action(call)
        except ActionFailed as failed:
            record.problem = failed.problem
            raise
        self._let_in_at = time.monotonic()
        return record.result

    @property
    def kept_others_waiting(self) -> bool:
        """Whether this run has had the event loop for so long that others should be let in."""
        return time.monotonic() - self._let_in_at > LONGEST_BLOCK

    async def let_others_in(self) -> None:
        """Give way to other runs of the process."""
        await asyncio.sleep(0)
        self._let_in_at = time.monotonic()

    def idempotency_key(self, node: str, turn: str) -> str | None:
        """The same for the same step of the same run, however often it is tried."""
        return f"{self.run_id}/{turn}{node}" if self.run_id else None


@dataclass(frozen=True, slots=True)
class Reply:
    """The answer of an API flow; `failure` when the flow failed and this tells the caller so."""

    status_code: int
    body: Any = None
    failure: ErrorDetails | None = None


@dataclass(frozen=True, slots=True)
class Terminated:
    """A branch ended the flow, or the turn of its loop: well, or as failed."""

    message: str
    status_code: int
    is_failure: bool
    node: str


End = Reply | Terminated
"""How a list of steps may end early."""


class Step(Protocol):
    """One compiled node."""

    @property
    def name(self) -> str:
        """The node's name, for references and errors."""

    async def run(self, context: Context, execution: Execution, /) -> End | None:
        """Run the node; None to go on. Raises FlowFailed, ActionFailed, ExpressionFailed."""


Steps = Sequence[Step]


async def run_steps(steps: Steps, context: Context, execution: Execution) -> End | None:
    """Run steps in order until one ends the flow. Raises FlowFailed, which names the node that failed."""
    for step in steps:
        try:
            end = await step.run(context, execution)
        except ActionFailed as failed:
            raise FlowFailed(_from_problem(failed.problem, step)) from failed
        except ExpressionFailed as failed:
            raise FlowFailed(_from_expression(failed, step)) from failed
        if end is not None:
            return end
        if execution.kept_others_waiting:
            await execution.let_others_in()
    return None


def _from_problem(problem: ActionProblem, step: Step) -> ErrorDetails:
    return ErrorDetails(
        code=problem.code,
        message=problem.message,
        status_code=problem.status_code,
        node=step.name,
        connector=getattr(step, "connector", ""),
        data=dict(problem.details),
        retry_after=problem.retry_after,
    )


def _from_expression(failed: ExpressionFailed, step: Step) -> ErrorDetails:
    code = "budget" if failed.code == "budget" else "expression_failed"
    return ErrorDetails(code, f"{failed} [{failed.code}]", 500, step.name)


@dataclass(frozen=True, slots=True)
class Batch:
    """A batch process that a node started: extract the records, run a body for each, then a completion.

    `limit` of the extracting call is the batch node's own; None means all.
    """

    node: str
    call: ActionCall
    batch_id: str
    body: Steps
    completion: Steps | None
    context: Context
