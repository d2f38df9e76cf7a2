"""Logged-in connections to an account's mail servers, at addresses that may be reached."""

import contextlib
import imaplib
import smtplib
import socket
import ssl
from collections.abc import Iterator, Mapping
from typing import Any

from lockhouse.connectors.errors import ActionFailed, AuthFailed, Rejected, Unavailable
from lockhouse.connectors.session import Session
from lockhouse.connectors.threads import cut_when_late
from lockhouse.outbound import Reach, tls_context

MOST_BYTES = 32 * 1024 * 1024
"""The largest mail that is read or sent."""
_SECONDS = 30.0
_MOST_TEXT = 500


class _Smtp(smtplib.SMTP):
    """A client on a socket that was made for it."""

    def __init__(self, host: str, given: socket.socket) -> None:
        self._given = given
        super().__init__(host, 25, local_hostname="[127.0.0.1]", timeout=_SECONDS)

    def _get_socket(
        self, host: str, port: int, timeout: Any
    ) -> socket.socket:  # smtplib.SMTP_SSL does the same
        del host, port, timeout
        return self._given


class _Imap(imaplib.IMAP4):
    """A client on a socket that was made for it, which reads no literal larger than a mail may be."""

    def __init__(self, host: str, given: socket.socket) -> None:
        self._given = given
        super().__init__(host, timeout=_SECONDS)

    def _create_socket(self, timeout: float | None) -> socket.socket:  # imaplib.IMAP4_SSL does the same
        del timeout
        return self._given

    def read(self, size: int) -> bytes:
        if size > MOST_BYTES:
            raise self.abort("a mail larger than is read here")
        return super().read(size)


@contextlib.contextmanager
def smtp(session: Session) -> Iterator[smtplib.SMTP]:
    """A connection to send through. Raises the five errors."""
    account = session.account.values({})
    with _told(account), contextlib.closing(_line(session, account, "smtp")) as line:
        client = _Smtp(account["smtpHost"], line)
        try:
            if account["smtpSecurity"] == "starttls":
                client.starttls(context=_context(account))
            if account.get("username"):
                client.login(account["username"], account.get("password", ""))
            yield client
        finally:
            _leave(client.quit)
            _leave(client.close)


@contextlib.contextmanager
def imap(session: Session) -> Iterator[imaplib.IMAP4]:
    """A connection to read from. Raises the five errors."""
    account = session.account.values({})
    with _told(account), contextlib.closing(_line(session, account, "imap")) as line:
        client = _Imap(account["imapHost"], line)
        try:
            if account["imapSecurity"] == "starttls":
                client.starttls(_context(account))
            _log_in(client, account)
            yield client
        finally:
            _leave(client.logout)
            _leave(client.shutdown)


def _log_in(client: imaplib.IMAP4, account: Mapping[str, str]) -> None:
    user, password = account.get("username", ""), account.get("password", "")
    try:
        # AUTHENTICATE takes any character; LOGIN only ASCII.
        if "AUTH=PLAIN" in client.capabilities:
            client.authenticate("PLAIN", lambda _: f"\0{user}\0{password}".encode())
        else:
            client.login(user, password)
    except imaplib.IMAP4.abort:
        raise
    except (imaplib.IMAP4.error, UnicodeError) as error:
        raise AuthFailed(f"the mail server does not accept the account: {_text(error, account)}") from None


def _line(session: Session, account: Mapping[str, str], kind: str) -> socket.socket:
    """A connection to one of the two servers, inside TLS where that comes first."""
    host, security = account.get(f"{kind}Host", ""), account[f"{kind}Security"]
    if not host:
        raise Rejected(f"{kind}Host: the account names no {kind.upper()} server")
    if security not in ("tls", "starttls", "none"):
        raise Rejected(f"{kind}Security: expected tls, starttls or none")
    if security == "none" and session.outlet.reach is not Reach.LOCAL:
        raise Rejected(f"{kind}Security: over the internet passwords and mail are sent only inside TLS")
    port = account[f"{kind}Port"].strip()
    if not port.isdecimal() or len(port) > 5:
        raise Rejected(f"{kind}Port: expected a number")
    line = session.outlet.connect(host, int(port))
    line.settimeout(_SECONDS)
    cut_when_late(line.fileno())
    if security != "tls":
        return line
    with contextlib.ExitStack() as stack:
        stack.callback(line.close)
        secured = _context(account).wrap_socket(line, server_hostname=host)
        stack.pop_all()
    return secured


def _context(account: Mapping[str, str]) -> ssl.SSLContext:
    try:
        return tls_context(account.get("caCertificate", ""))
    except ssl.SSLError:
        raise Rejected("caCertificate: expected certificates as PEM") from None


@contextlib.contextmanager
def _told(account: Mapping[str, str]) -> Iterator[None]:
    """What the two clients raise, in the five words."""
    try:
        yield
    except (imaplib.IMAP4.error, OSError) as error:  # an SMTPException is an OSError
        raise _kind(error)(f"mail server: {_text(error, account)}") from None


def _kind(error: Exception) -> type[ActionFailed]:
    if isinstance(error, smtplib.SMTPAuthenticationError):
        return AuthFailed
    return Unavailable if _passes(error) else Rejected


def _passes(error: Exception) -> bool:
    """Whether the same mail may be taken later."""
    match error:
        case smtplib.SMTPResponseException(smtp_code=code):
            return bool(400 <= code < 500)
        case smtplib.SMTPRecipientsRefused(recipients=recipients):
            return all(400 <= code < 500 for code, _ in recipients.values())
        case imaplib.IMAP4.abort():
            return "not supported" not in str(error)  # so imaplib tells that a server offers no TLS
        case smtplib.SMTPServerDisconnected():
            return True
        case _:
            final = (smtplib.SMTPException, imaplib.IMAP4.error, ssl.SSLCertVerificationError)
            return not isinstance(error, final)


def _text(error: Exception, account: Mapping[str, str]) -> str:
    parts = [part.decode("utf-8", "replace") if isinstance(part, bytes) else str(part) for part in error.args]
    text = " ".join(" ".join(parts).split())
    password = account.get("password", "")
    return (text.replace(password, "***") if len(password) > 3 else text)[:_MOST_TEXT]


def _leave(goodbye: Any) -> None:
    with contextlib.suppress(OSError, smtplib.SMTPException, imaplib.IMAP4.error):
        goodbye()
