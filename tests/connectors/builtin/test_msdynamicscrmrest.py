"""Microsoft Dynamics 365 Sales: rows of Dataverse, whose lookups have other names when read, written and
compared.
"""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

ID = "475b158c-541c-e511-80d3-3863bb347ba8"
OTHER = "8ff27484-9a04-ea11-a811-000d3a1b14a2"
LOGIN = {"accessToken": "EXAMPLE-TOKEN"}
URL = "https://org.crm.dynamics.example"
API = "/api/data/v9.2"
NOTE = "@Microsoft.Dynamics.CRM."


def dynamics(*answers: Any, url: str = URL) -> AbstractAsyncContextManager[Vendor]:
    return vendor("msdynamicscrmrest", answers, LOGIN, auth_type="BASIC_OAUTH", endpoint={"endpointUrl": url})


@pytest.mark.parametrize("url", [URL, f"{URL}/", f"{URL}/api/data/v9.1/"])
async def test_the_address_is_taken_as_people_copy_it(url: str) -> None:
    async with dynamics({"UserId": ID}, url=url) as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == ("org.crm.dynamics.example", [f"GET {API}/WhoAmI"])
        assert desk.sent[0].headers["OData-MaxVersion"] == "4.0"


GIVEN = {
    "OAUTH2_PASSWORD": {
        "username": "ada@example.com",
        "password": "EXAMPLE-PASSWORD",
        "clientId": "app",
        "clientSecret": "EXAMPLE-SECRET",
    },
    "OAUTH2_CLIENT_CREDENTIALS": {
        "clientId": "app",
        "clientSecret": "EXAMPLE-SECRET",
        "tenantId": "contoso.example",
    },
    "BASIC_OAUTH": {"clientId": "app", "clientSecret": "EXAMPLE-SECRET", "refreshToken": "EXAMPLE-REFRESH"},
}


@pytest.mark.parametrize(
    ("kind", "tenant", "grant"),
    [
        ("OAUTH2_PASSWORD", "organizations", "password"),
        ("OAUTH2_CLIENT_CREDENTIALS", "contoso.example", "client_credentials"),
        ("BASIC_OAUTH", "organizations", "refresh_token"),
    ],
)
async def test_a_token_is_for_this_organisation(kind: str, tenant: str, grant: str) -> None:
    token = {"access_token": "EXAMPLE-NEW", "expires_in": 3599}
    script = vendor(
        "msdynamicscrmrest",
        [token, {"UserId": ID}],
        GIVEN[kind],
        auth_type=kind,
        endpoint={"endpointUrl": f"{URL}/"},
    )
    async with script as desk:
        await desk.check()
        assert desk.lines == [f"POST /{tenant}/oauth2/v2.0/token", f"GET {API}/WhoAmI"]
        form = parse_qs(desk.sent[0].content.decode())
        assert form["grant_type"] == [grant]
        assert form["scope"][0].split()[0] == f"{URL}/.default"
        assert desk.sent[1].headers["Authorization"] == "Bearer EXAMPLE-NEW"


async def test_a_contact_is_made_and_comes_back_with_its_id() -> None:
    row = {"@odata.context": "…", "@odata.etag": 'W/"5"', "contactid": ID, "lastname": "Lovelace"}
    async with dynamics(Answer(row, 201)) as desk:
        given = {
            "firstname": "Ada",
            "lastname": "Lovelace",
            "emailaddress1": "ada@example.com",
            "custom_x": 5,
        }
        result = await desk.call("Contact", "CREATE", input=given)
        assert desk.lines == [f"POST {API}/contacts"]
        assert desk.sent[0].body == given
        assert desk.sent[0].headers["Prefer"].startswith("return=representation")
        assert (result.status_code, result.payload) == (201, {"contactid": ID, "lastname": "Lovelace"})


@pytest.mark.parametrize(
    ("name", "given", "sent"),
    [
        ("Lead", {"parentaccountid": ID}, {"parentaccountid@odata.bind": f"/accounts({ID})"}),
        (
            "Contact",
            {"parentcustomerid_account_account": ID},
            {"parentcustomerid_account@odata.bind": f"/accounts({ID})"},
        ),
        ("Contact", {"own@odata.bind": f"/accounts({ID})"}, {"own@odata.bind": f"/accounts({ID})"}),
        ("Incident", {"customerid_contact": ID}, {"customerid_contact@odata.bind": f"/contacts({ID})"}),
        ("Lead", {"ownerid": f"/teams({ID})"}, {"ownerid@odata.bind": f"/teams({ID})"}),
        ("Lead", {"leadsourcecode": "8", "donotpost": True}, {"leadsourcecode": 8, "donotpost": True}),
        ("Lead", {"ownerid": "", "parentaccountid": None, "fax": ""}, {"fax": ""}),
        ("Lead", {"leadid": ID, "createdon": "2026-01-01", "subject": "x"}, {"subject": "x"}),
    ],
)  # fmt: skip
async def test_what_a_record_points_to_is_bound_by_its_address(
    name: str, given: dict[str, Any], sent: dict[str, Any]
) -> None:
    async with dynamics(Answer({}, 201)) as desk:
        await desk.call(name, "CREATE", input=given)
        assert desk.sent[0].body == sent


async def test_our_choice_a_lookup_has_the_names_that_flows_use() -> None:
    row = {
        "contactid": ID,
        "_createdby_value": OTHER,
        f"_createdby_value{NOTE}lookuplogicalname": "systemuser",
        "_parentcustomerid_value": OTHER,
        f"_parentcustomerid_value{NOTE}associatednavigationproperty": "parentcustomerid_account",
        f"_parentcustomerid_value{NOTE}lookuplogicalname": "account",
        "_ownerid_value": None,
    }
    async with dynamics(row) as desk:
        (contact,) = (await desk.call("Contact", "RETRIEVEALL", where={"contactid": ID})).payload
        assert desk.lines == [f"GET {API}/contacts({ID})"]
        assert contact == {
            "contactid": ID,
            "_createdby_value": OTHER,
            "createdby": OTHER,
            "_parentcustomerid_value": OTHER,
            "parentcustomerid": OTHER,
            "parentcustomerid_account": OTHER,
            "parentcustomerid_account_account": OTHER,
            "_ownerid_value": None,
        }


@pytest.mark.parametrize(
    ("name", "where", "text"),
    [
        ("Contact", None, "createdon ne null"),
        ("Contact", {"lastname": "O'Neil"}, "lastname eq 'O''Neil'"),
        ("Contact", {"telephone1": "5550100"}, "telephone1 eq '5550100'"),
        ("Contact", {"leadsourcecode": "8"}, "leadsourcecode eq 8"),
        ("Contact", {"leadsourcecode": "8 or true"}, "leadsourcecode eq '8 or true'"),
        ("Contact", {"donotemail": "true"}, "donotemail eq true"),
        ("Contact", {"parentcustomerid_account": ID}, f"_parentcustomerid_value eq {ID}"),
        ("Contact", {"lastname": {"contains": "5"}}, "contains(lastname,'5')"),
        ("Contact", {"createdon": {"lt": "2026-01-10T09:00:00+01:00"}}, "createdon lt 2026-01-10T08:00:00Z"),
        ("Contact", {"and": [{"firstname": "A"}, {"lastname": "B"}]}, "firstname eq 'A' and lastname eq 'B'"),
        ("Contact", {"or": [{"firstname": "A"}, {"lastname": "B"}]}, "(firstname eq 'A' or lastname eq 'B')"),
        ("Incident", {"title": "x"}, "title eq 'x'"),
    ],
)  # fmt: skip
async def test_a_filter_becomes_odata(name: str, where: Any, text: str) -> None:
    async with dynamics({"value": []}) as desk:
        result = await desk.call(name, "RETRIEVEALL", where=where, limit=10)
        assert (result.status_code, desk.sent[0].query) == (204, {"$filter": text})
        assert desk.sent[0].headers["Prefer"].startswith("odata.maxpagesize=11, odata.include-annotations=")


async def test_pages_are_followed_with_the_same_preference() -> None:
    following = f"/org.crm.dynamics.example{API}/salesorders?$skiptoken=%3Ccookie%20pagenumber=%222%22%3E"
    pages = [
        {"value": [{"salesorderid": ID}], "@odata.nextLink": following},
        {"value": [{"salesorderid": OTHER}]},
    ]
    async with dynamics(*pages) as desk:
        result = await desk.call("SalesOrder", "RETRIEVEALL")
        assert [row["salesorderid"] for row in result.payload] == [ID, OTHER]
        assert desk.lines == [f"GET {API}/salesorders"] * 2
        assert desk.sent[1].query == {"$skiptoken": '<cookie pagenumber="2">'}
        assert desk.sent[0].headers["Prefer"] == desk.sent[1].headers["Prefer"]


async def test_a_change_never_makes_what_is_not_there() -> None:
    gone = Answer({"error": {"code": "0x80040217", "message": "contact Does Not Exist"}}, 404)
    async with dynamics({"contactid": ID, "jobtitle": "Countess"}, gone) as desk:
        given = {"jobtitle": "Countess"}
        done = await desk.call("Contact", "UPDATEALL", where={"contactid": ID}, input=given)
        assert (done.status_code, done.payload) == (200, {"contactid": ID, "jobtitle": "Countess"})
        assert (desk.lines, desk.sent[0].body) == ([f"PATCH {API}/contacts({ID})"], given)
        assert desk.sent[0].headers["If-Match"] == "*"
        missing = await desk.call("Contact", "UPDATEALL", where={"contactid": OTHER}, input=given)
        assert missing.status_code == 204


async def test_an_upsert_looks_first() -> None:
    row = {"leadid": ID, "subject": "Tea"}
    async with dynamics({"value": []}, Answer(row, 201), {"value": [row]}, row) as desk:
        for status in (201, 200):
            given = {"firstname": "Ada"}
            result = await desk.call("Lead", "UPSERTWITHWHERE", where={"subject": "Tea"}, input=given)
            assert (result.status_code, result.payload["leadid"]) == (status, ID)
        assert desk.lines == [
            f"GET {API}/leads", f"POST {API}/leads", f"GET {API}/leads", f"PATCH {API}/leads({ID})",
        ]  # fmt: skip
        assert desk.sent[1].body == {"subject": "Tea", "firstname": "Ada"}


async def test_what_a_filter_finds_is_deleted() -> None:
    found = {"value": [{"campaignid": ID}, {"campaignid": OTHER}]}
    async with dynamics(found, Answer(None, 204), Answer(None, 204)) as desk:
        result = await desk.call("Campaign", "DELETEALL", where={"name": "Old"})
        assert (result.status_code, result.payload) == (200, {"count": 2})
        assert desk.lines[1:] == [f"DELETE {API}/campaigns({one})" for one in (ID, OTHER)]


@pytest.mark.parametrize("name", ["SalesOrder", "Order"])
async def test_an_order_has_two_names(name: str) -> None:
    async with dynamics({"salesorderid": ID}) as desk:
        await desk.call(name, "RETRIEVEALL", where={"salesorderid": ID})
        assert desk.lines == [f"GET {API}/salesorders({ID})"]


@pytest.mark.parametrize("value", ["x) or (true", "../accounts", "name='x'"])
async def test_what_is_no_id_names_no_record(value: str) -> None:
    async with dynamics() as desk:
        with pytest.raises(Rejected):
            await desk.call("Contact", "DELETEALL", where={"contactid": value})
        assert desk.lines == []


async def test_a_poll_finds_an_order_that_came_after_its_start() -> None:
    now = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
    order = {"salesorderid": ID, "createdon": "2026-01-10T08:00:30Z", "modifiedon": "2026-01-10T08:00:30Z"}
    async with dynamics({"value": [order]}, {"value": [order]}) as desk:
        subscription = {
            "createdField": "createdon", "updatedField": "modifiedon", "timeFormat": "YYYY-MM-DDTHH:mm:ssZ",
            "timeZone": "UTC", "pollingInterval": 1,
        }  # fmt: skip
        poll = parse_poll(
            Subject("msdynamicscrmrest", "SalesOrder", "CREATED_POLLER"),
            {"subscription": subscription},
            key="salesorderid",
        )
        payloads, polled = await asked(poll, start_of(now), desk.credentials, now)
        assert payloads == [order]
        assert desk.sent[0].query == {"$filter": "createdon ge 2026-01-10T08:00:00Z"}
        assert (await asked(poll, polled, desk.credentials, now))[0] == []


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (400, "0x80048d19", Rejected),
        (403, "0x80040220", AuthFailed),
        (404, "0x80040217", NotFound),
        (412, "0x80040237", Rejected),
        (429, "0x80072322", RateLimited),
        (500, "0x80044150", Unavailable),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    status: int, code: str, word: type[ActionFailed]
) -> None:
    refusal = Answer({"error": {"code": code, "message": "No."}}, status, {"Retry-After": "60"})
    async with dynamics(refusal, refusal, refusal) as desk:
        with pytest.raises(word, match=f"{code}: No") as caught:
            await desk.call("Contact", "RETRIEVEALL")
        assert type(caught.value) is word
