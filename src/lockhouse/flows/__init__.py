"""The language of flow documents, as a pure library: no network, no clock but those it is handed."""

from lockhouse.flows.assembly import finish_batches, run_batch, run_event, run_operation
from lockhouse.flows.document import EventTrigger, Flow, Model, Operation
from lockhouse.flows.errors import ActionFailed, ErrorDetails, FlowFailed
from lockhouse.flows.execution import Batch, CallRecord, Execution, LogLine, Reply
from lockhouse.flows.load import examine_flow, read_flow
from lockhouse.flows.operations import (
    ApiRequest,
    BadRequest,
    MethodNotAllowed,
    NoSuchPath,
    Route,
    find_operation,
    read_request,
)

__all__ = [
    "ActionFailed",
    "ApiRequest",
    "BadRequest",
    "Batch",
    "CallRecord",
    "ErrorDetails",
    "EventTrigger",
    "Execution",
    "Flow",
    "FlowFailed",
    "LogLine",
    "MethodNotAllowed",
    "Model",
    "NoSuchPath",
    "Operation",
    "Reply",
    "Route",
    "examine_flow",
    "find_operation",
    "finish_batches",
    "read_flow",
    "read_request",
    "run_batch",
    "run_event",
    "run_operation",
]
