"""Salesforce Account Engagement: the business unit's header, pages by address, numbers that tell errors."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected

UNIT = "Pardot-Business-Unit-Id"
EMAIL = "postApiEmailVersion4DoSendProspectIdByIdTemplate"
ASSIGN = "postApiV5ObjectsVisitorsByIdDoAssignToProspect"
PROSPECTS = "/api/v5/objects/prospects"


def engagement(*answers: Any, **more: str) -> AbstractAsyncContextManager[Vendor]:
    return vendor("salesforceae", answers, {"accessToken": "EXAMPLE-TOKEN", **more})


async def test_the_business_unit_is_a_header_wherever_the_flow_names_it() -> None:
    async with engagement({"id": 1}, {"id": 1}, {"values": []}, businessUnitId="0UvACCOUNT") as desk:
        create = ("postApiV5ObjectsProspects_model", "postApiV5ObjectsProspects")
        await desk.call(*create, input={UNIT: "0UvMAP", "email": "d@example.com", "campaignId": "7"})
        await desk.call("prospect", "CREATE", input={"email": "d@example.com"})
        await desk.call(
            "getApiV5ObjectsLists_model", "RETRIEVEALL", where={UNIT: "0UvWHERE", "name": "Spring"}
        )
        assert [sent.headers[UNIT] for sent in desk.sent] == ["0UvMAP", "0UvACCOUNT", "0UvWHERE"]
        assert desk.sent[0].body == {"email": "d@example.com", "campaignId": 7}
        assert desk.lines == [f"POST {PROSPECTS}", f"POST {PROSPECTS}", "GET /api/v5/objects/lists"]
        assert "id,name" in desk.sent[2].query["fields"]
        assert desk.sent[2].query["name"] == "Spring"


async def test_a_next_page_is_where_the_answer_says_and_nothing_else_is_asked() -> None:
    address = "/pi.pardot.com/api/v5/objects/prospects?fields=id&nextPageToken=T"
    pages = [{"values": [{"id": 1}], "nextPageUrl": address}, {"values": [{"id": 2}], "nextPageUrl": None}]
    async with engagement(*pages) as desk:
        where = {"and": [{UNIT: "0Uv"}, {"id": {"gt": 0}}]}
        result = await desk.call("prospect", "RETRIEVEALL", where=where)
        assert [one["id"] for one in result.payload] == [1, 2]
        assert (desk.sent[0].query["limit"], desk.sent[0].query["idGreaterThan"]) == ("1000", "0")
        assert desk.sent[1].query == {"fields": "id", "nextPageToken": "T"}
        assert desk.sent[1].headers[UNIT] == "0Uv"


@pytest.mark.parametrize(
    ("operator", "name"),
    [
        ("gt", "createdAtAfter"), ("gte", "createdAtAfterOrEqualTo"), ("lt", "createdAtBefore"),
        ("lte", "createdAtBeforeOrEqualTo"),
    ],
)  # fmt: skip
async def test_times_are_parameters(operator: str, name: str) -> None:
    async with engagement({"values": []}) as desk:
        where = {UNIT: "0Uv", "createdAt": {operator: "2026-01-31T10:00:00+01:00"}}
        await desk.call("getApiV5ObjectsVisits_model", "RETRIEVEALL", where=where)
        assert desk.sent[0].query[name] == "2026-01-31T10:00:00+01:00"


async def test_a_prospect_is_scored_and_an_empty_answer_has_its_id() -> None:
    async with engagement(Answer(None, 204), Answer(None, 204)) as desk:
        name = "patchApiV5ObjectsProspectsById"
        where = {UNIT: "0Uv", "id": "29085705"}
        result = await desk.call(f"{name}_model", name, where=where, input={"score": "5"})
        assert desk.lines == [f"PATCH {PROSPECTS}/29085705"]
        assert desk.sent[0].body == {"score": 5}
        assert (result.payload, result.status_code) == ({"id": 29085705}, 200)
        result = await desk.call(
            f"{ASSIGN}_model", ASSIGN, where={UNIT: "0Uv", "id": 4}, input={"prospectId": "7"}
        )
        assert desk.lines[1] == "POST /api/v5/objects/visitors/4/do/assignToProspect"
        assert desk.sent[1].body == {"prospectId": 7}


async def test_an_email_goes_by_version_4_or_else_3() -> None:
    other = {"@attributes": {"stat": "fail", "version": 1, "err_code": 89}, "err": "use version 3"}
    async with engagement(other, {"@attributes": {"stat": "ok"}, "email": {"id": 9}}) as desk:
        given = {"campaign_id": "5", "email_template_id": 6, "html_content": None}
        result = await desk.call(f"{EMAIL}_model", EMAIL, where={UNIT: "0Uv", "prospectId": 7}, input=given)
        assert desk.lines == [
            f"POST /api/email/version/{version}/do/send/prospect_id/7" for version in (4, 3)
        ]
        assert desk.sent[0].query == {"format": "json"}
        assert desk.sent[1].content == b"campaign_id=5&email_template_id=6"
        assert desk.sent[1].headers[UNIT] == "0Uv"
        assert result.payload == {"id": 9}


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (401, 181, AuthFailed), (401, 184, AuthFailed), (400, 66, RateLimited), (403, 122, RateLimited),
        (400, 24, NotFound), (400, 36, Rejected), (404, 999, NotFound),
    ],
)  # fmt: skip
async def test_the_number_tells_what_failed(status: int, code: int, word: type[ActionFailed]) -> None:
    async with engagement(*[Answer({"code": code, "message": "so"}, status)] * 3) as desk:
        with pytest.raises(word) as caught:
            await desk.call("prospect", "CREATE", input={UNIT: "0Uv", "email": "d@example.com"})
        assert (type(caught.value), str(caught.value)) == (word, f"so (code {code})")


async def test_version_4_fails_inside_a_200() -> None:
    body = {"@attributes": {"stat": "fail", "err_code": 36}, "err": "Missing required parameter"}
    async with engagement(body) as desk:
        with pytest.raises(Rejected, match=r"Missing required parameter \(code 36\)"):
            await desk.call(
                f"{EMAIL}_model", EMAIL, where={UNIT: "0Uv", "prospectId": 7}, input={"campaign_id": 5}
            )
