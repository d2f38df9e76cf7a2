"""What is too much to be written out is refused, before it is."""

from typing import Any

import pytest

from lockhouse.jsonata import ExpressionFailed, judge_extent


def nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": value}
    return value


def doubled(times: int) -> Any:
    value: Any = "x"
    for _ in range(times):
        value = [value, value]
    return value


@pytest.mark.parametrize("value", [None, 1, "x" * 1000, [], nested(300), doubled(18), [{}] * 100_000])
def test_what_can_be_written_is_let_pass(value: Any) -> None:
    judge_extent(value)


@pytest.mark.parametrize(
    "value",
    [nested(302), nested(100_000), doubled(40), ["x" * 1_000_000] * 100, [[1] * 100_000] * 100_000],
    ids=["deep", "very deep", "doubled", "texts", "lists"],
)
def test_what_is_too_much_is_refused(value: Any) -> None:
    with pytest.raises(ExpressionFailed) as refused:
        judge_extent(value)

    assert refused.value.code == "budget"
