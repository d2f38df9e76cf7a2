"""HubSpot Marketing: flat maps become properties, conditions a search, new lists are told as old ones."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, RateLimited, Rejected, Unavailable

EVENT = "getMarketingV3MarketingEventsEventsByExternalEventId"
ATTENDANCE = "postMarketingV3MarketingEventsAttendanceByExternalEventIdBySubscriberStateEmailCreate"


def hubspot(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("hubspotmarketing", answers, auth_type="BEARER_TOKEN")


def contact(number: str, **properties: Any) -> dict[str, Any]:
    return {"id": number, "properties": properties, "archived": False}


@pytest.mark.parametrize(
    ("name", "action"),
    [("postCrmV3ObjectsContacts_model", "postCrmV3ObjectsContacts"), ("contacts", "CREATE")],
)
async def test_a_flat_map_becomes_properties(name: str, action: str) -> None:
    async with hubspot(Answer(contact("151", email="ada@example.com"), 201)) as desk:
        given = {
            "email": "ada@example.com",
            "annualRevenue": 5,
            "properties": {"firstName": "Ada", "createdate": 1},
        }
        result = await desk.call(name, action, input=given)
        assert desk.lines == ["POST /crm/v3/objects/contacts"]
        properties = {"email": "ada@example.com", "annualrevenue": "5", "firstname": "Ada"}
        assert desk.sent[0].body == {"properties": properties}
        assert result.status_code == 201
        assert (result.payload["id"], result.payload["vid"]) == ("151", 151)
        assert result.payload["email"] == result.payload["properties"]["email"] == "ada@example.com"


async def test_a_known_contact_is_told_with_its_number() -> None:
    body = {"status": "error", "message": "Contact already exists. Existing ID: 151", "category": "CONFLICT"}
    async with hubspot(Answer(body, 409)) as desk:
        with pytest.raises(Rejected, match="Existing ID: 151"):
            await desk.call("contacts", "CREATE", input={"email": "ada@example.com"})


async def test_all_contacts_come_page_by_page_with_a_standing_list_of_properties() -> None:
    pages = [
        {"results": [contact("1", email="a@example.com", city=None)], "paging": {"next": {"after": "1"}}},
        {"results": [contact("2")]},
    ]
    async with hubspot(*pages) as desk:
        result = await desk.call("getCrmV3ObjectsContacts_model", "RETRIEVEALL")
        assert [one["id"] for one in result.payload] == ["1", "2"]
        assert result.payload[0]["email"] == "a@example.com"
        assert "city" not in result.payload[0]
        assert desk.lines == ["GET /crm/v3/objects/contacts"] * 2
        assert desk.sent[0].query["limit"] == "100"
        assert {"email", "firstname", "lastname"} <= set(desk.sent[0].query["properties"].split(","))
        assert desk.sent[1].query["after"] == "1"


@pytest.mark.parametrize(
    ("where", "groups"),
    [
        ({"email": "a@example.com"}, [[("email", "EQ", "a@example.com")]]),
        (
            {"and": [{"city": {"contains": "Par"}}, {"properties.favouriteColour": {"neq": "red"}}]},
            [[("city", "CONTAINS_TOKEN", "*Par*"), ("favouritecolour", "NEQ", "red")]],
        ),
        (
            {"or": [{"city": "Paris"}, {"zip": {"gte": 75000}}]},
            [[("city", "EQ", "Paris")], [("zip", "GTE", "75000")]],
        ),
        ({"createdAt": {"gt": "2026-01-01"}}, [[("createdate", "GT", "2026-01-01")]]),
    ],
)
async def test_conditions_are_a_search(where: Any, groups: Any) -> None:
    async with hubspot({"total": 1, "results": [contact("7", email="a@example.com")]}) as desk:
        result = await desk.call("contacts", "RETRIEVEALL", where=where, limit=10)
        assert desk.lines == ["POST /crm/v3/objects/contacts/search"]
        told = [
            [tuple(one.values()) for one in group["filters"]] for group in desk.sent[0].body["filterGroups"]
        ]
        assert told == groups
        assert list(desk.sent[0].body["filterGroups"][0]["filters"][0]) == [
            "propertyName",
            "operator",
            "value",
        ]
        assert (desk.sent[0].body["limit"], result.payload[0]["vid"]) == (11, 7)


async def test_a_contact_is_read_changed_and_deleted_by_its_number() -> None:
    missing = Answer(
        {"status": "error", "message": "resource not found", "category": "OBJECT_NOT_FOUND"}, 404
    )
    async with hubspot(contact("7"), contact("7"), missing) as desk:
        await desk.call("contacts", "RETRIEVEALL", where={"vid": 7})
        changed = await desk.call(
            "contacts", "UPDATEALL", where={"vid": 7}, input={"properties": {"city": "Paris"}}
        )
        gone = await desk.call("contacts", "DELETEALL", where={"vid": 7})
        path = "/crm/v3/objects/contacts/7"
        assert desk.lines == [f"GET {path}", f"PATCH {path}", f"DELETE {path}"]
        assert desk.sent[1].body == {"properties": {"city": "Paris"}}
        assert (changed.status_code, gone.status_code) == (200, 204)


async def test_an_upsert_changes_the_one_that_is_found() -> None:
    async with hubspot({"results": [contact("7")]}, contact("7", city="Paris")) as desk:
        where = {"email": "a@example.com"}
        result = await desk.call("contacts", "UPSERTWITHWHERE", where=where, input={"city": "Paris"})
        assert desk.lines[1] == "PATCH /crm/v3/objects/contacts/7"
        assert result.status_code == 200


async def test_lists_have_the_names_of_the_first_version() -> None:
    lists = [
        {"listId": "1", "name": "A", "processingType": "DYNAMIC", "objectTypeId": "0-1"},
        {"listId": "2", "name": "B", "processingType": "MANUAL", "objectTypeId": "0-1"},
        {"listId": "3", "name": "C", "processingType": "MANUAL", "objectTypeId": "0-2"},
    ]
    async with hubspot({"lists": lists, "hasMore": False, "offset": 3, "total": 3}) as desk:
        result = await desk.call("getContactsV1Lists_model", "RETRIEVEALL")
        assert desk.lines == ["POST /crm/v3/lists/search"]
        assert desk.sent[0].body == {"query": "", "count": 250, "offset": 0}
        assert [(one["listId"], one["dynamic"]) for one in result.payload] == [("1", True), ("2", False)]


async def test_our_choice_a_list_s_groups_become_branches() -> None:
    filters = {
        "Group1": [{"___type": "string", "operator": "EQ", "property": "gender", "value": "F"}],
        "Group2": [{"___type": "string", "operator": "CONTAINS", "property": "message", "value": "Women"}],
    }
    async with hubspot(
        {"list": {"listId": "9", "processingType": "DYNAMIC"}}, {"list": {"listId": "8"}}
    ) as desk:
        given = {"name": "Women", "dynamic": True, "filters": filters}
        result = await desk.call("postContactsV1Lists_model", "postContactsV1Lists", input=given)
        body = desk.sent[0].body
        assert (body["name"], body["objectTypeId"], body["processingType"]) == ("Women", "0-1", "DYNAMIC")
        branch = body["filterBranch"]
        assert (branch["filterBranchType"], branch["filters"]) == ("OR", [])
        told = [
            (
                one["filterBranchType"],
                filter_["property"],
                filter_["operation"]["operator"],
                filter_["operation"]["values"],
            )
            for one in branch["filterBranches"]
            for filter_ in one["filters"]
        ]
        assert told == [("AND", "gender", "IS_EQUAL_TO", ["F"]), ("AND", "message", "CONTAINS", ["Women"])]
        assert (result.payload["listId"], result.payload["dynamic"]) == ("9", True)
        await desk.call("lists", "CREATE", input={"name": "Plain"})
        assert desk.sent[1].body == {"name": "Plain", "objectTypeId": "0-1", "processingType": "MANUAL"}


async def test_a_marketing_event_is_told_with_the_id_that_was_asked_for() -> None:
    async with hubspot({"eventName": "Fair"}) as desk:
        where = {"externalEventId": "77_Eventbrite", "externalAccountId": "9001"}
        result = await desk.call(f"{EVENT}_model", EVENT, where=where)
        assert desk.lines == ["GET /marketing/v3/marketing-events/events/77_Eventbrite"]
        assert desk.sent[0].query == {"externalAccountId": "9001"}
        assert result.payload == {"eventName": "Fair", "$_externalEventId": "77_Eventbrite"}


@pytest.mark.parametrize(
    "moment", ["2026-01-10T08:00:00Z", "2026-01-10T09:00:00.000+01:00", 1768032000000, "1768032000000"]
)
async def test_attendance_is_recorded_in_milliseconds(moment: Any) -> None:
    async with hubspot({"status": "COMPLETE", "results": [{"vid": 151, "email": "ada@example.com"}]}) as desk:
        where = {"externalEventId": "77_Eventbrite", "subscriberState": "attend", "externalAccountId": "9001"}
        given = {"email": "ada@example.com", "interactionDateTime": moment}
        result = await desk.call(f"{ATTENDANCE}_model", ATTENDANCE, where=where, input=given)
        assert desk.lines == [
            "POST /marketing/v3/marketing-events/attendance/77_Eventbrite/attend/email-create"
        ]
        assert desk.sent[0].query == {"externalAccountId": "9001"}
        assert desk.sent[0].body == {
            "inputs": [{"email": "ada@example.com", "interactionDateTime": 1768032000000}]
        }
        assert result.payload["results"][0]["vid"] == 151


async def test_campaigns_are_followed_by_their_offset() -> None:
    pages = [
        {"campaigns": [{"id": 1}], "hasMore": True, "offset": "QQ"},
        {"campaigns": [{"id": 2}], "hasMore": False, "offset": "QR"},
    ]
    async with hubspot(*pages, {"id": 2, "name": "News"}) as desk:
        result = await desk.call("getEmailPublicV1Campaigns_model", "RETRIEVEALL")
        assert [one["id"] for one in result.payload] == [1, 2]
        assert desk.sent[1].query["offset"] == "QQ"
        name = "getEmailPublicV1CampaignsByCampaignsid"
        one = await desk.call(f"{name}_model", name, where={"campaignsid": 2})
        assert (desk.lines[2], desk.sent[2].query) == ("GET /email/public/v1/campaigns/2", {})
        assert one.payload["name"] == "News"


@pytest.mark.parametrize(
    ("status", "body", "word", "waits"),
    [
        (403, {"category": "MISSING_SCOPES"}, AuthFailed, []),
        (401, {"category": "INVALID_AUTHENTICATION"}, AuthFailed, []),
        (429, {"category": "RATE_LIMITS", "policyName": "DAILY"}, RateLimited, []),
        (429, {"category": "RATE_LIMITS", "policyName": "SECONDLY"}, RateLimited, [1.0, 1.0]),
        (423, {}, Unavailable, []),
    ],
)
async def test_limits_tell_how_long_they_last(
    status: int, body: dict[str, Any], word: type[ActionFailed], waits: list[float]
) -> None:
    async with hubspot(*[Answer({"status": "error", "message": "so", **body}, status)] * 3) as desk:
        with pytest.raises(word, match="so"):
            await desk.call("contacts", "CREATE", input={"email": "a@example.com"})
        assert desk.waits == waits
