"""if: which branch runs, what it gives, how it ends the flow."""

# ruff: noqa: E501 - rows of tables and of documents

from collections.abc import Callable
from typing import Any

import pytest

from lockhouse.flows import FlowFailed

Written = Callable[..., str]

SAY = "- create-action: {name: %s, target: a.b.CREATE, map: {mappings: [{say: {template: %s}}]}}"


def two_branches(schema: str, one: str = "", two: str = "", otherwise: str = "") -> str:
    return f"""
- if:
    name: If
    input(Trigger)
    branch:
      - condition: {{'{{{{$Trigger.n}}}}': {{gt: '10'}}}}
        execute:
          {SAY % ("One", "one")}
        {one}
      - condition: {{'{{{{$Trigger.n}}}}': {{gt: '5'}}}}
        execute:
          {SAY % ("Two", "two")}
        {two}
    else:
      execute:
        {SAY % ("Else", "else")}
      {otherwise}
    output-schema: {schema}
- create-action:
    name: After
    target: a.b.CREATE
    map:
      input(If = #/node-output/If/response/payload)
      mappings: [{{say: {{template: 'after {{{{$If}}}}'}}}}]
"""


@pytest.mark.parametrize(("n", "said"), [(11, "one"), (6, "two"), (5, "else"), (None, "else")])
async def test_the_first_branch_that_holds_runs_else_the_else(
    world: Any, written: Written, n: int | None, said: str
) -> None:
    await world.send(written(two_branches("{}")), {"n": n})

    assert world.inputs("say") == [said, "after "]


@pytest.mark.parametrize(("n", "output"), [(11, '{"got":"new"}'), (6, "{}"), (5, '{"got":"5"}')])
async def test_the_output_is_the_taken_branchs_map_and_our_choice_empty_without_one(
    world: Any, written: Written, n: int, output: str
) -> None:
    text = two_branches(
        "{type: object, properties: {got: {type: string}}}",
        one="map: {input(One = #/block/If/node-output/One/response/payload),"
        " mappings: [{got: {template: '{{$One.Id}}'}}]}",
        otherwise="map: {input(Trigger), mappings: [{got: {template: '{{$Trigger.n}}'}}]}",
    )
    await world.send(written(text), {"n": n})

    assert world.inputs("say")[-1] == f"after {output}"


async def test_the_output_has_the_types_that_its_schema_declares(world: Any, written: Written) -> None:
    text = two_branches(
        "{type: object, properties: {n: {type: string}, m: {type: number}}}",
        one="map: {input(Trigger), mappings: [{n: {template: '{{$Trigger.n}}'}}, {m: {expression: $Trigger.n}}]}",
    )
    await world.send(written(text), {"n": 11})

    assert world.inputs("say")[-1] == 'after {"n":"11","m":11}'


END = (
    "completion-action: {terminate: {%s:"
    " {message: 'stopped at {{$Trigger.n}}', status-code: %s, input(Trigger)}}}"
)


async def test_info_ends_the_flow_well(world: Any, written: Written) -> None:
    await world.send(written(two_branches("{}", one=END % ("info", 200))), {"n": 11})

    assert world.inputs("say") == ["one"]
    assert [(line.level, line.message) for line in world.lines] == [("info", "stopped at 11")]


async def test_error_ends_the_flow_as_failed(world: Any, written: Written) -> None:
    with pytest.raises(FlowFailed) as failed:
        await world.send(written(two_branches("{}", one=END % ("error", 404))), {"n": 11})

    assert world.inputs("say") == ["one"]
    assert (failed.value.details.code, failed.value.details.status_code) == ("terminated", 404)
    assert failed.value.details.message == "stopped at 11"


@pytest.mark.parametrize(
    ("kind", "status", "expected"),
    [
        ("info", 200, (200, {"message": "stopped at 11"})),
        (
            "error",
            400,
            (400, {"error": {"statusCode": 400, "name": "BadRequest", "message": "stopped at 11"}}),
        ),
    ],
)
async def test_our_choice_an_api_flow_that_is_ended_answers_with_message_and_status(
    world: Any, written_api: Written, kind: str, status: int, expected: tuple[int, Any]
) -> None:
    reply = await world.ask(written_api(two_branches("{}", one=END % (kind, status))), {"n": 11})

    assert (reply.status_code, reply.body) == expected
    assert (reply.failure is None) == (kind == "info")


@pytest.mark.parametrize(("kind", "outputs"), [("info", 3), ("error", 1)])
async def test_our_choice_inside_a_loop_only_the_turn_is_ended(
    world: Any, written: Written, kind: str, outputs: int
) -> None:
    loop = """
    - for-each:
        name: L
        source: {expression: $Trigger.all, input(Trigger)}
        assembly: {$ref: '#/integration/assemblies/body'}
        continue-on-error: true
        map: {mappings: [{output: {template: x}}]}
    - create-action:
        name: Last
        target: a.b.CREATE
        map: {input(L = #/node-output/L/response/payload), mappings: [{n: {expression: $count($L)}}]}
    """
    body = two_branches("{}", one=END % (kind, 400)).replace("$Trigger.n", "$Litem")
    await world.send(written(loop, assemblies={"body": body}), {"all": [11, 6, 12]})

    assert world.inputs("say") == ["one", "two", "after ", "one", None]
    assert world.inputs("n")[-1] == outputs
