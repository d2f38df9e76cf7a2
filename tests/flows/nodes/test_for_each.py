"""for-each: turns, outputs, failures, several turns at a time."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest

from lockhouse.flows import FlowFailed
from lockhouse.wire.actions import ActionCall, ActionProblem, ActionResult

Written = Callable[..., str]

LOOP = """
- for-each:
    name: For each
    source: {expression: SOURCE, input(Trigger)}
    mode: MODE
    continue-on-error: CONTINUE
    display-name: item
    assembly: {$ref: '#/integration/assemblies/body'}
    map:
      input(Made = #/block/For each/node-output/Make/response/payload, It = #/block/For each/current-item)
      mappings: [{output: {mappings: [{id: {template: '{{$Made.Id}}'}}, {of: {template: '{{$It.n}}'}}]}}]
- create-action:
    name: After
    target: z.z.CREATE
    map: {input(All = #/node-output/For each/response/payload), mappings: [{ids: {expression: '$All.output.id'}}, {all: {expression: $All}}]}
"""  # noqa: E501 - one mapping
BODY = """
- create-action:
    name: Make
    target: a.b.CREATE
    map: {input(It = #/block/For each/current-item), mappings: [{n: {template: '{{$It.n}}'}}]}
"""


def loop(source: str = "$Trigger.items ", mode: str = "sequential", continues: bool = True) -> str:
    text = LOOP.replace("SOURCE", f"'{source}'").replace("MODE", mode)
    return text.replace("CONTINUE", "true" if continues else "false")


def made(call: ActionCall) -> Any:
    number = call.input.get("n")
    if number == 13:
        return ActionProblem(code="rejected", message="unlucky", status_code=422)
    return {"Id": f"id{number}"}


ITEMS = {"items": [{"n": 1}, {"n": 13}, {"n": 3}], "one": {"n": 7}}


@pytest.mark.parametrize("mode", ["sequential", "parallel"])
@pytest.mark.parametrize(
    ("source", "turns"),
    [
        ("$Trigger.items[n!=13]", [1, 3]),
        ("$Trigger.items[0]", [1]),
        ("$Trigger.one", [7]),
        ("$Trigger.missing", []),
        ("[]", []),
        ("[$Trigger.one, $Trigger.items[2]]", [7, 3]),
    ],
)
async def test_there_is_a_turn_for_each_item(
    world: Any, written: Written, mode: str, source: str, turns: list[int]
) -> None:
    world.answers["a.b.CREATE"] = made
    await world.send(written(loop(source, mode), assemblies={"body": BODY}), ITEMS)

    *calls, last = world.calls
    assert [call.input["n"] for call in calls] == turns
    assert last.input["all"] == [{"output": {"id": f"id{n}", "of": n}} for n in turns]


@pytest.mark.parametrize("mode", ["sequential", "parallel"])
async def test_a_turn_that_fails_is_logged_and_our_choice_left_out(
    world: Any, written: Written, mode: str
) -> None:
    world.answers["a.b.CREATE"] = made
    await world.send(written(loop(mode=mode), assemblies={"body": BODY}), ITEMS)

    assert world.calls[-1].input["ids"] == ["id1", "id3"]
    assert [(line.level, line.turn) for line in world.lines] == [("error", "For each[1]/")]
    assert "unlucky" in world.lines[0].message


@pytest.mark.parametrize(("mode", "turns"), [("sequential", 2), ("parallel", 3)])
async def test_without_continuing_the_first_failure_fails_the_flow(
    world: Any, written: Written, mode: str, turns: int
) -> None:
    world.answers["a.b.CREATE"] = made
    with pytest.raises(FlowFailed) as failed:
        await world.send(written(loop(mode=mode, continues=False), assemblies={"body": BODY}), ITEMS)

    assert (failed.value.details.node, failed.value.details.status_code) == ("Make", 422)
    assert len(world.calls) == turns


async def test_our_choice_parallel_turns_are_bounded_and_start_no_more_after_a_failure(
    world: Any, written: Written
) -> None:
    at_once, most = 0, 0

    async def call_action(call: ActionCall) -> ActionResult:
        nonlocal at_once, most
        at_once += 1
        most = max(most, at_once)
        for _ in range(10):
            await asyncio.sleep(0)
        at_once -= 1
        return ActionResult(payload={"Id": call.input.get("n")})

    world.call_action = call_action
    items = {"items": [{"n": number} for number in range(100)]}
    await world.send(written(loop(mode="parallel"), assemblies={"body": BODY}), items, parallel_turns=7)

    assert most == 7


async def test_loops_nest_and_inner_turns_see_outer_items(world: Any, written: Written) -> None:
    outer = """
    - for-each:
        name: Outer/1
        source: {expression: $Trigger.orders, input(Trigger)}
        assembly: {$ref: '#/integration/assemblies/lines'}
    """
    lines = """
    - for-each:
        name: Inner
        source: {expression: $Order.lines, input(Order = #/block/Outer/1/current-item)}
        assembly: {$ref: '#/integration/assemblies/line'}
    """
    line = """
    - create-action:
        name: Say
        target: a.b.CREATE
        map:
          input(Order = #/block/Outer/1/current-item, Line = #/block/Inner/current-item)
          mappings: [{n: {template: '{{$Order.id}}{{$Line}}'}}]
    """
    await world.send(
        written(outer, assemblies={"lines": lines, "line": line}),
        {"orders": [{"id": "a", "lines": [1, 2]}, {"id": "b"}, {"id": "c", "lines": 3}]},
    )

    assert world.inputs("n") == ["a1", "a2", "c3"]


async def test_a_turn_does_not_see_what_an_earlier_turn_made(world: Any, written: Written) -> None:
    body = """
    - if:
        name: If
        branch:
          - condition: {'{{$Foreachitem.n}}': '1'}
            execute: []
            map: {mappings: [{first: {template: yes}}]}
        else: {execute: []}
    - create-action:
        name: Make
        target: a.b.CREATE
        map: {input(Seen = #/block/For each/node-output/If/response/payload), mappings: [{n: {template: '{{$Seen.first}}'}}]}
    """  # noqa: E501 - one mapping
    await world.send(written(loop(), assemblies={"body": body}), {"items": [{"n": 1}, {"n": 2}]})

    assert world.inputs("n")[:2] == ["yes", None]


async def test_loops_within_loops_end_with_the_budget_of_the_run(world: Any, written: Written) -> None:
    def loop(name: str, body: str) -> str:
        source, ref = "{expression: $Trigger.many, input(Trigger)}", f"#/integration/assemblies/{body}"
        return f"- for-each: {{name: {name}, source: {source}, assembly: {{$ref: '{ref}'}}}}"

    flow = written(loop("A", "b"), assemblies={"b": loop("B", "c"), "c": loop("C", "d"), "d": ""})
    with pytest.raises(FlowFailed) as failed:
        await world.send(flow, {"many": list(range(5000))})

    assert failed.value.details.code == "budget"
    assert len(world.lines) == 0
