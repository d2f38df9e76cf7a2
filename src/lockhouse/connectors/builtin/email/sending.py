"""A flow's input becomes a mail."""

import hashlib
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from email.errors import MessageError
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, getaddresses, make_msgid
from typing import Any

from lockhouse.connectors.bodies import as_bytes
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.templates import as_text

_ADDRESS = re.compile(r"[^\s<>@,;:\"()\[\]\\]+@[^\s<>@,;:\"()\[\]\\]+")
_MARKUP = re.compile(r"<(/?[a-z][a-z0-9]*\b[^<>]*|!--.*?--)>", re.IGNORECASE | re.DOTALL)
_TYPE = re.compile(r"([a-z0-9.+-]+)/([a-z0-9.+-]+)")
_RECIPIENTS = {"toFilter": "To", "ccFilter": "Cc", "bccFilter": "Bcc"}
MOST_RECIPIENTS = 100


def compose(
    values: Mapping[str, Any], sender: str, *, now: datetime, key: str | None
) -> tuple[EmailMessage, list[str]]:
    """The mail, and to whom it goes. The same key gives the same Message-ID, so a repetition can be known.

    The body is HTML when it holds markup and `contentType` says nothing else [our choice]. Raises Rejected.
    """
    message, recipients = EmailMessage(policy=SMTP), []
    try:
        message["From"] = ", ".join(_addresses({"from": sender}, "from"))
        for name, header in _RECIPIENTS.items():
            found = _addresses(values, name)
            recipients += found
            if found and header != "Bcc":
                message[header] = ", ".join(found)
        if replies := _addresses(values, "replyTo"):
            message["Reply-To"] = ", ".join(replies)
        message["Subject"] = " ".join(as_text(values.get("subjectFilter") or "").split())
        message["Date"] = format_datetime(now)
        message["Message-ID"] = _message_id(sender, key)
        message.set_content(*_body(values))
        for place, attachment in enumerate(_attachments(values.get("attachments"))):
            _attach(message, attachment, place)
    except (ValueError, MessageError, LookupError) as error:
        raise Rejected(f"this cannot be written as a mail: {error}") from None
    if not 0 < len(recipients) <= MOST_RECIPIENTS:
        raise Rejected(f"toFilter: expected 1 to {MOST_RECIPIENTS} addresses")
    return message, list(dict.fromkeys(recipients))


def _addresses(values: Mapping[str, Any], name: str) -> list[str]:
    """The bare addresses in a text such as `Ann <ann@example.com>, bob@example.com`, or in a list of them."""
    given = values.get(name)
    if given in (None, "", []):
        return []
    texts = [as_text(one).replace(";", ",") for one in (given if isinstance(given, list) else [given])]
    found = [address for _, address in getaddresses(texts) if address]
    wrong = [address for address in found if not _ADDRESS.fullmatch(address) or not address.isprintable()]
    if wrong or not found or not all(text.isprintable() for text in texts):
        raise Rejected(f"{name}: expected mail addresses")
    return found


def _message_id(sender: str, key: str | None) -> str:
    domain = sender.rpartition("@")[2].rstrip(">").strip() or "localhost"
    if not (domain.isascii() and domain.isprintable()):
        domain = "localhost"
    if key is None:
        return make_msgid(domain=domain)
    return f"<{hashlib.sha256(key.encode()).hexdigest()[:40]}@{domain}>"


def _body(values: Mapping[str, Any]) -> tuple[str, str]:
    text = as_text(values.get("emailBody") or "")
    said = as_text(values.get("contentType") or "").lower()
    html = "html" in said if said else _MARKUP.search(text) is not None
    return text, "html" if html else "plain"


def _attachments(given: Any) -> Sequence[Any]:
    if given in (None, "", []):
        return []
    return given if isinstance(given, list) else [given]


def _attach(message: EmailMessage, attachment: Any, place: int) -> None:
    parts = attachment if isinstance(attachment, Mapping) else {"content": attachment}
    name = as_text(parts.get("fileName") or parts.get("name") or f"attachment-{place + 1}")
    kind = _TYPE.fullmatch(as_text(parts.get("contentType") or "").lower().partition(";")[0].strip())
    main, sub = kind.groups() if kind else ("application", "octet-stream")
    # As a part of a mail, a mail or a multipart would need headers of its own: it goes as plain bytes.
    if main in ("message", "multipart"):
        main, sub = "application", "octet-stream"
    content = as_bytes(parts.get("content"), parts.get("fileType") or "auto")
    message.add_attachment(content, maintype=main, subtype=sub, filename=" ".join(name.split()))
