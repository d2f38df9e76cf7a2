"""Run a flow: its steps in order, its catch when one fails, its batches at the end."""

import asyncio
from collections.abc import Iterator
from typing import Any

from lockhouse.flows.context import Context
from lockhouse.flows.document import Assembly, Flow, Operation
from lockhouse.flows.errors import ActionFailed, ErrorDetails, FlowFailed
from lockhouse.flows.execution import Batch, End, Execution, Reply, Terminated, run_steps
from lockhouse.flows.maps import as_list
from lockhouse.flows.operations import ApiRequest, answer_body
from lockhouse.flows.refs import API, ERROR, FLOW_DETAILS, TRIGGER, Key, item_key

NO_CONTENT = 204
BATCH_AT_ONCE = 10


async def run_operation(flow: Flow, operation: Operation, request: ApiRequest, execution: Execution) -> Reply:
    """Run an API operation. Never raises for what happens inside the flow: the reply tells a failure."""
    values: dict[Key, Any] = {FLOW_DETAILS: _flow_details(flow), API: dict(request.parameters)}
    if request.body is not None:
        values[TRIGGER] = request.body
    execution.flow_name = flow.name
    caught: list[ErrorDetails] = []
    try:
        end = await _run(operation.assembly, values, execution, caught)
    except FlowFailed as failed:
        return _failed(failed.details)
    if isinstance(end, Reply):
        return Reply(end.status_code, answer_body(operation, end.body))
    if caught and end is None:
        return _failed(caught[0])
    return _without_response(end)


async def run_event(flow: Flow, payload: Any, execution: Execution) -> None:
    """Run an event flow once. Raises FlowFailed when a node failed and no catch answered it."""
    if flow.event is None:
        return
    values: dict[Key, Any] = {FLOW_DETAILS: _flow_details(flow), TRIGGER: payload}
    execution.flow_name = flow.name
    end = await _run(flow.event.assembly, values, execution, [])
    if isinstance(end, Terminated):
        execution.note("error" if end.is_failure else "info", end.message, node=end.node)
        if end.is_failure:
            raise FlowFailed(ErrorDetails("terminated", end.message, end.status_code, end.node))


async def _run(
    assembly: Assembly, values: dict[Key, Any], execution: Execution, caught: list[ErrorDetails]
) -> End | None:
    """Run the steps; after a failure the catch, which sees the trigger and the error but no node."""
    budget = execution.budget()

    def warn(message: str) -> None:
        execution.note("warning", message)

    try:
        return await run_steps(assembly.steps, Context(dict(values), budget, warn), execution)
    except FlowFailed as failed:
        if assembly.catch is None:
            raise
        caught.append(failed.details)
        execution.note("error", f"caught: {failed}", node=failed.details.node)
        values[ERROR] = failed.details.as_error()
        return await run_steps(assembly.catch, Context(values, budget, warn, "catch/"), execution)


def _flow_details(flow: Flow) -> dict[str, Any]:
    return {"flowName": flow.name}


def _failed(details: ErrorDetails) -> Reply:
    status, body = details.as_answer()
    return Reply(status, body, details)


def _without_response(end: Terminated | None) -> Reply:
    """The answer of an operation that ended without a response node (our choice)."""
    if end is None:
        return Reply(NO_CONTENT)
    if end.is_failure:
        return _failed(ErrorDetails("terminated", end.message, end.status_code, end.node))
    return Reply(end.status_code, {"message": end.message})


async def finish_batches(execution: Execution) -> None:
    """Run the batches that a run has started, after it; a batch that fails is told in the log."""
    while execution.batches:
        await run_batch(execution.batches.pop(0), execution)


async def run_batch(batch: Batch, execution: Execution) -> None:
    """Extract the records, run the body for each, several at a time, then the completion once."""
    started = execution.now()
    counts = {"success": 0, "error": 0, "canceled": 0, "total": 0}
    status = "Complete"
    try:
        result = await execution.call(batch.call, node=batch.node, turn=batch.context.turn)
        records = as_list(result.payload)[: batch.call.limit]
        counts["total"] = len(records)
        await _records(batch, records, counts, execution)
    except ActionFailed as failed:
        status = "Retrieve failed"
        execution.note("error", f"batch {batch.batch_id}: {failed}", node=batch.node)
    if batch.completion is None:
        return
    context = batch.context.inside(f"{batch.node}/completion/")
    context.put_output(
        batch.node,
        {
            "batchInstanceId": batch.batch_id,
            "status": status,
            "start": _iso(started),
            "end": _iso(execution.now()),
            "recordsProcessed": counts,
        },
    )
    context.budget = execution.budget()
    try:
        end = await run_steps(batch.completion, context, execution)
        if isinstance(end, Terminated):
            execution.note("error" if end.is_failure else "info", end.message, node=end.node)
    except FlowFailed as failed:
        execution.note("error", f"the completion of batch {batch.batch_id} failed: {failed}", node=batch.node)


async def _records(batch: Batch, records: list[Any], counts: dict[str, int], execution: Execution) -> None:
    waiting: Iterator[tuple[int, Any]] = iter(enumerate(records))

    async def work() -> None:
        for number, record in waiting:
            context = batch.context.inside(f"{batch.node}[{number}]/")
            context.put(item_key(batch.node), record)
            context.budget = execution.budget()
            try:
                end = await run_steps(batch.body, context, execution)
                failed = isinstance(end, Terminated) and end.is_failure
            except FlowFailed as error:
                execution.note("error", f"record {number + 1}: {error}", node=batch.node, turn=context.turn)
                failed = True
            counts["error" if failed else "success"] += 1

    await asyncio.gather(*(work() for _ in range(min(BATCH_AT_ONCE, len(records)))))


def _iso(moment: Any) -> str:
    return str(moment.isoformat(timespec="milliseconds").replace("+00:00", "Z"))
