"""Salesforce against its stand-in, which knows the vendor's rules from the vendor's documentation."""

import base64
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.connectors.conftest import Desk

from lockhouse.connectors.builtin.salesforce.soql import Description, where_clause
from lockhouse.connectors.errors import AuthFailed, NotFound, RateLimited, Rejected, Unavailable
from lockhouse.connectors.filters import read_where
from lockhouse.standins.salesforce_records import Organisation


async def leads(salesforce: Desk, count: int, **more: Any) -> list[str]:
    made = []
    for number in range(count):
        values = {"LastName": f"Doe {number}", "Company": "ACME", **more}
        made.append((await salesforce.call("Lead", "CREATE", input=values)).payload["Id"])
    return made


async def test_a_contact_is_created_and_its_id_comes_back(salesforce: Desk) -> None:
    result = await salesforce.call("Contact", "CREATE", input={"LastName": "Doe", "Email": "d@example.com"})
    assert result.status_code == 201
    assert result.payload["LastName"] == "Doe"
    assert len(result.payload["Id"]) == 18
    assert [one["path"] for one in salesforce.stand_in.requests] == [
        "/services/oauth2/token",
        "/services/data/v60.0/sobjects/Contact",
    ]


@pytest.mark.parametrize(
    ("values", "sent"),
    [
        ({"NumberOfEmployees": "250"}, {"NumberOfEmployees": 250}),
        ({"AnnualRevenue": "1e6"}, {"AnnualRevenue": 1e6}),
        ({"IsUnreadByOwner": "true"}, {"IsUnreadByOwner": True}),
        ({"Phone": 5550100}, {"Phone": "5550100"}),
        ({"Description": {"a": 1}}, {"Description": '{"a":1}'}),
        ({"NumberOfEmployees": ""}, {"NumberOfEmployees": None}),
    ],
)
async def test_values_take_the_type_that_salesforce_describes(
    salesforce: Desk, values: dict[str, Any], sent: dict[str, Any]
) -> None:
    if "IsUnreadByOwner" in values:
        salesforce.stand_in.organisation.define("Lead", "IsUnreadByOwner:boolean")
    await leads(salesforce, 1, **values)
    record = salesforce.stand_in.organisation.of("Lead")[0]
    assert {name: record[name] for name in sent} == sent


async def test_an_order_takes_a_point_in_time_as_its_day(salesforce: Desk) -> None:
    values = {"EffectiveDate": "2026-01-31T10:00:00.000Z", "Status": "Draft"}
    await salesforce.call("Order", "CREATE", input=values)
    assert salesforce.stand_in.organisation.of("Order")[0]["EffectiveDate"] == "2026-01-31"


@pytest.mark.parametrize(
    ("where", "count"),
    [
        (None, 5),
        ({"LastName": "doe 3"}, 1),
        ({"LastName": {"contains": "oe"}}, 5),
        ({"LastName": {"contains": "_oe"}}, 0),
        ({"and": [{"Company": "ACME"}, {"NumberOfEmployees": {"gte": "10"}}]}, 5),
        ({"NumberOfEmployees": 10}, 5),
        ({"NumberOfEmployees": {"neq": "10"}}, 0),
        ({"IsConverted": "false"}, 5),
        ({"CreatedDate": {"gt": "2020-01-14"}}, 5),
        ({"CreatedDate": {"lt": "2020-01-14 10:00:00"}}, 0),
        ({"or": [{"LastName": "Doe 1"}, {"LastName": "Doe 2"}]}, 2),
        ({"LastName": ["Doe 1", "Doe 2", None]}, 2),
        ({"Email": ""}, 5),
        ({"Email": None}, 0),
    ],
)
async def test_a_filter_becomes_soql_that_salesforce_takes(
    salesforce: Desk, where: dict[str, Any] | None, count: int
) -> None:
    await leads(salesforce, 5, NumberOfEmployees="10")
    result = await salesforce.call("Lead", "RETRIEVEALL", where=where, limit=100)
    assert (len(result.payload), result.status_code) == (count, 200 if count else 204)


async def test_pages_are_followed_and_truncation_is_told(salesforce: Desk) -> None:
    await leads(salesforce, 7)
    everything = await salesforce.call("Lead", "RETRIEVEALL")
    assert [record["LastName"] for record in everything.payload] == [f"Doe {number}" for number in range(7)]
    assert "attributes" not in everything.payload[0]
    part = await salesforce.call("Lead", "RETRIEVEALL", limit=6)
    assert (len(part.payload), part.status_code) == (6, 206)
    whole = await salesforce.call("Lead", "RETRIEVEALL", limit=7)
    assert (len(whole.payload), whole.status_code) == (7, 200)


async def test_a_wide_object_is_asked_for_in_several_queries(salesforce: Desk) -> None:
    names = [f"A_rather_long_name_of_a_custom_field_{number}__c" for number in range(400)]
    salesforce.stand_in.organisation.define("Lead", " ".join(f"{name}:string(40)" for name in names))
    await leads(salesforce, 2, **{names[-1]: "last"})
    result = await salesforce.call("Lead", "RETRIEVEALL", limit=5)
    assert [record[names[-1]] for record in result.payload] == ["last", "last"]
    assert all(len(one["path"]) < 16_000 for one in salesforce.stand_in.requests)


@pytest.mark.parametrize(
    ("where", "words"),
    [
        ({"CreatedDate": "time"}, "no datetime"),
        ({"NumberOfEmployees": "many"}, "no int"),
        ({"Nope__c": "x"}, "INVALID_FIELD"),
        ({"Name = 'x' OR Name": "x"}, "no name of a Salesforce field"),
        ({"Id": "x"}, "invalid ID field"),
    ],
)
async def test_a_filter_that_salesforce_would_refuse_is_refused(
    salesforce: Desk, where: dict[str, Any], words: str
) -> None:
    await leads(salesforce, 1)
    with pytest.raises(Rejected, match=words):
        await salesforce.call("Lead", "RETRIEVEALL", where=where)


async def test_an_update_changes_what_the_filter_finds_and_no_more(salesforce: Desk) -> None:
    ids = await leads(salesforce, 4)
    one = await salesforce.call("Lead", "UPDATEALL", where={"LastName": "Doe 2"}, input={"Company": "New"})
    assert (one.status_code, one.payload) == (200, {"Company": "New", "Id": ids[2]})
    several = await salesforce.call(
        "Lead", "UPDATEALL", where={"LastName": {"contains": "Doe"}}, input={"Company": "All"}, limit=3
    )
    assert (several.status_code, len(several.payload)) == (206, 3)
    nothing = await salesforce.call("Lead", "UPDATEALL", where={"LastName": None}, input={"Company": "Gone"})
    assert nothing.status_code == 204
    with pytest.raises(Rejected, match="filter"):
        await salesforce.call("Lead", "UPDATEALL", input={"Company": "Gone"})
    companies = [record["Company"] for record in salesforce.stand_in.organisation.of("Lead")]
    assert companies == ["All", "All", "All", "ACME"]


async def test_an_upsert_looks_first_and_sends_only_what_may_be_sent(salesforce: Desk) -> None:
    made = await salesforce.call("Campaign", "UPSERTWITHWHERE", where={"Name": "Spring"}, input={})
    assert (made.status_code, made.payload["Name"]) == (201, "Spring")
    changed = await salesforce.call(
        "Campaign", "UPSERTWITHWHERE", where={"Name": "Spring"}, input={"IsActive": "true"}
    )
    assert (changed.status_code, changed.payload) == (200, {"IsActive": True, "Id": made.payload["Id"]})

    contact = (await salesforce.call("Contact", "CREATE", input={"LastName": "Doe"})).payload["Id"]
    key = {"and": [{"CampaignId": made.payload["Id"]}, {"ContactId": contact}]}
    member = await salesforce.call(
        "CampaignMember", "UPSERTWITHWHERE", where=key, input={"ContactId": contact}
    )
    assert member.status_code == 201
    again = await salesforce.call(
        "CampaignMember", "UPSERTWITHWHERE", where=key, input={"ContactId": contact, "Status": "Sent"}
    )
    assert (again.status_code, again.payload) == (200, {"Status": "Sent", "Id": member.payload["Id"]})


async def test_an_upsert_that_finds_several_or_cannot_look_is_refused(salesforce: Desk) -> None:
    await leads(salesforce, 2)
    with pytest.raises(Rejected) as caught:
        await salesforce.call("Lead", "UPSERTWITHWHERE", where={"Company": "ACME"}, input={"Phone": "1"})
    assert caught.value.status_code == 409
    with pytest.raises(Rejected):
        await salesforce.call("Lead", "UPSERTWITHWHERE", where={"Email": None}, input={"LastName": "x"})
    assert len(salesforce.stand_in.organisation.of("Lead")) == 2


async def test_records_are_deleted_and_a_second_time_is_nothing(salesforce: Desk) -> None:
    ids = await leads(salesforce, 3)
    gone = await salesforce.call("Lead", "DELETEALL", where={"Id": ids[0]})
    assert (gone.status_code, gone.payload) == (200, {"count": 1})
    assert (await salesforce.call("Lead", "DELETEALL", where={"Id": ids[0]})).status_code == 204
    assert (await salesforce.call("Lead", "DELETEALL", where={"Company": "ACME"})).payload == {"count": 2}


async def test_an_attachment_is_downloaded_as_base64_or_text(salesforce: Desk) -> None:
    account = (await salesforce.call("Account", "CREATE", input={"Name": "ACME"})).payload["Id"]
    body = base64.b64encode(b"caf\xc3\xa9").decode()
    values = {"Name": "a.txt", "ParentId": account, "Body": body}
    made = (await salesforce.call("Attachment", "CREATE", input=values)).payload["Id"]
    binary = await salesforce.call("Attachment", "DOWNLOADCONTENT", input={"Id": made})
    assert binary.payload == {"content": body}
    text = await salesforce.call(
        "Attachment", "DOWNLOADCONTENT", input={"Id": made, "ContentType": "text/plain"}
    )
    assert text.payload == {"content": "café"}
    listed = await salesforce.call("Attachment", "RETRIEVEALL", where={"ParentId": account})
    assert "Body" not in listed.payload[0]


async def test_soql_of_the_flow_is_run_and_its_pages_are_joined(salesforce: Desk) -> None:
    await leads(salesforce, 7)
    campaign = (await salesforce.call("Campaign", "CREATE", input={"Name": "Spring"})).payload["Id"]
    lead = salesforce.stand_in.organisation.of("Lead")[0]["Id"]
    await salesforce.call("CampaignMember", "CREATE", input={"CampaignId": campaign, "LeadId": lead})
    result = await salesforce.call("Soql", "EXECUTECUSTOMSOQL", input={"customSoql": "SELECT Id FROM Lead"})
    assert (result.payload["totalSize"], result.payload["done"], len(result.payload["records"])) == (
        7,
        True,
        7,
    )
    soql = "SELECT Name, (SELECT LeadId, Name, CompanyOrAccount, Type FROM CampaignMembers) FROM Campaign"
    nested = await salesforce.call("Soql", "EXECUTECUSTOMSOQL", input={"customSoql": soql})
    member = nested.payload["records"][0]["CampaignMembers"]["records"][0]
    person = salesforce.stand_in.organisation.get("Lead", lead)
    assert (member["LeadId"], member["Type"]) == (lead, "Lead")
    assert (member["Name"], member["CompanyOrAccount"]) == (person["Name"], person["Company"])
    await salesforce.call("Lead", "DELETEALL", where={"Id": lead})
    everything = await salesforce.call(
        "Soql", "EXECUTECUSTOMSOQL", input={"customSoql": "SELECT Id FROM Lead", "scanAll": "true"}
    )
    assert everything.payload["totalSize"] == 7


async def test_a_platform_event_and_a_custom_object_are_created(salesforce: Desk) -> None:
    salesforce.stand_in.organisation.define("Vaccination__e", "Name__c:string(40)")
    result = await salesforce.call("Vaccination__e", "CREATE", input={"Name__c": "Ada"})
    assert result.status_code == 201


async def test_an_ended_session_is_renewed_once(salesforce: Desk) -> None:
    await leads(salesforce, 1)
    salesforce.stand_in.tokens.clear()
    await leads(salesforce, 1)
    tokens = [one for one in salesforce.stand_in.requests if one["path"].endswith("/token")]
    assert len(tokens) == 2


@pytest.mark.parametrize(
    ("status", "code", "error"),
    [
        (403, "REQUEST_LIMIT_EXCEEDED", RateLimited),
        (403, "API_DISABLED_FOR_ORG", AuthFailed),
        (403, "INSUFFICIENT_ACCESS_OR_READONLY", AuthFailed),
        (404, "NOT_FOUND", NotFound),
        (404, "ENTITY_IS_DELETED", NotFound),
        (400, "DUPLICATES_DETECTED", Rejected),
        (400, "UNABLE_TO_LOCK_ROW", Unavailable),
        (500, "UNKNOWN_EXCEPTION", Unavailable),
        (503, "SERVER_UNAVAILABLE", Unavailable),
        (401, "INVALID_SESSION_ID", AuthFailed),
    ],
)
async def test_each_refusal_has_its_word(
    salesforce: Desk, status: int, code: str, error: type[Exception]
) -> None:
    salesforce.stand_in.failures = [(status, {"errorCode": code, "message": "so it is"})] * 5
    with pytest.raises(error) as caught:
        await salesforce.call("Contact", "CREATE", input={"LastName": "Doe"})
    assert str(caught.value) == f"{code}: so it is"
    assert caught.value.status_code == status  # type: ignore[attr-defined]  # all five have one


async def test_a_create_is_not_repeated_after_a_failure_but_a_query_is(salesforce: Desk) -> None:
    await leads(salesforce, 1)
    broken = (503, {"errorCode": "SERVER_UNAVAILABLE", "message": "later"})
    salesforce.stand_in.failures = [broken]
    with pytest.raises(Unavailable):
        await leads(salesforce, 1)
    salesforce.stand_in.failures = [broken]
    assert (await salesforce.call("Lead", "RETRIEVEALL", limit=1)).status_code == 200
    assert salesforce.waits == [0.5]


async def test_wrong_credentials_are_told_in_the_vendors_words(salesforce: Desk) -> None:
    salesforce.credentials.fields["password"] = type(salesforce.credentials.fields["password"])(
        "EXAMPLE-wrong"
    )  # type: ignore[index]  # a dict behind the Mapping
    with pytest.raises(AuthFailed, match="invalid_grant: authentication failure") as caught:
        await salesforce.check()
    assert "EXAMPLE" not in str(caught.value)


TEXTS = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30)


@given(TEXTS)
def test_no_text_breaks_out_of_its_quotes(text: str) -> None:
    organisation = Organisation()
    organisation.create("Lead", {"LastName": "bystander", "Company": "ACME"})
    if len(text) <= 80:
        organisation.create("Lead", {"LastName": text, "Company": "ACME"})
    description = Description.of("Lead", {"fields": [{"name": "LastName", "type": "string"}]})
    for where in ({"LastName": text}, {"LastName": {"contains": text}}):
        found = organisation.query(
            f"SELECT LastName FROM Lead WHERE {where_clause(read_where(where), description)}"
        )
        assert isinstance(found, list)
        names = [record["LastName"] for record in found]
        assert "bystander" not in names or text.lower() in "bystander" or not text.strip()
