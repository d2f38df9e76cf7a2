"""What is expected of a run, and what differs."""

# ruff: noqa: E501 - rows of tables and of documents

from typing import Any

import pytest

from lockhouse.flows.expectations import differences

RUN: dict[str, Any] = {
    "status": "completed",
    "calls": [{"node": "A", "input": {"n": 1, "list": [1, 2]}, "filter": None, "output": {"Id": "7"}}],
    "response": {"status_code": 201, "body": {"a": True}},
    "log": [{"level": "info", "message": "hello", "node": "Log"}],
    "variables": ["b", "a"],
    "error": None,
}


@pytest.mark.parametrize(
    "expected",
    [
        {},
        {"status": "completed"},
        {"calls": [{"node": "A"}]},
        {"calls": [{"input": {"n": 1.0, "list": [1, 2]}}]},
        {"response": {"status_code": 201}},
        {"log": ["hello"]},
        {"log": [{"level": "info"}]},
        {"variables": ["a", "b"]},
        {"error": None},
    ],
)
def test_only_what_is_named_is_compared(expected: dict[str, Any]) -> None:
    assert differences(expected, RUN) == []


@pytest.mark.parametrize(
    ("expected", "said"),
    [
        ({"status": "failed"}, ['status: expected "failed", found "completed"']),
        ({"calls": []}, ["calls[0]: not expected: "]),
        ({"calls": [{}, {"node": "B"}]}, ['calls[1]: expected {"node":"B"}, there is none']),
        ({"calls": [{"input": {"n": 1}}]}, ["calls[0].input.list: not expected: [1,2]"]),
        ({"calls": [{"input": {"n": "1", "list": [1, 2]}}]}, ['calls[0].input.n: expected "1", found 1']),
        ({"calls": [{"input": {"n": True, "list": [2, 1]}}]},
         ["calls[0].input.list[0]: expected 2, found 1", "calls[0].input.list[1]: expected 1, found 2",
          "calls[0].input.n: expected true, found 1"]),
        ({"calls": [{"error": {"status_code": 500}}]}, ['calls[0].error: expected {"status_code":500}, there is none']),
        ({"response": None}, ["response: expected null, found "]),
        ({"response": {"body": {"a": 1}}}, ["response.body.a: expected 1, found true"]),
        ({"log": ["bye"]}, ['log[0]: expected "bye", found "hello"']),
        ({"variables": []}, ['variables: expected [], found ["a","b"]']),
        ({"error": {"code": "x"}}, ['error: expected {"code":"x"}, found null']),
    ],
)  # fmt: skip
def test_each_difference_says_where_it_is(expected: dict[str, Any], said: list[str]) -> None:
    found = sorted(differences(expected, RUN))

    assert len(found) == len(said)
    assert all(line.startswith(start) for line, start in zip(found, said, strict=True))
