"""Eventbrite: two ways of paging, time zones in pairs, and what is new in an organization."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected


def eventbrite(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("eventbrite", answers)


def page(kind: str, *records: dict[str, Any], more: bool = False, **told: Any) -> dict[str, Any]:
    return {"pagination": {"has_more_items": more, **told}, kind: list(records)}


async def test_pages_are_followed_by_continuation_or_by_number() -> None:
    pages = [
        page("events", {"id": "1"}, more=True, page_number=1),
        page("events", {"id": "2"}, more=True, page_number=2, continuation="C1"),
        page("events", {"id": "3"}),
    ]
    async with eventbrite(*pages) as desk:
        where = {"and": [{"organizationID": "344797520005"}, {"status": "Live"}, {"organizer_id": 7}]}
        result = await desk.call("Event", "RETRIEVEALL", where=where)
        assert [event["id"] for event in result.payload] == ["1", "2", "3"]
        assert set(desk.lines) == {"GET /v3/organizations/344797520005/events/"}
        common = {"status": "live", "organizer_filter": "7", "page_size": "50"}
        assert desk.sent[0].query == {**common, "page": "1"}
        assert desk.sent[1].query == {**common, "page": "2"}
        assert desk.sent[2].query == {**common, "continuation": "C1"}
        assert desk.sent[0].headers["Authorization"] == "Bearer EXAMPLE-TOKEN"


async def test_an_event_is_moved_in_one_time_zone_and_without_fractions() -> None:
    async with eventbrite({"id": "760246296137"}) as desk:
        given = {
            "summary": "Moved", "start.utc": "2030-03-30T18:00:00.000+01:00",
            "start.timezone": "Europe/London",
            "end.utc": "2030-03-30T18:00:00.000Z",
        }  # fmt: skip
        result = await desk.call("Event", "UPDATEALL", where={"id": "760246296137"}, input=given)
        assert desk.lines == ["POST /v3/events/760246296137/"]
        assert desk.sent[0].body == {
            "event": {
                "summary": "Moved",
                "start": {"utc": "2030-03-30T17:00:00Z", "timezone": "Europe/London"},
                "end": {"utc": "2030-03-30T18:00:00Z", "timezone": "Europe/London"},
            }
        }
        assert result.status_code == 200


async def test_an_event_is_made_in_its_organization() -> None:
    async with eventbrite({"id": "1"}) as desk:
        given = {"organizationID": "5", "name": "Fair", "description": "<p>x</p>", "currency": "EUR"}
        result = await desk.call("Event", "CREATE", input=given)
        assert desk.lines == ["POST /v3/organizations/5/events/"]
        told = {"name": {"html": "Fair"}, "description": {"html": "<p>x</p>"}, "currency": "EUR"}
        assert desk.sent[0].body == {"event": told}
        assert result.status_code == 201


@pytest.mark.parametrize(
    ("name", "where", "line"),
    [
        ("Attendee", {"event_id": "9"}, "GET /v3/events/9/attendees/"),
        ("Attendee", {"event_id": "9", "id": "8"}, "GET /v3/events/9/attendees/8/"),
        ("Attendee", {"organizationID": "7"}, "GET /v3/organizations/7/attendees/"),
        ("Order", {"id": "6"}, "GET /v3/orders/6/"),
        ("Event", {"id": "9"}, "GET /v3/events/9/"),
        ("ContactList", {"id": "4"}, "GET /v3/users/me/contact_lists/4/"),
        ("ContactList", None, "GET /v3/users/me/contact_lists/"),
        ("Contact", {"contact_list_id": "4"}, "GET /v3/users/me/contact_lists/4/contacts/"),
        ("Organization", None, "GET /v3/users/me/organizations/"),
    ],
)
async def test_where_things_are_found(name: str, where: Any, line: str) -> None:
    async with eventbrite(page("none")) as desk:
        await desk.call(name, "RETRIEVEALL", where=where)
        assert desk.lines == [line]


async def test_a_contact_is_a_form_with_dotted_names() -> None:
    async with eventbrite({"created": True}) as desk:
        given = {"contact_list_id": "4", "email": "d@example.com", "first_name": "Dee"}
        result = await desk.call("Contact", "CREATE", input=given)
        assert desk.lines == ["POST /v3/users/me/contact_lists/4/contacts/"]
        assert desk.sent[0].content == b"contact.email=d%40example.com&contact.first_name=Dee"
        assert result.payload == {"email": "d@example.com", "first_name": "Dee", "created": True}


@pytest.mark.parametrize(
    ("status", "error", "word"),
    [
        (400, "INVALID_AUTH", AuthFailed), (401, "NO_AUTH", AuthFailed), (403, "NOT_AUTHORIZED", AuthFailed),
        (400, "ARGUMENTS_ERROR", Rejected), (409, "REQUEST_CONFLICT", Rejected),
        (429, "HIT_RATE_LIMIT", RateLimited), (404, "NOT_FOUND", NotFound),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_with_its_details(status: int, error: str, word: type[ActionFailed]) -> None:
    body = {
        "error": error,
        "error_description": "so",
        "status_code": status,
        "error_detail": {"a": ["INVALID"]},
    }
    async with eventbrite(*[Answer(body, status)] * 3) as desk:
        with pytest.raises(word) as caught:
            await desk.call("Event", "CREATE", input={"organizationID": "5"})
        assert type(caught.value) is word
        assert str(caught.value) == f'{error}: so {{"a":["INVALID"]}}'


def made(key: str, created: str, **more: Any) -> dict[str, Any]:
    return {"id": key, "created": created, **more}


async def test_a_new_attendee_is_told_once() -> None:
    old, new = made("1", "2026-01-01T09:00:00Z"), made("2", "2026-01-01T10:05:00Z")
    later = made("3", "2026-01-01T10:04:00Z")
    first = page("attendees", new, old)
    async with eventbrite(first, page("attendees", new, later), page("attendees")) as desk:
        told = {"since": "2026-01-01T10:00:00.500Z"}
        where = {"organizationID": "7"}
        answer = (await desk.call("Attendee", "CREATED", input=told, where=where)).payload
        assert [event["id"] for event in answer["events"]] == ["2"]
        assert desk.lines == ["GET /v3/organizations/7/attendees/"]
        assert desk.sent[0].query["changed_since"] == "2026-01-01T10:00:00Z"
        # What was made a little earlier may show itself later.
        answer = (
            await desk.call("Attendee", "CREATED", input={**told, "state": answer["state"]}, where=where)
        ).payload
        assert [event["id"] for event in answer["events"]] == ["3"]


async def test_without_an_organization_all_are_asked() -> None:
    organizations = page("organizations", {"id": "7"}, {"id": "8"})
    placed, begun = (
        made("1", "2026-01-01T11:00:00Z", status="placed"),
        made("2", "2026-01-01T11:00:00Z", status="started"),
    )
    async with eventbrite(organizations, page("orders", placed), page("orders", begun)) as desk:
        answer = (await desk.call("Order", "CREATED", input={"since": "2026-01-01T10:00:00Z"})).payload
        assert [event["id"] for event in answer["events"]] == ["1"]
        assert desk.lines[1:] == ["GET /v3/organizations/7/orders/", "GET /v3/organizations/8/orders/"]


async def test_new_events_are_read_until_the_first_old_one() -> None:
    events = page("events", made("2", "2026-01-01T11:00:00Z"), made("1", "2025-01-01T11:00:00Z"), more=True)
    async with eventbrite(events) as desk:
        told = {"since": "2026-01-01T10:00:00Z"}
        answer = (await desk.call("Event", "CREATED", input=told, where={"organizationID": "7"})).payload
        assert [event["id"] for event in answer["events"]] == ["2"]
        assert desk.sent[0].query == {
            "order_by": "created_desc", "status": "all", "page_size": "50", "page": "1",
        }  # fmt: skip
