"""ServiceNow: tables by their names, encoded queries, comments through their record, attachments."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.conftest import Desk, at_double
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, vendor

from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, Rejected, Unavailable
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

DeskOf = Callable[[str], AbstractAsyncContextManager[Desk]]
ACCOUNT = {"username": "svc", "password": "EXAMPLE-NOT-REAL"}
INSTANCE = {"url": "https://example.service-now.com/"}


def servicenow(*answers: Any) -> Any:
    return vendor("servicenow", answers, ACCOUNT, auth_type="BASIC", endpoint=INSTANCE)


async def test_the_business_object_is_the_table() -> None:
    record = {"sys_id": "1c741bd70b2322007518478d83673af3", "number": "INC0010021", "severity": "1"}
    async with servicenow(Answer({"result": record}, 201)) as now:
        given = {"short_description": "No network", "opened_at": "2024-01-31T10:00:00Z", "severity": 1}
        result = await now.call("incident", "CREATE", input=given)
        assert now.lines == ["POST /api/now/table/incident"]
        assert (now.sent[0].host, now.sent[0].query) == ("example.service-now.com", {})
        assert now.sent[0].headers["Authorization"].startswith("Basic ")
        assert now.sent[0].body == {**given, "opened_at": "2024-01-31 10:00:00"}
        assert (result.payload, result.status_code) == (record, 201)


@pytest.mark.parametrize(
    ("where", "query"),
    [
        (None, ""), ({"severity": "1"}, "severity=1^"), ({"a": {"neq": "x^y"}}, "a!=x^^y^"),
        ({"and": [{"a": {"contains": "no"}}, {"b": {"lte": 2}}]}, "aLIKEno^b<=2^"),
        ({"and": [{"state": ["1", "2"]}, {"active": True}]}, "state=1^ORstate=2^active=true^"),
        ({"opened_at": {"gt": "2024-01-31T10:00:00+05:30"}}, "opened_at>2024-01-31 04:30:00^"),
    ],
)  # fmt: skip
async def test_a_filter_becomes_an_encoded_query(where: dict[str, Any] | None, query: str) -> None:
    async with servicenow({"result": []}) as now:
        result = await now.call("incident", "RETRIEVEALL", where=where, limit=10)
        assert now.lines == ["GET /api/now/table/incident"]
        assert now.sent[0].query == {
            "sysparm_query": f"{query}ORDERBYsys_created_on", "sysparm_limit": "11", "sysparm_offset": "0",
        }  # fmt: skip
        assert result.status_code == 204


async def test_a_column_that_the_table_has_not_would_find_everything_and_is_refused() -> None:
    rows = {"result": [{"sys_id": "1", "assigned_to": {"value": "u"}}, {"sys_id": "2", "assigned_to": ""}]}
    async with servicenow(rows, rows, rows, {"result": {}}, {"result": {}}) as now:
        for action in ("UPDATEALL", "DELETEALL"):
            with pytest.raises(Rejected, match=r"^asigned_to: "):
                await now.call("incident", action, where={"asigned_to": "x"}, input={"state": "7"})
        assert [line.split()[0] for line in now.lines] == ["GET", "GET"]
        # What lies behind a reference cannot be seen in the answer, so it is ServiceNow's to compare.
        changed = await now.call(
            "incident", "UPDATEALL", where={"assigned_to.email": "a@b"}, input={"state": "7"}
        )
        assert changed.status_code == 200
        assert now.lines[3:] == ["PATCH /api/now/table/incident/1", "PATCH /api/now/table/incident/2"]


async def test_a_named_record_is_changed_at_once() -> None:
    async with servicenow({"result": {"sys_id": "7", "state": "2"}}, Answer({"error": {}}, 404)) as now:
        result = await now.call("incident", "UPDATEALL", where={"sys_id": "7"}, input={"state": 2})
        assert (result.payload["state"], now.sent[0].body) == ("2", {"state": 2})
        assert (await now.call("u_own", "DELETEALL", where={"sys_id": "8"})).status_code == 204
        assert now.lines[1] == "DELETE /api/now/table/u_own/8"


async def test_an_older_instance_says_of_an_empty_table_that_it_is_not_found() -> None:
    async with servicenow(Answer({"error": {"message": "No Record found"}, "status": "failure"}, 404)) as now:
        assert (await now.call("incident", "RETRIEVEALL", where={"number": "x"})).status_code == 204


async def test_our_choice_a_comment_is_written_through_its_record() -> None:
    async with servicenow({"result": {"sys_id": "7"}}) as now:
        given = {"CommentOwnerType": "ticket", "CommentOwnerId": "7", "value": "seen"}
        result = await now.call("sys_journal_field", "CREATE", input=given)
        assert (now.lines, now.sent[0].body) == (["PATCH /api/now/table/ticket/7"], {"comments": "seen"})
        assert (result.payload, result.status_code) == ({**given, "sys_id": "7"}, 201)


async def test_an_attachment_comes_with_its_content() -> None:
    record = {
        "sys_id": "9",
        "file_name": "a.txt",
        "table_name": "incident",
        "table_sys_id": "7",
        "content_type": "text/plain",
    }
    async with servicenow(
        {"result": [record, {**record, "sys_id": "10"}]}, Answer(b"\x00hi"), Answer("", 404)
    ) as now:
        where = {
            "and": [{"file_name": "a.txt"}, {"AttachmentOwnerId": "7"}, {"AttachmentOwnerType": "incident"}]
        }
        result = await now.call("sys_attachment", "RETRIEVEALL", where=where)
        assert now.lines == [
            "GET /api/now/attachment",
            "GET /api/now/attachment/9/file",
            "GET /api/now/attachment/10/file",
        ]
        assert now.sent[0].query["sysparm_query"] == (
            "file_name=a.txt^table_sys_id=7^table_name=incident^ORDERBYsys_created_on"
        )
        owner = {"AttachmentOwnerType": "incident", "AttachmentOwnerId": "7"}
        assert result.payload == [{**record, **owner, "contentType": "text/plain", "FileContent": "AGhp"}]


async def test_a_file_is_attached_with_its_type() -> None:
    async with servicenow(Answer({"result": {"sys_id": "9"}}, 201)) as now:
        given = {
            "file_name": "a.bin",
            "AttachmentOwnerType": "incident",
            "AttachmentOwnerId": "7",
            "FileContent": "AGhp",
        }
        await now.call("sys_attachment", "CREATE", input=given)
        sent = now.sent[0]
        assert (sent.line, sent.content) == ("POST /api/now/attachment/file", b"\x00hi")
        assert sent.query == {"file_name": "a.bin", "table_name": "incident", "table_sys_id": "7"}
        assert sent.headers["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("status", "message", "detail", "word", "text"),
    [
        (401, "User Not Authenticated", "Required to provide Auth information", AuthFailed, "Required"),
        (403, "Operation Failed", "ACL Exception Insert Failed due to security", AuthFailed, "ACL"),
        (403, "Operation Failed", "Data Policy Exception: state", Rejected, "Data"),
        (400, "Invalid table x", None, Rejected, r"^Invalid table x$"),
        (404, "No Record found", "gone", NotFound, "No Record found: gone"),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    status: int, message: str, detail: str | None, word: type[ActionFailed], text: str
) -> None:
    async with servicenow(Answer({"error": {"message": message, "detail": detail}}, status)) as now:
        with pytest.raises(word, match=text) as caught:
            await now.call("incident", "CREATE", input={"state": "1"})
        assert type(caught.value) is word


async def test_a_hibernating_instance_is_unavailable() -> None:
    page = Answer("<html>hibernating</html>", 200, {"Content-Type": "text/html"})
    async with servicenow(page) as now:
        with pytest.raises(Unavailable, match="page"):
            await now.call("incident", "CREATE", input={"state": "1"})


async def test_a_token_is_asked_for_with_a_form(catalogue: Catalogue) -> None:
    async with at_double(catalogue.get("servicenow"), "OAUTH2_PASSWORD") as desk:
        assert await desk.check() is True
        token = desk.stand_in.requests[0]
        assert (token["path"], token["content_type"]) == (
            "/oauth_token.do",
            "application/x-www-form-urlencoded",
        )
        for part in ("grant_type=password", "client_id=EXAMPLE-clientId", "username=EXAMPLE-username"):
            assert part in token["body"]


async def test_new_incidents_are_found_by_their_time(desk_of: DeskOf) -> None:
    async with desk_of("servicenow") as desk:
        incidents = desk.stand_in.collection("incident")
        start = datetime(2026, 1, 31, 10, 0, tzinfo=UTC)
        incidents.put({"sys_id": "1", "sys_created_on": "2026-01-31 09:00:00"}, {})
        poll = parse_poll(Subject("servicenow", "incident", "CREATED"), {}, key="sys_id")
        events, polled = await asked(poll, start_of(start), desk.credentials, start)
        assert events == []
        incidents.put({"sys_id": "2", "sys_created_on": "2026-01-31 10:00:30"}, {})
        desk.stand_in.collection("problem").put({"sys_id": "3", "sys_created_on": "2026-01-31 10:00:30"}, {})
        events, polled = await asked(poll, polled, desk.credentials, start + timedelta(minutes=1))
        assert [event["sys_id"] for event in events] == ["2"]
        query = dict(desk.stand_in.requests[-1]["query"])["sysparm_query"]
        assert query == "sys_created_on>=2026-01-31 10:00:00^ORDERBYsys_created_on"
        events, _ = await asked(poll, polled, desk.credentials, start + timedelta(minutes=2))
        assert events == []
