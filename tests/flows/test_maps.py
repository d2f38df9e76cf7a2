"""What a map builds (flow-document.md, sections 6 and 7)."""

# ruff: noqa: E501 - rows of tables and of documents

from collections.abc import Callable
from typing import Any

import pytest

from lockhouse.flows import FlowFailed, read_flow

Written = Callable[..., str]

PAYLOAD = {
    "n": 5, "f": 2.0, "yes": True, "none": None, "text": "héllo", "empty": [],
    "list": [{"a": 1}, {"a": 2, "b": "x"}],
    "words": ["x", "y"], "one": {"a": 9},
}  # fmt: skip


async def built(world: Any, written: Written, mappings: str, more: str = "") -> dict[str, Any]:
    text = written(
        "- create-action: {name: A, target: a.b.CREATE, map: {"
        f"input(Trigger), mappings: {mappings}{more}}}}}"
    )
    await world.send(text, PAYLOAD)
    return dict(world.calls[0].input)


@pytest.mark.parametrize(
    ("mappings", "expected"),
    [
        ("[]", {}),
        # template: rules 1 to 4
        ("[{a: {template: '0'}}, {b: {template: 12}}]", {"a": "0", "b": "12"}),
        ("[{a: {template: true}}]", {"a": "true"}),
        ("[{a: {template: 'n={{$Trigger.n}} '}}]", {"a": "n=5 "}),
        ("[{a: {template: '{{$Trigger.n}}'}}, {b: {template: '{{$Trigger.yes}}'}}]", {"a": 5, "b": True}),
        ("[{a: {template: '{{$Trigger.f}}'}}]", {"a": 2}),
        ("[{a: {template: '{{$Trigger.missing}}'}}, {b: {template: x}}]", {"b": "x"}),
        ("[{a: {template: '{{$Trigger.none}}'}}]", {"a": None}),
        ("[{a: {template: '{{$Trigger.missing}} '}}]", {"a": " "}),
        ("[{a: {template: '{{$Trigger.list}}'}}]", {"a": PAYLOAD["list"]}),
        ("[{a: {template: '{{$Trigger.words}}!'}}]", {"a": '["x","y"]!'}),
        # expression
        ("[{a: {expression: '$Trigger.n + 1 '}}]", {"a": 6}),
        ("[{a: {expression: '[1, \"b\", true]'}}]", {"a": [1, "b", True]}),
        ("[{a: {expression: '$Trigger.missing'}}]", {}),
        # names are whole
        ("[{'a.b[0]': {template: x}}, {'with blank': {template: y}}]", {"a.b[0]": "x", "with blank": "y"}),
        ("[{a: {template: x}}, {a: {template: y}}]", {"a": "y"}),
        # nested
        ("[{a: {mappings: [{b: {mappings: [{c: {template: x}}]}}]}}]", {"a": {"b": {"c": "x"}}}),
        ("[{a: {mappings: [{b: {template: '{{$Trigger.missing}}'}}]}}]", {"a": {}}),
        (
            "[{a: {expression: '$Trigger.one', mappings: [{b: {template: x}}]}}]",
            {"a": {"a": 9, "b": "x"}},
        ),
        ("[{a: {expression: '$Trigger.one', mappings: [{a: {template: x}}]}}]", {"a": {"a": "x"}}),
        ("[{a: {expression: '$Trigger.n', mappings: [{b: {template: x}}]}}]", {"a": {"b": "x"}}),
        # old and odd forms
        ("[{a: {assign: {b: [1]}}}]", {"a": {"b": [1]}}),
        ("[{a: template}, {b: {}}, {c: {template: x}}]", {"c": "x"}),
        ("[{a: {format: {type: sql}, template: 'select {{$Trigger.n}}'}}]", {"a": "select 5"}),
    ],
)  # fmt: skip
async def test_a_map_builds_its_targets_in_order(
    world: Any, written: Written, mappings: str, expected: dict[str, Any]
) -> None:
    found = await built(world, written, mappings)

    assert found == expected
    assert list(found) == list(expected)
    assert {name: type(value) for name, value in found.items()} == {
        name: type(value) for name, value in expected.items()
    }


def test_values_in_sql_are_told_as_a_risk(written: Written) -> None:
    map_of = "- create-action: {name: A, target: a.b.CREATE, map: {input(Trigger), mappings: [{sql: {format: {type: sql}, template: '%s'}}]}}"

    def codes(text: str) -> list[str]:
        return [each.code for each in read_flow(written(map_of % text), file="flow.yaml").warnings]

    assert codes("select {{$Trigger.n}}") == ["sql_plain_values"]
    assert codes("select 1") == []


ROWS = "[{rows: {foreach: {input: '%s', iterator: rowsItem, mappings: [{v: {template: '{{$rowsItem.a}}'}}, {n: {expression: $Trigger.n}}]}}}]"


@pytest.mark.parametrize(
    ("source", "values"),
    [
        ("$Trigger.list", [1, 2]),
        ("$Trigger.list[a=2]", [2]),
        ("$Trigger.one", [9]),
        ("$Trigger.words", [None, None]),
        ("$Trigger.missing", []),
        ("$Trigger.none", []),
        ("$Trigger.empty", []),
        ("[{}]", [None]),
        ("[1]", [None]),
        ("[0]", [None]),
        ('[""]', [None]),
        ("{}", [None]),
        ('[{"a": 7}, {"a": 8}]', [7, 8]),
    ],
)
async def test_a_foreach_builds_an_object_for_each_element(
    world: Any, written: Written, source: str, values: list[Any]
) -> None:
    found = await built(world, written, ROWS % source)

    assert [row.get("v") for row in found["rows"]] == values
    assert all(row["n"] == 5 for row in found["rows"])


async def test_our_choice_a_constant_without_elements_is_one_empty_element(
    world: Any, written: Written
) -> None:
    assert (await built(world, written, ROWS % "[]"))["rows"] == [{"n": 5}]


async def test_foreach_nests_and_outer_items_stay_visible(world: Any, written: Written) -> None:
    both = "[{both: {template: '{{$outItem.a}}{{$inItem}}'}}]"
    inner = f"{{foreach: {{input: $Trigger.words, iterator: inItem, mappings: {both}}}}}"
    found = await built(
        world,
        written,
        f"[{{out: {{foreach: {{input: $Trigger.list, iterator: outItem, mappings: [{{in: {inner}}}, {{a: {{template: '{{{{$outItem.a}}}}'}}}}]}}}}}}, {{after: {{template: '{{{{$outItem.a}}}}'}}}}]",
    )

    assert found == {
        "out": [
            {"in": [{"both": "1x"}, {"both": "1y"}], "a": 1},
            {"in": [{"both": "2x"}, {"both": "2y"}], "a": 2},
        ]
    }


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (
            "{includeHeaders: true, headerOrder: [v, w], eol: LF, alwaysQuotes: false}",
            'v,w\n1,"a ""b"", c"\n2,\n',
        ),
        ("{includeHeaders: false, headerOrder: [w, v], eol: LF}", '"a ""b"", c",1\n,2\n'),
        ("{includeHeaders: true, headerOrder: [v], eol: CRLF, alwaysQuotes: true}", '"v"\r\n"1"\r\n"2"\r\n'),
        ("{}", 'v,w\n1,"a ""b"", c"\n2,\n'),
    ],
)
async def test_csv_is_written_with_its_options(
    world: Any, written: Written, options: str, expected: str
) -> None:
    rows = '[{"v": 1, "w": "a \\"b\\", c"}, {"v": 2}]'
    mappings = "[{v: {template: '{{$csvItem.v}}'}}, {w: {template: '{{$csvItem.w}}'}}]"
    found = await built(
        world,
        written,
        f"[{{csv: {{format: {{type: csv, options: {options}}}, foreach: {{input: '{rows}', iterator: csvItem, mappings: {mappings}}}}}}}]",
    )

    assert found["csv"] == expected.rstrip("\r\n")


async def test_a_number_in_a_field_declared_as_text_becomes_its_text(world: Any, written: Written) -> None:
    schemas = (
        ", customSchemas: {'properties.`headers`':"
        " {type: object, properties: {a: {type: string}, b: {type: number}}},"
        " 'properties.`rows`.items.properties.`s`': {type: string}}"
    )
    found = await built(
        world,
        written,
        "[{headers: {mappings: [{a: {template: '{{$Trigger.n}}'}}, {b: {template: '{{$Trigger.n}}'}}]}},"
        " {rows: {foreach: {input: '[1]', iterator: i, mappings: [{s: {template: '{{$Trigger.yes}}'}}]}}}]",
        schemas,
    )

    assert found == {"headers": {"a": "5", "b": 5}, "rows": [{"s": "true"}]}


async def test_a_list_in_a_field_declared_as_text_stays_a_list(world: Any, written: Written) -> None:
    found = await built(
        world,
        written,
        "[{a: {template: '{{$Trigger.words}}'}}, {b: {template: '{{$Trigger.words}}'}}, {c: {template: '{{$Trigger.none}}'}}]",
        ", customSchemas: {'properties.`a`': {type: string}, 'properties.`c`': {type: string}}",
    )

    assert found == {"a": ["x", "y"], "b": ["x", "y"], "c": None}


async def test_a_failing_expression_fails_its_node(world: Any, written: Written) -> None:
    with pytest.raises(FlowFailed) as failed:
        await built(world, written, "[{a: {expression: '$Trigger.text + 1'}}]")

    assert failed.value.details.code == "expression_failed"
    assert failed.value.details.node == "A"
    assert world.calls == []


LONG = "x" * 1_000_000
FIELDS = ", ".join(f"{{f{number}: {{template: '{{{{$i}}}}'}}}}" for number in range(50))
NAMES = "{{$Trigger.name}}" * 1000


@pytest.mark.parametrize(
    "mappings",
    [
        "[{rows: {foreach: {input: $Trigger.many, iterator: i, mappings: [{t: {template: 'Dear {{$Trigger.name}}'}}]}}}]",
        f"[{{rows: {{foreach: {{input: $Trigger.many, iterator: i, mappings: [{FIELDS}]}}}}}}]",
        "[{csv: {format: {type: csv}, foreach: {input: $Trigger.many, iterator: i, mappings: [{t: {expression: $Trigger.name}}]}}}]",
        f"[{{t: {{template: '{NAMES}'}}}}]",
    ],
    ids=["texts", "fields", "csv", "one text"],
)
async def test_what_a_payload_makes_of_a_map_is_bounded(world: Any, written: Written, mappings: str) -> None:
    flow = written(
        f"- create-action: {{name: A, target: a.b.CREATE, map: {{input(Trigger), mappings: {mappings}}}}}"
    )
    with pytest.raises(FlowFailed) as failed:
        await world.send(flow, {"name": LONG, "many": list(range(100_000))})

    assert failed.value.details.code == "budget"
    assert world.calls == []


@pytest.mark.parametrize("target", ["{expression: $S40}", "{template: 'all: {{$S40}}'}"])
async def test_variables_that_double_each_other_do_not_grow_without_end(
    world: Any, written: Written, target: str
) -> None:
    doubling = "".join(
        f"- set-variable: {{name: S{number}, map: {{input(S{number - 1} = #/node-output/S{number - 1}/response/payload),"
        f" mappings: [{{a: {{expression: $S{number - 1}}}}}, {{b: {{expression: $S{number - 1}}}}}]}}}}\n"
        for number in range(1, 41)
    )
    flow = written(
        "- set-variable: {name: S0, map: {mappings: [{a: {template: x}}]}}\n"
        + doubling
        + "- create-action: {name: A, target: a.b.CREATE, map: {input(S40 = #/node-output/S40/response/payload),"
        f" mappings: [{{all: {target}}}]}}}}"
    )
    with pytest.raises(FlowFailed) as failed:
        await world.send(flow)

    assert failed.value.details.code == "budget"
    assert world.calls == []
