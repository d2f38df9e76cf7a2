"""Azure DevOps: work items are made by JSON Patch and found by a query that tells their numbers only."""

import base64
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

PLACE = {"organization": "fabrikam", "project": "Fiber Git"}
WIT = "/fabrikam/Fiber%20Git/_apis/wit"
HEAD = "SELECT [System.Id] FROM WorkItems WHERE [System.TeamProject] = @project"


def devops(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("azuredevops", answers, {"accessToken": "EXAMPLE-TOKEN"}, auth_type="BASIC_OAUTH")


def numbers(*found: int) -> dict[str, Any]:
    return {
        "queryType": "flat",
        "workItems": [{"id": one, "url": "https://dev.azure.com/x"} for one in found],
    }


def item(number: int, **fields: Any) -> dict[str, Any]:
    named = {f"System.{name}": value for name, value in fields.items()}
    return {"id": number, "rev": 1, "fields": {"System.WorkItemType": "Task", **named}}


async def test_a_personal_access_token_is_a_password_without_a_user() -> None:
    given = {"password": "EXAMPLE-TOKEN"}
    async with vendor("azuredevops", [{"displayName": "Ada"}], given, auth_type="BASIC") as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == (
            "app.vssps.visualstudio.com",
            ["GET /_apis/profile/profiles/me"],
        )
        told = base64.b64decode(desk.sent[0].headers["Authorization"].removeprefix("Basic ")).decode()
        assert told == ":EXAMPLE-TOKEN"


async def test_the_page_to_sign_in_is_no_answer() -> None:
    async with devops(Answer("<html>Sign In</html>", 203)) as desk:
        with pytest.raises(AuthFailed):
            await desk.check()


@pytest.mark.parametrize("action", ["createWorkItem", "CREATE"])
@pytest.mark.parametrize("name", ["Work items", "WorkItem"])
async def test_a_work_item_is_made_by_a_patch(name: str, action: str) -> None:
    made = item(131489, Title="Alarm")
    async with devops(made) as desk:
        given = {
            **PLACE, "name": "User Story", "System.Title": "Alarm", "Microsoft.VSTS.Common.Priority": "2",
            "`Custom.Colour`": "red",
        }  # fmt: skip
        where = {"and": [{"name": "User Story"}, {"organization": "fabrikam"}, {"project": "Fiber Git"}]}
        result = await desk.call(name, action, input=given, where=where)
        assert desk.lines == [f"POST {WIT}/workitems/$User%20Story"]
        assert desk.sent[0].headers["Content-Type"] == "application/json-patch+json"
        assert desk.sent[0].query == {"api-version": "7.1"}
        assert desk.sent[0].body == [
            {"op": "add", "path": "/fields/System.Title", "value": "Alarm"},
            {"op": "add", "path": "/fields/Microsoft.VSTS.Common.Priority", "value": 2},
            {"op": "add", "path": "/fields/Custom.Colour", "value": "red"},
        ]
        assert result.payload == made


@pytest.mark.parametrize("missing", [*PLACE, "name"])
async def test_where_and_what_it_is_must_be_told(missing: str) -> None:
    given = {name: value for name, value in {**PLACE, "name": "Task"}.items() if name != missing}
    async with devops() as desk:
        with pytest.raises(Rejected, match=missing):
            await desk.call("Work items", "createWorkItem", input={**given, "System.Title": "x"})
        assert desk.lines == []


@pytest.mark.parametrize(
    ("where", "text"),
    [
        ({}, ""),
        ({"name": "Task"}, " AND [System.WorkItemType] = 'Task'"),
        ({"id": "7"}, " AND [System.Id] = 7"),
        ({"System.Title": "it's"}, " AND [System.Title] = 'it''s'"),
        ({"System.Tags": {"contains": "7"}}, " AND [System.Tags] CONTAINS '7'"),
        (
            {"System.ChangedDate": {"gte": "2026-01-10T09:00:00+01:00"}},
            " AND [System.ChangedDate] >= '2026-01-10T08:00:00Z'",
        ),
        ({"or": [{"id": 7}, {"System.State": "New"}]}, " AND ([System.Id] = 7 OR [System.State] = 'New')"),
    ],
)  # fmt: skip
async def test_a_filter_becomes_a_query_for_numbers(where: dict[str, Any], text: str) -> None:
    async with devops(numbers(7), {"value": [item(7)]}) as desk:
        result = await desk.call("Work items", "RETRIEVEALL", where={**PLACE, **where}, limit=10)
        assert (result.status_code, result.payload) == (200, [item(7)])
        assert desk.lines == [f"POST {WIT}/wiql", f"GET {WIT}/workitems"]
        assert desk.sent[0].body == {"query": f"{HEAD}{text} ORDER BY [System.Id]"}
        assert desk.sent[0].query["$top"] == "11"
        assert desk.sent[1].query == {"ids": "7", "errorPolicy": "omit", "api-version": "7.1"}


async def test_work_items_are_read_two_hundred_at_a_time() -> None:
    known = [item(number) for number in range(1, 251)]
    async with devops(numbers(*range(1, 251)), {"value": known[:200]}, {"value": known[200:]}) as desk:
        result = await desk.call("Work items", "RETRIEVEALL", where=PLACE, limit=230)
        assert (len(result.payload), result.status_code) == (230, 206)
        assert [len(sent.query["ids"].split(",")) for sent in desk.sent[1:]] == [200, 50]


async def test_what_the_query_cannot_say_is_compared_here() -> None:
    found = {"value": [item(7, BoardColumn="Doing"), None, item(8, BoardColumn="Done")]}
    async with devops(numbers(7, 8), found) as desk:
        where = {**PLACE, "System.BoardColumn": "Done"}
        result = await desk.call("Work items", "RETRIEVEALL", where=where, limit=5)
        assert [one["id"] for one in result.payload] == [8]
        assert desk.sent[0].query["$top"] == "20000"


async def test_a_work_item_is_changed_and_deleted_by_its_number() -> None:
    async with devops(item(7, State="Done"), {"id": 7}) as desk:
        where = {**PLACE, "id": 7}
        changed = await desk.call("WorkItem", "UPDATEALL", where=where, input={"System.State": "Done"})
        assert changed.payload == item(7, State="Done")
        assert desk.sent[0].body == [{"op": "add", "path": "/fields/System.State", "value": "Done"}]
        assert (await desk.call("WorkItem", "DELETEALL", where=where)).payload == {"count": 1}
        assert desk.lines == [f"PATCH {WIT}/workitems/7", f"DELETE {WIT}/workitems/7"]


async def test_a_poll_tells_of_work_items_that_were_not_there_before() -> None:
    now = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
    pages = (numbers(1), {"value": [item(1)]}, numbers(1, 2), {"value": [item(1), item(2)]})
    async with devops(*pages) as desk:
        options = {"parentFilter": {**PLACE, "name": "Task"}, "subscription": {"pollingInterval": 1}}
        poll = parse_poll(Subject("azuredevops", "Work items", "CREATED_POLLER"), options, key="id")
        first, polled = await asked(poll, start_of(now), desk.credentials, now)
        second, _ = await asked(poll, polled, desk.credentials, now)
        assert (first, second) == ([], [item(2)])


@pytest.mark.parametrize(
    ("status", "word"),
    [(401, AuthFailed), (404, NotFound), (429, RateLimited), (400, Rejected), (500, Unavailable)],
)
async def test_a_refusal_is_told_in_one_of_five_words(status: int, word: type[ActionFailed]) -> None:
    refusal = Answer({"message": "TF1: so it is", "typeKey": "X"}, status, {"Retry-After": "60"})
    async with devops(refusal, refusal, refusal) as desk:
        with pytest.raises(word, match="TF1: so it is") as caught:
            await desk.call("Work items", "RETRIEVEALL", where=PLACE)
        assert type(caught.value) is word
