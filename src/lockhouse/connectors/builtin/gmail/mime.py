"""Mails as RFC 5322 messages, and Gmail's answers as the mail objects that flows read."""

import base64
import binascii
import mimetypes
import re
from collections.abc import Iterator
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import getaddresses, parseaddr
from typing import Any

from lockhouse.connectors.bodies import from_base64
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.templates import as_text

_ASCII = SMTP.clone(cte_type="7bit")
_ADDRESS = re.compile(r"[^@\s<>\",;]+@[^@\s<>\",;]+")


def addresses(value: Any) -> list[Address]:
    """The addresses of a field: one text with commas, or a list. Raises Rejected for one that is none."""
    texts = (
        [as_text(item) for item in value] if isinstance(value, list) else [as_text(value)] if value else []
    )
    found = []
    for name, address in getaddresses([" ".join(text.split()).replace(";", ",") for text in texts]):
        if not name and not address:
            continue
        if not _ADDRESS.fullmatch(address):
            raise Rejected(f"{(address or name)[:80]!r} is no mail address")
        try:
            found.append(Address(display_name=name, addr_spec=address))
        except (ValueError, IndexError):
            raise Rejected(f"{address[:80]!r} is no mail address") from None
    return found


def compose(values: dict[str, Any]) -> bytes:
    """The message of a flow's mail. Raises Rejected."""
    message = EmailMessage(policy=_ASCII)
    for header, name in (("To", "To"), ("Cc", "CC"), ("Bcc", "BCC")):
        if found := addresses(values.get(name)):
            message[header] = found
    message["Subject"] = " ".join(as_text(values.get("Subject") or "").split())
    rich = values.get("richTextBody") or {}
    plain = values.get("Body")
    kind = as_text(rich.get("contentType") or "text/html").lower()
    if plain is not None or not rich.get("content"):
        message.set_content(as_text(plain or ""))
        if rich.get("content"):
            message.add_alternative(as_text(rich["content"]), subtype=_subtype(kind))
    else:
        message.set_content(as_text(rich["content"]), subtype=_subtype(kind))
    for attachment in values.get("Attachments") or []:
        _attach(message, attachment)
    return message.as_bytes()


def _subtype(kind: str) -> str:
    return "plain" if kind.startswith("text/plain") else "html"


def _attach(message: EmailMessage, attachment: dict[str, Any]) -> None:
    name = " ".join(as_text(attachment.get("fileName") or "attachment").split())
    content = as_text(attachment.get("content") or "")
    decoded = from_base64(content)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    main, _, sub = kind.partition("/")
    data = content.encode() if decoded is None else decoded
    message.add_attachment(data, maintype=main, subtype=sub, filename=name)


def mail_object(body: dict[str, Any]) -> dict[str, Any]:
    """A message of Gmail as flows read it."""
    payload = body.get("payload") or {}
    headers = {header["name"].lower(): header["value"] for header in payload.get("headers") or []}
    parts = list(_parts(payload))
    sender = headers.get("from", "")
    kept = ("id", "threadId", "labelIds", "snippet", "historyId", "internalDate")
    return {name: body[name] for name in kept if name in body} | {
        "Date": headers.get("date"),
        "From": parseaddr(sender)[1] or sender,
        "FromHeader": sender,
        "To": headers.get("to"),
        "CC": headers.get("cc"),
        "Subject": headers.get("subject"),
        "Body": _text(parts, "text/plain") or _text(parts, "text/html") or "",
        "Attachments": [_attachment(part) for part in parts if part.get("filename")],
    }


def _parts(payload: dict[str, Any]) -> Iterator[dict[str, Any]]:
    yield payload
    for part in payload.get("parts") or []:
        yield from _parts(part)


def _text(parts: list[dict[str, Any]], kind: str) -> str:
    for part in parts:
        if part.get("mimeType") == kind and not part.get("filename"):
            return _decoded((part.get("body") or {}).get("data") or "")
    return ""


def _decoded(data: str) -> str:
    try:
        return base64.urlsafe_b64decode(data + "=" * (-len(data) % 4)).decode("utf-8", "replace")
    except (binascii.Error, ValueError):
        return ""


def _attachment(part: dict[str, Any]) -> dict[str, Any]:
    body = part.get("body") or {}
    return {
        "fileName": part.get("filename"),
        "mimeType": part.get("mimeType"),
        "size": body.get("size"),
        "attachmentId": body.get("attachmentId"),
    }
