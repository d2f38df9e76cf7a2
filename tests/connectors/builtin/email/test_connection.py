"""How mail servers are reached: which addresses, how safely, and what is said when they do not do."""

import asyncio
import contextlib
import socket
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from tests.connectors.builtin.email.conftest import PASSWORD, Desk, Mailbox, Post

from lockhouse.connectors import threads
from lockhouse.connectors.errors import AuthFailed, Rejected, Unavailable
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach


async def test_an_account_is_tested_by_logging_in_to_both_servers(sender: Desk, mailbox: Mailbox) -> None:
    assert await sender.check() is True
    both = {"imapHost": "127.0.0.1", "imapPort": str(mailbox.port), "imapSecurity": "none"}
    assert await sender.check(**both) is True


async def test_a_wrong_password_is_an_authentication_that_failed(sender: Desk, reader: Desk) -> None:
    for desk in (sender, reader):
        with pytest.raises(AuthFailed) as failed:
            await desk.check(password="EXAMPLE-wrong")
        assert "EXAMPLE" not in str(failed.value)


async def test_a_certificate_that_nobody_vouches_for_is_refused_and_gets_no_password(
    sender: Desk, post: Post
) -> None:
    with pytest.raises(Rejected, match="certificate"):
        await sender.check(caCertificate="")


async def test_mailboxes_are_reached_by_starttls_and_inside_tls(
    reader: Desk, mailbox: Mailbox, mailbox_with_starttls: int, authority: tuple[Path, Path],
    inside_tls: Callable[[int], int],
) -> None:  # fmt: skip
    trusted = authority[0].read_text()

    assert await reader.check(
        imapSecurity="starttls", imapPort=str(mailbox_with_starttls), caCertificate=trusted
    )
    assert await reader.check(
        imapSecurity="tls", imapPort=str(inside_tls(mailbox.port)), caCertificate=trusted
    )
    with pytest.raises(Rejected, match="certificate"):
        await reader.check(imapSecurity="starttls", imapPort=str(mailbox_with_starttls))
    with pytest.raises(Rejected, match="certificate"):
        await reader.check(imapSecurity="tls", imapPort=str(inside_tls(mailbox.port)))


async def test_a_server_that_offers_no_tls_gets_no_password(reader: Desk) -> None:
    with pytest.raises(Rejected):
        await reader.check(imapSecurity="starttls")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001"])
async def test_a_cloud_managed_account_reaches_no_mail_server_of_this_network(
    post: Post, mailbox: Mailbox, host: str
) -> None:
    async with Outlet(Reach.CLOUD_MANAGED) as outlet:
        with pytest.raises(Rejected, match="may not be called"):
            await Desk(outlet, smtpHost=host, smtpPort=str(post.port)).check()
        with pytest.raises(Rejected, match="may not be called"):
            await Desk(outlet, imapHost=host, imapPort=str(mailbox.port)).check()


async def test_a_cloud_managed_account_sends_no_password_in_the_clear(mailbox: Mailbox) -> None:
    async with Outlet(Reach.CLOUD_MANAGED, opened_networks=["127.0.0.0/8"]) as outlet:
        desk = Desk(outlet, imapHost="127.0.0.1", imapPort=str(mailbox.port), imapSecurity="none")
        with pytest.raises(Rejected, match="TLS"):
            await desk.check()


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"smtpHost": ""}, "smtpHost"),
        ({"smtpPort": "mail"}, "smtpPort"),
        ({"smtpSecurity": "perhaps"}, "smtpSecurity"),
        ({"caCertificate": "nonsense"}, "caCertificate"),
        ({"smtpHost": "169.254.169.254"}, "may not be called"),
    ],
)
async def test_fields_that_cannot_be_used_are_refused_by_name(
    sender: Desk, changed: dict[str, str], word: str
) -> None:
    with pytest.raises(Rejected, match=word):
        await sender.check(**changed)


@pytest.mark.parametrize(
    "greeting",
    [b"", b"nonsense\r\n", b"421 busy\r\n", b"554 go away\r\n", b"220 " + b"x" * 100_000, b"* BYE\r\n"],
)
async def test_a_server_that_speaks_otherwise_is_told_as_one_of_the_five(
    sender: Desk, reader: Desk, greeting: bytes
) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    port = str(server.sockets[0].getsockname()[1])
    async with server:
        with pytest.raises((Rejected, Unavailable)):
            await sender.check(smtpPort=port)
        with pytest.raises((Rejected, Unavailable)):
            await reader.check(imapPort=port)


async def test_a_silent_server_is_given_up_and_its_thread_comes_back(
    reader: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(threads, "MOST_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = str(silent.getsockname()[1])
        with pytest.raises(Unavailable, match="in time"):
            await reader.check(imapPort=port)

        accepted, _ = silent.accept()
        with accepted:
            accepted.settimeout(10)
            assert accepted.recv(1) == b""


def answering(fetched: bytes) -> Callable[..., Awaitable[None]]:
    """A mailbox whose every FETCH is answered so."""

    async def talk(lines: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"* OK IMAP4rev1 ready\r\n")
        with contextlib.suppress(ConnectionError):
            while line := await lines.readline():
                if b"FETCH" in line:
                    writer.write(fetched)
                elif b"CAPABILITY" in line:
                    writer.write(b"* CAPABILITY IMAP4rev1\r\n")
                writer.write(line.split()[0] + b" OK done\r\n")
                await writer.drain()
        writer.close()

    return talk


DEEP = b"".join(b'Content-Type: multipart/mixed; boundary="%d"\r\n\r\n--%d\r\n' % (n, n) for n in range(3000))
WIDE = b"Content-Type: multipart/mixed; boundary=x\r\n\r\n" + b"--x\r\n\r\na\r\n" * 2000 + b"--x--\r\n"


def literal(content: bytes, *, told: int = 0) -> bytes:
    return b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n" % (told or len(content), content)


@pytest.mark.parametrize(
    ("fetched", "word"),
    [(literal(b"x", told=4_000_000_000), "larger"), (literal(DEEP), "parts"), (literal(WIDE), "parts")],
    ids=["huge", "deep", "wide"],
)
async def test_a_mail_made_to_exhaust_its_reader_is_refused(reader: Desk, fetched: bytes, word: str) -> None:
    server = await asyncio.start_server(answering(fetched), "127.0.0.1", 0)
    async with server:
        account = reader.credentials(imapPort=str(server.sockets[0].getsockname()[1]))
        began = time.monotonic()
        with pytest.raises((Rejected, Unavailable), match=word) as refused:
            await reader.call("DOWNLOADEMAIL", input={"uid": 1}, account=account)

    assert time.monotonic() - began < 20
    assert PASSWORD not in str(refused.value)
