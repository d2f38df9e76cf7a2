"""HubSpot CRM: properties stay nested, conditions are a search, contacts are associated with others."""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

ASSOCIATE = "putCrmV4ObjectsContactsByFromObjectIdAssociationsDefaultByToObjectTypeByToObjectId"
UPDATE_DEAL = "patchCrmV3ObjectsDealsByDealId"


def hubspot(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("hubspotcrm", answers, auth_type="BEARER_TOKEN")


def record(number: str, **properties: Any) -> dict[str, Any]:
    return {"id": number, "properties": properties, "archived": False}


@pytest.mark.parametrize(
    ("name", "action", "line"),
    [
        ("postCrmV3ObjectsContacts_model", "postCrmV3ObjectsContacts", "POST /crm/v3/objects/contacts"),
        ("contacts", "CREATE", "POST /crm/v3/objects/contacts"),
        ("postCrmV3ObjectsCompanies_model", "postCrmV3ObjectsCompanies", "POST /crm/v3/objects/companies"),
        ("companies", "CREATE", "POST /crm/v3/objects/companies"),
        ("deals", "CREATE", "POST /crm/v3/objects/deals"),
    ],
)
async def test_properties_are_sent_as_texts_without_the_empty_ones(name: str, action: str, line: str) -> None:
    made = record("151", email="ada@example.com", phone=None)
    async with hubspot(Answer(made, 201)) as desk:
        given = {"properties": {"email": "ada@example.com", "phone": "", "zip": 75000, "own": ["a", "b"]}}
        result = await desk.call(name, action, input=given)
        assert desk.lines == [line]
        properties = {"email": "ada@example.com", "zip": "75000", "own": "a;b"}
        assert desk.sent[0].body == {"properties": properties}
        assert (result.status_code, result.payload) == (201, made)


async def test_a_new_record_may_belong_to_others() -> None:
    belongs = [
        {"to": {"id": "9"}, "types": [{"associationCategory": "HUBSPOT_DEFINED", "associationTypeId": 1}]}
    ]
    async with hubspot(Answer(record("1"), 201)) as desk:
        await desk.call(
            "contacts", "CREATE", input={"properties": {"email": "a@x.com"}, "associations": belongs}
        )
        assert desk.sent[0].body == {"properties": {"email": "a@x.com"}, "associations": belongs}


@pytest.mark.parametrize(
    ("name", "path", "asked"),
    [
        ("getCrmV3ObjectsContacts_model", "contacts", {"email", "lifecyclestage", "jobtitle", "company"}),
        ("getCrmV3ObjectsDeals_model", "deals", {"dealname", "amount", "dealstage"}),
        ("companies", "companies", {"name", "domain"}),
    ],
)
async def test_a_list_asks_for_properties_and_is_followed_to_its_end(
    name: str, path: str, asked: set[str]
) -> None:
    pages = [{"results": [record("1")], "paging": {"next": {"after": "1"}}}, {"results": [record("2")]}]
    async with hubspot(*pages) as desk:
        result = await desk.call(name, "RETRIEVEALL", limit=1200)
        assert result.payload == [record("1"), record("2")]
        assert desk.lines == [f"GET /crm/v3/objects/{path}"] * 2
        assert asked <= set(desk.sent[0].query["properties"].split(","))
        assert (desk.sent[0].query["limit"], desk.sent[1].query["after"]) == ("100", "1")


SEARCHES = [
    ({"email": "a@x.com"}, [[("email", "EQ", "a@x.com")]]),
    ({"properties.email": "a@x.com"}, [[("email", "EQ", "a@x.com")]]),
    (
        {"and": [{"name": {"neq": "x"}}, {"updatedAt": {"gte": "2026-01-01T00:00:00Z"}}]},
        [[("name", "NEQ", "x"), ("hs_lastmodifieddate", "GTE", "1767225600000")]],
    ),
    ({"or": [{"name": "a"}, {"domain": "b"}]}, [[("name", "EQ", "a")], [("domain", "EQ", "b")]]),
]


@pytest.mark.parametrize(("where", "groups"), SEARCHES)
async def test_conditions_are_a_search(where: Any, groups: Any) -> None:
    async with hubspot({"total": 1, "results": [record("900", name="Acme")]}) as desk:
        result = await desk.call("getCrmV3ObjectsCompaniesSearch_model", "RETRIEVEALL", where=where, limit=10)
        assert desk.lines == ["POST /crm/v3/objects/companies/search"]
        told = [
            [(one["propertyName"], one["operator"], one["value"]) for one in group["filters"]]
            for group in desk.sent[0].body["filterGroups"]
        ]
        assert told == groups
        assert result.payload[0]["id"] == "900"


async def test_a_poll_finds_a_contact_that_came_after_its_start() -> None:
    now = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
    new = {**record("35"), "createdAt": "2026-01-10T08:00:30Z", "updatedAt": "2026-01-10T08:00:30Z"}
    async with hubspot({"results": [new]}) as desk:
        contacts = desk.connector.objects["contacts"]
        subject = Subject("hubspotcrm", "contacts", "CREATED_POLLER")
        poll = parse_poll(subject, {}, key=contacts.key, times=(contacts.created, contacts.updated))
        events, _ = await asked(poll, start_of(now), desk.credentials, now)
        assert [event["id"] for event in events] == ["35"]
        (said,) = desk.sent[0].body["filterGroups"][0]["filters"]
        assert tuple(said.values()) == ("createdate", "GTE", "1768032000000")


async def test_our_choice_a_contains_matches_a_part_of_a_word() -> None:
    async with hubspot({"results": []}) as desk:
        where = {"email": {"contains": "example"}}
        result = await desk.call("getCrmV3ObjectsContactsSearch_model", "RETRIEVEALL", where=where)
        (group,) = desk.sent[0].body["filterGroups"]
        (said,) = group["filters"]
        assert (said["operator"], said["value"]) == ("CONTAINS_TOKEN", "*example*")
        assert result.status_code == 204


async def test_more_conditions_than_a_group_holds_are_compared_here() -> None:
    where = {f"p{at}": "x" for at in range(8)}
    fitting = {f"p{at}": "x" for at in range(8)}
    async with hubspot({"results": [record("1", **fitting), record("2", p0="x")]}) as desk:
        conditions = {"and": [{f"properties.{name}": value} for name, value in where.items()]}
        result = await desk.call("contacts", "RETRIEVEALL", where=conditions)
        assert len(desk.sent[0].body["filterGroups"][0]["filters"]) == 6
        assert [one["id"] for one in result.payload] == ["1"]


async def test_a_deal_is_changed_by_its_id() -> None:
    async with hubspot(record("7", hs_analytics_source="ORGANIC_SEARCH")) as desk:
        given = {"properties": {"hs_analytics_source": "ORGANIC_SEARCH", "description": ""}}
        result = await desk.call(f"{UPDATE_DEAL}_model", UPDATE_DEAL, where={"id": "7"}, input=given)
        assert desk.lines == ["PATCH /crm/v3/objects/deals/7"]
        assert desk.sent[0].body == given  # an empty text empties the property
        assert (result.status_code, result.payload["id"]) == (200, "7")


async def test_our_choice_several_deals_at_once_are_refused() -> None:
    async with hubspot() as desk:
        given = {"properties": {"amount": 1}}
        with pytest.raises(Rejected, match="id: one value is needed, and the filter gives several"):
            await desk.call(f"{UPDATE_DEAL}_model", UPDATE_DEAL, where={"id": ["7", "8"]}, input=given)
        assert desk.sent == []


async def test_a_record_is_read_changed_and_deleted_by_its_id() -> None:
    missing = Answer({"status": "error", "category": "OBJECT_NOT_FOUND", "message": "not found"}, 404)
    async with hubspot(record("7"), record("7"), missing) as desk:
        await desk.call("companies", "RETRIEVEALL", where={"id": "7"})
        await desk.call("companies", "UPDATEALL", where={"id": "7"}, input={"properties": {"city": "Paris"}})
        gone = await desk.call("companies", "DELETEALL", where={"id": "7"})
        path = "/crm/v3/objects/companies/7"
        assert desk.lines == [f"GET {path}", f"PATCH {path}", f"DELETE {path}"]
        assert gone.status_code == 204


async def test_an_upsert_puts_what_it_looked_for_into_the_new_record() -> None:
    async with hubspot({"results": []}, Answer(record("1"), 201)) as desk:
        where, given = {"properties.email": "a@x.com"}, {"properties": {"firstname": "Ada"}}
        result = await desk.call("contacts", "UPSERTWITHWHERE", where=where, input=given)
        assert desk.sent[1].body == {"properties": {"email": "a@x.com", "firstname": "Ada"}}
        assert result.status_code == 201


async def test_our_choice_the_kind_of_the_associated_record_is_in_lower_case() -> None:
    async with hubspot({"status": "COMPLETE", "results": []}) as desk:
        where = {"fromObjectId": "151", "toObjectType": "Companies", "toObjectId": 900}
        result = await desk.call(f"{ASSOCIATE}_model", ASSOCIATE, where=where, input={"fromObjectId": "151"})
        assert desk.lines == ["PUT /crm/v4/objects/contacts/151/associations/default/companies/900"]
        assert (desk.sent[0].content, result.payload["status"]) == (b"", "COMPLETE")


@pytest.mark.parametrize(
    "where",
    [
        {},
        {"fromObjectId": "1", "toObjectType": "companies"},
        {"fromObjectId": "1", "toObjectType": "companies", "toObjectId": ""},
        {"fromObjectId": "..", "toObjectType": "companies", "toObjectId": "2"},
    ],
)
async def test_an_association_without_both_ends_is_not_sent(where: dict[str, Any]) -> None:
    async with hubspot() as desk:
        with pytest.raises(Rejected):
            await desk.call(f"{ASSOCIATE}_model", ASSOCIATE, where=where)
        assert desk.sent == []


@pytest.mark.parametrize(
    ("status", "body", "word", "waits"),
    [
        (400, {"category": "VALIDATION_ERROR"}, Rejected, []),
        (409, {"category": "CONFLICT"}, Rejected, []),
        (404, {"category": "OBJECT_NOT_FOUND"}, NotFound, []),
        (403, {"category": "MISSING_SCOPES"}, AuthFailed, []),
        (401, {"category": "INVALID_AUTHENTICATION"}, AuthFailed, []),
        (429, {"category": "RATE_LIMITS", "policyName": "DAILY"}, RateLimited, []),
        (429, {"category": "RATE_LIMITS", "policyName": "SECONDLY"}, RateLimited, [1.0, 1.0]),
        (423, {}, Unavailable, []),
    ],
)
async def test_a_refusal_is_told_in_hubspots_words(
    status: int, body: dict[str, Any], word: type[ActionFailed], waits: list[float]
) -> None:
    async with hubspot(*[Answer({"status": "error", "message": "so", **body}, status)] * 3) as desk:
        with pytest.raises(word, match="so"):
            await desk.call("contacts", "CREATE", input={"properties": {"email": "a@x.com"}})
        assert desk.waits == waits
