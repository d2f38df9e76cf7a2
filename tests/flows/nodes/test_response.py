"""response: the answer of an API flow."""

from collections.abc import Callable
from typing import Any

import pytest

Written = Callable[..., str]

RESPONSE = """
- create-action: {name: Make, target: a.b.CREATE}
- response:
    name: response-1
    reply-maps:
      - title: Made
        status-code: %s
        map:
          input(Make = #/node-output/Make/response/payload, M = #/node-output/Make/response, Request)
          mappings: %s
"""


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        ("'201'", 201),
        ("202", 202),
        ("' 200 '", 200),
        ("'$M.\"status-code\" '", 200),
        ("'$Request.code'", 418),
    ],
)
async def test_the_status_is_digits_or_an_expression(
    world: Any, written_api: Written, status: str, expected: int
) -> None:
    reply = await world.ask(written_api(RESPONSE % (status, "[{number: {template: x}}]")), {"code": 418})

    assert (reply.status_code, reply.body) == (expected, {"number": "x"})


@pytest.mark.parametrize("code", [None, "ok", 99, 700, {"a": 1}, "200abc"])
async def test_a_status_that_is_none_is_a_failure_of_the_flow(
    world: Any, written_api: Written, code: Any
) -> None:
    reply = await world.ask(written_api(RESPONSE % ("'$Request.code'", "[]")), {"code": code})

    assert reply.status_code == 500
    assert reply.failure.code == "status_code"


async def test_a_number_in_a_property_declared_as_text_becomes_its_text(
    world: Any, written_api: Written
) -> None:
    mappings = """[{number: {template: '{{$Request.n}}'}}, {total: {template: '{{$Request.n}}'}},
            {lines: {foreach: {input: '[1]', iterator: i, mappings: [{sku: {template: '{{$Request.n}}'}}]}}},
            {other: {template: '{{$Request.n}}'}}, {missing: {template: '{{$Request.x}}'}}]"""
    reply = await world.ask(written_api(RESPONSE % ("200", mappings)), {"n": 5})

    assert reply.body == {"number": "5", "total": 5, "lines": [{"sku": "5"}], "other": 5}
