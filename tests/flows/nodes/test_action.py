"""Connector calls of a flow: what is handed over, and what is made of the answer."""

from collections.abc import Callable
from typing import Any

import pytest

from lockhouse.flows import FlowFailed
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult

Written = Callable[..., str]

THEN = """
- logging:
    name: Log
    map:
      input(A = #/node-output/A/response/payload, M = #/node-output/A/response)
      mappings: [{logMessage: {template: '{{$M."status-code"}} {{$A}}'}}]
"""


def called(action: str, **rest: Any) -> ActionCall:
    return ActionCall(connector="s", business_object="Lead", action=action, **rest)


@pytest.mark.parametrize(
    ("node", "call"),
    [
        (
            "create-action: {name: A, target: s.Lead.CREATE, map: {mappings: [{x: {expression: 1}}]}}",
            called("CREATE", input={"x": 1}),
        ),
        (
            "retrieve-action: {name: A, target: s.Lead.RETRIEVEALL, filter: {where: {Id: '7'}, limit: 3}}",
            called("RETRIEVEALL", where={"Id": "7"}, limit=3),
        ),
        (
            "update-action: {name: A, target: s.Lead.UPDATEALL, filter: {where: {Id: '7'}},"
            " map: {mappings: [{x: {template: '{{$none}}'}}]}}",
            called("UPDATEALL", where={"Id": "7"}),
        ),
        (
            "upsert-action: {name: A, target: s.Lead.UPSERTWITHWHERE, filter: {where: {Id: '7'}, limit: 10},"
            " map: {mappings: [{x: {template: y}}]}}",
            called("UPSERTWITHWHERE", where={"Id": "7"}, limit=10, input={"x": "y"}),
        ),
        (
            "delete-action: {name: A, target: s.Lead.DELETEALL, filter: {where: {Id: '7'}}}",
            called("DELETEALL", where={"Id": "7"}),
        ),
        (
            "custom-action: {name: A, target: s.Lead.CONVERT, action: CONVERT, filter: {where: {Id: '7'}},"
            " map: {mappings: [{x: {template: y}}]}}",
            called("CONVERT", where={"Id": "7"}, input={"x": "y"}),
        ),
        (
            "custom-action: {name: A, target: s.Lead.CONVERT, map: {mappings: []}}",
            called("CONVERT"),
        ),
    ],
)  # fmt: skip
async def test_a_node_hands_over_its_call(world: Any, written: Written, node: str, call: ActionCall) -> None:
    await world.send(written(f"- {node}"))

    assert world.calls == [call]


RETRIEVE = "- retrieve-action: {name: A, target: s.Lead.RETRIEVEALL, filter: {limit: 2}%s}" + THEN
CUSTOM = "- custom-action: {name: A, target: s.Lead.FETCH, action: FETCH, map: {mappings: []}%s}" + THEN
UPDATE = "- update-action: {name: A, target: s.Lead.UPDATEALL, filter: {where: {a: b}}%s}" + THEN


@pytest.mark.parametrize(
    ("node", "more", "answer", "line"),
    [
        (RETRIEVE, "", [{"Id": 1}], '200 [{"Id":1}]'),
        (RETRIEVE, "", [], "204 []"),
        (RETRIEVE, "", ActionResult(payload=None, status_code=204), "204 []"),
        (RETRIEVE, ", allow-empty-output: true", [], "204 []"),
        (RETRIEVE, ", allow-truncation: true", ActionResult(payload=[1, 2], status_code=206), "206 [1,2]"),
        (RETRIEVE, ", allow-truncation: true", [1, 2, 3], "206 [1,2]"),
        (RETRIEVE, ", allow-truncation: false", [1, 2], "200 [1,2]"),
        (RETRIEVE, "", {"content": "file"}, '200 {"content":"file"}'),
        (CUSTOM, "", ActionResult(payload={"a": 1}, status_code=201), '201 {"a":1}'),
        (CUSTOM, "", ActionResult(payload=None, status_code=204), "204 "),
        (UPDATE, ", allow-empty-output: true", ActionResult(payload=None, status_code=204), "204 "),
        (UPDATE, ", allow-empty-output: false", {"Id": "7"}, '200 {"Id":"7"}'),
    ],
)
async def test_the_answer_is_kept_with_its_status(  # noqa: PLR0917 - a row of the table
    world: Any, written: Written, node: str, more: str, answer: Any, line: str
) -> None:
    world.answers = {"s.Lead.RETRIEVEALL": answer, "s.Lead.FETCH": answer, "s.Lead.UPDATEALL": answer}
    await world.send(written(node % more))

    assert [each.message for each in world.lines] == [line]


@pytest.mark.parametrize(
    ("node", "more", "answer", "failure"),
    [
        (
            RETRIEVE,
            ", allow-truncation: false",
            ActionResult(payload=[1, 2], status_code=206),
            "truncated 500",
        ),
        (
            CUSTOM,
            "",
            ActionProblem(code="rate_limited", message="slow down", status_code=429),
            "rate_limited 429",
        ),
        (RETRIEVE, ", allow-empty-output: false", [], "no_data 404"),
        (RETRIEVE, ", allow-truncation: false", [1, 2, 3], "truncated 500"),
        (CUSTOM, ", allow-empty-output: false", ActionResult(payload=None, status_code=204), "no_data 404"),
        (CUSTOM, ", allow-truncation: true, allow-empty-output: false", [], "no_data 404"),
        (UPDATE, ", allow-empty-output: false", ActionResult(payload=None, status_code=204), "no_data 404"),
    ],
)
async def test_no_data_too_much_and_a_connectors_error_fail_the_node(  # noqa: PLR0917 - a row of the table
    world: Any, written: Written, node: str, more: str, answer: Any, failure: str
) -> None:
    world.answers = {"s.Lead.RETRIEVEALL": answer, "s.Lead.FETCH": answer, "s.Lead.UPDATEALL": answer}
    with pytest.raises(FlowFailed) as failed:
        await world.send(written(node % more))
    details = failed.value.details

    assert (details.node, details.connector) == ("A", "s")
    assert f"{details.code} {details.status_code}" == failure


async def test_a_call_of_a_named_run_has_a_key_that_is_the_same_when_the_run_is_repeated(
    world: Any, written: Written
) -> None:
    text = written(
        """
        - for-each:
            name: L
            source: {expression: '[1, 2]'}
            assembly: {$ref: '#/integration/assemblies/body'}
        """,
        assemblies={"body": "- create-action: {name: A, target: s.Lead.CREATE}"},
    )
    await world.send(text, run_id="run-1")
    await world.send(text, run_id="run-1")
    keys = [call.idempotency_key for call in world.calls]

    assert keys == ["run-1/L[0]/A", "run-1/L[1]/A"] * 2
