"""Jira: issues with their fields, JQL in the account's zone, people by name, attachments, polls."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

ACCOUNT = {"username": "ada@example.com", "password": "EXAMPLE-NOT-REAL"}
MYSELF = {"accountId": "a1", "displayName": "Ada", "timeZone": "Asia/Kolkata"}
MADE = {"id": "10042", "key": "WOR-42", "self": "https://acme.atlassian.net/rest/api/2/issue/10042"}
ISSUE = MADE | {
    "fields": {
        "summary": "Build 5 failed",
        "description": "Build no. 5 failed.",
        "project": {"id": "10000", "key": "WOR", "name": "Work"},
        "status": {"name": "To Do"},
        "creator": {"displayName": "Ada", "emailAddress": "ada@example.com"},
        "created": "2026-11-23T06:50:20.000+0000",
        "updated": "2026-11-23T06:50:20.000+0000",
    }
}
GIVEN = {"key": "WOR", "issuetype": {"name": "Bug"}, "summary": "Build 5 failed"}


def jira(*answers: Any, url: str = "https://acme.atlassian.net/jira/", **credentials: str) -> Any:
    account = {**ACCOUNT, **credentials}
    return vendor("jira", answers, account, endpoint={"endpointUrl": url})


def found(*issues: Any, token: str | None = None) -> dict[str, Any]:
    return {"issues": list(issues)} | ({"nextPageToken": token} if token else {"isLast": True})


async def test_an_issue_is_made_of_its_fields() -> None:
    async with jira(Answer(MADE, 201)) as tracker:
        given = {**GIVEN, "description": {"a": 1}, "priority": {"name": "High"}, "customfield_10010": "x"}
        result = await tracker.call("Issue", "CREATE", input=given)
        sent = tracker.sent[0]
        assert (sent.host, sent.line) == ("acme.atlassian.net", "POST /rest/api/2/issue")
        assert sent.headers["Authorization"] == "Basic YWRhQGV4YW1wbGUuY29tOkVYQU1QTEUtTk9ULVJFQUw="
        assert sent.body == {
            "fields": {
                "project": {"key": "WOR"},
                "issuetype": {"name": "Bug"},
                "summary": "Build 5 failed",
                "description": '{"a":1}',
                "priority": {"name": "High"},
                "customfield_10010": "x",
            }
        }
        assert (result.payload, result.status_code) == (MADE, 201)


@pytest.mark.parametrize("missing", GIVEN)
async def test_what_an_issue_needs_is_asked_for(missing: str) -> None:
    async with jira() as tracker:
        with pytest.raises(Rejected, match=missing):
            await tracker.call("Issue", "CREATE", input={**GIVEN, missing: None})
        assert tracker.lines == []


async def test_a_personal_access_token_of_data_center_is_a_bearer() -> None:
    account = {"url": "https://jira.example.com/base/", "username": ""}
    async with jira({"name": "ada"}, **account) as tracker:
        assert await tracker.check() is True
        assert tracker.sent[0].headers["Authorization"] == "Bearer EXAMPLE-NOT-REAL"
        assert tracker.lines == ["GET /base/rest/api/2/myself"]


async def test_a_person_is_found_by_name_in_cloud_if_there_is_one_only() -> None:
    people: list[list[Any]] = [[{"accountId": "u7"}], [], [{"accountId": "a"}, {"accountId": "b"}]]
    async with jira(MYSELF, people[0], Answer(MADE, 201), people[1], people[2]) as tracker:
        given = {**GIVEN, "reporter": {"name": "IBM Testa"}}
        await tracker.call("Issue", "CREATE", input=given)
        assert tracker.lines[1] == "GET /rest/api/2/user/search"
        assert tracker.sent[1].query == {"query": "IBM Testa"}
        assert tracker.sent[2].body["fields"]["reporter"] == {"id": "u7"}
        for count in (0, 2):
            with pytest.raises(Rejected, match=f"reporter: {count} users"):
                await tracker.call("Issue", "CREATE", input=given)


async def test_a_person_keeps_the_name_in_data_center() -> None:
    async with jira({"name": "me", "timeZone": "UTC"}, Answer(MADE, 201)) as tracker:
        await tracker.call("Issue", "CREATE", input={**GIVEN, "assignee": {"name": "bo"}})
        assert tracker.sent[1].body["fields"]["assignee"] == {"name": "bo"}


async def test_an_issue_is_read_by_its_id_or_key() -> None:
    async with jira(ISSUE, Answer({"errorMessages": ["none"]}, 404)) as tracker:
        result = await tracker.call("Issue", "RETRIEVEALL", where={"id": "WOR-42"}, limit=1)
        assert tracker.lines == ["GET /rest/api/2/issue/WOR-42"]
        issue = result.payload[0]
        assert (issue["id"], issue["fields"]["summary"]) == ("10042", "Build 5 failed")
        assert issue["fields"]["creator"]["name"] == "Ada"
        assert (await tracker.call("Issue", "RETRIEVEALL", where={"id": "9"})).status_code == 204


@pytest.mark.parametrize(
    ("where", "jql"),
    [
        (None, 'created >= "1970-01-01"'),
        ({"key": "WOR"}, 'project = "WOR"'),
        ({"description": 'A "b" \\c'}, r'description ~ "\"A \\\"b\\\" \\\\c\""'),
        ({"status": {"neq": "Done"}, "customfield_10": 5}, 'status != "Done" AND cf[10] = "5"'),
        ({"or": [{"status": "A"}, {"fields.priority": "High"}]}, '(status = "A" OR priority = "High")'),
        ({"created": "2026-11-23T06:50:30Z"}, 'created >= "2026-11-23 12:20"'),
        ({"lastModified": {"lt": "2026-11-23T06:50:30Z"}}, 'updated <= "2026-11-23 12:21"'),
        ({"a;drop": "x"}, 'created >= "1970-01-01"'),
        ({"summary": {"neq": "x"}}, 'created >= "1970-01-01"'),
    ],
)
async def test_a_filter_becomes_jql_with_times_of_the_accounts_zone(
    where: dict[str, Any] | None, jql: str
) -> None:
    answers = [MYSELF, found()] if "-11-23 12:" in jql else [found()]
    async with jira(*answers) as tracker:
        await tracker.call("IssueCollection", "RETRIEVEALL", where=where, limit=10)
        assert tracker.lines[-1] == "POST /rest/api/2/search/jql"
        jql += " ORDER BY created ASC"
        assert tracker.sent[-1].body == {"jql": jql, "maxResults": 11, "fields": ["*all"]}


@pytest.mark.parametrize(
    ("where", "count"),
    [
        ({"description": "Build no. 5 failed."}, 1),
        ({"description": "Build no. 5"}, 0),
        ({"description": {"contains": "no. 5"}}, 1),
        ({"created": "2026-11-23T06:50:21Z"}, 0),
        ({"created": {"lte": "2026-11-23T12:20:20+05:30"}}, 1),
        ({"or": [{"summary": "Build"}, {"status": "Done"}]}, 0),
        ({"or": [{"summary": "Build"}, {"key": "WOR"}]}, 1),
        ({"or": [{"summary": "Build"}, {"status": {"neq": "Done"}}]}, 1),
    ],
)
async def test_what_jira_compares_roughly_is_compared_here_again(where: dict[str, Any], count: int) -> None:
    answers = [MYSELF, found(ISSUE)] if "created" in where else [found(ISSUE)]
    async with jira(*answers) as tracker:
        assert len((await tracker.call("Issue", "RETRIEVEALL", where=where)).payload) == count


async def test_a_search_is_followed_by_its_tokens() -> None:
    async with jira(found(ISSUE, token="t1"), found(ISSUE), found(ISSUE, ISSUE)) as tracker:
        result = await tracker.call("IssueCollection", "RETRIEVEALL", limit=10)
        assert (len(result.payload), result.status_code) == (2, 200)
        assert tracker.sent[1].body["nextPageToken"] == "t1"
        assert (await tracker.call("IssueCollection", "RETRIEVEALL", limit=1)).status_code == 206


async def test_data_center_is_searched_by_offset() -> None:
    pages = [{"issues": [ISSUE], "total": 2}, {"issues": [ISSUE], "total": 2}]
    async with jira(Answer("", 404), *pages, url="https://jira.example.com") as tracker:
        assert len((await tracker.call("Issue", "RETRIEVEALL", where={"key": "WOR"})).payload) == 2
        assert tracker.lines[1:] == ["POST /rest/api/2/search"] * 2
        assert [sent.body["startAt"] for sent in tracker.sent[1:]] == [0, 1]


async def test_an_issue_is_changed_without_moving_it() -> None:
    async with jira(Answer(None, 204), Answer("", 404)) as tracker:
        for issue, status in (("10042", 200), ("9", 204)):
            given = {"key": "WOR", "summary": "New"}
            result = await tracker.call("Issue", "UPDATEALL", where={"id": issue}, input=given)
            assert result.status_code == status
        assert tracker.lines[0] == "PUT /rest/api/2/issue/10042"
        assert tracker.sent[0].body == {"fields": {"summary": "New"}}


async def test_an_upsert_makes_what_it_does_not_find() -> None:
    async with jira(found(), Answer(MADE, 201), found(ISSUE), Answer(None, 204)) as tracker:
        where = {"key": "WOR", "summary": "Build 5 failed"}
        for status in (201, 200):
            given = {"issuetype": {"name": "Bug"}}
            result = await tracker.call("Issue", "UPSERTWITHWHERE", where=where, input=given)
            assert result.status_code == status
        assert tracker.sent[1].body["fields"] == {
            "project": {"key": "WOR"},
            "summary": "Build 5 failed",
            "issuetype": {"name": "Bug"},
        }
        with pytest.raises(Rejected, match="filter"):
            await tracker.call("Issue", "UPSERTWITHWHERE", where={"key": "WOR"}, input={})


async def test_a_comment_goes_to_its_issue() -> None:
    async with jira(Answer({"id": "1"}, 201)) as tracker:
        given = {"issueId": "10042", "key": "WOR", "body": "seen"}
        await tracker.call("IssueComment", "CREATE", input=given)
        assert (tracker.lines, tracker.sent[0].body) == (
            ["POST /rest/api/2/issue/10042/comment"],
            {"body": "seen"},
        )


async def test_attachments_are_listed_and_downloaded() -> None:
    attachment = {"id": "7", "filename": "a.txt", "author": {"displayName": "Ada"}}
    async with jira(
        {"fields": {"attachment": [attachment]}}, Answer(b"\xc3\xa4"), Answer(b"\xff")
    ) as tracker:
        where = {"and": [{"issueId": "10042"}, {"key": "WOR"}]}
        result = await tracker.call("IssueAttachment", "RETRIEVEALL", where=where)
        assert result.payload == [{**attachment, "author": {"displayName": "Ada", "name": "Ada"}}]
        for kind, content in (("Text", "ä"), ("Binary", "/w==")):
            given = {"id": "7", "fileType": kind}
            result = await tracker.call("IssueAttachment", "DOWNLOADATTACHMENTCONTENT", input=given)
            assert result.payload == {"content": content}
        assert tracker.lines[1] == "GET /rest/api/2/attachment/content/7"
        assert tracker.sent[1].query == {"redirect": "false"}


async def test_a_file_is_attached_as_jira_wants_it() -> None:
    async with jira([{"id": "7", "filename": "a.txt"}]) as tracker:
        given = {"issueId": "10042", "filename": "a.txt", "content": "aGk="}
        result = await tracker.call("IssueAttachment", "CREATE", input=given)
        assert tracker.sent[0].headers["X-Atlassian-Token"] == "no-check"
        assert b'name="file"; filename="a.txt"' in tracker.sent[0].content
        assert result.payload == {"id": "7", "filename": "a.txt"}


async def test_projects_come_with_their_lead() -> None:
    async with jira({"values": [{"id": "1", "key": "WOR"}], "total": 1}) as tracker:
        await tracker.call("Project", "RETRIEVEALL", limit=10)
        assert tracker.sent[0].query == {"startAt": "0", "maxResults": "11", "expand": "lead,description"}


@pytest.mark.parametrize(
    ("answer", "word", "text"),
    [
        (Answer("<html>", 401), AuthFailed, "401"),
        (Answer([], 200, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}), AuthFailed, "200"),
        (Answer("", 404, {"X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}), AuthFailed, "404"),
        (Answer("", 403, {"X-Seraph-LoginReason": "AUTHENTICATION_DENIED"}), AuthFailed, "403"),
        (Answer({"errorMessages": ["No right."]}, 403), Rejected, "No right."),
        (Answer({"errorMessages": ["Gone", "Away"], "errors": {}}, 404), NotFound, "Gone; Away"),
        (Answer({"errorMessages": [], "errors": {"a": "x", "b": "y"}}, 400), Rejected, "a: x; b: y"),
        (Answer("", 503, {"Retry-After": "90"}), RateLimited, "503"),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    answer: Answer, word: type[ActionFailed], text: str
) -> None:
    async with jira(answer) as tracker:
        with pytest.raises(word, match=text) as caught:
            await tracker.call("IssueComment", "CREATE", input={"issueId": "1", "body": "x"})
        assert type(caught.value) is word


async def test_new_issues_are_found_by_their_time() -> None:
    start = datetime(2026, 11, 23, 6, 50, tzinfo=UTC)
    old = {**ISSUE, "id": "1", "fields": {**ISSUE["fields"], "created": "2026-11-23T06:49:50.000+0000"}}  # type: ignore[dict-item]  # the fields are an object
    times = {"createdField": "dateCreated", "updatedField": "dateModified", "timeZone": "UTC"}
    subscription = {**times, "timeFormat": "YYYY-MM-DDTHH:mm:ssZ", "pollingInterval": 1}
    options = {"parentFilter": {"key": "WOR"}, "subscription": subscription}
    poll = parse_poll(Subject("jira", "Issue", "CREATED_POLLER"), options, key="id")
    async with jira(MYSELF, found(old, ISSUE), MYSELF, found(ISSUE)) as tracker:
        now = start + timedelta(minutes=1)
        events, polled = await asked(poll, start_of(start), tracker.credentials, now)
        assert [event["id"] for event in events] == ["10042"]
        assert tracker.sent[1].body["jql"] == (
            'project = "WOR" AND created >= "2026-11-23 12:20" ORDER BY created ASC'
        )
        events, _ = await asked(poll, polled, tracker.credentials, now + timedelta(minutes=1))
        assert events == []
