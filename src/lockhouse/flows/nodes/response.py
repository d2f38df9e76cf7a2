"""response: the answer of an API flow."""

from dataclasses import dataclass
from typing import Any

from lockhouse.flows.bound import Evaluate, bind_expression
from lockhouse.flows.building import Building
from lockhouse.flows.context import Context
from lockhouse.flows.errors import ErrorDetails, FlowFailed
from lockhouse.flows.execution import Execution, Reply
from lockhouse.flows.maps import compile_map
from lockhouse.flows.reading import Part
from lockhouse.flows.scope import Scope, inputs_of
from lockhouse.jsonata import judge_extent

DEFAULT_STATUS = 200


@dataclass(frozen=True, slots=True)
class ResponseStep:
    """Answers with the first reply-map's object and status."""

    name: str
    status_of: Evaluate
    body_of: Evaluate

    async def run(self, context: Context, _execution: Execution) -> Reply:
        """Build the answer. Raises ExpressionFailed, and FlowFailed when the status is none."""
        status = _status(self.status_of(context))
        if status is None:
            raise FlowFailed(ErrorDetails("status_code", "the status code is no HTTP status", 500, self.name))
        body = self.body_of(context)
        judge_extent(body)
        return Reply(status, body)


def _status(value: Any) -> int | None:
    text = str(value).strip()
    status = int(text) if text.isascii() and text.isdigit() and len(text) == 3 else 0
    return status if 200 <= status <= 599 else None


def compile_response(part: Part, scope: Scope, _building: Building) -> ResponseStep:
    """A response with its reply-map. What it answers has the types of the model's properties."""
    name = part["name"].required_text()
    replies = part["reply-maps"].items()
    if not replies:
        part["reply-maps"].mistake_at_key("response_without_reply", "expected a reply-map")
        return ResponseStep(name, lambda _context: DEFAULT_STATUS, lambda _context: {})
    if len(replies) > 1:
        replies[1].warn("response_several_replies", "only the first reply-map is used")
    return ResponseStep(
        name, _status_of(replies[0], scope), compile_map(replies[0]["map"], scope, scope.response_schema)
    )


def _status_of(reply: Part, scope: Scope) -> Evaluate:
    part = reply["status-code"]
    text = part.text(str(DEFAULT_STATUS)).strip()
    if not text.isdigit():
        inputs = inputs_of(reply["map"]["input"]) | inputs_of(reply["input"])
        return bind_expression(part, scope, inputs)
    if _status(text) is None:
        part.mistake("status_code", "expected an HTTP status from 200 to 599, or an expression")
    return lambda _context: text
