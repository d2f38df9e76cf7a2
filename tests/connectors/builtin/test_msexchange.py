"""Microsoft Exchange: people as texts and as lists, folders, attachments of two holders, new messages."""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

ANN = {"emailAddress": {"name": "Ann", "address": "ann@example.com"}}
OWNER = {"AttachmentHolderType": "Messages", "AttachmentOwnerId": "AAMkAG_x="}


def exchange(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("msexchange", answers)


def addressed(*addresses: str) -> list[dict[str, Any]]:
    return [{"emailAddress": {"address": address}} for address in addresses]


@pytest.mark.parametrize(
    ("given", "people"),
    [
        ("ann@example.com", ["ann@example.com"]),
        (" ann@example.com; bob@example.com,", ["ann@example.com", "bob@example.com"]),
        (["ann@example.com"], ["ann@example.com"]),
        (["ann@example.com", "bob@example.com"], ["ann@example.com", "bob@example.com"]),
    ],
)
async def test_an_email_goes_to_everyone_who_is_named(given: Any, people: list[str]) -> None:
    async with exchange(Answer(None, 202)) as desk:
        told = {"subject": "Hi", "body": {"content": "<p>x</p>", "contentType": "html"}}
        result = await desk.call("Messages", "SENDEMAIL", input={**told, "toRecipientsRequested": given})
        assert desk.lines == ["POST /v1.0/me/sendMail"]
        assert desk.sent[0].body == {"message": {**told, "toRecipients": addressed(*people)}}
        assert (result.payload, result.status_code) == ({}, 200)


async def test_a_draft_is_made_and_changed_without_touching_what_is_not_named() -> None:
    async with exchange(Answer({"id": "1", "toRecipients": [ANN]}, 201), {"id": "1"}) as desk:
        given = {
            "subject": "a",
            "toRecipientsRequested": "ann@example.com",
            "ccRecipientsRequested": "c@d.ex",
        }
        made = await desk.call("Messages", "CREATE", input=given)
        assert made.payload["toRecipients"] == [{**ANN, **ANN["emailAddress"]}]
        await desk.call("Messages", "UPDATEALL", where={"id": "1"}, input={"isRead": "true"})
        assert desk.lines == ["POST /v1.0/me/messages", "PATCH /v1.0/me/messages/1"]
        assert desk.sent[0].body == {
            "subject": "a", "toRecipients": addressed("ann@example.com"), "ccRecipients": addressed("c@d.ex"),
        }  # fmt: skip
        assert desk.sent[1].body == {"isRead": True}


@pytest.mark.parametrize(
    ("where", "line", "asked_for"),
    [
        ({"subject": "It's"}, "GET /v1.0/me/messages", "subject eq 'It''s'"),
        ({"subject": {"contains": "a"}, "hasAttachments": "true"}, "GET /v1.0/me/messages",
         "contains(subject,'a') and hasAttachments eq true"),
        ({"receivedDateTime": {"gt": "2026-01-01T11:00:00.5+01:00"}}, "GET /v1.0/me/messages",
         "receivedDateTime gt 2026-01-01T10:00:00Z"),
        ({"parentFolderId": "A_x="}, "GET /v1.0/me/mailFolders/A_x%3D/messages", None),
        ({"id": "A/x="}, "GET /v1.0/me/messages/A%2Fx%3D", None),
    ],
)  # fmt: skip
async def test_messages_are_found(where: Any, line: str, asked_for: str | None) -> None:
    async with exchange({"value": [], "id": "1"}) as desk:
        await desk.call("Messages", "RETRIEVEALL", where=where, limit=10)
        assert desk.lines == [line]
        assert desk.sent[0].query.get("$filter") == asked_for


async def test_people_are_shown_as_flows_read_them_on_every_page() -> None:
    link = "/graph.microsoft.com/v1.0/me/messages?$skip=1"
    first = {"value": [{"id": "1", "from": ANN, "toRecipients": [ANN]}], "@odata.nextLink": link}
    async with exchange(first, {"value": [{"id": "2", "toRecipients": []}]}) as desk:
        found = (await desk.call("Messages", "RETRIEVEALL", limit=10)).payload
        assert (found[0]["from"]["address"], found[0]["toRecipients"][0]["name"]) == (
            "ann@example.com",
            "Ann",
        )
        assert (found[1]["id"], desk.sent[1].query) == ("2", {"$skip": "1"})


@pytest.mark.parametrize(
    ("holder", "path"), [("Messages", "messages"), ("Events", "events"), ("", "messages")]
)
async def test_attachments_are_read_where_they_belong(holder: str, path: str) -> None:
    async with exchange({"value": [{"id": "9"}]}, Answer(b"\x00\x01"), Answer({"id": "9"}, 201)) as desk:
        owner = {"AttachmentHolderType": holder, "AttachmentOwnerId": "AAMkAG_x="}
        where = {"and": [{"AttachmentHolderType": holder}, {"AttachmentOwnerId": "AAMkAG_x="}]}
        listed = await desk.call("Attachments", "RETRIEVEALL", where=where)
        assert listed.payload == [{"id": "9"}]
        given = {**owner, "id": "9", "fileType": "Binary"}
        told = await desk.call("Attachments", "DOWNLOADATTACHMENT", input=given)
        assert told.payload == {"content": "AAE="}
        await desk.call("Attachments", "CREATE", input={**owner, "name": "a.txt", "contentBytes": "AAE="})
        at = f"/v1.0/me/{path}/AAMkAG_x%3D/attachments"
        assert desk.lines == [f"GET {at}", f"GET {at}/9/$value", f"POST {at}"]
        assert desk.sent[2].body == {
            "@odata.type": "#microsoft.graph.fileAttachment", "name": "a.txt", "contentBytes": "AAE=",
        }  # fmt: skip


async def test_a_new_message_of_a_folder_is_told_once() -> None:
    now = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
    options = {"parentFilter": {"parentFolderId": "A_x="}, "subscription": {"pollingInterval": 1}}
    poll = parse_poll(Subject("msexchange", "Messages", "CREATED_POLLER"), options, key="id")
    new = {"id": "7", "createdDateTime": "2026-01-01T10:00:40Z", "hasAttachments": True}
    async with exchange({"value": [new]}, {"value": [new]}) as desk:
        told, polled = await asked(poll, start_of(now), desk.credentials, now + timedelta(minutes=1))
        assert told == [new]
        assert desk.lines == ["GET /v1.0/me/mailFolders/A_x%3D/messages"]
        assert desk.sent[0].query["$filter"] == "createdDateTime ge 2026-01-01T10:00:00Z"
        assert (await asked(poll, polled, desk.credentials, now + timedelta(minutes=2)))[0] == []


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (401, "InvalidAuthenticationToken", AuthFailed), (403, "ErrorAccessDenied", AuthFailed),
        (400, "ErrorInvalidIdMalformed", NotFound), (400, "ErrorInvalidRecipients", Rejected),
        (429, "ApplicationThrottled", RateLimited), (507, "ErrorQuotaExceeded", Rejected),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_in_microsofts_words(
    status: int, code: str, word: type[ActionFailed]
) -> None:
    body = {"error": {"code": code, "message": "so it is"}}
    async with exchange(*[Answer(body, status)] * 3) as desk:
        with pytest.raises(word, match=f"{code}: so it is") as caught:
            await desk.call("Messages", "SENDEMAIL", input={"subject": "a"})
        assert type(caught.value) is word
