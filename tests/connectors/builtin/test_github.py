"""GitHub: issues as flows read them, whose repository, polls, and the two kinds of limits."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

REPOSITORY = {"OwnerName": "acme", "RepoName": "shop"}
ISSUE = {
    "id": 2000000007,
    "number": 7,
    "title": "Case 42",
    "state": "open",
    "labels": [{"id": 5, "name": "Salesforce Case"}],
    "milestone": {"number": 3, "created_at": "2026-01-01T00:00:00Z"},
    "created_at": "2026-11-23T06:50:00Z",
    "updated_at": "2026-11-23T06:50:00Z",
}
READ = ISSUE | {
    "labels": ["Salesforce Case"],
    "labels1": ISSUE["labels"],
    "labels2": ["Salesforce Case"],
    "milestone": 3,
    "milestone1": ISSUE["milestone"],
}


def github(*answers: Any, url: str = "https://github.com/") -> Any:
    return vendor("github", answers, {"privateKey": "ghp_EXAMPLE"}, auth_type="BASIC", endpoint={"url": url})


async def test_an_issue_is_made_in_its_repository() -> None:
    async with github(Answer(ISSUE, 201)) as hub:
        given = {**REPOSITORY, "title": "Case 42", "body": "Printer on fire", "labels": "Salesforce Case"}
        result = await hub.call("Issue", "CREATE", input=given)
        sent = hub.sent[0]
        assert (sent.line, sent.host) == ("POST /repos/acme/shop/issues", "api.github.com")
        assert sent.body == {"title": "Case 42", "body": "Printer on fire", "labels": ["Salesforce Case"]}
        assert sent.headers["Authorization"] == "Bearer ghp_EXAMPLE"
        assert sent.headers["Accept"] == "application/vnd.github+json"
        assert sent.headers["User-Agent"]
        assert (result.payload, result.status_code) == (READ, 201)


async def test_an_enterprise_server_has_its_interface_below_its_address() -> None:
    async with github({"login": "ada"}, url="https://hub.example.com/") as hub:
        assert await hub.check() is True
        assert (hub.sent[0].host, hub.lines) == ("hub.example.com", ["GET /api/v3/user"])


async def test_issues_are_found_by_label_and_pull_requests_are_none() -> None:
    async with github([ISSUE, {**ISSUE, "number": 8, "pull_request": {}}]) as hub:
        where = {"and": [{"OwnerName": "acme"}, {"RepoName": "shop"}, {"labels2": "Salesforce Case"}]}
        result = await hub.call("Issue", "RETRIEVEALL", where=where, limit=10)
        assert hub.lines == ["GET /repos/acme/shop/issues"]
        assert hub.sent[0].query == {"labels": "Salesforce Case", "state": "all", "per_page": "11"}
        assert result.payload == [READ]


@pytest.mark.parametrize("count", [0, 1, 2])
async def test_labels_are_always_a_list(count: int) -> None:
    labels = [{"name": f"l{number}"} for number in range(count)]
    async with github({**ISSUE, "labels": labels, "milestone": None}) as hub:
        result = await hub.call("Issue", "RETRIEVEALL", where={**REPOSITORY, "number": 7})
        assert result.payload[0]["labels"] == [f"l{number}" for number in range(count)]
        assert result.payload[0]["milestone"] is None


async def test_an_issue_that_is_not_there_is_not_changed() -> None:
    async with github(Answer(ISSUE), Answer({"message": "Not Found"}, 404)) as hub:
        given = {**REPOSITORY, "title": "T", "state": "closed"}
        for number, status in (("7", 200), ("x y", 204)):
            where = {**REPOSITORY, "number": number}
            assert (await hub.call("Issue", "UPDATEALL", where=where, input=given)).status_code == status
        assert hub.lines == ["PATCH /repos/acme/shop/issues/7", "PATCH /repos/acme/shop/issues/x%20y"]
        assert hub.sent[0].body == {"title": "T", "state": "closed"}


async def test_a_comment_goes_to_its_issue() -> None:
    async with github(Answer({"id": 1, "body": "hi"}, 201)) as hub:
        await hub.call("Comment", "CREATE", input={**REPOSITORY, "IssueNumber": 9, "body": "hi"})
        assert (hub.lines, hub.sent[0].body) == (["POST /repos/acme/shop/issues/9/comments"], {"body": "hi"})


async def test_a_repository_is_ones_own_or_an_organisations() -> None:
    made = Answer({"name": "new-one"}, 201)
    async with github({"login": "Ada"}, made, made) as hub:
        for owner in ("ada", "acme"):
            result = await hub.call("Repository", "CREATE", input={"OwnerName": owner, "name": "new one"})
            assert (result.payload["name"], result.status_code) == ("new-one", 201)
        assert hub.lines == ["GET /user", "POST /user/repos", "POST /orgs/acme/repos"]
        assert hub.sent[2].body == {"name": "new one"}


async def test_an_upsert_makes_the_repository_that_is_not_there() -> None:
    async with github(Answer({}, 404), {"login": "ada"}, Answer({"name": "shop"}, 201)) as hub:
        where = {"OwnerName": "ada", "name": "shop"}
        result = await hub.call("Repository", "UPSERTWITHWHERE", where=where, input={"description": "d"})
        assert (result.status_code, hub.lines[2]) == (201, "POST /user/repos")
        assert hub.sent[2].body == {"name": "shop", "description": "d"}


async def test_an_empty_repository_has_no_commits() -> None:
    async with github(Answer({"message": "Git Repository is empty."}, 409)) as hub:
        assert (await hub.call("Commit", "RETRIEVEALL", where=REPOSITORY)).status_code == 204


@pytest.mark.parametrize(
    ("status", "headers", "message", "word", "text"),
    [
        (401, {}, "Bad credentials", AuthFailed, "Bad"),
        (403, {}, "Resource not accessible by personal access token", Rejected, "Resource"),
        (404, {}, "Not Found", NotFound, "Not Found"),
        (410, {}, "Issues has been disabled in this repository.", NotFound, "disabled"),
        (422, {}, "Validation Failed", Rejected, "Validation Failed; title missing_field; no"),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    status: int, headers: dict[str, str], message: str, word: type[ActionFailed], text: str
) -> None:
    errors = [{"field": "title", "code": "missing_field"}, {"message": "no", "code": "x"}]
    body = {"message": message} | ({"errors": errors} if status == 422 else {})
    async with github(Answer(body, status, headers)) as hub:
        with pytest.raises(word, match=text) as caught:
            await hub.call("Issue", "CREATE", input={**REPOSITORY, "title": "T"})
        assert type(caught.value) is word


async def test_an_account_without_rights_fails_its_test() -> None:
    async with github(Answer({"message": "Forbidden"}, 403)) as hub:
        with pytest.raises(AuthFailed):
            await hub.check()


@pytest.mark.parametrize(
    ("status", "headers", "message", "least", "most"),
    [
        (403, {"Retry-After": "90"}, "You have exceeded a secondary rate limit", 90, 90),
        (429, {}, "You have exceeded a secondary rate limit", 60, 60),
        (403, {"x-ratelimit-remaining": "0", "x-ratelimit-reset": "4000000000"}, "API rate limit", 1e8, 4e9),
    ],
)
async def test_a_limit_says_when_to_come_again(
    status: int, headers: dict[str, str], message: str, least: float, most: float
) -> None:
    async with github(Answer({"message": message}, status, headers)) as hub:
        with pytest.raises(RateLimited) as caught:
            await hub.call("Issue", "RETRIEVEALL", where=REPOSITORY)
        assert caught.value.retry_after is not None
        assert least <= caught.value.retry_after <= most


@pytest.mark.parametrize(
    ("name", "event", "expected"),
    [
        ("Issue", "CREATEDORUPDATED_POLLER", [7, 8]),
        ("Issue", "CREATED_POLLER", [8]),
        ("Commit", "CREATEDORUPDATED_POLLER", ["c"]),
    ],
)
async def test_what_is_new_is_asked_for_since_the_last_time(
    name: str, event: str, expected: list[Any]
) -> None:
    start = datetime(2026, 11, 23, 6, 50, tzinfo=UTC)
    subscription = {"timeFormat": "YYYY-MM-DDTHH:mm:ss.SSSZ", "timeZone": "UTC", "pollingInterval": 1}
    if event != "CREATED_POLLER":
        subscription |= {"createdField": "updated_at", "updatedField": "updated_at"}
    options = {"parentFilter": REPOSITORY, "subscription": subscription}
    key = "number" if name == "Issue" else "sha"
    poll = parse_poll(Subject("github", name, event), options, key=key)
    old = {**ISSUE, "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-11-23T06:50:10Z"}
    new = {**ISSUE, "number": 8, "created_at": "2026-11-23T06:50:20Z", "updated_at": "2026-11-23T06:50:20Z"}
    commit = {"sha": "c", "commit": {"committer": {"date": "2026-11-23T06:50:30Z"}}}
    page = [old, new] if name == "Issue" else [commit]
    async with github(page, page) as hub:
        events, polled = await asked(poll, start_of(start), hub.credentials, start + timedelta(minutes=1))
        assert [event[key] for event in events] == expected
        assert hub.sent[0].query["since"] == "2026-11-23T06:50:00Z"
        assert (await asked(poll, polled, hub.credentials, start + timedelta(minutes=2)))[0] == []
