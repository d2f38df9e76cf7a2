"""Flows written short for tests, and the applications that they call, faked at the rim."""

import asyncio
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import pytest

from lockhouse.flows import (
    ActionFailed,
    ApiRequest,
    Execution,
    Flow,
    LogLine,
    Reply,
    finish_batches,
    read_flow,
    run_event,
    run_operation,
)
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult

INPUTS = re.compile(r"input\((.*?)\)")
_FIXED = {"Trigger": "#/trigger/payload", "Request": "#/trigger/payload", "api": "#/trigger/api/parameters",
          "flowDetails": "#/flowDetails", "errorDetails": "#/error"}  # fmt: skip


def _indented(text: str, by: int) -> str:
    return textwrap.indent(textwrap.dedent(text).strip("\n"), " " * by)


def _written_out(text: str, interfaces: dict[str, str]) -> str:
    """`target: slack.message.CREATE` → an action-interface; `input(A = ref, Trigger)` → a list of inputs."""

    def interface(found: re.Match[str]) -> str:
        call = found.group(1)
        name = interfaces.setdefault(call, f"action-interface-{len(interfaces) + 1}")
        return f"target: {{$ref: '#/integration/action-interfaces/{name}'}}"

    def inputs(found: re.Match[str]) -> str:
        entries = []
        for entry in filter(None, (each.strip() for each in found.group(1).split(","))):
            name, _, ref = (part.strip() for part in entry.partition("="))
            entries.append(f"{{variable: {name}, $ref: '{ref or _FIXED[name]}'}}")
        return f"input: [{', '.join(entries)}]"

    return INPUTS.sub(inputs, re.sub(r"target: ([\w-]+\.[\w-]+\.\w+)", interface, text))


def document(
    execute: str,
    *,
    start: str = "",
    models: str = "models: {}",
    assemblies: Mapping[str, str] | None = None,
    catch: str = "",
    interfaces: str = "",
    more_triggers: str = "",
) -> str:
    """A whole flow document around the nodes of its first assembly."""
    calls: dict[str, str] = {}
    written = {"assembly-1": execute, **(assemblies or {})}
    bodies = ""
    for name, text in written.items():
        nodes = _indented(_written_out(text, calls), 10) or "          []"
        bodies += f"    {name}:\n      assembly:\n        execute:\n{nodes}\n"
        if name == "assembly-1" and catch:
            bodies += f"        catch:\n          - default:\n{_indented(_written_out(catch, calls), 14)}\n"
    ours = "".join(
        f"    {name}: {{type: api-action, connector-type: {call.split('.')[0]}, "
        f"business-object: {call.split('.')[1]}, actions: {{{call.split('.')[2]}: {{}}}}}}\n"
        for call, name in calls.items()
    )
    return (
        "$integration: http://ibm.com/appconnect/integration/v2/integrationFile\n"
        "integration:\n"
        f"  type: {'api' if start else 'trigger-action'}\n"
        "  name: A flow\n"
        "  trigger-interfaces:\n"
        + (_indented(start, 4) if start else _indented(EVENT, 4)) + "\n"
        + (_indented(more_triggers, 4) + "\n" if more_triggers else "")
        + f"  action-interfaces:\n{ours}{_indented(interfaces, 4) + chr(10) if interfaces else ''}"
        + ("" if ours or interfaces else "    {}\n")
        + f"  assemblies:\n{bodies}{textwrap.dedent(models)}\n"
    )  # fmt: skip


EVENT = """
trigger-interface-1:
  type: event-trigger
  connector-type: salesforce
  triggers:
    CREATED:
      input-context: {data: Lead}
      assembly: {$ref: '#/integration/assemblies/assembly-1'}
      options: {}
"""


@dataclass
class World:
    """The applications: answers by `connector.object.ACTION`; what was called; what was logged."""

    answers: dict[str, Any] = field(default_factory=dict)
    calls: list[ActionCall] = field(default_factory=list)
    lines: list[LogLine] = field(default_factory=list)

    async def call_action(self, call: ActionCall) -> ActionResult:
        self.calls.append(call)
        await asyncio.sleep(0)
        answer = self.answers.get(f"{call.connector}.{call.business_object}.{call.action}", {"Id": "new"})
        if isinstance(answer, Iterator):
            answer = next(answer)
        if callable(answer):
            answer = answer(call)
        if isinstance(answer, ActionProblem):
            raise ActionFailed(answer)
        return answer if isinstance(answer, ActionResult) else ActionResult(payload=answer)

    def execution(self, **more: Any) -> Execution:
        return Execution(
            self.call_action, log=self.lines.append, now=lambda: datetime(2024, 3, 14, 12, tzinfo=UTC), **more
        )

    async def send(self, flow: Flow | str, payload: Any = None, **more: Any) -> Execution:
        """Run an event flow once, its batches included. Raises FlowFailed."""
        execution = self.execution(**more)
        await run_event(_flow(flow), {} if payload is None else payload, execution)
        await finish_batches(execution)
        return execution

    async def ask(
        self,
        flow: Flow | str,
        body: Any = None,
        parameters: Mapping[str, Any] | None = None,
        operation: str = "",
    ) -> Reply:
        """Call an operation of an API flow: the one named, or its first."""
        flow = _flow(flow)
        asked = next(each for each in flow.operations if operation in ("", each.name))
        return await run_operation(flow, asked, ApiRequest(body, parameters or {}), self.execution())

    def inputs(self, field_name: str) -> list[Any]:
        """One field of the inputs of all calls, in order."""
        return [call.input.get(field_name) for call in self.calls]


def _flow(flow: Flow | str) -> Flow:
    return flow if isinstance(flow, Flow) else read_flow(flow, file="flow.yaml")


@pytest.fixture
def world() -> World:
    return World()


@pytest.fixture(scope="session")
def written() -> Callable[..., str]:
    """Writes a whole document around some nodes."""
    return document


API = """
trigger-interface-1:
  type: api-trigger
  triggers:
    start: {assembly: {$ref: '#/integration/assemblies/assembly-1'}}
  options:
    resources:
      - business-object: Order
        model: {$ref: '#/models/Order'}
        triggers: {OPERATION: start}
"""
MODEL = """
models:
  Order:
    name: Order
    plural: Orders
    properties:
      number: {type: string, id: true, required: REQUIRED}
      total: {type: number}
      lines: {type: [{type: {sku: {type: string}, count: {type: number}}}]}
      tags: {type: [string]}
    operations: {}
    MORE: {}
"""


@pytest.fixture(scope="session")
def written_api() -> Callable[..., str]:
    """Writes an API flow with one model, Order, and one operation."""

    def write(
        execute: str,
        *,
        operation: str = "create",
        required: bool = False,
        more: str = "MORE: {}",
        **rest: Any,
    ) -> str:
        models = MODEL.replace("REQUIRED", "true" if required else "false")
        models = models.replace("    MORE: {}", textwrap.indent(textwrap.dedent(more).strip(), "    "))
        return document(execute, start=API.replace("OPERATION", operation), models=models, **rest)

    return write
