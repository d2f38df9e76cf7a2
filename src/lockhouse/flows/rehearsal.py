"""Run a flow once without a server: its connector calls are answered from a script.

The script is a list of answers that is used in order, or a mapping `connector|business_object|action` →
answer or list of answers. An answer is `{"payload": …}`, perhaps with `"status_code"`, or
`{"error": {"status_code", "message"}}`. The event is what `#/trigger/payload` holds; for an API flow
`{"body", "parameters"}`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lockhouse.clock import Clock, utc_now
from lockhouse.errors import LockhouseError
from lockhouse.flows.assembly import finish_batches, run_event, run_operation
from lockhouse.flows.document import Flow, Operation
from lockhouse.flows.errors import ActionFailed, ErrorDetails, FlowFailed
from lockhouse.flows.execution import CallRecord, Execution, LogLine, Reply
from lockhouse.flows.operations import ApiRequest, BadRequest, checked_body
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult

MOST_CALLS = 10_000


class ScriptUnusable(LockhouseError):
    """The event, the answers or the operation are not of the form that a rehearsal takes."""


@dataclass(slots=True)
class Rehearsal:
    """How a run went: `status` is `completed` or `failed`."""

    status: str
    calls: list[CallRecord]
    log: list[LogLine]
    unresolved: tuple[str, ...]
    response: Reply | None = None
    failure: ErrorDetails | None = None

    def as_dict(self) -> dict[str, Any]:
        """The run as JSON: status, calls, response, log, variables, error."""
        return {
            "status": self.status,
            "calls": [_call(record) for record in self.calls],
            "response": _response(self.response),
            "log": [_line(line) for line in self.log],
            "variables": list(self.unresolved),
            "error": _error(self.failure),
        }


def _call(record: CallRecord) -> dict[str, Any]:
    call = record.call
    told: dict[str, Any] = {
        "node": record.node,
        "connector": call.connector,
        "business_object": call.business_object,
        "action": call.action,
        "filter": call.where,
        "limit": call.limit,
        "input": call.input,
    }
    if record.problem is not None:
        problem = record.problem
        return told | {
            "error": {"status_code": problem.status_code, "code": problem.code, "message": problem.message}
        }
    return told | {"output": record.result.payload if record.result else None}


def _response(reply: Reply | None) -> dict[str, Any] | None:
    return None if reply is None else {"status_code": reply.status_code, "body": reply.body}


def _line(line: LogLine) -> dict[str, str]:
    return {"level": line.level, "message": line.message, "node": line.node}


def _error(failure: ErrorDetails | None) -> dict[str, Any] | None:
    if failure is None:
        return None
    return {
        "code": failure.code,
        "message": failure.message,
        "status_code": failure.status_code,
        "node": failure.node,
        "connector": failure.connector,
    }


async def rehearse(
    flow: Flow, event: Any, answers: Any = None, *, operation: str = "", now: Clock = utc_now
) -> Rehearsal:
    """Run the flow once, its batches included. Raises ScriptUnusable."""
    script = Script(answers if answers is not None else [])
    calls: list[CallRecord] = []
    log: list[LogLine] = []
    execution = Execution(script.answer, log=log.append, now=now, calls=calls)
    run = Rehearsal("completed", calls, log, flow.unresolved)
    if flow.operations:
        run.response = await _answer(flow, _operation_named(flow, operation), _api_request(event), execution)
        run.failure = run.response.failure
    else:
        try:
            await run_event(flow, event, execution)
        except FlowFailed as failed:
            run.failure = failed.details
    run.status = "failed" if run.failure else "completed"
    await finish_batches(execution)
    return run


async def _answer(flow: Flow, operation: Operation, request: ApiRequest, execution: Execution) -> Reply:
    """What the caller of an operation is told, a refused body included."""
    if operation.takes_body:
        try:
            request = ApiRequest(checked_body(operation, request.body), request.parameters)
        except BadRequest as refused:
            details = ErrorDetails("bad_request", str(refused), 400)
            return Reply(*details.as_answer(), failure=details)
    return await run_operation(flow, operation, request, execution)


def _operation_named(flow: Flow, name: str) -> Operation:
    names = [each.name for each in flow.operations]
    if not name and len(names) == 1:
        return flow.operations[0]
    found = next((each for each in flow.operations if each.name == name), None)
    if found is None:
        raise ScriptUnusable(f"expected an operation: {', '.join(names)}")
    return found


def _api_request(event: Any) -> ApiRequest:
    given = {} if event is None else event
    if not isinstance(given, dict) or not given.keys() <= {"body", "parameters"}:
        raise ScriptUnusable('the event of an API flow is an object with "body" and "parameters"')
    parameters = given.get("parameters") or {}
    if not isinstance(parameters, dict):
        raise ScriptUnusable('"parameters" of the event: expected an object')
    return ApiRequest(body=given.get("body"), parameters=parameters)


@dataclass(slots=True)
class Script:
    """Answers for connector calls. Raises ScriptUnusable when it is made of something else."""

    answers: Any
    _in_order: Iterator[Any] = field(init=False)
    _lists: dict[str, Iterator[Any]] = field(init=False, default_factory=dict)
    _count: int = field(init=False, default=0)

    def __post_init__(self) -> None:
        if isinstance(self.answers, Mapping):
            for key, value in self.answers.items():
                for number, answer in enumerate(value if isinstance(value, list) else [value]):
                    _judge(answer, f"{key}, answer {number + 1}")
        elif isinstance(self.answers, list):
            for number, answer in enumerate(self.answers):
                _judge(answer, f"answer {number + 1}")
        else:
            raise ScriptUnusable("answers: expected a list, or an object by connector|business_object|action")
        self._in_order = iter(self.answers if isinstance(self.answers, list) else ())

    async def answer(self, call: ActionCall) -> ActionResult:
        """The next answer for a call. Raises ActionFailed: the scripted error, or that there is no answer."""
        self._count += 1
        if self._count > MOST_CALLS:
            raise ActionFailed(ActionProblem(code="too_many_calls", message=f"more than {MOST_CALLS} calls"))
        found = self._next(f"{call.connector}|{call.business_object}|{call.action}")
        if "error" in found:
            raise ActionFailed(_problem(found["error"]))
        status = found.get("status_code") or (201 if call.action == "CREATE" else 200)
        return ActionResult(payload=found.get("payload"), status_code=status)

    def _next(self, key: str) -> Mapping[str, Any]:
        answers: Iterator[Any] = self._in_order
        if isinstance(self.answers, Mapping):
            listed = self.answers.get(key)
            if isinstance(listed, dict):
                return listed
            answers = self._lists.setdefault(key, iter(listed or ()))
        found: Mapping[str, Any] | None = next(answers, None)
        if found is None:
            message = f"the script has no answer for call {self._count}, {key}"
            return {"error": {"status_code": 500, "message": message, "code": "no_answer"}}
        return found


def _judge(answer: Any, where: str) -> None:
    if not isinstance(answer, dict) or not answer.keys() <= {"payload", "status_code", "error"}:
        raise ScriptUnusable(f'{where}: expected an object with "payload" and "status_code", or "error"')
    error = answer.get("error", {})
    if not isinstance(error, dict):
        raise ScriptUnusable(f'{where}: "error" is an object with "status_code" and "message"')
    for status in (answer.get("status_code"), error.get("status_code")):
        if status is not None and (not isinstance(status, int) or isinstance(status, bool)):
            raise ScriptUnusable(f"{where}: status_code is a whole number")


_CODES: Sequence[tuple[range, str]] = (
    (range(401, 402), "auth_failed"),
    (range(403, 404), "auth_failed"),
    (range(404, 405), "not_found"),
    (range(429, 430), "rate_limited"),
    (range(500, 600), "unavailable"),
)


def _problem(error: Mapping[str, Any]) -> ActionProblem:
    status = error.get("status_code") or 500
    code = error.get("code") or next((code for among, code in _CODES if status in among), "rejected")
    return ActionProblem(code=str(code), message=str(error.get("message") or ""), status_code=status)
