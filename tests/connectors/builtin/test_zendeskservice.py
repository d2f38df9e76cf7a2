"""Zendesk Service: API tokens, wrapped records, own fields, and a search that matches words."""

import base64
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, Rejected, Unavailable
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

LOGIN = {"username": "ada@example.com", "password": "EXAMPLE-TOKEN", "subdomain": "acme"}


def zendesk(*answers: Any, **more: str) -> AbstractAsyncContextManager[Vendor]:
    return vendor("zendeskservice", answers, {**LOGIN, **more})


def page(*results: dict[str, Any], more: bool = False) -> dict[str, Any]:
    return {"results": list(results), "meta": {"has_more": more, "after_cursor": "C"}}


@pytest.mark.parametrize("username", ["ada@example.com", "ada@example.com/token"])
async def test_the_password_is_an_api_token(username: str) -> None:
    async with zendesk({"user": {"id": 1, "role": "agent"}}, username=username) as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == ("acme.zendesk.com", ["GET /api/v2/users/me"])
        told = base64.b64decode(desk.sent[0].headers["Authorization"].removeprefix("Basic ")).decode()
        assert told == "ada@example.com/token:EXAMPLE-TOKEN"


async def test_the_anonymous_user_is_a_wrong_login() -> None:
    async with zendesk({"user": {"id": None, "name": "Anonymous user"}}) as desk:
        with pytest.raises(AuthFailed):
            await desk.check()


async def test_a_ticket_is_made_with_its_first_comment_and_own_fields() -> None:
    answer = {
        "ticket": {
            "id": 35,
            "custom_fields": [{"id": 22172871394713, "value": None}, {"id": 5, "value": "x"}],
        }
    }
    async with zendesk(Answer(answer, 201)) as desk:
        given = {
            "subject": "Alarm", "description": "CPU above 90", "priority": "high",
            "tags": ["a b", {"name": "c"}],
            "requester": {"name": "Ada", "email": "ada@example.com"}, "ticket_fields": {"id__5": "x"},
        }  # fmt: skip
        result = await desk.call("Ticket", "CREATE", input=given)
        assert desk.lines == ["POST /api/v2/tickets"]
        assert desk.sent[0].body == {
            "ticket": {
                "subject": "Alarm", "comment": {"body": "CPU above 90"}, "priority": "high",
                "tags": ["a_b", "c"],
                "requester": {"name": "Ada", "email": "ada@example.com"},
                "custom_fields": [{"id": 5, "value": "x"}],
            }
        }  # fmt: skip
        assert (result.status_code, result.payload["id"]) == (201, 35)
        assert result.payload["ticket_fields"] == {"id__22172871394713": None, "id__5": "x"}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"status": "solved", "description": "done"}, {"status": "solved", "comment": {"body": "done"}}),
        ({"description": "old", "comment": {"body": "new"}}, {"comment": {"body": "new"}}),
    ],
)
async def test_our_choice_a_new_description_is_a_comment(given: dict[str, Any], told: dict[str, Any]) -> None:
    async with zendesk({"ticket": {"id": 12}}) as desk:
        await desk.call("Ticket", "UPDATEALL", where={"id": 12}, input=given)
        assert (desk.lines, desk.sent[0].body) == (["PUT /api/v2/tickets/12"], {"ticket": told})


@pytest.mark.parametrize(
    ("name", "where", "query"),
    [
        ("Ticket", None, "created>1970-01-01"),
        ("Ticket", {"status": "pending", "type": "incident"}, 'status:"pending" ticket_type:"incident"'),
        ("Ticket", {"subject": 'a "b" status:new'}, 'subject:"a \\"b\\" status:new"'),
        ("Ticket", {"updated_at": {"gte": "2026-01-10T09:00:00.000+01:00"}}, "updated>=2026-01-10T08:00:00Z"),
        ("Ticket", {"organization_id": 7}, 'organization:"7"'),
        ("User", {"name": "Ada Byron"}, 'name:"Ada Byron"'),
        ("User", {"email": "ada@example.com"}, 'email:"ada@example.com"'),
    ],
)
async def test_conditions_become_a_search_that_has_no_end_at_1000(name: str, where: Any, query: str) -> None:
    async with zendesk(page(more=True), page()) as desk:
        await desk.call(name, "RETRIEVEALL", where=where)
        assert desk.lines == ["GET /api/v2/search/export"] * 2
        common = {"query": query, "filter[type]": name.lower(), "page[size]": "100"}
        assert [sent.query for sent in desk.sent] == [common, {**common, "page[after]": "C"}]


async def test_words_that_only_resemble_are_left_out() -> None:
    async with zendesk(page({"id": 1, "name": "Ada B"}, {"id": 2, "name": "Ada"})) as desk:
        result = await desk.call("User", "RETRIEVEALL", where={"name": "Ada"})
        assert [user["id"] for user in result.payload] == [2]


@pytest.mark.parametrize(
    ("name", "where", "line"),
    [
        ("Ticket", {"id": 3}, "GET /api/v2/tickets/3"),
        ("User", {"id": 3}, "GET /api/v2/users/3"),
        ("Organization", {"id": 3}, "GET /api/v2/organizations/3"),
        ("Organization", {"name": "Acme"}, "GET /api/v2/organizations/search"),
        ("Organization", None, "GET /api/v2/organizations"),
        ("Comment", {"ticket_id": 3}, "GET /api/v2/tickets/3/comments"),
    ],
)
async def test_where_things_are_found(name: str, where: Any, line: str) -> None:
    async with zendesk({}) as desk:
        await desk.call(name, "RETRIEVEALL", where=where)
        assert desk.lines == [line]


async def test_a_poll_finds_a_ticket_that_came_after_its_start() -> None:
    now = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
    ticket = {"id": 35, "created_at": "2026-01-10T08:00:30Z", "updated_at": "2026-01-10T08:00:30Z"}
    async with zendesk(page(ticket, {**ticket, "id": 34, "created_at": "2026-01-10T07:00:00Z"})) as desk:
        poll = parse_poll(Subject("zendeskservice", "Ticket", "CREATED_POLLER"), {}, key="id")
        events, _ = await asked(poll, start_of(now), desk.credentials, now)
        assert [event["id"] for event in events] == [35]
        assert desk.sent[0].query["query"] == "created>=2026-01-10T08:00:00Z"


@pytest.mark.parametrize(
    ("status", "body", "word", "text"),
    [
        (
            404,
            {"error": {"title": "No help desk at acme", "message": "x"}},
            AuthFailed,
            "No help desk at acme: x",
        ),
        (404, {"error": "RecordNotFound", "description": "Not found"}, NotFound, "RecordNotFound: Not found"),
        (403, {"error": {"title": "Forbidden", "message": "no"}}, AuthFailed, "Forbidden: no"),
        (409, {"error": "UpdateConflict"}, Rejected, "UpdateConflict"),
        (409, {"error": "DatabaseConflict"}, Unavailable, "DatabaseConflict"),
        (
            422,
            {"error": "RecordInvalid", "description": "e", "details": {"a": 1}},
            Rejected,
            'RecordInvalid: e: {"a":1}',
        ),
    ],
)
async def test_a_refusal_is_told_with_its_details(
    status: int, body: dict[str, Any], word: type[ActionFailed], text: str
) -> None:
    async with zendesk(Answer(body, status)) as desk:
        with pytest.raises(word) as caught:
            await desk.call("Ticket", "CREATE", input={"subject": "x"})
        assert (type(caught.value), str(caught.value)) == (word, text)
