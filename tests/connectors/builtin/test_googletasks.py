"""Google Tasks: lists of tasks, tasks in them, and limits that Google tells as 403."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected

LIST = ("postTasksV1UsersMeLists_model", "postTasksV1UsersMeLists")
TASK = ("postTasksV1ListsByTasklistTasks_model", "postTasksV1ListsByTasklistTasks")


def tasks(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("googletasks", answers)


async def test_a_list_and_a_task_in_it_are_made() -> None:
    async with tasks({"id": "L/1=", "title": "question"}, {"id": "T"}) as desk:
        made = await desk.call(*LIST, input={"title": "question"})
        due = "2026-01-31T01:00:00+02:00"
        given = {"tasklist": made.payload["id"], "title": "7_subject", "due": due, "status": "needsAction"}
        result = await desk.call(*TASK, input=given)
        assert (result.payload, result.status_code) == ({"id": "T"}, 200)
        assert desk.lines == ["POST /tasks/v1/users/@me/lists", "POST /tasks/v1/lists/L%2F1%3D/tasks"]
        assert desk.sent[1].body == {
            "title": "7_subject", "due": "2026-01-30T23:00:00.000Z", "status": "needsAction",
        }  # fmt: skip
        assert desk.sent[1].query == {}


async def test_lists_are_read_to_the_end() -> None:
    async with tasks({"items": [{"id": "1"}], "nextPageToken": "N"}, {"items": [{"id": "2"}]}) as desk:
        result = await desk.call("getTasksV1UsersMeLists_model", "RETRIEVEALL", limit=10_000)
        assert [one["id"] for one in result.payload] == ["1", "2"]
        assert [sent.query.get("pageToken") for sent in desk.sent] == [None, "N"]


async def test_an_account_without_lists_has_nothing() -> None:
    async with tasks({"kind": "tasks#taskLists"}) as desk:
        result = await desk.call("getTasksV1UsersMeLists_model", "RETRIEVEALL")
        assert (result.payload, result.status_code) == ([], 204)


@pytest.mark.parametrize(
    ("status", "reason", "word"),
    [
        (401, "authError", AuthFailed), (403, "insufficientPermissions", AuthFailed),
        (404, "notFound", NotFound), (400, "invalid", Rejected),
        (403, "rateLimitExceeded", RateLimited), (403, "quotaExceeded", RateLimited),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_in_googles_words(status: int, reason: str, word: type[ActionFailed]) -> None:
    body = {"error": {"code": status, "message": "so it is", "errors": [{"reason": reason}]}}
    async with tasks(*[Answer(body, status)] * 3) as desk:
        with pytest.raises(word, match="so it is") as caught:
            await desk.call(*LIST, input={"title": "a"})
        assert type(caught.value) is word
