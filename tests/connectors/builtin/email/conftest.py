"""Mail servers of the tests: aiosmtpd takes mail, pymap keeps mailboxes."""

import contextlib
import imaplib
import select
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import Message
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from tests.connectors.certificates import certificate_for

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.execute import check_account, execute
from lockhouse.connectors.model import Credentials
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.sealing import Secret
from lockhouse.wire.actions import ActionCall, ActionResult

NOW = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)
# pymap, with a password hash that costs little: each test logs in anew.
PYMAP = """
import sys
from pymap.main import main
from pysasl.hashing import BuiltinHash
BuiltinHash.__init__.__kwdefaults__["rounds"] = 1
sys.exit(main())
"""
USER, PASSWORD = "flows@example.com", "EXAMPLE-mail-password"


@dataclass
class Post:
    """The sending server: what came, and what it answers to whom."""

    port: int = 0
    mails: list[Message] = field(default_factory=list)
    recipients: list[list[str]] = field(default_factory=list)
    answer: str = "250 OK"

    async def handle_RCPT(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: list[str]
    ) -> str:
        if address.startswith("nobody"):
            return "550 no such mailbox"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(  # noqa: N802 - aiosmtpd's name
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        assert isinstance(envelope.content, bytes)
        if self.answer.startswith("250"):
            self.mails.append(message_from_bytes(envelope.content, policy=default))
            self.recipients.append(list(envelope.rcpt_tos))
        return self.answer


@dataclass
class Mailbox:
    """The server of the mailboxes."""

    port: int

    def append(self, folder: str, content: bytes) -> int:
        """Put a mail into a folder: its uid."""
        with imaplib.IMAP4("127.0.0.1", self.port) as client:
            client.authenticate("PLAIN", lambda _: f"\0{USER}\0{PASSWORD}".encode())
            client.create(folder)
            answer: Any = client.append(folder, "", None, content)  # type: ignore[arg-type]  # no date: now
            return int(answer[1][0].split(b"]")[0].split()[-1])


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """The servers' certificate, which no system trusts, and its key."""
    return certificate_for("127.0.0.1", tmp_path_factory.mktemp("tls"))


@pytest.fixture(scope="session")
def server_context(authority: tuple[Path, Path]) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*authority)
    return context


def accepts(server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any) -> AuthResult:
    good = isinstance(data, LoginPassword) and (data.login, data.password) == (
        USER.encode(),
        PASSWORD.encode(),
    )
    return AuthResult(success=good, handled=good)


@pytest.fixture
def post(server_context: ssl.SSLContext) -> Iterator[Post]:
    """A server that takes mail after STARTTLS and a log-in."""
    handler = Post()
    controller = Controller(
        handler, hostname="127.0.0.1", port=_free_port(), tls_context=server_context, require_starttls=True,
        authenticator=accepts, auth_required=True, enable_SMTPUTF8=False,
    )  # fmt: skip
    controller.start()
    handler.port = controller.port
    yield handler
    controller.stop()


@pytest.fixture(scope="session")
def mailbox(authority: tuple[Path, Path]) -> Iterator[Mailbox]:
    """A server of mailboxes, without TLS on its port."""
    port = _free_port()
    with _pymap("--port", str(port), "--no-tls"):
        yield Mailbox(port)


@pytest.fixture(scope="session")
def mailbox_with_starttls(authority: tuple[Path, Path]) -> Iterator[int]:
    """The port of another one, that offers STARTTLS."""
    port, (certificate, key) = _free_port(), authority
    with _pymap("--port", str(port), "--cert", str(certificate), "--key", str(key)):
        yield port


@contextlib.contextmanager
def _pymap(*options: str) -> Iterator[None]:
    port = int(options[1])
    backend = ("dict", "--demo-user", USER, "--demo-password", PASSWORD)
    process = subprocess.Popen(
        [sys.executable, "-c", PYMAP, "--host", "127.0.0.1", *options, *backend],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _until_listening(port, process)
        yield
    finally:
        process.terminate()
        process.wait(20)


def _until_listening(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        select.select([], [], [], 0.05)
    raise RuntimeError("the IMAP server did not start")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        return int(listening.getsockname()[1])


@pytest.fixture
def inside_tls(server_context: ssl.SSLContext) -> Iterator[Any]:
    """A way to put TLS before a port: a relay that ends it."""
    with contextlib.ExitStack() as stack:

        def before(port: int) -> int:
            listening = stack.enter_context(socket.create_server(("127.0.0.1", 0)))
            thread = threading.Thread(target=_relay, args=(listening, server_context, port), daemon=True)
            thread.start()
            stack.callback(thread.join, 10)
            stack.callback(listening.shutdown, socket.SHUT_RDWR)
            return int(listening.getsockname()[1])

        yield before


def _relay(listening: socket.socket, context: ssl.SSLContext, port: int) -> None:
    with contextlib.suppress(OSError):
        while True:
            accepted, _ = listening.accept()
            with (
                contextlib.suppress(OSError),
                accepted,
                context.wrap_socket(accepted, server_side=True) as outer,
                socket.create_connection(("127.0.0.1", port), 10) as inner,
            ):
                _pump(outer, inner)


def _pump(outer: ssl.SSLSocket, inner: socket.socket) -> None:
    while True:
        ready, _, _ = select.select([outer, inner], [], [], 10)
        for source, target in ((outer, inner), (inner, outer)):
            if source in ready or (source is outer and outer.pending()):
                data = source.recv(65536)
                if not data:
                    return
                target.sendall(data)
        if not ready:
            return


class Desk:
    """One account, and what a flow does with it."""

    def __init__(self, outlet: Outlet, **fields: str) -> None:
        self.outlet = outlet
        self.fields = {"username": USER, "password": PASSWORD} | fields
        self.connector = load_catalogue().get("email")

    def credentials(self, **changed: str) -> Credentials:
        return Credentials("BASIC", {name: Secret(value) for name, value in (self.fields | changed).items()})

    async def call(self, action: str, *, account: Credentials | None = None, **parts: Any) -> ActionResult:
        call = ActionCall(connector="email", business_object="mail", action=action, **parts)
        return await execute(self.connector, call, account or self.credentials(), self.outlet, now=NOW)

    async def check(self, **changed: str) -> bool | None:
        return await check_account(self.connector, self.credentials(**changed), self.outlet, now=NOW)


@pytest_asyncio.fixture
async def sender(post: Post, authority: tuple[Path, Path]) -> AsyncIterator[Desk]:
    """An account that may send."""
    async with Outlet(Reach.LOCAL) as outlet:
        yield Desk(
            outlet, smtpHost="127.0.0.1", smtpPort=str(post.port), caCertificate=authority[0].read_text()
        )


@pytest_asyncio.fixture
async def reader(mailbox: Mailbox) -> AsyncIterator[Desk]:
    """An account that may read."""
    async with Outlet(Reach.LOCAL) as outlet:
        yield Desk(outlet, imapHost="127.0.0.1", imapPort=str(mailbox.port), imapSecurity="none")
