"""Salesloft: lists of people by address, whole answers for the vendor's own actions, pages by number."""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of


def salesloft(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("salesloft", answers, {"apiKey": "EXAMPLE-KEY"}, auth_type="API_KEY")


def page(*records: dict[str, Any], following: int | None = None) -> dict[str, Any]:
    return {"metadata": {"paging": {"per_page": 100, "next_page": following}}, "data": list(records)}


@pytest.mark.parametrize(
    ("where", "query"),
    [
        ({"email_addresses": "a@example.com"}, {"email_addresses[]": "a@example.com"}),
        ({"email_address": "a@example.com"}, {"email_addresses[]": "a@example.com"}),
        ({"updated_at": {"gte": "2026-01-01T00:00:00Z"}}, {"updated_at[gte]": "2026-01-01T00:00:00Z"}),
        ({"last_name": "Byron"}, {}),
    ],
)
@pytest.mark.parametrize("action", ["listPeople", "RETRIEVEALL"])
async def test_people_are_listed(action: str, where: Any, query: dict[str, str]) -> None:
    people = page({"id": 1, "last_name": "Byron"})
    async with salesloft(people) as desk:
        result = await desk.call("People", action, where=where, limit=10)
        assert desk.lines == ["GET /v2/people"]
        assert desk.sent[0].query == {"per_page": "100", "page": "1", **query}
        assert desk.sent[0].headers["Authorization"] == "Bearer EXAMPLE-KEY"
        assert result.payload[0]["id"] == 1


async def test_pages_are_followed_until_there_is_no_next_one() -> None:
    async with salesloft(page({"id": 1}, following=2), page({"id": 2})) as desk:
        result = await desk.call("People", "listPeople")
        assert [person["id"] for person in result.payload] == [1, 2]
        assert desk.sent[1].query["page"] == "2"


async def test_a_person_by_id_is_the_whole_answer_as_flows_read_it() -> None:
    async with salesloft({"data": {"id": 7, "email_address": "a@example.com"}}) as desk:
        result = await desk.call("People", "getPersonById", where={"id": 7})
        assert desk.lines == ["GET /v2/people/7"]
        assert result.payload["data"]["email_address"] == "a@example.com"


@pytest.mark.parametrize(
    ("name", "action", "given", "line"),
    [
        (
            "Notes",
            "createNote",
            {"content": "x", "associated_with_type": "person", "associated_with_id": 7},
            "POST /v2/notes",
        ),
        (
            "Cadence memberships",
            "createCadenceMembership",
            {"person_id": 7, "cadence_id": 9},
            "POST /v2/cadence_memberships",
        ),
        ("Calls", "CREATE", {"person_id": 7, "duration": 60}, "POST /v2/activities/calls"),
        ("People", "CREATE", {"email_address": "a@example.com"}, "POST /v2/people"),
    ],
)
async def test_records_are_made(name: str, action: str, given: dict[str, Any], line: str) -> None:
    async with salesloft({"data": {"id": 1}}) as desk:
        result = await desk.call(name, action, input=given)
        assert (desk.lines, desk.sent[0].body) == ([line], given)
        assert result.payload == ({"id": 1} if action == "CREATE" else {"data": {"id": 1}})


@pytest.mark.parametrize(
    ("name", "action", "missing"),
    [("Notes", "createNote", "content"), ("Cadence memberships", "createCadenceMembership", "person_id")],
)
async def test_what_is_needed_is_asked_for(name: str, action: str, missing: str) -> None:
    async with salesloft() as desk:
        with pytest.raises(Rejected, match=missing):
            await desk.call(name, action, input={})
        assert desk.sent == []


async def test_what_a_note_is_about_is_not_changed() -> None:
    async with salesloft({"data": {"id": 1}}) as desk:
        given = {"content": "y", "associated_with_id": 8}
        await desk.call("Notes", "UPDATEALL", where={"id": 1}, input=given)
        assert (desk.lines, desk.sent[0].body) == (["PUT /v2/notes/1"], {"content": "y"})


async def test_a_poll_that_names_no_field_finds_a_new_call() -> None:
    now = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
    async with salesloft(page({"id": 35, "created_at": "2026-01-10T08:00:30.123456Z"})) as desk:
        calls = load_catalogue().get("salesloft").objects["Calls"]
        subject = Subject("salesloft", "Calls", "CREATED_POLLER")
        poll = parse_poll(subject, {}, key=calls.key, times=(calls.created, calls.updated))
        events, _ = await asked(poll, start_of(now), desk.credentials, now)
        assert [event["id"] for event in events] == [35]
        assert desk.sent[0].query["created_at[gte]"] == "2026-01-10T08:00:00+00:00"


@pytest.mark.parametrize(
    ("status", "body", "word", "text"),
    [
        (
            422,
            {"errors": {"email_address": ["is not valid", "is taken"]}},
            Rejected,
            "email_address is not valid, is taken",
        ),
        (404, {"error": "Resource not found"}, NotFound, "Resource not found"),
        (403, {"error": "No"}, AuthFailed, "No"),
        (429, {"error": "Slow"}, RateLimited, "Slow"),
    ],
)
async def test_a_refusal_is_told_with_its_fields(
    status: int, body: Any, word: type[ActionFailed], text: str
) -> None:
    async with salesloft(*[Answer(body, status)] * 3) as desk:
        with pytest.raises(word) as caught:
            await desk.call("People", "CREATE", input={"email_address": "x"})
        assert (type(caught.value), str(caught.value)) == (word, text)
