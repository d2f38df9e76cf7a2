"""Microsoft To Do: whose lists they are, and times that are local times beside a zone."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import Rejected

TASKS = "postUsersByUserIdTodoListsByTodoTaskListIdTasks"
LISTS = "postUsersByUserIdTodoLists"


def todo(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("mstodo", answers)


@pytest.mark.parametrize(
    ("user", "place"),
    [
        ({}, "/me"), ({"userId": "me"}, "/me"), ({"userId": "Me"}, "/me"), ({"userId": ""}, "/me"),
        ({"userId": "ada@example.com"}, "/users/ada%40example%2Ecom"),
        ({"userId": "../x"}, "/users/%2E%2E%2Fx"),
    ],
)  # fmt: skip
async def test_a_task_goes_into_the_list_of_its_user(user: dict[str, str], place: str) -> None:
    async with todo(Answer({"id": "AlMK1"}, 201)) as desk:
        given = {
            **user,
            "todoTaskListId": "AQMkAD-_=",
            "title": "Call Ada",
            "body": {"content": "About INC1"},
        }
        result = await desk.call(f"{TASKS}_model", TASKS, input=given)
        assert desk.lines == [f"POST /v1.0{place}/todo/lists/AQMkAD-_%3D/tasks"]
        assert desk.sent[0].body == {
            "title": "Call Ada",
            "body": {"content": "About INC1", "contentType": "text"},
        }
        assert (result.status_code, result.payload) == (201, {"id": "AlMK1"})


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("2026-01-10", "2026-01-10T00:00:00"), ("2026-01-10T09:30:00", "2026-01-10T09:30:00"),
        ("2026-01-10T09:30:00+02:00", "2026-01-10T07:30:00"),
        ("2026-01-10T09:30:00.000Z", "2026-01-10T09:30:00"),
    ],
)  # fmt: skip
async def test_a_time_loses_its_offset_and_gets_a_zone(given: str, told: str) -> None:
    async with todo(Answer({"id": "1"}, 201)) as desk:
        await desk.call(
            "task", "CREATE", input={"todoTaskListId": "L", "title": "x", "dueDateTimeRequest": given}
        )
        assert desk.sent[0].body == {"title": "x", "dueDateTime": {"dateTime": told, "timeZone": "UTC"}}


async def test_an_empty_time_is_left_out() -> None:
    async with todo(Answer({"id": "1"}, 201)) as desk:
        await desk.call(
            "task", "CREATE", input={"todoTaskListId": "L", "title": "x", "dueDateTimeRequest": ""}
        )
        assert desk.sent[0].body == {"title": "x"}


async def test_lists_are_followed_by_their_links_and_compared_here() -> None:
    link = "/graph.microsoft.com/v1.0/me/todo/lists?$top=100&$skip=100"
    first = {"value": [{"id": "1", "displayName": "Tasks"}], "@odata.nextLink": link}
    async with todo(first, {"value": [{"id": "2", "displayName": "News"}]}) as desk:
        where = {"and": [{"userId": "me"}, {"displayName": "News"}]}
        result = await desk.call("getUsersByUserIdTodoLists_model", "RETRIEVEALL", where=where, limit=2)
        assert [one["id"] for one in result.payload] == ["2"]
        assert desk.lines == ["GET /v1.0/me/todo/lists"] * 2
        assert [sent.query for sent in desk.sent] == [{"$top": "100"}, {"$top": "100", "$skip": "100"}]


async def test_a_list_is_made() -> None:
    async with todo(Answer({"id": "AAMk1", "displayName": "News"}, 201)) as desk:
        result = await desk.call(f"{LISTS}_model", LISTS, input={"userId": "me", "displayName": "News"})
        assert (desk.lines, desk.sent[0].body) == (["POST /v1.0/me/todo/lists"], {"displayName": "News"})
        assert result.status_code == 201


async def test_tasks_are_found_changed_and_deleted_in_their_list() -> None:
    where = {"todoTaskListId": "L", "id": "T"}
    gone = Answer({"error": {"code": "ErrorItemNotFound", "message": "x"}}, 404)
    async with todo({"value": []}, {"id": "T"}, {"id": "T"}, gone) as desk:
        await desk.call("task", "RETRIEVEALL", where={"todoTaskListId": "L"})
        await desk.call("task", "RETRIEVEALL", where=where)
        await desk.call("task", "UPDATEALL", where=where, input={"status": "completed"})
        result = await desk.call("task", "DELETEALL", where=where)
        path = "/v1.0/me/todo/lists/L/tasks"
        assert desk.lines == [f"GET {path}", f"GET {path}/T", f"PATCH {path}/T", f"DELETE {path}/T"]
        assert desk.sent[2].body == {"status": "completed"}
        assert result.status_code == 204


async def test_an_account_without_a_mailbox_is_no_wrong_account() -> None:
    body = {"error": {"code": "MailboxNotEnabledForRESTAPI", "message": "no mailbox"}}
    async with todo(Answer(body, 401)) as desk:
        with pytest.raises(Rejected, match="no mailbox"):
            await desk.check()
