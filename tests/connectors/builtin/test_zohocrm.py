"""Zoho CRM: refusals of single records in good answers, names of published flows, modules by their names."""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

CONVERT = "postLeads528450000000311120ActionsConvert"
MADE = {"code": "SUCCESS", "details": {"id": "11"}, "message": "record added", "status": "success"}
REFUSED = {
    "code": "MANDATORY_NOT_FOUND",
    "details": {"api_name": "Last_Name"},
    "message": "required field not found",
    "status": "error",
}
SINCE = "(Modified_Time:greater_equal:2026-01-01T10:00:00+00:00)"
ACCOUNT = {
    "accessToken": "EXAMPLE-TOKEN", "refreshToken": "EXAMPLE-REFRESH", "clientId": "EXAMPLE-ID",
    "clientSecret": "EXAMPLE-SECRET",
}  # fmt: skip


def zoho(*answers: Any, **parts: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("zohocrm", answers, ACCOUNT, **parts)


@pytest.mark.parametrize(
    ("name", "line"),
    [
        ("Leads", "POST /crm/v6/Leads"),
        ("Deals", "POST /crm/v6/Deals"),
        ("Campaigns", "POST /crm/v6/Campaigns"),
    ],
)
async def test_records_are_made_by_the_names_of_published_flows(name: str, line: str) -> None:
    async with zoho(Answer({"data": [MADE]}, 201)) as desk:
        given = {"data": [{"Last_Name": "Doe", "Owner": {"id": "5"}, "own__c": 1}]}
        result = await desk.call(f"post{name}_model", f"post{name}", input=given)
        assert (desk.lines, desk.sent[0].body) == ([line], given)
        assert desk.sent[0].headers["Authorization"] == "Zoho-oauthtoken EXAMPLE-TOKEN"
        assert (result.payload, result.status_code) == ({"_data_": [MADE]}, 201)


async def test_a_call_fails_when_no_record_of_it_was_made() -> None:
    async with zoho(Answer({"data": [REFUSED]}, 202), Answer({"data": [MADE, REFUSED]}, 207)) as desk:
        given = {"data": [{"Company": "Acme"}]}
        with pytest.raises(Rejected, match=r"MANDATORY_NOT_FOUND: required.*Last_Name"):
            await desk.call("postLeads_model", "postLeads", input=given)
        result = await desk.call("postLeads_model", "postLeads", input=given)
        assert result.payload == {"_data_": [MADE, REFUSED]}


@pytest.mark.parametrize(
    ("where", "line", "query"),
    [
        ({"Email": "a+b@example.com"}, "GET /crm/v6/Leads/search", {"email": "a+b@example.com"}),
        ({"Phone": "5550100"}, "GET /crm/v6/Leads/search", {"phone": "5550100"}),
        ({"id": "7"}, "GET /crm/v6/Leads/7", {}),
        (
            {"Company": "Acme (x, y)"},
            "GET /crm/v6/Leads/search",
            {"criteria": r"(Company:equals:Acme \(x\, y\))"},
        ),
        (
            {"Last_Name": "Doe", "Modified_Time": {"gte": "2026-01-01T11:00:00.5+01:00"}},
            "GET /crm/v6/Leads/search",
            {"criteria": f"((Last_Name:equals:Doe)and{SINCE})"},
        ),
        (
            None,
            "GET /crm/v6/Leads/search",
            {"criteria": "(Created_Time:greater_than:2000-01-01T00:00:00+00:00)"},
        ),
    ],
)
async def test_leads_are_searched_by_what_zoho_searches(where: Any, line: str, query: dict[str, str]) -> None:
    lead = {"id": "7", "Email": "a+b@example.com", "Company": "Acme"}
    async with zoho({"data": [lead], "info": {"more_records": False}}) as desk:
        result = await desk.call("getLeadsSearch_model", "RETRIEVEALL", where=where, limit=10)
        assert (result.payload, desk.lines) == ([lead], [line])
        assert {name: desk.sent[0].query.get(name) for name in query} == query


async def test_a_lead_that_is_made_or_changed_is_told_each_time() -> None:
    now = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
    options = {"subscription": {"pollingInterval": 1}}
    subject = Subject("zohocrm", "getLeads_model", "CREATEDORUPDATED_POLLER")
    poll = parse_poll(subject, options, key="id", times=("Created_Time", "Modified_Time"))
    lead = {
        "id": "7",
        "Created_Time": "2025-01-01T10:00:00+05:30",
        "Modified_Time": "2026-01-01T15:30:40+05:30",
    }
    again = {**lead, "Modified_Time": "2026-01-01T15:31:40+05:30"}
    async with zoho({"data": [lead]}, {"data": [again]}, {"data": [again]}) as desk:
        polled, told = start_of(now), []
        for minute in (1, 2, 3):
            found, polled = await asked(poll, polled, desk.credentials, now + timedelta(minutes=minute))
            told.append(found)
        assert told == [[lead], [again], []]
        assert [sent.query["criteria"] for sent in desk.sent] == [SINCE] * 3


async def test_nothing_found_is_an_answer_without_content() -> None:
    async with zoho(Answer(None, 204)) as desk:
        result = await desk.call("getLeadsSearch_model", "RETRIEVEALL", where={"Email": "x@example.com"})
        assert (result.payload, result.status_code) == ([], 204)


async def test_users_are_followed_while_there_are_more() -> None:
    first = {"users": [{"id": "1"}], "info": {"more_records": True}}
    async with zoho(first, {"users": [{"id": "2"}], "info": {"more_records": False}}) as desk:
        result = await desk.call("getUsers_model", "RETRIEVEALL", where={"___type": "AdminUsers"})
        assert [user["id"] for user in result.payload] == ["1", "2"]
        assert [sent.query for sent in desk.sent] == [
            {"type": "AdminUsers", "page": page, "per_page": "200"} for page in ("1", "2")
        ]


async def test_a_lead_is_converted_as_its_options_allow() -> None:
    options = {"__conversion_options": {"Contacts": [{"id": "3"}]}}
    async with zoho(options, {"data": [MADE]}) as desk:
        name = "getLeadsByRecordIdConversionOptions"
        told = await desk.call(f"{name}_model", name, input={"record_id": "7"})
        assert told.payload == options
        given = {"lead_id": "7", "data": [{"Contacts": {"id": "3"}, "assign_to": {"id": "5"}}]}
        result = await desk.call(f"{CONVERT}_model", CONVERT, input=given)
        assert result.payload == {"_data_": [MADE]}
        assert desk.lines == [
            "GET /crm/v6/Leads/7/__conversion_options",
            "POST /crm/v6/Leads/7/actions/convert",
        ]
        assert desk.sent[1].body == {"data": given["data"]}


async def test_our_choice_a_module_is_reached_by_its_name() -> None:
    async with zoho(Answer({"data": [MADE]}, 201), {"data": [{"id": "11"}]}, {"data": [MADE]}) as desk:
        made = await desk.call("Contacts", "CREATE", input={"Last_Name": "Doe"})
        assert made.payload == {"Last_Name": "Doe", "id": "11"}
        await desk.call("Contacts", "RETRIEVEALL", where={"id": "11"})
        await desk.call("Contacts", "UPDATEALL", where={"id": "11"}, input={"Last_Name": "Roe"})
        assert desk.lines == [
            "POST /crm/v6/Contacts", "GET /crm/v6/Contacts/11", "PUT /crm/v6/Contacts/11",
        ]  # fmt: skip
        assert desk.sent[2].body == {"data": [{"Last_Name": "Roe"}]}


async def test_an_ended_token_is_renewed_at_the_data_centre_of_the_account() -> None:
    ended = {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"}
    renewed = {"access_token": "EXAMPLE-NEW", "expires_in": 3600}
    endpoint = {"url": "https://www.zohoapis.eu", "accountsUrl": "https://accounts.zoho.eu"}
    async with zoho(Answer(ended, 401), renewed, {"org": []}, endpoint=endpoint) as desk:
        assert await desk.check() is True
        assert [sent.host for sent in desk.sent] == [
            "www.zohoapis.eu", "accounts.zoho.eu", "www.zohoapis.eu",
        ]  # fmt: skip
        assert desk.sent[1].line == "POST /oauth/v2/token"
        assert b"refresh_token=EXAMPLE-REFRESH" in desk.sent[1].content
        assert desk.sent[2].headers["Authorization"] == "Zoho-oauthtoken EXAMPLE-NEW"


async def test_a_refresh_that_is_refused_in_a_good_answer_is_told() -> None:
    ended = {"code": "INVALID_TOKEN", "details": {}, "message": "invalid oauth token", "status": "error"}
    async with zoho(Answer(ended, 401), {"error": "invalid_code"}) as desk:
        with pytest.raises(AuthFailed) as caught:
            await desk.check()
        assert "EXAMPLE" not in str(caught.value)


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (401, "OAUTH_SCOPE_MISMATCH", AuthFailed), (403, "NO_PERMISSION", AuthFailed),
        (404, "INVALID_URL_PATTERN", NotFound), (400, "INVALID_DATA", Rejected),
        (429, "TOO_MANY_REQUESTS", RateLimited),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_in_zohos_words(status: int, code: str, word: type[ActionFailed]) -> None:
    body = {"code": code, "details": {}, "message": "so it is", "status": "error"}
    async with zoho(*[Answer(body, status)] * 3) as desk:
        with pytest.raises(word, match=f"{code}: so it is") as caught:
            await desk.call("getUsers_model", "RETRIEVEALL")
        assert type(caught.value) is word
