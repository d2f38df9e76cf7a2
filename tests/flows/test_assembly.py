"""Whole runs: API operations and events, catches, failures, fairness, speed."""

import asyncio
import time
from collections.abc import Callable
from typing import Any

import pytest

from lockhouse.flows import FlowFailed, read_flow, run_event
from lockhouse.wire.actions import ActionCall, ActionProblem

Written = Callable[..., str]

CALL = """
- create-action:
    name: Make
    target: s.Lead.CREATE
    map: {input(Request), mappings: [{Name: {template: '{{$Request.name}}'}}]}
"""
ANSWER = """
- response:
    name: response-1
    reply-maps:
      - status-code: '201'
        map:
          input(Make = #/node-output/Make/response/payload)
          mappings: [{number: {template: '{{$Make.Id}}'}}]
"""
CATCH = """
- create-action:
    name: Tell
    target: slack.message.CREATE
    map: {input(errorDetails, Trigger), mappings: [{text: {template: '{{$errorDetails.message}}|{{$errorDetails.nodeName}}|{{$errorDetails.statusCode}}|{{$errorDetails.connector}}|{{$errorDetails.code}}|{{$Trigger.name}}|{{$Make.Id}}'}}]}
"""  # noqa: E501 - one mapping
DOWN = ActionProblem(code="unavailable", message="the application is down", status_code=503)


async def test_an_api_call_becomes_calls_and_an_answer(world: Any, written_api: Written) -> None:
    reply = await world.ask(written_api(CALL + ANSWER), {"name": "Ada"})

    assert world.calls == [
        ActionCall(connector="s", business_object="Lead", action="CREATE", input={"Name": "Ada"})
    ]
    assert (reply.status_code, reply.body, reply.failure) == (201, {"number": "new"}, None)


async def test_our_choice_an_api_flow_without_a_response_answers_no_content(
    world: Any, written_api: Written
) -> None:
    reply = await world.ask(written_api(CALL))

    assert (reply.status_code, reply.body) == (204, None)


@pytest.mark.parametrize(
    ("problem", "status", "name"),
    [
        (DOWN, 503, "ServiceUnavailable"),
        (ActionProblem(code="not_found", message="gone", status_code=404), 404, "NotFound"),
        (ActionProblem(code="rejected", message="no", status_code=422), 422, "Error"),
        (ActionProblem(code="rejected", message="odd", status_code=302), 500, "InternalServerError"),
        (ActionProblem(code="rejected", message="odd", status_code=0), 500, "InternalServerError"),
    ],
)
async def test_our_choice_a_failed_api_call_answers_with_the_errors_status(
    world: Any, written_api: Written, problem: ActionProblem, status: int, name: str
) -> None:
    world.answers["s.Lead.CREATE"] = problem
    reply = await world.ask(written_api(CALL + ANSWER), {"name": "Ada"})

    assert reply.status_code == status
    assert reply.body == {"error": {"statusCode": status, "name": name, "message": problem.message}}
    assert (reply.failure.node, reply.failure.code) == ("Make", problem.code)


async def test_a_catch_sees_the_error_and_the_trigger_but_no_node(world: Any, written: Written) -> None:
    world.answers["s.Lead.CREATE"] = DOWN
    await world.send(written(CALL, catch=CATCH), {"name": "Ada"})

    assert world.calls[-1].input == {"text": "the application is down|Make|503|s|unavailable|Ada|"}
    assert [line.level for line in world.lines] == ["error"]


async def test_an_error_as_text_is_json(world: Any, written: Written) -> None:
    world.answers["s.Lead.CREATE"] = DOWN
    mappings = "[{logMessage: {template: '{{$errorDetails}}!'}}]"
    catch = f"- logging: {{name: L, map: {{input(errorDetails), mappings: {mappings}}}}}"
    await world.send(written(CALL, catch=catch))

    assert world.lines[-1].message.startswith('{"code":"unavailable","message":"the application is down",')


async def test_a_catch_may_answer_an_api_call(world: Any, written_api: Written) -> None:
    world.answers["s.Lead.CREATE"] = DOWN
    answer = (
        "- response: {name: r, reply-maps: [{status-code: 400, map: "
        "{input(errorDetails), mappings: [{number: {template: '{{$errorDetails.message}}'}}]}}]}"
    )
    reply = await world.ask(written_api(CALL + ANSWER, catch=answer), {"name": "Ada"})

    assert (reply.status_code, reply.body) == (400, {"number": "the application is down"})


async def test_our_choice_a_catch_without_a_response_leaves_the_error_as_the_answer(
    world: Any, written_api: Written
) -> None:
    world.answers["s.Lead.CREATE"] = DOWN
    reply = await world.ask(written_api(CALL + ANSWER, catch=CATCH), {"name": "Ada"})

    assert (reply.status_code, len(world.calls)) == (503, 2)


async def test_a_failing_catch_fails_the_flow(world: Any, written: Written) -> None:
    world.answers |= {
        "s.Lead.CREATE": DOWN,
        "slack.message.CREATE": ActionProblem(code="rejected", message="no"),
    }
    with pytest.raises(FlowFailed) as failed:
        await world.send(written(CALL, catch=CATCH), {"name": "Ada"})

    assert failed.value.details.node == "Tell"


@pytest.mark.parametrize(
    "text", ["($f := function($n) { $f($n + 1) + 1 }; $f(1))", "[1..100000].([1..100000])"]
)
async def test_a_hostile_expression_fails_its_flow_while_the_neighbour_goes_on(
    world: Any, written: Written, text: str
) -> None:
    loop = """
    - for-each:
        name: L
        source: {expression: '[1..50]'}
        assembly: {$ref: '#/integration/assemblies/body'}
    """
    body = "- logging: {name: X, map: {mappings: [{logMessage: {expression: '%s'}}]}}"
    hostile = read_flow(written(loop, assemblies={"body": body % text}), file="hostile")
    healthy = read_flow(written(CALL), file="healthy")
    longest, done = 0.0, asyncio.Event()

    async def neighbour() -> None:
        nonlocal longest
        while not done.is_set():
            started = time.perf_counter()
            await run_event(healthy, {"name": "x"}, world.execution())
            longest = max(longest, time.perf_counter() - started)

    task = asyncio.create_task(neighbour())
    started = time.process_time()
    await run_event(hostile, {}, world.execution())
    done.set()
    await task

    assert all("failed" in line.message for line in world.lines)
    assert len(world.lines) == 50
    assert time.process_time() - started < 20
    assert longest < 6
