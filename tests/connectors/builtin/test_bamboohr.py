"""BambooHR: employees are found by a report, and refusals are told in a header."""

import base64
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable

API = "/api/gateway.php/acme/v1"


def bamboo(*answers: Any, subdomain: str = "acme") -> AbstractAsyncContextManager[Vendor]:
    return vendor("bamboohr", answers, {"apiKey": "EXAMPLE-KEY"}, endpoint={"subdomain": subdomain})


async def test_the_key_is_a_user_name() -> None:
    async with bamboo([]) as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == ("api.bamboohr.com", [f"GET {API}/meta/fields"])
        told = base64.b64decode(desk.sent[0].headers["Authorization"].removeprefix("Basic ")).decode()
        assert told == "EXAMPLE-KEY:x"


async def test_a_subdomain_cannot_lead_elsewhere() -> None:
    async with bamboo([], subdomain="a/../b") as desk:
        await desk.check()
        assert desk.lines == ["GET /api/gateway.php/a%2F..%2Fb/v1/meta/fields"]


async def test_our_choice_changed_employees_are_found_by_a_report() -> None:
    people = [{"id": "1", "firstName": "Ada"}, {"id": "2", "firstName": "Bo"}]
    async with bamboo({"title": "Employees", "fields": [], "employees": people}) as desk:
        where = {"and": [{"since": "2026-01-10T08:00:00.000Z"}, {"onlyCurrent": "true"}]}
        result = await desk.call("employees", "RETRIEVEALL", where=where, limit=1)
        assert (result.payload, result.status_code) == ([people[0]], 206)
        assert desk.lines == [f"POST {API}/reports/custom"]
        assert desk.sent[0].query == {"format": "JSON", "onlyCurrent": "true"}
        filters = {"lastChanged": {"includeNull": "no", "value": "2026-01-10T08:00:00.000Z"}}
        assert desk.sent[0].body["filters"] == filters
        assert {"id", "workEmail", "division"} <= set(desk.sent[0].body["fields"])


async def test_one_employee_is_read_with_the_usual_fields() -> None:
    async with bamboo({"id": "1", "workEmail": "ada@example.com"}, Answer(None, 404)) as desk:
        result = await desk.call("employees", "RETRIEVEALL", where={"id": "1"}, limit=1)
        assert result.payload == [{"id": "1", "workEmail": "ada@example.com"}]
        assert desk.lines == [f"GET {API}/employees/1"]
        fields = desk.sent[0].query["fields"].split(",")
        assert {"department", "supervisorId", "status"} <= set(fields)
        assert all(name.isidentifier() for name in fields)
        assert (await desk.call("employees", "RETRIEVEALL", where={"id": "9"})).status_code == 204


async def test_other_conditions_are_compared_here() -> None:
    people = [{"id": "1", "workEmail": "ada@example.com"}, {"id": "2", "workEmail": "bo@example.com"}]
    async with bamboo({"employees": people}) as desk:
        result = await desk.call("employees", "RETRIEVEALL", where={"workEmail": "bo@example.com"})
        assert result.payload == [people[1]]


async def test_an_employee_is_made_and_changed() -> None:
    address = "https://api.bamboohr.com/api/gateway.php/acme/v1/employees/124"
    async with bamboo(Answer(None, 201, {"Location": address}), Answer(None, 200)) as desk:
        given = {"firstName": "Ada", "lastName": "Lovelace", "hireDate": "2026-01-31T10:00:00Z"}
        made = await desk.call("employees", "CREATE", input=given)
        assert (made.status_code, made.payload) == (201, {**given, "hireDate": "2026-01-31", "id": "124"})
        changed = await desk.call("employees", "UPDATEALL", where={"id": "124"}, input={"city": "London"})
        assert changed.payload == {"city": "London", "id": "124"}
        assert desk.lines == [f"POST {API}/employees/", f"POST {API}/employees/124"]
        assert desk.sent[1].body == {"city": "London"}


@pytest.mark.parametrize("missing", ["firstName", "lastName"])
async def test_an_employee_needs_a_name(missing: str) -> None:
    async with bamboo() as desk:
        with pytest.raises(Rejected, match=missing):
            await desk.call("employees", "CREATE", input={"firstName": "a", "lastName": "b", missing: ""})
        assert desk.lines == []


async def test_a_report_has_the_wanted_fields() -> None:
    report = {"title": "Report", "employees": [{"firstName": "Ada"}]}
    async with bamboo(report, Answer("firstName\nAda\n", 200, {"Content-Type": "text/csv"})) as desk:
        given = {"inputfields": ["firstName"]}
        assert (await desk.call("reports", "CREATEREPORT", input=given)).payload == report
        assert desk.sent[0].query == {"format": "JSON"}
        assert desk.sent[0].body == {"title": "Report", "fields": ["firstName"]}
        text = await desk.call("reports", "CREATEREPORT", input={**given, "format": "CSV"})
        assert text.payload == "firstName\nAda\n"


async def test_dependents_of_an_employee_are_found() -> None:
    async with bamboo({"Employee Dependents": [{"id": "11", "employeeId": "1"}]}) as desk:
        result = await desk.call("dependents", "RETRIEVEALL", where={"employeeId": "1"})
        assert [one["id"] for one in result.payload] == ["11"]
        assert (desk.lines, desk.sent[0].query) == ([f"GET {API}/employeedependents"], {"employeeid": "1"})


@pytest.mark.parametrize(
    ("status", "word"),
    [(401, AuthFailed), (404, NotFound), (400, Rejected), (429, RateLimited), (503, Unavailable)],
)
async def test_a_refusal_is_told_in_one_of_five_words(status: int, word: type[ActionFailed]) -> None:
    refusal = Answer({}, status, {"Retry-After": "60", "X-BambooHR-Error-Message": "so it is"})
    async with bamboo(refusal, refusal, refusal) as desk:
        with pytest.raises(word, match="so it is") as caught:
            await desk.call("employees", "RETRIEVEALL")
        assert type(caught.value) is word
