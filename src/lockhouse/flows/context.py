"""What a running flow knows: the values that its `$ref`s point at."""

from collections.abc import Callable
from typing import Any

from lockhouse.flows.refs import Key, payload_key, response_key
from lockhouse.jsonata import NOTHING, Budget

Reads = tuple[tuple[str, Key], ...]
"""Variables of an expression, each with the key of its value."""


class Context:
    """The values of one run, or of one turn of a loop in it. Values are never changed, only put."""

    __slots__ = ("budget", "turn", "values", "warn")

    def __init__(
        self, values: dict[Key, Any], budget: Budget, warn: Callable[[str], None], turn: str = ""
    ) -> None:
        self.values = values
        self.budget = budget
        self.warn = warn
        """Tells the flow's log what is odd but no error."""
        self.turn = turn
        """Where this run is in its loops: `For each[3]/`; the same in a repeated run."""

    def bindings(self, reads: Reads) -> dict[str, Any]:
        """The variables that have a value now."""
        values = self.values
        return {name: values[key] for name, key in reads if key in values}

    def inside(self, turn: str = "") -> "Context":
        """A context that sees all this one sees, and keeps what is put to itself."""
        return Context(self.values.copy(), self.budget, self.warn, self.turn + turn)

    def put(self, key: Key, value: Any) -> None:
        """Set a value; NOTHING takes it away."""
        if value is NOTHING:
            self.values.pop(key, None)
        else:
            self.values[key] = value

    def put_output(self, node: str, payload: Any, status_code: int = 200) -> None:
        """What a node returned, with its status, for the nodes after it."""
        response: dict[str, Any] = {"status-code": status_code}
        if payload is not NOTHING:
            response["payload"] = payload
        self.put(payload_key(node), payload)
        self.values[response_key(node)] = response
