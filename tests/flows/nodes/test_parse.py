"""parse: JSON, CSV and XML text become values."""

from collections.abc import Callable
from typing import Any

import pytest

from lockhouse.flows import FlowFailed

Written = Callable[..., str]


async def parsed(world: Any, written: Written, kind: str, text: Any, more: str = "") -> Any:
    await world.send(
        written(
            f"""
            - parse: {{name: P, parse-format: {kind}, source: {{template: ' {{{{$Trigger.text}}}} ', input(Trigger)}}, sample-data: x{more}}}
            - create-action: {{name: A, target: a.b.CREATE, map: {{input(P = #/node-output/P/response/payload), mappings: [{{v: {{expression: $P}}}}]}}}}
            """  # noqa: E501 - two nodes
        ),
        {"text": text},
    )
    return world.calls[0].input.get("v")


HEADER = ", options: {csv-header: true}"


@pytest.mark.parametrize(
    ("kind", "more", "text", "expected"),
    [
        ("json", "", '{"a": [1, 2.5, null, "é"]}', {"a": [1, 2.5, None, "é"]}),
        ("json", "", " 5 ", 5),
        ("json", "", {"a": 1}, {"a": 1}),
        ("json", "", [1], [1]),
        ("csv", HEADER, "a,b\n1,x y\n", [{"a": "1", "b": "x y"}]),
        ("csv", HEADER, 'a,b\r\n"1,5","say ""hi""\r\nyou"\r\n', [{"a": "1,5", "b": 'say "hi"\r\nyou'}]),
        ("csv", "", "1,x\n2,", [{"field1": "1", "field2": "x"}, {"field1": "2", "field2": ""}]),
        ("csv", HEADER, "a,b\n1\n1,2,3\n", [{"a": "1"}, {"a": "1", "b": "2", "field3": "3"}]),
        ("csv", HEADER, "a,b\n", []),
        ("csv", "", "", []),
        ("csv", HEADER, "a\n" + "x" * 200_000, [{"a": "x" * 200_000}]),
    ],
)  # fmt: skip
async def test_text_becomes_a_value(  # noqa: PLR0917 - a row of the table
    world: Any, written: Written, kind: str, more: str, text: Any, expected: Any
) -> None:
    assert await parsed(world, written, kind, text, more) == expected


async def test_our_choice_columns_of_csv_are_text_unless_the_schema_types_them(
    world: Any, written: Written
) -> None:
    types = "{a: {type: integer}, b: {type: number}, c: {type: boolean}, d: {type: string}}"
    more = f", options: {{csv-header: true}}, output-schema: {{type: array, items: {{properties: {types}}}}}"

    found = await parsed(world, written, "csv", "a,b,c,d,e\n7,2.5,TRUE,8,9\nx,nan,z,,\n", more)

    assert found == [
        {"a": 7, "b": 2.5, "c": True, "d": "8", "e": "9"},
        {"a": "x", "b": "nan", "c": "z", "d": "", "e": ""},
    ]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("<a>1</a>", {"a": "1"}),
        ("<a><b>1</b><b>2</b><c/></a>", {"a": {"b": ["1", "2"], "c": ""}}),
        ("<a id='7'>x &amp; y<b/></a>", {"a": {"@id": "7", "b": "", "#text": "x & y"}}),
        ("<a><![CDATA[<x>]]></a>", {"a": "<x>"}),
    ],
)
async def test_our_choice_xml_becomes_objects(world: Any, written: Written, text: str, expected: Any) -> None:
    assert await parsed(world, written, "xml", text) == expected


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("json", "{'a': 1}"),
        ("json", None),
        ("json", '{"a": 1, "a": 2}'),
        ("json", "[" * 5000),
        ("csv", 'a,"b'),
        ("csv", "," * 1_000_001),
        ("xml", "<a><b></a>"),
        ("xml", "no xml"),
        ("xml", '<!DOCTYPE a [<!ENTITY x "boom"><!ENTITY y "&x;&x;">]><a>&y;</a>'),
        ("xml", '<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>'),
        ("xml", "<a>" * 200 + "</a>" * 200),
    ],
)
async def test_text_of_another_format_fails_the_node(
    world: Any, written: Written, kind: str, text: Any
) -> None:
    with pytest.raises(FlowFailed) as failed:
        await parsed(world, written, kind, text)

    assert (failed.value.details.code, failed.value.details.node) == ("parse_failed", "P")
    assert world.calls == []
