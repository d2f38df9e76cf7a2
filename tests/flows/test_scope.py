"""Which variables an expression sees, and what happens with those that name nothing."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockhouse.flows import Flow, read_flow

Written = Callable[..., str]

TWO = """
- retrieve-action: {name: Get lead!, target: salesforce.Lead.RETRIEVEALL}
- create-action:
    name: Send
    target: slack.message.CREATE
    map: {input(%s), mappings: [{text: {template: '{{%s}}'}}]}
"""


def flow_of(text: str) -> Flow:
    return read_flow(text, file="flow.yaml")


@pytest.mark.parametrize(
    ("inputs", "used", "expected", "codes"),
    [
        ("Got = #/node-output/Get lead!/response/payload", "$Got[0].Id", "1", []),
        ("M = #/node-output/Get lead!/response", '$M."status-code"', 200, []),
        ("M = #/block/For each/node-output/Get lead!/response", "$M.payload[1].Id", "2", []),
        ("Trigger", "$Trigger.who", "Ada", []),
        ("Whoever = #/trigger/payload", "$Whoever.who", "Ada", []),
        ("flowDetails", "$flowDetails.flowName", "A flow", []),
        # Rule 2: read by its squeezed name.
        ("", "$Trigger.who", "Ada", ["variable_undeclared"]),
        ("", "$Getlead[0].Id", "1", ["variable_undeclared"]),
        ("", '$GetleadMetadata."status-code"', 200, ["variable_undeclared"]),
        ("Getlead = #/node-output/Renamed/response/payload", "$Getlead[0].Id", "1", ["variable_reference"]),
        # Rule 3: nothing.
        ("Gone = #/node-output/Renamed/response/payload", "$Gone.Id", None, ["variable_unresolved"]),
        ("", "$Nobody.Id", None, ["variable_unresolved"]),
        ("Send = #/node-output/Send/response/payload", "$Send.Id", None, ["variable_unresolved"]),
        ("errorDetails", "$errorDetails.message", None, ["variable_unresolved"]),
        # Declared and not read: no word about it.
        ("Gone = #/node-output/Renamed/response/payload, Odd = #/what/ever", "'x'", "x", []),
    ],
)
async def test_a_variable_is_bound_as_declared_else_by_name_else_nothing(  # noqa: PLR0917 - a row of the table
    world: Any, written: Written, inputs: str, used: str, expected: Any, codes: list[str]
) -> None:
    flow = flow_of(written(TWO % (inputs, used.replace("'", "''"))))
    world.answers["salesforce.Lead.RETRIEVEALL"] = [{"Id": "1"}, {"Id": "2"}]

    await world.send(flow, {"who": "Ada"})

    assert world.inputs("text")[1:] == [expected]
    assert [each.code for each in flow.warnings] == codes
    assert all(each.line > 0 and each.column > 0 for each in flow.warnings)
    assert bool(flow.unresolved) == ("variable_unresolved" in codes)


async def test_nodes_inside_an_if_are_read_inside_it_and_by_its_output_only(
    world: Any, written: Written
) -> None:
    flow = flow_of(
        written(
            """
            - if:
                name: If
                branch:
                  - condition: {a: a}
                    execute:
                      - create-action: {name: Inside, target: a.b.CREATE}
                      - create-action:
                          name: Next
                          target: a.b.CREATE
                          map: {INPUT, mappings: [{text: {template: '{{$Inner.Id}}'}}]}
                    map: {INPUT, mappings: [{id: {template: '{{$Inner.Id}}'}}]}
                else: {execute: []}
                output-schema: {type: object}
            - create-action:
                name: After
                target: a.b.CREATE
                map: {INPUT, mappings: [{text: {template: '{{$Inner.Id}}|{{$If.id}}'}}]}
            """.replace(
                "INPUT",
                "input(Inner = #/block/If/node-output/Inside/response/payload, "
                "If = #/node-output/If/response/payload)",
            )
        )
    )

    await world.send(flow)

    assert world.inputs("text") == [None, "new", "|new"]
    assert [each.code for each in flow.warnings] == ["variable_unresolved"]


def test_variables_of_the_published_flows_resolve_but_for_those_edited_by_hand(shared: Path) -> None:
    odd = set()
    for path in (shared / "corpus/flows").glob("*.yaml"):
        flow = flow_of(path.read_text())
        if any(each.code.startswith("variable") for each in flow.warnings):
            odd.add(path.stem)

    # The corpus' own README counts 36 that name an undeclared variable or a node that is not there.
    assert 36 <= len(odd) <= 38


async def test_a_node_may_have_the_name_of_a_function(world: Any, written: Written) -> None:
    flow = flow_of(
        written(
            """
            - set-variable: {name: count, map: {input(Trigger), mappings: [{variable: {mappings: [{n: {expression: $count($Trigger.list)}}]}}]}}
            - create-action:
                name: A
                target: a.b.CREATE
                map: {input(count = #/node-output/count/response/payload, Trigger), mappings: [{text: {template: '{{$count.variable.n}} of {{$count($Trigger.list)}}'}}]}
            """  # noqa: E501 - two nodes
        )
    )
    await world.send(flow, {"list": [7, 8]})

    assert world.inputs("text") == ["2 of 2"]
    assert flow.warnings == ()
