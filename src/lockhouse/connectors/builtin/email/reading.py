"""Mails become values: what a mailbox lists, and one mail with its bodies and attachments."""

import base64
import re
from datetime import UTC, datetime
from email import message_from_bytes
from email.errors import HeaderParseError
from email.header import decode_header, make_header
from email.message import Message
from email.utils import parsedate_to_datetime
from typing import Any

from lockhouse.connectors.errors import Rejected

HEADERS = ("Subject", "From", "To", "Cc", "Date", "Message-ID")
_UID, _SIZE = re.compile(rb"\bUID (\d+)"), re.compile(rb"\bRFC822\.SIZE (\d+)")
_FLAGS, _RECEIVED = re.compile(rb"\bFLAGS \(([^)]*)\)"), re.compile(rb'\bINTERNALDATE "([^"]+)"')
MOST_PARTS = 500


def listed(description: bytes, headers: bytes, folder: str) -> dict[str, Any]:
    """A mail as the mailbox lists it. `date` is when the server received it, ISO 8601 in UTC."""
    message = message_from_bytes(headers)
    received = _RECEIVED.search(description)
    return {
        "uid": int(_found(_UID, description) or 0),
        "folder": folder,
        **_headers(message),
        "date": _iso(received[1].decode("ascii", "replace") if received else ""),
        "seen": b"\\seen" in (_found(_FLAGS, description) or b"").lower(),
        "size": int(_found(_SIZE, description) or 0),
    }


def whole(content: bytes) -> dict[str, Any]:
    """A mail with its texts and attachments; an attachment's content is base64. Raises Rejected."""
    try:
        message = message_from_bytes(content)
        parts = [part for part in message.walk() if not part.is_multipart()]
    except RecursionError:
        raise Rejected("the mail has parts inside parts without end") from None
    if len(parts) > MOST_PARTS:
        raise Rejected(f"the mail has more than {MOST_PARTS} parts")
    bodies: dict[str, str] = {}
    attachments: list[dict[str, Any]] = []
    for part in parts:
        kind = part.get_content_type()
        name = _text(part.get_filename() or "")
        if kind in ("text/plain", "text/html") and kind not in bodies and not name:
            bodies[kind] = _decoded(part)
        else:
            attachments.append(_attachment(part, kind, name or f"attachment-{len(attachments) + 1}"))
    return {
        **_headers(message),
        "sent": _iso(message.get("Date", "")),
        "body": bodies.get("text/plain", bodies.get("text/html", "")),
        "htmlBody": bodies.get("text/html", ""),
        "attachments": attachments,
    }


def _headers(message: Message) -> dict[str, str]:
    return {
        "subject": _text(message.get("Subject", "")),
        "from": _text(message.get("From", "")),
        "to": _text(message.get("To", "")),
        "cc": _text(message.get("Cc", "")),
        "messageId": _text(message.get("Message-ID", "")),
    }


def _text(value: Any) -> str:
    """A header's text with its encoded words decoded, on one line; as it stands when that cannot be done."""
    try:
        text = str(make_header(decode_header(str(value))))
    except (HeaderParseError, LookupError, ValueError):
        text = str(value)
    return " ".join(text.encode("utf-8", "replace").decode().split())


def _decoded(part: Message) -> str:
    raw = part.get_payload(decode=True)
    data = raw if isinstance(raw, bytes) else b""
    try:
        return data.decode(part.get_content_charset() or "utf-8", "replace")
    except (LookupError, ValueError):
        return data.decode("utf-8", "replace")


def _attachment(part: Message, kind: str, name: str) -> dict[str, Any]:
    raw = part.get_payload(decode=True)
    data = raw if isinstance(raw, bytes) else b""
    encoded = base64.b64encode(data).decode()
    return {"fileName": name, "contentType": kind, "size": len(data), "content": encoded}


def _iso(text: str) -> str:
    for read in (
        parsedate_to_datetime,
        lambda given: datetime.strptime(given.strip(), "%d-%b-%Y %H:%M:%S %z"),
    ):
        try:
            moment = read(str(text))
            moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
            return moment.isoformat().replace("+00:00", "Z")
        except (ValueError, OverflowError, TypeError):
            continue
    return ""


def _found(pattern: re.Pattern[bytes], text: bytes) -> bytes | None:
    found = pattern.search(text)
    return found[1] if found else None
