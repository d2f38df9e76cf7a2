"""What arrives when a flow sends a mail."""

from email.message import EmailMessage
from typing import Any

import pytest
from tests.connectors.builtin.email.conftest import USER, Desk, Post

from lockhouse.connectors.errors import Rejected, Unavailable


def only(post: Post) -> EmailMessage:
    (mail,) = post.mails
    assert isinstance(mail, EmailMessage)
    return mail


async def test_a_mail_of_a_flow_arrives_as_it_was_written(sender: Desk, post: Post) -> None:
    values = {"toFilter": "ann@example.org", "subjectFilter": "Größe 数", "emailBody": "Grüße\n\n.\nEnde"}

    result = await sender.call("CREATEEMAIL", input=values)

    mail = only(post)
    assert (mail["From"], mail["To"], mail["Subject"]) == (USER, "ann@example.org", "Größe 数")
    assert mail.get_content().splitlines() == ["Grüße", "", ".", "Ende"]
    assert mail.get_content_type() == "text/plain"
    assert mail["Date"].datetime.isoformat() == "2026-05-01T10:00:00+00:00"
    assert (result.status_code, result.payload["to"]) == (201, ["ann@example.org"])


async def test_recipients_come_as_text_or_list_and_blind_ones_stay_unseen(sender: Desk, post: Post) -> None:
    values = {
        "toFilter": ["Ann <ann@example.org>", "bob@example.org"],
        "ccFilter": "cy@example.org; di@example.org",
        "bccFilter": "secret@example.org", "replyTo": "desk@example.org",
    }  # fmt: skip

    await sender.call("CREATEEMAIL", input=values)

    mail = only(post)
    assert (mail["To"], mail["Cc"]) == ("ann@example.org, bob@example.org", "cy@example.org, di@example.org")
    assert mail["Reply-To"] == "desk@example.org"
    assert "secret" not in mail.as_string()
    assert len(post.recipients[0]) == 5


@pytest.mark.parametrize(
    ("values", "kind"),
    [
        ({"emailBody": "a <br> b"}, "text/html"),
        ({"emailBody": "a < b and c > d"}, "text/plain"),
        ({"emailBody": "a <br> b", "contentType": "text/plain"}, "text/plain"),
        ({"emailBody": "a", "contentType": "text/html"}, "text/html"),
    ],
)
async def test_our_choice_a_body_with_markup_is_html(
    sender: Desk, post: Post, values: dict[str, Any], kind: str
) -> None:
    await sender.call("CREATEEMAIL", input={"toFilter": "a@example.org", **values})

    assert only(post).get_content_type() == kind


async def test_attachments_arrive_with_name_type_and_content(sender: Desk, post: Post) -> None:
    attachments = [
        {"fileName": "Größe.pdf", "contentType": "application/pdf", "content": "AP8="},
        {"name": "notes.txt", "contentType": "text/plain", "content": "Grüße", "fileType": "Text"},
        {"content": {"a": 1}},
        {"fileName": "mail.eml", "contentType": "message/rfc822", "content": "U3ViamVjdDogeA=="},
    ]

    await sender.call("CREATEEMAIL", input={"toFilter": "a@example.org", "attachments": attachments})

    found = [
        (part.get_filename(), part.get_content_type(), part.get_payload(decode=True))
        for part in only(post).iter_attachments()
    ]
    assert found == [
        ("Größe.pdf", "application/pdf", b"\x00\xff"),
        ("notes.txt", "text/plain", "Grüße".encode()),
        ("attachment-3", "application/octet-stream", b'{"a":1}'),
        ("mail.eml", "application/octet-stream", b"Subject: x"),
    ]


@pytest.mark.parametrize(
    "values",
    [
        {"toFilter": "a@example.org\r\nBcc: x@example.org"},
        {"toFilter": "a@example.org", "subjectFilter": "x\r\nBcc: y@example.org"},
        {"toFilter": "a@example.org", "replyTo": "b@example.org\nX: y"},
        {"toFilter": "a@example.org", "attachments": [{"fileName": "a\r\nX: y", "content": "x"}]},
        {"toFilter": "a@example.org", "attachments": [{"contentType": "a/b\r\nX: y", "content": "x"}]},
    ],
    ids=range(5),
)
async def test_no_value_adds_a_header_or_a_recipient(
    sender: Desk, post: Post, values: dict[str, Any]
) -> None:
    try:
        await sender.call("CREATEEMAIL", input={"emailBody": "x", **values})
    except Rejected:
        assert post.mails == []
    else:
        assert (only(post)["Bcc"], only(post)["X"], post.recipients) == (None, None, [["a@example.org"]])


@pytest.mark.parametrize(
    "values",
    [
        {}, {"toFilter": ""}, {"toFilter": "nobody"}, {"toFilter": "a@b@c"},
        {"toFilter": ["a@example.org", "b c"]},
        {"toFilter": [f"a{n}@example.org" for n in range(101)]},
    ],
    ids=range(6),
)  # fmt: skip
async def test_a_mail_to_nobody_or_to_what_is_no_address_is_refused(
    sender: Desk, post: Post, values: dict[str, Any]
) -> None:
    with pytest.raises(Rejected):
        await sender.call("CREATEEMAIL", input={"emailBody": "x", **values})
    assert post.mails == []


async def test_recipients_that_the_server_refuses_are_named(sender: Desk, post: Post) -> None:
    values = {"toFilter": "ann@example.org, nobody@example.org"}

    result = await sender.call("CREATEEMAIL", input=values)

    assert result.payload["to"] == ["ann@example.org"]
    assert result.payload["refused"] == {"nobody@example.org": "550 no such mailbox"}
    with pytest.raises(Rejected, match="no such mailbox"):
        await sender.call("CREATEEMAIL", input={"toFilter": "nobody@example.org"})


@pytest.mark.parametrize(("answer", "error"), [("452 try later", Unavailable), ("554 spam", Rejected)])
async def test_a_server_that_does_not_take_the_mail_says_why(
    sender: Desk, post: Post, answer: str, error: type[Exception]
) -> None:
    post.answer = answer

    with pytest.raises(error, match=answer.split(" ", 1)[1]):
        await sender.call("CREATEEMAIL", input={"toFilter": "ann@example.org"})


async def test_a_repeated_step_has_the_same_message_id(sender: Desk, post: Post) -> None:
    for key in ("run-1/step-2", "run-1/step-2", "run-1/step-3"):
        await sender.call("CREATEEMAIL", input={"toFilter": "a@example.org"}, idempotency_key=key)

    first, second, third = (mail["Message-ID"] for mail in post.mails)
    assert first == second != third


async def test_an_address_that_the_server_cannot_take_is_refused(sender: Desk, post: Post) -> None:
    with pytest.raises(Rejected):
        await sender.call("CREATEEMAIL", input={"toFilter": "größe@example.org"})
    assert post.mails == []
