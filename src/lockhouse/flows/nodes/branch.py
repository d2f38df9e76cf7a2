"""if: the first branch whose condition holds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockhouse.flows.bound import Evaluate, bind_template
from lockhouse.flows.building import Building
from lockhouse.flows.conditions import Holds, compile_condition
from lockhouse.flows.context import Context
from lockhouse.flows.execution import End, Execution, Steps, Terminated, run_steps
from lockhouse.flows.maps import compile_map
from lockhouse.flows.reading import Part
from lockhouse.flows.scope import Scope, inputs_of
from lockhouse.jsonata import NOTHING, as_text


@dataclass(frozen=True, slots=True)
class Branch:
    """One way through an `if`; its output and how it ends are optional."""

    holds: Holds
    steps: Steps
    output_of: Evaluate | None
    end_of: Callable[[Context], Terminated] | None


@dataclass(frozen=True, slots=True)
class IfStep:
    """Runs the first branch that holds, the `else` last."""

    name: str
    branches: tuple[Branch, ...]
    has_output: bool

    async def run(self, context: Context, execution: Execution) -> End | None:
        """Run one branch. Raises what its nodes raise."""
        for branch in self.branches:
            if not branch.holds(context):
                continue
            inside = context.inside() if branch.steps else context
            end = await run_steps(branch.steps, inside, execution)
            if end is None and branch.end_of is not None:
                end = branch.end_of(inside)
            if end is not None:
                return end
            context.put_output(self.name, self._output(branch, inside))
            return None
        return None

    def _output(self, branch: Branch, inside: Context) -> object:
        if branch.output_of is not None:
            return branch.output_of(inside)
        return {} if self.has_output else NOTHING


def compile_if(part: Part, scope: Scope, building: Building) -> IfStep:
    """An `if` with its branches and its else."""
    name = part["name"].required_text()
    inputs = inputs_of(part["input"])
    schema = part["output-schema"].mapping()
    branches = [
        _branch(name, branch, _condition(branch["condition"], scope, inputs), scope, building, schema)
        for branch in part["branch"].items()
    ]
    if not branches:
        part["branch"].mistake_at_key("if_without_branch", "expected at least one branch")
    if part["else"].is_there:
        branches.append(_branch(name, part["else"], _always, scope, building, schema))
    return IfStep(name, tuple(branches), has_output=bool(schema))


def _always(_context: Context) -> bool:
    return True


def _condition(part: Part, scope: Scope, inputs: Mapping[str, str]) -> Holds:
    if part.is_there:
        return compile_condition(part, scope, inputs)
    part.mistake_at_key("condition_empty", "expected a condition")
    return _always


def _branch(  # noqa: PLR0913, PLR0917 - what a branch is made of
    name: str, part: Part, holds: Holds, scope: Scope, building: Building, schema: Mapping[str, Any]
) -> Branch:
    steps, after = building.compile_steps(part["execute"], scope)
    has_map = part["map"].is_there and bool(part["map"]["mappings"].items())
    return Branch(
        holds=holds,
        steps=steps,
        output_of=compile_map(part["map"], after, schema) if has_map else None,
        end_of=_terminate(name, part["completion-action"]["terminate"], after),
    )


def _terminate(name: str, part: Part, scope: Scope) -> Callable[[Context], Terminated] | None:
    if not part.is_there:
        return None
    is_failure = "error" in part.mapping()
    end = part["error" if is_failure else "info"]
    if not end.is_there:
        part.mistake("terminate_unknown", "expected info or error")
    message_of = bind_template(end["message"], scope, inputs_of(end["input"]))
    status_code = end["status-code"].whole(400 if is_failure else 200) or 200
    return lambda context: Terminated(as_text(message_of(context)), status_code, is_failure, name)
