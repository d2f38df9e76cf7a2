"""set-variable: the object of a map, under the node's own name."""

from dataclasses import dataclass

from lockhouse.flows.bound import Evaluate
from lockhouse.flows.building import Building
from lockhouse.flows.context import Context
from lockhouse.flows.execution import Execution
from lockhouse.flows.maps import compile_map
from lockhouse.flows.reading import Part
from lockhouse.flows.scope import Scope


@dataclass(frozen=True, slots=True)
class SetVariableStep:
    """Builds the map's object and keeps it. It is not assignment: each node has its own value."""

    name: str
    value_of: Evaluate

    async def run(self, context: Context, _execution: Execution) -> None:
        """Build and keep. Raises ExpressionFailed."""
        context.put_output(self.name, self.value_of(context))


def compile_set_variable(part: Part, scope: Scope, _building: Building) -> SetVariableStep:
    """A set-variable with its map."""
    return SetVariableStep(part["name"].required_text(), compile_map(part["map"], scope))
