"""logging: a line in the flow's log."""

from dataclasses import dataclass

from lockhouse.flows.bound import Evaluate
from lockhouse.flows.building import Building
from lockhouse.flows.context import Context
from lockhouse.flows.execution import Execution
from lockhouse.flows.maps import compile_map
from lockhouse.flows.reading import Part
from lockhouse.flows.scope import Scope
from lockhouse.jsonata import NOTHING, as_text


@dataclass(frozen=True, slots=True)
class LogStep:
    """Writes `logMessage` at `logLevel`; whole objects become JSON text."""

    name: str
    line_of: Evaluate

    async def run(self, context: Context, execution: Execution) -> None:
        """Write the line. Raises ExpressionFailed."""
        line = self.line_of(context)
        level = as_text(line.get("logLevel", "info")).lower()
        execution.note(level, as_text(line.get("logMessage", NOTHING)), node=self.name, turn=context.turn)


def compile_log(part: Part, scope: Scope, _building: Building) -> LogStep:
    """A logging node with its map."""
    return LogStep(part["name"].required_text(), compile_map(part["map"], scope))
