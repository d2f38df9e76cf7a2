"""Conditions of an `if`, and filters."""

from collections.abc import Callable
from typing import Any

import pytest

Written = Callable[..., str]

PAYLOAD = {
    "status": "open", "n": 204, "text_n": "204", "f": 2.50, "yes": True, "no": False, "none": None,
    "blank": "",     "list": ["a"], "empty": [], "two": ["a", "b"], "object": {"a": 1},
    "date": "2024-03-14T12:00:00Z", "word": "10x",
}  # fmt: skip

IF = """
- if:
    name: If
    input(Trigger)
    branch:
      - condition: %s
        execute:
          - create-action: {name: Held, target: a.b.CREATE}
    else: {execute: []}
"""


async def holds(world: Any, written: Written, condition: str) -> bool:
    await world.send(written(IF % condition), PAYLOAD)
    return len(world.calls) == 1


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("{'{{$Trigger.status}}': open}", True),
        ("{'{{$Trigger.status}}': Open}", False),
        ("{'{{$Trigger.status}} ': ' open '}", True),
        ("{'{{$Trigger.status}}': {'=': open}}", True),
        ("{'{{$Trigger.status}}': {neq: open}}", False),
        ("{'{{$Trigger.status}}': {neq: closed}}", True),
        # Both look like numbers: compared as numbers.
        ("{'{{$Trigger.n}}': '204'}", True),
        ("{'{{$Trigger.text_n}}': '204.0'}", True),
        ("{'{{$Trigger.f}}': '2.5'}", True),
        ("{'{{$Trigger.n}}': {gt: '99'}}", True),
        ("{'{{$Trigger.n}}': {gte: '204'}}", True),
        ("{'{{$Trigger.n}}': {lt: '1e3'}}", True),
        ("{'{{$Trigger.n}}': {lte: '-5'}}", False),
        ("{'9': {lt: '10'}}", True),
        # Otherwise as text.
        ("{'{{$Trigger.word}}': {lt: '9'}}", True),
        ("{'{{$Trigger.date}}': {gt: '2024-03-13T23:59:59Z'}}", True),
        ("{'{{$Trigger.date}}': {lt: '2024-03-13T23:59:59Z'}}", False),
        ("{'{{$Trigger.yes}}': 'true'}", True),
        ("{'{{$Trigger.no}}': 'false'}", True),
        ("{'{{$isNull($Trigger.none)}}': 'true'}", True),
        ("{'{{$isNull($Trigger.missing)}}': 'true'}", True),
        ("{'{{$isNull($Trigger.n)}}': 'false'}", True),
        # The right side may be a template.
        ("{'{{$Trigger.n}}': '{{$Trigger.text_n}}'}", True),
        ("{'{{$Trigger.missing}}': '{{$Trigger.absent}}'}", True),
        # A constant left side is compared as it stands.
        ("{a: a}", True),
        ("{'': ''}", True),
        ("{'': {neq: ''}}", False),
        # and, or, and what the editor left behind
        ("{and: [{'{{$Trigger.n}}': {gt: '1'}, hashKey: 'object:7'}, {'{{$Trigger.status}}': open}]}", True),
        ("{and: [{'{{$Trigger.n}}': {gt: '1'}}, {'{{$Trigger.status}}': closed}]}", False),
        ("{or: [{'{{$Trigger.n}}': {gt: '999'}}, {'{{$Trigger.status}}': open}]}", True),
        ("{or: [{'{{$Trigger.n}}': {gt: '999'}}, {'{{$Trigger.status}}': closed}]}", False),
        ("{and: [{or: [{a: b}, {a: a}]}, {'{{$Trigger.status}}': {neq: closed, hashKey: x}}]}", True),
        ("{'{{$Trigger.n}}': {gt: '1'}, hashKey: 'object:7'}", True),
        ("{'{{$Trigger.status}}': {contains: pe}}", True),
    ],
)
async def test_a_condition_compares_numbers_as_numbers_and_all_else_as_text(
    world: Any, written: Written, condition: str, expected: bool
) -> None:
    assert await holds(world, written, condition) is expected


@pytest.mark.parametrize(
    ("name", "is_empty"),
    [("missing", True), ("none", True), ("blank", True), ("empty", True), ("n", False), ("no", False),
     ("list", False), ("object", False)],
)  # fmt: skip
async def test_our_choice_empty_is_nothing_null_no_text_and_no_element(
    world: Any, written: Written, name: str, is_empty: bool
) -> None:
    left = f"'{{{{$Trigger.{name}}}}}'"

    assert await holds(world, written, f"{{{left}: ''}}") is is_empty
    world.calls.clear()
    assert await holds(world, written, f"{{{left}: {{neq: ''}}}}") is not is_empty


async def test_our_choice_a_list_is_compared_by_its_json_text(world: Any, written: Written) -> None:
    assert await holds(world, written, """{'{{$Trigger.two}}': '["a","b"]'}""")
    assert [line.level for line in world.lines] == ["warning"]
    world.calls.clear()
    assert not await holds(world, written, "{'{{$Trigger.two}}': a}")


FILTER = "- retrieve-action: {name: R, target: a.b.RETRIEVEALL, filter: {where: %s, input(Trigger)%s}}"


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{Email: '{{$Trigger.status}}'}", {"Email": "open"}),
        ("{n: '{{$Trigger.n}}', a: '12', b: 'id {{$Trigger.n}}'}", {"n": 204, "a": "12", "b": "id 204"}),
        ("{n: 5}", {"n": 5}),
        (
            "{and: [{a: {gt: '{{$Trigger.n}}'}}, {b: {contains: x}}]}",
            {"and": [{"a": {"gt": 204}}, {"b": {"contains": "x"}}]},
        ),
        ("{or: [{a: '1', hashKey: 'object:1'}, {b: '2'}]}", {"or": [{"a": "1"}, {"b": "2"}]}),
        ("{Id: '{{$Trigger.missing}}'}", {"Id": None}),
        ("{and: [{Id: {neq: '{{$Trigger.missing}}'}}]}", {"and": [{"Id": {"neq": None}}]}),
        ("{}", None),
    ],
)  # fmt: skip
async def test_a_filter_is_handed_over_in_the_documents_own_form(
    world: Any, written: Written, where: str, expected: Any
) -> None:
    world.answers["a.b.RETRIEVEALL"] = []
    await world.send(written(FILTER % (where, ", limit: 7")), PAYLOAD)

    assert world.calls[0].where == expected
    assert world.calls[0].limit == 7


async def test_our_choice_without_a_limit_ten_are_asked_for(world: Any, written: Written) -> None:
    await world.send(written(FILTER % ("{a: b}", "")), PAYLOAD)

    assert world.calls[0].limit == 10
