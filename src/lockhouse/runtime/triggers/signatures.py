"""Whether a delivery was signed as its application signs (`webhook` in the manifest). Pure functions."""

import base64
import hmac
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from urllib.parse import parse_qsl

from lockhouse.connectors.webhooks import Signature
from lockhouse.errors import LockhouseError
from lockhouse.sealing import Secret, same

MOST_FIELDS = 1000
_LONGEST_TIMESTAMP = 40


class DeliveryRefused(LockhouseError):
    """A delivery starts nothing. `status` and `code` are for the one who sent it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came to a trigger's address: names of headers in lower case, the body as it was sent.

    `urls` are the ways in which the sender may have written the address.
    """

    method: str
    headers: Mapping[str, str]
    query: str
    body: bytes = field(repr=False)
    urls: tuple[str, ...] = ("",)


def check_signature(delivery: Delivery, signature: Signature, secret: Secret, *, now: datetime) -> None:
    """Let pass what was signed with the secret, lately. Raises DeliveryRefused."""
    sent_at = delivery.headers.get(signature.timestamp, "")
    if signature.timestamp:
        _check_age(sent_at, signature.within, now)
    for header in signature.headers:
        given = signature.pattern.fullmatch(delivery.headers.get(header, ""))
        if given is None:
            continue
        found = given.groupdict()
        if found.get("timestamp") is not None:
            sent_at = found["timestamp"]
            _check_age(sent_at, signature.within, now)
        for text in _texts(delivery, signature, sent_at):
            digest = hmac.digest(secret.reveal().encode(), text, signature.hash)
            expected = digest.hex() if "hex" in found else base64.b64encode(digest).decode()
            if same(found.get("hex") or found.get("base64") or "", expected):
                return
    raise DeliveryRefused(401, "signature_wrong", "the request's signature does not fit it")


def _check_age(sent_at: str, within: int, now: datetime) -> None:
    moment = moment_of(sent_at)
    if moment is None or (within and abs(now.timestamp() - moment) > within):
        raise DeliveryRefused(401, "signature_too_old", "the request's timestamp is missing or too old")


def moment_of(text: str) -> float | None:
    """Unix seconds of a timestamp: seconds, milliseconds, or ISO 8601 (UTC if it names no zone)."""
    if not text.isascii() or len(text) > _LONGEST_TIMESTAMP:
        return None
    if text.isdigit():
        return int(text) / (1000 if len(text) > 11 else 1) if len(text) < 15 else None
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (ValueError, OverflowError):
        return None


def _texts(delivery: Delivery, signature: Signature, sent_at: str) -> Iterator[bytes]:
    """What may have been signed: one text, or one for each way to write the address."""
    for url in delivery.urls if signature.signs("url") else ("",):
        pieces = {
            "body": delivery.body,
            "timestamp": sent_at.encode(),
            "url": url.encode(),
            "method": delivery.method.encode(),
            "form": _sorted_form(delivery.body) if signature.signs("form") else b"",
        }
        yield b"".join(one.encode() if isinstance(one, str) else pieces[one[0]] for one in signature.over)


def _sorted_form(body: bytes) -> bytes:
    """A form's names and values, one after the other, sorted by name."""
    try:
        fields = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=MOST_FIELDS)
    except ValueError:
        raise DeliveryRefused(400, "body_unreadable", "expected a form in UTF-8") from None
    return "".join(name + text for name, text in sorted(fields)).encode()
