"""Freshservice: keys in two forms, own fields beside the others, tickets asked for by time."""

import base64
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

URL = {"url": "https://acme.freshservice.com/"}


def freshservice(*answers: Any, key: str = "EXAMPLE-KEY") -> AbstractAsyncContextManager[Vendor]:
    return vendor("freshservice", answers, {"apiKey": key}, endpoint=URL)


@pytest.mark.parametrize(
    ("auth_type", "credentials", "told"),
    [
        ("API_KEY", {"apiKey": "EXAMPLE-KEY"}, "EXAMPLE-KEY:X"),
        ("API_KEY", {"apiKey": "abcdefghijklmnopqrst"}, "abcdefghijklmnopqrst:X"),
        ("API_KEY", {"apiKey": base64.b64encode(b"EXAMPLE-KEY:x").decode()}, "EXAMPLE-KEY:x"),
        ("BASIC", {"username": "EXAMPLE-KEY"}, "EXAMPLE-KEY:X"),
        ("BASIC", {"username": "EXAMPLE-KEY", "password": "x"}, "EXAMPLE-KEY:x"),
    ],
)
async def test_our_choice_a_key_is_taken_as_it_is_and_in_base64(
    auth_type: str, credentials: dict[str, str], told: str
) -> None:
    async with vendor(
        "freshservice", [{"tickets": []}], credentials, auth_type=auth_type, endpoint=URL
    ) as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == ("acme.freshservice.com", ["GET /api/v2/tickets"])
        sent = desk.sent[0].headers["Authorization"].removeprefix("Basic ")
        assert base64.b64decode(sent).decode() == told


@pytest.mark.parametrize("action", ["createTicket", "CREATE"])
async def test_a_ticket_is_made_and_own_fields_are_put_where_they_belong(action: str) -> None:
    async with freshservice(Answer({"ticket": {"id": 7, "subject": "Alarm"}}, 201)) as desk:
        given = {"subject": "Alarm", "priority": "2", "requester_id": 30001196232}
        own = {"splunk_deeplink": "https://example.com/", "custom_fields": {"building": "A"}}
        result = await desk.call("Tickets", action, input={**given, **own})
        assert desk.lines == ["POST /api/v2/tickets"]
        assert desk.sent[0].body == {
            **given,
            "priority": 2,
            "custom_fields": {"building": "A", "splunk_deeplink": "https://example.com/"},
        }
        assert (result.status_code, result.payload["id"]) == (201, 7)


async def test_a_ticket_without_own_fields_has_none() -> None:
    async with freshservice(Answer({"ticket": {"id": 7}}, 201)) as desk:
        await desk.call("Tickets", "createTicket", input={"subject": "Alarm"})
        assert desk.sent[0].body == {"subject": "Alarm"}


@pytest.mark.parametrize("action", ["getTickets", "RETRIEVEALL"])
async def test_tickets_that_changed_since_are_asked_for_and_compared(action: str) -> None:
    tickets = [
        {"id": 1, "updated_at": "2026-01-10T08:00:00Z"},
        {"id": 2, "updated_at": "2026-01-10T08:00:01Z"},
    ]
    async with freshservice({"tickets": tickets}) as desk:
        where = {"updated_at": {"gt": "2026-01-10T09:00:00.000+01:00"}}
        result = await desk.call("Tickets", action, where=where, limit=10)
        assert desk.sent[0].query == {"per_page": "100", "updated_since": "2026-01-10T08:00:00Z"}
        assert [ticket["id"] for ticket in result.payload] == [2]


async def test_tickets_are_followed_by_the_link() -> None:
    link = {"Link": '</acme.freshservice.com/api/v2/tickets?page=2>; rel="next"'}
    async with freshservice(Answer({"tickets": [{"id": 1}]}, 200, link), {"tickets": [{"id": 2}]}) as desk:
        result = await desk.call("Tickets", "getTickets")
        assert [ticket["id"] for ticket in result.payload] == [1, 2]
        assert desk.sent[1].query == {"page": "2"}


async def test_a_requester_is_read_by_its_id() -> None:
    async with freshservice({"requester": {"id": 5, "primary_email": "ada@example.com"}}) as desk:
        result = await desk.call("Requesters", "getRequester", where={"id": 5})
        assert desk.lines == ["GET /api/v2/requesters/5"]
        assert result.payload["primary_email"] == "ada@example.com"


@pytest.mark.parametrize(
    ("name", "where", "line"),
    [
        ("Tickets", {"id": 3}, "GET /api/v2/tickets/3"),
        ("Requesters", {"id": 3}, "GET /api/v2/requesters/3"),
        ("Requesters", {"primary_email": "a@example.com"}, "GET /api/v2/requesters"),
    ],
)
async def test_where_things_are_found(name: str, where: Any, line: str) -> None:
    async with freshservice({}) as desk:
        await desk.call(name, "RETRIEVEALL", where=where)
        assert desk.lines == [line]


async def test_a_poll_that_names_no_field_finds_a_new_ticket() -> None:
    now = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
    new = {"id": 35, "created_at": "2026-01-10T08:00:30Z", "updated_at": "2026-01-10T08:00:30Z"}
    async with freshservice(
        {"tickets": [new, {**new, "id": 34, "created_at": "2026-01-01T00:00:00Z"}]}
    ) as desk:
        subject = Subject("freshservice", "Tickets", "CREATED_POLLER")
        tickets = load_catalogue().get("freshservice").objects["Tickets"]
        poll = parse_poll(subject, {}, key=tickets.key, times=(tickets.created, tickets.updated))
        events, _ = await asked(poll, start_of(now), desk.credentials, now)
        assert [event["id"] for event in events] == [35]
        assert desk.sent[0].query["updated_since"] == "2026-01-10T08:00:00Z"


@pytest.mark.parametrize(
    ("status", "body", "word", "text"),
    [
        (
            400,
            {
                "description": "Validation failed",
                "errors": [{"field": "status", "message": "is wrong", "code": "invalid_value"}],
            },
            Rejected,
            "Validation failed: status is wrong",
        ),
        (
            401,
            {"code": "invalid_credentials", "message": "Incorrect"},
            AuthFailed,
            "invalid_credentials: Incorrect",
        ),
        (403, {"code": "access_denied", "message": "No"}, AuthFailed, "access_denied: No"),
        (404, None, NotFound, "the application answered with status 404"),
        (429, {"message": "Slow"}, RateLimited, "Slow"),
    ],
)
async def test_a_refusal_is_told_with_its_fields(
    status: int, body: Any, word: type[ActionFailed], text: str
) -> None:
    async with freshservice(*[Answer(body, status, {"Retry-After": "60"})] * 3) as desk:
        with pytest.raises(word) as caught:
            await desk.call("Tickets", "createTicket", input={"subject": "x"})
        assert (type(caught.value), str(caught.value)) == (word, text)
