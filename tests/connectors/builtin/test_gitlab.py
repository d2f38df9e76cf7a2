"""GitLab: things of a project or a group, numbered there, and found by GitLab's own parameters."""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

LOGIN = {"apiKey": "EXAMPLE-TOKEN"}
ISSUES = "/api/v4/projects/acme%2Fengine/issues"


def gitlab(*answers: Any, url: str = "https://git.acme.example") -> AbstractAsyncContextManager[Vendor]:
    return vendor("gitlab", answers, LOGIN, auth_type="API_KEY", endpoint={"endpointUrl": url})


@pytest.mark.parametrize(
    "url", ["https://git.acme.example", "https://git.acme.example/", "https://git.acme.example/api/v4"]
)
async def test_the_token_is_in_a_header(url: str) -> None:
    async with gitlab({"id": 1}, url=url) as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == ("git.acme.example", ["GET /api/v4/user"])
        assert desk.sent[0].headers["PRIVATE-TOKEN"] == "EXAMPLE-TOKEN"


async def test_an_ended_access_token_is_renewed_and_the_new_one_kept() -> None:
    given = {
        "accessToken": "EXAMPLE-OLD", "refreshToken": "EXAMPLE-REFRESH", "clientId": "app",
        "clientSecret": "EXAMPLE-SECRET",
    }  # fmt: skip
    renewed = {"access_token": "EXAMPLE-NEW", "refresh_token": "EXAMPLE-NEXT", "expires_in": 7200}
    answers = [Answer({"error": "invalid_token"}, 401), renewed, {"id": 1}]
    async with vendor("gitlab", answers, given, auth_type="BASIC_OAUTH") as desk:
        assert await desk.check() is True
        assert desk.lines == ["GET /api/v4/user", "POST /oauth/token", "GET /api/v4/user"]
        assert desk.sent[2].headers["Authorization"] == "Bearer EXAMPLE-NEW"


async def test_an_issue_is_made_found_changed_and_deleted() -> None:
    issue = {"id": 76, "iid": 11, "title": "Alarm"}
    async with gitlab(Answer(issue, 201), issue, issue, Answer(None, 204)) as desk:
        given = {
            "project_id": "acme/engine",
            "title": "Alarm",
            "labels": "bug",
            "due_date": "2026-01-31T10:00:00Z",
        }
        made = await desk.call("Issue", "CREATE", input=given)
        assert (made.status_code, made.payload) == (201, issue)
        assert desk.sent[0].body == {"title": "Alarm", "labels": ["bug"], "due_date": "2026-01-31"}
        where = {"project_id": "acme/engine", "iid": 11}
        assert (await desk.call("Issue", "RETRIEVEALL", where=where)).payload == [issue]
        await desk.call("Issue", "UPDATEALL", where=where, input={"state_event": "close"})
        assert desk.sent[2].body == {"state_event": "close"}
        assert (await desk.call("Issue", "DELETEALL", where=where)).payload == {"count": 1}
        assert desk.lines == [
            f"POST {ISSUES}", f"GET {ISSUES}/11", f"PUT {ISSUES}/11", f"DELETE {ISSUES}/11",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("name", "where", "line", "query"),
    [
        ("Project", {"search": "engine"}, "/projects", {"search": "engine"}),
        ("Issue", {"project_id": "42", "state": "opened"}, "/projects/42/issues", {"state": "opened"}),
        (
            "MergeRequest",
            {"project_id": "42", "updated_at": {"gte": "2026-01-10T09:00:00.000+01:00"}},
            "/projects/42/merge_requests",
            {"updated_after": "2026-01-10T08:00:00Z"},
        ),
        (
            "Commit",
            {"project_id": "42", "created_at": {"lt": "2026-01-10T08:00:00Z"}},
            "/projects/42/repository/commits",
            {"until": "2026-01-10T08:00:00Z"},
        ),
        ("EpicNote", {"group_id": "a/b", "epic_id": 7}, "/groups/a%2Fb/epics/7/notes", {}),
        ("User", {"username": "ada"}, "/users", {"username": "ada"}),
    ],
)
async def test_conditions_go_where_gitlab_has_a_parameter(
    name: str, where: dict[str, Any], line: str, query: dict[str, str]
) -> None:
    async with gitlab([]) as desk:
        result = await desk.call(name, "RETRIEVEALL", where=where, limit=5)
        assert (result.status_code, desk.lines) == (204, [f"GET /api/v4{line}"])
        assert desk.sent[0].query == {"per_page": "100", "page": "1", **query}


async def test_other_conditions_are_compared_here() -> None:
    async with gitlab([{"iid": 1, "title": "a"}, {"iid": 2, "title": "b"}]) as desk:
        result = await desk.call("Issue", "RETRIEVEALL", where={"project_id": "42", "title": "b"})
        assert [one["iid"] for one in result.payload] == [2]


async def test_a_branch_and_a_pipeline_are_made_by_parameters() -> None:
    async with gitlab(Answer({"name": "x"}, 201), Answer({"id": 1}, 201), {"iid": 3}) as desk:
        await desk.call("Branch", "CREATE", input={"project_id": "42", "branch": "x/y", "ref": "main"})
        await desk.call("Pipeline", "CREATE", input={"project_id": "42", "ref": "main"})
        where = {"project_id": "42", "iid": 3}
        await desk.call("MergeRequest", "ACCEPTMERGEREQUEST", where=where, input={})
        assert desk.lines == [
            "POST /api/v4/projects/42/repository/branches", "POST /api/v4/projects/42/pipeline",
            "PUT /api/v4/projects/42/merge_requests/3/merge",
        ]  # fmt: skip
        assert [sent.query for sent in desk.sent] == [{"branch": "x/y", "ref": "main"}, {"ref": "main"}, {}]
        assert {sent.content for sent in desk.sent} == {b""}


async def test_a_poll_finds_an_epic_that_came_after_its_start() -> None:
    now = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
    epic = {"id": 29, "iid": 4, "title": "Tea", "created_at": "2026-01-10T08:00:00.500Z"}
    async with gitlab([epic], [epic]) as desk:
        options = {
            "parentFilter": {"group_id": "4058"},
            "subscription": {
                "createdField": "created_at", "updatedField": "updated_at", "timeZone": "UTC",
                "timeFormat": "YYYY-MM-DDTHH:mm:ss.SSSZ", "pollingInterval": 1,
            },
        }  # fmt: skip
        poll = parse_poll(Subject("gitlab", "Epic", "CREATED_POLLER"), options, key="iid")
        payloads, polled = await asked(poll, start_of(now), desk.credentials, now)
        assert payloads == [epic]
        assert desk.lines == ["GET /api/v4/groups/4058/epics"]
        assert desk.sent[0].query["created_after"] == "2026-01-10T08:00:00Z"
        assert (await asked(poll, polled, desk.credentials, now))[0] == []


@pytest.mark.parametrize(
    ("status", "body", "word", "words"),
    [
        (401, {"message": "401 Unauthorized"}, AuthFailed, "401 Unauthorized"),
        (
            403,
            {"error": "insufficient_scope", "error_description": "wider"},
            AuthFailed,
            "insufficient_scope",
        ),
        (403, {"message": "Rate limit exceeded"}, RateLimited, "Rate limit"),
        (404, {"message": "404 Project Not Found"}, NotFound, "404 Project"),
        (400, {"message": {"title": ["can't be blank"]}}, Rejected, "can't be blank"),
        (429, "Retry later", RateLimited, "429"),
        (502, {"message": "502 Bad Gateway"}, Unavailable, "502 Bad"),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    status: int, body: Any, word: type[ActionFailed], words: str
) -> None:
    refusal = Answer(body, status, {"Retry-After": "60"})
    async with gitlab(refusal, refusal, refusal) as desk:
        with pytest.raises(word, match=words) as caught:
            await desk.call("Project", "RETRIEVEALL")
        assert type(caught.value) is word
