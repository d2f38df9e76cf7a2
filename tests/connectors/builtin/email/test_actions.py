"""What a flow finds in a mailbox, and what it gets of one mail."""

from email.message import EmailMessage
from typing import Any

import pytest
from tests.connectors.builtin.email.conftest import Desk, Mailbox

from lockhouse.connectors.errors import NotFound, Rejected


def mail(subject: str = "Hello", **headers: str) -> bytes:
    message = EmailMessage()
    message["From"] = headers.get("sender", "Ann <ann@example.org>")
    message["To"] = "flows@example.com"
    message["Subject"] = subject
    message["Date"] = "Wed, 06 Dec 2023 10:00:00 +0100"
    message["Message-ID"] = "<1@example.org>"
    message.set_content("Grüße")
    return message.as_bytes()


@pytest.fixture
def folder(mailbox: Mailbox, request: pytest.FixtureRequest) -> str:
    """A folder of the test's own."""
    return f"f{abs(hash(request.node.nodeid))}"


async def test_mails_are_listed_oldest_first_with_what_their_headers_say(
    reader: Desk, mailbox: Mailbox, folder: str
) -> None:
    uids = [mailbox.append(folder, mail(subject)) for subject in ("First", "Größe 数")]

    result = await reader.call("RETRIEVEALL", where={"folder": folder})

    assert [item["uid"] for item in result.payload] == uids
    first, second = result.payload
    assert (first["subject"], second["subject"]) == ("First", "Größe 数")
    assert (first["from"], first["to"], first["messageId"]) == (
        "Ann <ann@example.org>", "flows@example.com", "<1@example.org>",
    )  # fmt: skip
    assert first["date"].endswith("Z")
    assert (first["seen"], first["folder"], result.status_code) == (False, folder, 200)


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({}, ["a", "b", "c"]),
        ({"subject": "b"}, ["b"]),
        ({"subject": {"contains": "B"}}, ["b"]),
        ({"subject": 'x" OR "y'}, []),
        ({"from": {"contains": "cy@example.org"}}, ["c"]),
        ({"dateFilter": "2023-12-06T"}, ["a", "b", "c"]),
        ({"dateFilter": "2999-01-01"}, []),
        ({"date": {"gt": "2023-12-06T00:00:00Z"}}, ["a", "b", "c"]),
        ({"or": [{"subject": "a"}, {"subject": "c"}]}, ["a", "c"]),
        ({"subject": None}, []),
        ({"subject": {"neq": "a"}}, ["b", "c"]),
    ],
)
async def test_a_filter_finds_what_it_says(
    reader: Desk, mailbox: Mailbox, folder: str, where: dict[str, Any], found: list[str]
) -> None:
    for subject in "abc":
        mailbox.append(folder, mail(subject, sender="cy@example.org" if subject == "c" else "a@example.org"))

    result = await reader.call(
        "RETRIEVEALL", where={"and": [{"folder": folder}, where]} if where else {"folder": folder}
    )

    assert [item["subject"] for item in result.payload] == found
    assert result.status_code == (200 if found else 204)


async def test_more_mails_than_the_limit_are_cut_and_told(
    reader: Desk, mailbox: Mailbox, folder: str
) -> None:
    for number in range(4):
        mailbox.append(folder, mail(str(number)))

    some = await reader.call("RETRIEVEALL", where={"folder": folder}, limit=3)

    assert ([item["subject"] for item in some.payload], some.status_code) == (["0", "1", "2"], 206)


async def test_a_mail_is_downloaded_whole_and_stays_unread(
    reader: Desk, mailbox: Mailbox, folder: str
) -> None:
    message = EmailMessage()
    message["From"], message["Subject"] = "Ann <ann@example.org>", "Files"
    message.set_content("Grüße")
    message.add_alternative("<p>Grüße</p>", subtype="html")
    message.add_attachment(b"\x00\xff", maintype="application", subtype="pdf", filename="Größe.pdf")
    message.add_attachment("a,b\n", subtype="csv", filename="a.csv")
    uid = mailbox.append(folder, message.as_bytes())

    result = await reader.call("DOWNLOADEMAIL", input={"folder": folder, "uid": uid})
    again = await reader.call("RETRIEVEALL", where={"folder": folder})

    payload = result.payload
    assert (payload["body"].strip(), payload["htmlBody"].strip()) == ("Grüße", "<p>Grüße</p>")
    assert payload["attachments"] == [
        {"fileName": "Größe.pdf", "contentType": "application/pdf", "size": 2, "content": "AP8="},
        {"fileName": "a.csv", "contentType": "text/csv", "size": 5, "content": "YSxiDQo="},
    ]
    assert again.payload[0]["seen"] is False


HOSTILE = [
    b"",
    b"\r\n\r\n",
    b"Subject: =?utf-8?b?////?= =?no-such-charset?q?x?=\r\nFrom: \xff\xfe\r\n"
    b"Date: Foo, 99 Xxx 99999\r\n\r\n\xff",
    b"Content-Type: text/plain; charset=no-such\r\n\r\n\xe4",
    b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!!=",
    b"Content-Type: multipart/mixed\r\n\r\nno boundary",
    b'Content-Type: multipart/mixed; boundary="x"\r\n\r\n--x\r\n'
    b'Content-Disposition: attachment; filename="=?x?q?y"\r\n\r\na',
    b"Content-Type: application/x; name*0*=utf-8''%ff%fe; name*2=z\r\n\r\na",
    b"Message-ID: <\r\nTo: " + b"a@b.c," * 5000 + b"\r\n\r\n",
]  # fmt: skip


@pytest.mark.parametrize("content", HOSTILE, ids=range(len(HOSTILE)))
async def test_a_malformed_mail_is_listed_and_downloaded_all_the_same(
    reader: Desk, mailbox: Mailbox, folder: str, content: bytes
) -> None:
    uid = mailbox.append(folder, content or b"\r\n")

    listed = await reader.call("RETRIEVEALL", where={"folder": folder})
    whole = await reader.call("DOWNLOADEMAIL", input={"folder": folder, "uid": uid})

    assert listed.payload[0]["uid"] == whole.payload["uid"] == uid


async def test_a_mail_or_folder_that_is_not_there_is_not_found(
    reader: Desk, mailbox: Mailbox, folder: str
) -> None:
    mailbox.append(folder, mail())

    with pytest.raises(NotFound):
        await reader.call("DOWNLOADEMAIL", input={"folder": folder, "uid": 4_000_000})
    with pytest.raises(NotFound):
        await reader.call("RETRIEVEALL", where={"folder": "no such folder"})


async def test_a_folder_may_have_any_name(reader: Desk, mailbox: Mailbox) -> None:
    mailbox.append('"Gr&APYA3w-e &- Entw&APw-rfe"', mail("here"))

    result = await reader.call("RETRIEVEALL", where={"folder": "Größe & Entwürfe"})

    assert [item["subject"] for item in result.payload] == ["here"]


@pytest.mark.parametrize(
    "values",
    [{}, {"uid": "x"}, {"uid": 0}, {"uid": -1}, {"uid": 1, "folder": "a\r\nx LOGOUT"}, {"uid": 2**40}],
)
async def test_a_download_that_names_no_mail_is_refused(reader: Desk, values: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        await reader.call("DOWNLOADEMAIL", input=values)


@pytest.mark.parametrize(
    "where", [{"folder": 'INBOX"\r\nx DELETE a'}, {"dateFilter": "soon"}, {"subject": "a\r\nb"}]
)
async def test_a_filter_that_no_command_can_carry_is_refused(reader: Desk, where: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        await reader.call("RETRIEVEALL", where=where)
