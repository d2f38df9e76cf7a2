"""Operations of an API flow at the HTTP door."""

from collections.abc import Callable
from typing import Any

import pytest

from lockhouse.flows import BadRequest, MethodNotAllowed, NoSuchPath, find_operation, read_flow, read_request

Written = Callable[..., str]

CUSTOM = "methods: {close: {http: {verb: %s, path: %s}}}"


@pytest.mark.parametrize(
    ("operation", "more", "method", "path", "object_id"),
    [
        ("create", "MORE: {}", "POST", "/Orders", None),
        ("create", "MORE: {}", "POST", "/Orders/", None),
        ("retrieve", "MORE: {}", "GET", "/Orders/7", "7"),
        ("retrieve", "MORE: {}", "GET", "/Orders/a%2Fb%20c", "a/b c"),
        ("retrieveall", "MORE: {}", "GET", "/Orders", None),
        ("replace", "MORE: {}", "PUT", "/Orders/7", "7"),
        ("update", "MORE: {}", "PATCH", "/Orders/7", "7"),
        ("updateall", "MORE: {}", "PATCH", "/Orders", None),
        ("upsertwithwhere", "MORE: {}", "PUT", "/Orders", None),
        ("delete", "MORE: {}", "DELETE", "/Orders/7", "7"),
        ("close", CUSTOM % ("POST", "/close"), "POST", "/Orders/close", None),
        ("close", CUSTOM % ("POST", "/close"), "POST", "/Orders/7/close", "7"),
        ("close", CUSTOM % ("PUT", "'/:id/close'"), "PUT", "/Orders/7/close", "7"),
    ],
)
def test_our_choice_each_operation_has_a_path(  # noqa: PLR0917 - a row of the table
    written_api: Written, operation: str, more: str, method: str, path: str, object_id: str | None
) -> None:
    flow = read_flow(written_api("[]", operation=operation, more=more), file="f")
    route = find_operation(flow, method, path)

    assert (route.operation.name, route.object_id) == (operation, object_id)
    with pytest.raises(NoSuchPath):
        find_operation(flow, method, "/Others")
    with pytest.raises(NoSuchPath):
        find_operation(flow, method, path + "/more/and/more")
    with pytest.raises(MethodNotAllowed) as refused:
        find_operation(flow, "TRACE", path)
    assert refused.value.allowed == (method,)


def test_an_operation_that_nothing_describes_is_a_mistake(written_api: Written) -> None:
    from lockhouse.errors import Mistakes

    with pytest.raises(Mistakes) as refused:
        read_flow(written_api("[]", operation="close"), file="f")

    assert [mistake.code for mistake in refused.value.mistakes] == ["operation_unknown"]


ALL = "interactions: {retrieveall: {pagination-type: %s, filterSupport: {queryablefields: [number, total]}}}"


@pytest.mark.parametrize(
    ("pages", "query", "parameters"),
    [
        ("none", [], {"where": {}}),
        ("none", [("number", "7"), ("total", "5")], {"where": {"number": "7", "total": "5"}}),
        ("none", [("limit", "5"), ("other", "x")], {"where": {}}),
        ("none", [("filter", '{"where": {"number": "7"}}')], {"where": {"number": "7"}}),
        ("TOKEN_LIMIT", [("limit", "5"), ("token", "t1")], {"where": {}, "limit": 5, "token": "t1"}),
        ("TOKEN_LIMIT", [("filter", '{"where": {}, "limit": 5}')], {"where": {}, "limit": 5}),
    ],
)
def test_parameters_of_a_retrieveall_are_conditions_and_pages(
    written_api: Written, pages: str, query: list[tuple[str, str]], parameters: dict[str, Any]
) -> None:
    flow = read_flow(written_api("[]", operation="retrieveall", more=ALL % pages), file="f")
    request = read_request(find_operation(flow, "GET", "/Orders"), query)

    assert request.parameters == parameters


@pytest.mark.parametrize(
    "query",
    [("filter", "{"), ("filter", "[]"),
     ("filter", '{"where": {"secret": 1}}'), ("limit", "-1"), ("limit", "x"),
     ("filter", '{"where": {"number": 1, "number": 2}}')],
)  # fmt: skip
def test_a_condition_that_cannot_be_is_refused(written_api: Written, query: tuple[str, str]) -> None:
    flow = read_flow(written_api("[]", operation="retrieveall", more=ALL % "TOKEN_LIMIT"), file="f")

    with pytest.raises(BadRequest):
        read_request(find_operation(flow, "GET", "/Orders"), [query])


def test_the_id_has_the_name_of_the_models_id_property(written_api: Written) -> None:
    flow = read_flow(written_api("[]", operation="retrieve"), file="f")
    request = read_request(find_operation(flow, "GET", "/Orders/7"), [("expand", "all")])

    assert (request.body, request.parameters) == (None, {"number": "7", "expand": "all"})


@pytest.mark.parametrize("body", [None, {}, {"total": 5}, {"number": None}, [1], "x", 5])
def test_our_choice_a_body_without_a_required_field_is_refused(written_api: Written, body: Any) -> None:
    flow = read_flow(written_api("[]", required=True), file="f")

    with pytest.raises(BadRequest):
        read_request(find_operation(flow, "POST", "/Orders"), [], body)


def test_unknown_fields_of_a_body_are_accepted(written_api: Written) -> None:
    flow = read_flow(written_api("[]", required=True), file="f")
    body = {"number": "7", "unheard": [1]}

    assert read_request(find_operation(flow, "POST", "/Orders"), [], body).body == body


LIST = """
- response:
    name: r
    reply-maps:
      - status-code: 200
        map:
          mappings:
            - Order: {foreach: {input: '[1, 2]', iterator: i, mappings: [{total: {template: '{{$i}}'}}]}}
%s
"""
NEXT = "            - next: {mappings: [{limit: {expression: 5}}, {next_page_token: {template: t2}}]}"


@pytest.mark.parametrize(
    ("more", "body"),
    [
        ("", [{"total": 1}, {"total": 2}]),
        (NEXT, {"Order": [{"total": 1}, {"total": 2}], "next": {"limit": 5, "next_page_token": "t2"}}),
    ],
)
async def test_our_choice_a_retrieveall_answers_the_list_alone_or_all_with_a_next_page(
    world: Any, written_api: Written, more: str, body: Any
) -> None:
    reply = await world.ask(written_api(LIST % more, operation="retrieveall"))

    assert reply.body == body
