"""Templates of manifests: what their expressions see."""

import pytest

from lockhouse.connectors.templates import compile_formula, compile_value

SCOPE = {"filter": "a:b", "where": {"parent": "p"}, "size": 5}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("{{$filter}}", "a:b"),
        ("({{$filter}})", "(a:b)"),
        ("{{$filter & ' and x'}}", "a:b and x"),
        ("{{$contains($filter, ':') ? $where.parent : 'none'}}", "p"),
        ("{{$replace($where.parent, 'p', 'q') & $filter}}", "qa:b"),
        ("{{$filter([1, 5], function($n) { $n = $size })}}", 5),
    ],
)
def test_the_filter_is_no_function_unless_it_is_called(text: str, value: object) -> None:
    assert compile_value(text)(SCOPE) == value
    assert compile_formula("$filter & ''")(SCOPE) == "a:b"
