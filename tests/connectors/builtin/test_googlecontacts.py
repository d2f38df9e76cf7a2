"""Google Contacts: flat maps, searches that are woken first, groups named with or without their kind."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import NotFound, Rejected

MEMBERS = "postContactGroupsByResourceNameMembersmodify"
PERSON = {
    "resourceName": "people/c1",
    "names": [{"givenName": "Ada", "displayName": "Ada Byron"}],
    "emailAddresses": [{"value": "ada@example.com"}],
}


def contacts(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("googlecontacts", answers)


@pytest.mark.parametrize(
    ("birthday", "told"),
    [("2000-01-31", {"date": {"year": 2000, "month": 1, "day": 31}}), ("May", {"text": "May"})],
)
async def test_a_flat_map_becomes_a_person(birthday: str, told: dict[str, Any]) -> None:
    async with contacts(PERSON) as desk:
        given = {
            "firstName": "Ada", "lastName": "Byron", "middleName": None, "company": "Acme",
            "jobTitle": "Engineer",
            "emailAddresses": [{"value": "ada@example.com", "___type": "work"},
                               {"value": "", "___type": "home"}],
            "phoneNumbers": [{"value": None}], "birthday": birthday, "urls": [{"value": "https://example.com"}],
        }  # fmt: skip
        result = await desk.call("postPeoplecreateContact_model", "postPeoplecreateContact", input=given)
        assert desk.lines == ["POST /v1/people:createContact"]
        assert desk.sent[0].body == {
            "names": [{"givenName": "Ada", "familyName": "Byron"}],
            "organizations": [{"name": "Acme", "title": "Engineer"}],
            "emailAddresses": [{"value": "ada@example.com", "type": "work"}],
            "birthdays": [told],
            "urls": [{"value": "https://example.com"}],
        }
        assert (result.payload["resourceName"], result.payload["emailAddress"]) == (
            "people/c1",
            "ada@example.com",
        )


@pytest.mark.parametrize(
    ("action", "path", "title"),
    [
        ("getPeoplesearchContacts", "/v1/people:searchContacts", "Contacts"),
        ("getOtherContactssearch", "/v1/otherContacts:search", "Other contacts"),
    ],
)
async def test_a_search_is_woken_once(action: str, path: str, title: str) -> None:
    async with contacts({}, {"results": [{"person": PERSON}]}, {}) as desk:
        result = await desk.call(f"{action}_model", action, where={"query": "ada"}, limit=50)
        assert desk.lines == [f"GET {path}"] * 2
        assert [(sent.query["query"], sent.query["pageSize"]) for sent in desk.sent] == [
            ("", "1"),
            ("ada", "30"),
        ]
        assert "readMask" in desk.sent[0].query
        assert len(desk.waits) == 1
        assert result.payload["results"] == result.payload[title]
        assert result.payload["results"][0]["person"]["emailAddress"] == "ada@example.com"
        none = await desk.call(f"{action}_model", action, where={"query": "bo"})
        assert (none.payload, none.status_code, len(desk.sent)) == ({"results": [], title: []}, 204, 3)


@pytest.mark.parametrize("group", ["221b64360f273175", "contactGroups/221b64360f273175"])
async def test_a_group_is_named_with_or_without_its_kind(group: str) -> None:
    async with contacts({}) as desk:
        given = {"resourceName": group, "resourceNamesToAdd": "people/c1"}
        result = await desk.call(f"{MEMBERS}_model", MEMBERS, input=given)
        assert desk.lines == ["POST /v1/contactGroups/221b64360f273175/members:modify"]
        assert desk.sent[0].body == {"resourceNamesToAdd": ["people/c1"]}
        assert (result.payload, result.status_code) == ({}, 200)


async def test_our_choice_members_of_whom_nobody_was_found_are_an_error() -> None:
    some = {"notFoundResourceNames": ["people/c1"]}
    async with contacts(some, some) as desk:
        given = {"resourceName": "g", "resourceNamesToAdd": ["people/c1", "people/c2"]}
        assert (await desk.call(f"{MEMBERS}_model", MEMBERS, input=given)).payload == some
        with pytest.raises(NotFound, match="people/c1"):
            await desk.call(f"{MEMBERS}_model", MEMBERS, input={**given, "resourceNamesToAdd": ["people/c1"]})


async def test_a_change_carries_the_newest_etag() -> None:
    async with contacts({"etag": "E1"}, PERSON) as desk:
        where = {"resourceName": "people/c1"}
        await desk.call("contact", "UPDATEALL", where=where, input={"firstName": "Ada"})
        assert desk.lines == ["GET /v1/people/c1", "PATCH /v1/people/c1:updateContact"]
        assert desk.sent[1].query["updatePersonFields"] == "names"
        assert desk.sent[1].body == {"names": [{"givenName": "Ada"}], "etag": "E1"}
        with pytest.raises(Rejected):
            await desk.call("contact", "UPDATEALL", where={"firstName": "Ada"}, input={"firstName": "Bo"})


async def test_contacts_are_compared_by_their_flat_names() -> None:
    async with contacts({"connections": [PERSON, {"resourceName": "people/c2"}]}, {}) as desk:
        result = await desk.call("contact", "RETRIEVEALL", where={"emailAddress": "ada@example.com"})
        assert [one["resourceName"] for one in result.payload] == ["people/c1"]
        await desk.call("contact", "DELETEALL", where={"resourceName": "people/c1"})
        assert desk.lines == ["GET /v1/people/me/connections", "DELETE /v1/people/c1:deleteContact"]


async def test_an_error_is_told_in_google_s_words() -> None:
    body = {
        "error": {"code": 409, "message": "Contact group name already exists.", "status": "ALREADY_EXISTS"}
    }
    async with contacts(Answer(body, 409)) as desk:
        with pytest.raises(Rejected, match="already exists"):
            await desk.call("contactGroup", "CREATE", input={"name": "News"})
