"""Marketo: leads are found by one field, and every error comes inside a 200."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable

TOKEN = {"access_token": "EXAMPLE-T", "token_type": "bearer", "expires_in": 3599, "scope": "api@example.com"}
DESCRIBED = {
    "success": True,
    "result": [
        {"id": at, "rest": {"name": name}} for at, name in enumerate(["id", "email", "firstName", "shoe"])
    ],
}


def marketo(
    *answers: Any, url: str = "https://123-abc-456.mktorest.com"
) -> AbstractAsyncContextManager[Vendor]:
    credentials = {"clientId": "EXAMPLE-ID", "clientSecret": "EXAMPLE-SECRET"}
    return vendor("marketo", [TOKEN, *answers], credentials, endpoint={"endpointUrl": url})


def found(*leads: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"requestId": "1#2", "success": True, "result": list(leads), **more}


def skipped(code: str) -> dict[str, Any]:
    return found({"status": "skipped", "reasons": [{"code": code, "message": "so"}]})


@pytest.mark.parametrize(
    "url", ["https://123-abc-456.mktorest.com", "https://123-abc-456.mktorest.com/rest/"]
)
async def test_the_secret_is_in_no_address_and_the_endpoint_may_end_with_rest(url: str) -> None:
    async with marketo(found(), url=url) as desk:
        assert await desk.check() is True
        assert desk.lines == ["POST /identity/oauth/token", "GET /rest/v1/leads/describe2.json"]
        assert desk.sent[0].query == {}
        assert b"grant_type=client_credentials&client_id=EXAMPLE-ID" in desk.sent[0].content
        assert desk.sent[1].headers["Authorization"] == "Bearer EXAMPLE-T"


async def test_leads_are_found_by_mail_with_every_field_that_the_instance_has() -> None:
    lead = {"id": 318581, "email": "d@example.com", "firstName": "Dee", "shoe": "41"}
    async with marketo(DESCRIBED, found(lead), found(lead)) as desk:
        where = {"and": [{"firstName": "Dee"}, {"email": "d@example.com"}]}
        result = await desk.call("leads", "RETRIEVEALL", where=where, limit=1)
        assert (result.payload, result.status_code) == ([lead], 200)
        assert desk.sent[2].query == {
            "filterType": "email", "filterValues": "d@example.com", "fields": "id,email,firstName,shoe",
            "batchSize": "2",
        }  # fmt: skip
        # What was described is known for an hour.
        none = await desk.call("leads", "RETRIEVEALL", where={"email": "d@example.com", "firstName": "Bo"})
        assert (none.payload, none.status_code) == ([], 204)
        assert desk.lines[3:] == ["GET /rest/v1/leads.json"]


async def test_a_list_of_values_is_one_call_and_pages_are_followed() -> None:
    pages = [found({"id": 1}, nextPageToken="P==", moreResult=True), found({"id": 2})]
    async with marketo(DESCRIBED, *pages) as desk:
        result = await desk.call("leads", "RETRIEVEALL", where={"id": [1, 2]})
        assert [lead["id"] for lead in result.payload] == [1, 2]
        assert desk.sent[2].query["filterValues"] == "1,2"
        assert desk.sent[3].query["nextPageToken"] == "P=="


@pytest.mark.parametrize(
    "where", [None, {"email": {"contains": "x"}}, {"email": "a,b"}, {"id": list(range(1, 200)) * 2}]
)
async def test_what_marketo_cannot_search_for_is_refused(where: Any) -> None:
    async with marketo() as desk:
        with pytest.raises(Rejected):
            await desk.call("leads", "RETRIEVEALL", where=where)
        assert desk.sent == []


async def test_a_lead_is_made_once_and_known_ones_are_told() -> None:
    async with marketo(found({"id": 50, "status": "created"}), skipped("1005")) as desk:
        given = {
            "email": "d@example.com",
            "mobilePhone": 33600000000,
            "address": {"city": "Paris"},
            "fax": None,
        }
        result = await desk.call("leads", "CREATE", input=given)
        sent = {"email": "d@example.com", "mobilePhone": "33600000000", "address": '{"city":"Paris"}'}
        assert {k: v for k, v in desk.sent[1].body["input"][0].items() if v is not None} == sent
        assert (desk.sent[1].body["action"], desk.sent[1].body["lookupField"]) == ("createOnly", "email")
        assert (result.status_code, result.payload["id"], result.payload["email"]) == (
            201,
            50,
            "d@example.com",
        )
        with pytest.raises(Rejected, match="1005: so"):
            await desk.call("leads", "CREATE", input=given)


@pytest.mark.parametrize(("status", "code"), [("created", 201), ("updated", 200)])
async def test_an_upsert_is_one_call(status: str, code: int) -> None:
    async with marketo(found({"id": 50, "status": status})) as desk:
        where = {"email": "d@example.com"}
        result = await desk.call("leads", "UPSERTWITHWHERE", where=where, input={"firstName": "Dee"})
        assert desk.sent[1].body == {
            "action": "createOrUpdate", "lookupField": "email",
            "input": [{"firstName": "Dee", "email": "d@example.com"}],
        }  # fmt: skip
        assert result.status_code == code
        assert result.payload == {"firstName": "Dee", "email": "d@example.com", "id": 50, "status": status}


async def test_an_upsert_of_several_is_refused() -> None:
    async with marketo(skipped("1007")) as desk:
        with pytest.raises(Rejected, match="several") as caught:
            await desk.call("leads", "UPSERTWITHWHERE", where={"email": "d@example.com"}, input={})
        assert caught.value.status_code == 409


async def test_a_lead_is_changed_and_deleted_by_its_number() -> None:
    async with marketo(found({"id": 7, "status": "updated"}), skipped("1004")) as desk:
        await desk.call("leads", "UPDATEALL", where={"id": "7"}, input={"firstName": "Dee"})
        assert desk.sent[1].body == {
            "action": "updateOnly", "lookupField": "id", "input": [{"firstName": "Dee", "id": 7}],
        }  # fmt: skip
        gone = await desk.call("leads", "DELETEALL", where={"id": 8})
        assert (desk.lines[2], desk.sent[2].body) == (
            "POST /rest/v1/leads/delete.json",
            {"input": [{"id": 8}]},
        )
        assert gone.status_code == 204


@pytest.mark.parametrize(
    ("code", "word"),
    [
        ("603", AuthFailed), ("607", RateLimited), ("611", Unavailable), ("610", NotFound),
        ("1003", Rejected), ("1011", Rejected), ("99999", Rejected),
    ],
)  # fmt: skip
async def test_an_error_inside_a_200_is_an_error(code: str, word: type[ActionFailed]) -> None:
    failed = {"success": False, "errors": [{"code": code, "message": "so"}]}
    async with marketo(failed, failed, failed) as desk:
        with pytest.raises(word, match=f"{code}: so") as caught:
            await desk.call("leads", "CREATE", input={"email": "d@example.com"})
        assert type(caught.value) is word


async def test_an_ended_token_is_renewed_and_a_crowd_waits() -> None:
    ended = {"success": False, "errors": [{"code": "602", "message": "Access token expired"}]}
    again = {**TOKEN, "access_token": "EXAMPLE-U"}
    async with marketo(ended, again, found({"id": 1, "status": "created"})) as desk:
        await desk.call("leads", "CREATE", input={"email": "d@example.com"})
        assert desk.sent[3].headers["Authorization"] == "Bearer EXAMPLE-U"


async def test_wrong_credentials_are_told() -> None:
    refusal = Answer({"error": "unauthorized", "error_description": "Bad client credentials"}, 401)
    async with vendor(
        "marketo",
        [refusal],
        {"clientId": "EXAMPLE", "clientSecret": "EXAMPLE-S"},
        endpoint={"endpointUrl": "https://a.mktorest.com"},
    ) as desk:
        with pytest.raises(AuthFailed, match="Bad client credentials"):
            await desk.check()


async def test_new_leads_are_told_from_where_the_log_was_left() -> None:
    entry = {"leadId": 7, "activityTypeId": 12}
    first = [
        {"success": True, "nextPageToken": "A"},
        {"success": True, "nextPageToken": "B", "moreResult": False},
    ]
    second = [{"success": True, "result": [entry, entry], "nextPageToken": "C"}, DESCRIBED, found({"id": 7})]
    async with marketo(*first, *second) as desk:
        told = {"since": "2026-01-01T00:00:00.000Z"}
        state = (await desk.call("leads", "CREATED", input=told)).payload["state"]
        assert desk.sent[1].query == {"sinceDatetime": "2026-01-01T00:00:00.000Z"}
        after = (await desk.call("leads", "CREATED", input={**told, "state": state})).payload
        assert desk.sent[3].query["nextPageToken"] == "B"
        assert after == {"events": [{"id": "7", "payload": {"id": 7}}], "state": {"cursor": "C"}}
