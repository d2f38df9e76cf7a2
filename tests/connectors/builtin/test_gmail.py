"""Gmail: mails that are sent, read and noticed."""

import base64
import email
import email.policy
import json
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from email.message import EmailMessage
from typing import Any

import pytest
from tests.connectors.conftest import Desk

from lockhouse.connectors.builtin.gmail.mime import mail_object
from lockhouse.connectors.errors import Rejected

DeskOf = Callable[[str], AbstractAsyncContextManager[Desk]]


async def sent(desk_of: DeskOf, **values: Any) -> EmailMessage:
    async with desk_of("gmail") as desk:
        await desk.call("mail", "CREATE", input=values)
        raw = json.loads(desk.stand_in.requests[-1]["body"])["raw"]
    message = email.message_from_bytes(base64.urlsafe_b64decode(raw + "=="), policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


async def test_a_mail_has_its_addresses_subject_and_text(desk_of: DeskOf) -> None:
    message = await sent(
        desk_of,
        To="Ada <ada@example.com>, bob@example.com",
        CC=["cy@example.com"],
        Subject="Grüße",
        Body="Hé\nho",
    )
    assert message["To"] == "Ada <ada@example.com>, bob@example.com"
    assert message["Cc"] == "cy@example.com"
    assert message["Subject"] == "Grüße"
    assert message.get_content().split() == ["Hé", "ho"]
    assert message["From"] is None


async def test_a_line_break_in_a_header_does_not_begin_another(desk_of: DeskOf) -> None:
    message = await sent(desk_of, To="ada@example.com", Subject="Hi\r\nBcc: eve@example.com", Body="x")
    assert message["Bcc"] is None
    assert message["Subject"] == "Hi Bcc: eve@example.com"


async def test_a_body_of_two_kinds_is_an_alternative(desk_of: DeskOf) -> None:
    rich = {"contentType": "text/html", "content": "<b>hi</b>"}
    both = await sent(desk_of, To="ada@example.com", Body="hi", richTextBody=rich)
    assert [part.get_content_type() for part in both.iter_parts()] == ["text/plain", "text/html"]
    only = await sent(desk_of, To="ada@example.com", richTextBody=rich)
    assert only.get_content_type() == "text/html"


@pytest.mark.parametrize(
    ("content", "expected"),
    [("a,b\n1,2", b"a,b\n1,2"), (base64.b64encode(b"\x00\xff%PDF").decode(), b"\x00\xff%PDF")],
)
async def test_an_attachment_is_decoded_when_it_is_base64(
    desk_of: DeskOf, content: str, expected: bytes
) -> None:
    attached = [{"fileName": "report.csv", "content": content}]
    message = await sent(desk_of, To="ada@example.com", Body="see", Attachments=attached)
    part = next(message.iter_attachments())
    assert (part.get_filename(), part.get_content_type()) == ("report.csv", "text/csv")
    assert part.get_payload(decode=True) == expected


@pytest.mark.parametrize(
    "given", [{}, {"To": ""}, {"To": "ada"}, {"To": "a@b", "CC": "x y@z, <>"}, {"To": ["a@b", "c"]}]
)
async def test_a_mail_to_nobody_is_refused_before_anything_is_sent(
    desk_of: DeskOf, given: dict[str, Any]
) -> None:
    async with desk_of("gmail") as desk:
        with pytest.raises(Rejected):
            await desk.call("mail", "CREATE", input=given)
        assert desk.stand_in.requests == []


def test_a_mail_is_read_from_its_parts() -> None:
    text = base64.urlsafe_b64encode(b"Hallo").decode().rstrip("=")
    mail = mail_object(
        {
            "id": "1",
            "threadId": "1",
            "payload": {
                "mimeType": "multipart/mixed",
                "headers": [
                    {"name": "FROM", "value": "Ada <ada@example.com>"},
                    {"name": "Subject", "value": "Hi"},
                ],
                "parts": [
                    {
                        "mimeType": "multipart/alternative",
                        "parts": [{"mimeType": "text/plain", "body": {"data": text}}],
                    },
                    {"mimeType": "text/plain", "filename": "a.txt", "body": {"attachmentId": "A", "size": 3}},
                ],
            },
        }
    )
    assert (mail["From"], mail["FromHeader"], mail["Subject"]) == (
        "ada@example.com",
        "Ada <ada@example.com>",
        "Hi",
    )
    assert mail["Body"] == "Hallo"
    assert mail["Attachments"] == [
        {"fileName": "a.txt", "mimeType": "text/plain", "size": 3, "attachmentId": "A"}
    ]


async def test_an_unknown_mail_is_nothing(desk_of: DeskOf) -> None:
    async with desk_of("gmail") as desk:
        assert (await desk.call("mail", "RETRIEVEALL", where={"id": "nope"})).status_code == 204


async def test_a_search_is_written_in_gmails_words_and_checked_here(desk_of: DeskOf) -> None:
    async with desk_of("gmail") as desk:
        where = {
            "and": [
                {"From": "ada@example.com"},
                {"Subject": {"contains": 'a"b'}},
                {"Body": {"contains": "Hel"}},
            ]
        }
        await desk.call("mail", "RETRIEVEALL", where=where, limit=5)
        asked = dict(desk.stand_in.requests[0]["query"])
        assert asked["q"] == 'from:"ada@example.com" subject:"a b"'
