"""for-each: an assembly once for each item of a list."""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from lockhouse.flows.bound import Evaluate, bind_expression
from lockhouse.flows.building import Building
from lockhouse.flows.context import Context
from lockhouse.flows.errors import ErrorDetails, FlowFailed
from lockhouse.flows.execution import End, Execution, Reply, Steps, Terminated, run_steps
from lockhouse.flows.maps import as_list, compile_map
from lockhouse.flows.reading import Part
from lockhouse.flows.refs import item_key
from lockhouse.flows.scope import Scope, inputs_of
from lockhouse.jsonata import NOTHING

SIZE_OF_A_TURN = 500
"""What a turn takes of the run's budget: loops within loops end after some 400,000 turns."""


@dataclass(frozen=True, slots=True)
class ForEachStep:
    """Runs its body for each item; its output is a list with one element for each turn that succeeded."""

    name: str
    source_of: Evaluate
    body: Steps
    output_of: Evaluate | None
    is_parallel: bool
    continues: bool

    async def run(self, context: Context, execution: Execution) -> Reply | None:
        """Run all turns. Raises FlowFailed at the first turn that fails, unless it continues on errors."""
        items = as_list(self.source_of(context))
        outputs: list[Any] = [NOTHING] * len(items)
        if self.is_parallel:
            await self._side_by_side(items, outputs, context, execution)
        else:
            for number, item in enumerate(items):
                reply = await self._turn(number, item, outputs, context, execution)
                if reply is not None:
                    return reply
        made = [output for output in outputs if output is not NOTHING]
        context.put_output(self.name, made if self.output_of is not None else NOTHING)
        return None

    async def _side_by_side(
        self, items: list[Any], outputs: list[Any], context: Context, execution: Execution
    ) -> None:
        """Several turns at a time; after a failure running turns finish and no new one starts."""
        waiting: Iterator[tuple[int, Any]] = iter(enumerate(items))
        failures: list[BaseException] = []

        async def work() -> None:
            for number, item in waiting:
                try:
                    await self._turn(number, item, outputs, context, execution)
                except FlowFailed as failed:
                    failures.append(failed)
                if failures:
                    return

        await asyncio.gather(*(work() for _ in range(min(execution.parallel_turns, len(items)))))
        if failures:
            raise failures[0]

    async def _turn(
        self, number: int, item: Any, outputs: list[Any], context: Context, execution: Execution
    ) -> Reply | None:
        context.budget.take(SIZE_OF_A_TURN)
        inside = context.inside(f"{self.name}[{number}]/")
        inside.put(item_key(self.name), item)
        try:
            end = _not_failed(await run_steps(self.body, inside, execution))
        except FlowFailed as failed:
            if not self.continues or context.budget.room < 0:
                raise
            execution.note(
                "error",
                f"turn {number + 1} of {self.name} failed: {failed}",
                node=self.name,
                turn=inside.turn,
            )
            return None
        if isinstance(end, Reply):
            return end
        if isinstance(end, Terminated):
            execution.note("info", end.message, node=end.node, turn=inside.turn)
        if self.output_of is not None:
            outputs[number] = self.output_of(inside)
        if execution.kept_others_waiting:
            await execution.let_others_in()
        return None


def _not_failed(end: End | None) -> End | None:
    if isinstance(end, Terminated) and end.is_failure:
        raise FlowFailed(ErrorDetails("terminated", end.message, end.status_code, end.node))
    return end


def compile_for_each(part: Part, scope: Scope, building: Building) -> ForEachStep:
    """A for-each with the assembly that is its body."""
    name = part["name"].required_text()
    mode = part["mode"].text("sequential")
    if mode not in ("sequential", "parallel"):
        part["mode"].mistake("for_each_mode", "expected sequential or parallel")
    source = part["source"]["expression"]
    body, after = building.compile_assembly(part["assembly"], scope.with_block(name))
    has_map = part["map"].is_there and bool(part["map"]["mappings"].items())
    return ForEachStep(
        name=name,
        source_of=bind_expression(source, scope, inputs_of(part["source"]["input"])),
        body=body,
        output_of=compile_map(part["map"], after) if has_map else None,
        is_parallel=mode == "parallel",
        continues=part["continue-on-error"].flag(default=True),
    )
