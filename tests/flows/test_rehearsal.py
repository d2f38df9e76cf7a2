"""Running a flow once, its applications answered for from a script."""

# ruff: noqa: E501 - rows of tables and of documents

from collections.abc import Callable
from typing import Any

import pytest

from lockhouse.flows import read_flow
from lockhouse.flows.rehearsal import ScriptUnusable, rehearse

Written = Callable[..., str]

LOOP = """
- retrieve-action: {name: Get, target: s.Lead.RETRIEVEALL, filter: {where: {a: '{{$Trigger.a}}'}, input(Trigger), limit: 5}}
- for-each:
    name: L
    source: {expression: $Got, input(Got = #/node-output/Get/response/payload)}
    assembly: {$ref: '#/integration/assemblies/body'}
"""
BODY = """
- create-action:
    name: Make
    target: t.Task.CREATE
    map: {input(It = #/block/L/current-item), mappings: [{n: {template: '{{$It.n}}'}}, {x: {template: '{{$Gone}}'}}]}
"""
EVENT = {"a": "b"}


async def run(written: Written, answers: Any) -> dict[str, Any]:
    flow = read_flow(written(LOOP, assemblies={"body": BODY}), file="f")
    return (await rehearse(flow, EVENT, answers)).as_dict()


@pytest.mark.parametrize(
    "answers",
    [
        [
            {"payload": [{"n": 1}, {"n": 2}]},
            {"payload": {"Id": "x"}},
            {"error": {"status_code": 404, "message": "no"}},
        ],
        {
            "s|Lead|RETRIEVEALL": {"payload": [{"n": 1}, {"n": 2}]},
            "t|Task|CREATE": [{"payload": {"Id": "x"}}, {"error": {"status_code": 404, "message": "no"}}],
        },
    ],
)
async def test_calls_are_answered_in_order_or_by_name_and_all_is_told(written: Written, answers: Any) -> None:
    ended = await run(written, answers)

    assert ended["status"] == "completed"
    assert ended["calls"] == [
        {"node": "Get", "connector": "s", "business_object": "Lead", "action": "RETRIEVEALL", "filter": {"a": "b"},
         "limit": 5, "input": {}, "output": [{"n": 1}, {"n": 2}]},
        {"node": "Make", "connector": "t", "business_object": "Task", "action": "CREATE", "filter": None,
         "limit": None, "input": {"n": 1}, "output": {"Id": "x"}},
        {"node": "Make", "connector": "t", "business_object": "Task", "action": "CREATE", "filter": None,
         "limit": None, "input": {"n": 2}, "error": {"status_code": 404, "code": "not_found", "message": "no"}},
    ]  # fmt: skip
    assert [line["level"] for line in ended["log"]] == ["error"]
    assert ended["variables"] == ["Gone"]
    assert (ended["response"], ended["error"]) == (None, None)


@pytest.mark.parametrize("answers", [None, [], {}, {"s|Lead|RETRIEVEALL": []}])
async def test_a_call_without_an_answer_fails_and_says_so(written: Written, answers: Any) -> None:
    ended = await run(written, answers)

    assert ended["status"] == "failed"
    assert ended["error"]["code"] == "no_answer"
    assert "s|Lead|RETRIEVEALL" in ended["error"]["message"]


@pytest.mark.parametrize(
    "answers", ["x", 5, [1], [{"body": 1}], {"a|b|c": 5}, [{"error": "x"}], [{"status_code": "200"}], [{"error": {"status_code": True}}]]
)  # fmt: skip
async def test_answers_of_another_form_are_refused(written: Written, answers: Any) -> None:
    with pytest.raises(ScriptUnusable):
        await run(written, answers)


@pytest.mark.parametrize("event", [[], {"payload": 1}, {"parameters": 5}])
async def test_the_event_of_an_api_flow_has_a_body_and_parameters(written_api: Written, event: Any) -> None:
    with pytest.raises(ScriptUnusable):
        await rehearse(read_flow(written_api("[]"), file="f"), event, [])


async def test_an_operation_is_asked_for_by_name(written_api: Written) -> None:
    flow = read_flow(written_api("[]"), file="f")

    assert (await rehearse(flow, {"body": {}}, [], operation="create")).response is not None
    assert (await rehearse(flow, None, [])).response is not None
    with pytest.raises(ScriptUnusable):
        await rehearse(flow, None, [], operation="retrieve")
