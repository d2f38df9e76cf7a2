"""Flows as a person reads them."""

from collections.abc import Callable

import pytest

from lockhouse.flows import read_flow
from lockhouse.flows.outline import condition_text, outline

Written = Callable[..., str]


@pytest.mark.parametrize(
    ("condition", "text"),
    [
        ({"{{$a.b}}": "open"}, "$a.b = open"),
        ({"{{$a}}": {"neq": ""}, "hashKey": "object:7"}, "$a ≠ empty"),
        ({"and": [{"{{$a}}": {"gt": "5"}}, {"{{$b}}": {"lte": "{{$c}}"}}]}, "$a > 5 and $b ≤ $c"),
        ({"or": [{"x": "y"}, {"{{$a}} {{$b}}": {"contains": "z"}}]}, "x = y or {{$a}} {{$b}} contains z"),
        ("odd", ""),
    ],
)
def test_a_condition_is_a_line(condition: object, text: str) -> None:
    assert condition_text(condition) == text


def test_an_outline_has_a_start_for_each_operation_and_its_nodes(written_api: Written) -> None:
    flow = read_flow(
        written_api("- response: {name: Answer, reply-maps: [{status-code: '201', map: {mappings: []}}]}"),
        file="f",
    )
    (start,) = outline(flow)

    assert (start.title, start.detail, start.catch) == ("create", "POST /Orders", None)
    assert [(node.kind, node.name, node.detail) for node in start.nodes] == [("response", "Answer", "201")]
