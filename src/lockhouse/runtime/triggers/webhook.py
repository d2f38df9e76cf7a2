"""Webhooks: what an application delivers to a trigger's address becomes an event. Pure functions.

Each trigger has an address of its own whose last part cannot be guessed. Where the application documents a
signature it is checked too. The doors answer only when the event is on disk.
"""

import hashlib
import hmac
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from lockhouse.documents import Limits, read_json
from lockhouse.errors import LockhouseError, Mistakes
from lockhouse.sealing import Secret, new_token_value, same

MOST_FIELDS = 1000
SLACK_SECONDS = 300
_LIMITS = Limits(bytes=2 * 1024 * 1024, nodes=200_000, depth=64)
_DELIVERY_HEADERS = ("x-github-delivery", "x-eventbrite-delivery", "x-shopify-webhook-id", "x-delivery-id")


class DeliveryRefused(LockhouseError):
    """A delivery starts nothing. `status` and `code` are for the one who sent it."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


@dataclass(frozen=True, slots=True)
class Delivery:
    """What came to a trigger's address: names of headers in lower case, the body as it was sent."""

    method: str
    headers: Mapping[str, str]
    query: str
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Rules:
    """How deliveries to one trigger are judged. `secret` signs them, if one is known.

    `unsigned` says whether deliveries without a signature are let in where the application would sign them.
    """

    connector: str
    secret: Secret | None = None
    unsigned: bool = False


@dataclass(frozen=True, slots=True)
class Started:
    """An event that a delivery brings, and what the application is answered (JSON) once it is on disk."""

    event_id: str
    payload: Any
    answer: Any = None


Read = Callable[[Delivery, Rules, datetime], Started | None]


def new_suffix() -> str:
    """The last part of a trigger's address: 22 characters that nobody guesses."""
    return new_token_value(16).reveal()


def read_delivery(delivery: Delivery, rules: Rules, *, now: datetime) -> Started | None:
    """The event that a delivery brings; None when the application only looks whether somebody is there.

    Raises DeliveryRefused.
    """
    return READERS.get(rules.connector, _read_any)(delivery, rules, now)


def _read_any(delivery: Delivery, _rules: Rules, _now: datetime) -> Started | None:
    if delivery.method in ("GET", "HEAD"):
        return None  # several applications ask so before they deliver
    if delivery.method not in ("POST", "PUT"):
        raise DeliveryRefused(405, "method_not_allowed", "expected POST")
    named = (delivery.headers.get(name, "") for name in _DELIVERY_HEADERS)
    event_id = next((f"webhook/{name[:200]}" for name in named if name), f"webhook/{uuid.uuid4().hex}")
    return Started(event_id, _content_of(delivery))


def _read_slack(delivery: Delivery, rules: Rules, now: datetime) -> Started | None:
    """A slash command (reference of the connector; Slack, "Verifying requests from Slack")."""
    if delivery.method in ("GET", "HEAD"):
        return None
    _check_slack_signature(delivery, rules, now)
    fields = _form(delivery.body)
    if fields.get("ssl_check") == "1":
        return None
    fields.pop("token", None)  # the old way to verify: a secret that no flow should see
    place = f"{fields.get('team_domain', '')}.slack.com/archives/{fields.get('channel_id', '')}"
    payload = {**fields, "messageBody": fields.get("text", ""), "archiveMessageURL": f"https://{place}"}
    # A command has one trigger id: who sends a signed request once more starts nothing.
    trigger_id = fields.get("trigger_id") or hashlib.sha256(delivery.body).hexdigest()
    answer = {"response_type": "ephemeral", "text": "Message published"}
    return Started(f"slack/{trigger_id[:200]}", payload, answer)


def _check_slack_signature(delivery: Delivery, rules: Rules, now: datetime) -> None:
    if rules.secret is None:
        if rules.unsigned:
            return
        message = "this server holds no signing secret of the Slack account, so it cannot tell who sends this"
        raise DeliveryRefused(403, "signature_unverifiable", message)
    sent_at = delivery.headers.get("x-slack-request-timestamp", "")
    is_number = sent_at.isascii() and sent_at.isdigit() and len(sent_at) < 12
    if not is_number or abs(now.timestamp() - int(sent_at)) > SLACK_SECONDS:
        raise DeliveryRefused(401, "signature_too_old", "the request's timestamp is missing or too old")
    signed = b"v0:" + sent_at.encode() + b":" + delivery.body
    expected = hmac.new(rules.secret.reveal().encode(), signed, hashlib.sha256).hexdigest()
    if not same(delivery.headers.get("x-slack-signature", ""), f"v0={expected}"):
        raise DeliveryRefused(401, "signature_wrong", "the request's signature does not fit it")


def _read_marketo(delivery: Delivery, rules: Rules, now: datetime) -> Started | None:
    """A "Call Webhook" whose template a Marketo user writes; ids come as text there."""
    started = _read_any(delivery, rules, now)
    if started is None or not isinstance(started.payload, dict):
        return started
    lead = started.payload.get("id")
    if isinstance(lead, str) and lead.isascii() and lead.isdigit() and len(lead) < 16:
        return Started(started.event_id, {**started.payload, "id": int(lead)})
    return started


READERS: Mapping[str, Read] = {"slack": _read_slack, "marketo": _read_marketo}
"""Applications whose deliveries have rules of their own."""

SIGNING_FIELDS: Mapping[str, str] = {"slack": "signingSecret"}
"""The field of an account that holds the secret with which its application signs."""


def _content_of(delivery: Delivery) -> Any:
    kind = delivery.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return _form(delivery.body)
    if not delivery.body.strip():
        return {}
    try:
        return read_json(delivery.body, file="body", limits=_LIMITS).value
    except Mistakes as mistakes:
        if kind == "application/json" or kind.endswith("+json"):
            raise DeliveryRefused(400, "body_unreadable", str(mistakes)) from None
        return {"body": delivery.body.decode(errors="replace")}


def _form(body: bytes) -> dict[str, str]:
    try:
        text = body.decode()
        return dict(parse_qsl(text, keep_blank_values=True, max_num_fields=MOST_FIELDS))
    except ValueError:
        raise DeliveryRefused(400, "body_unreadable", "expected a form in UTF-8") from None


def suffix_of(remembered: bytes | None) -> str:
    """The suffix that a trigger remembers, or a new one."""
    if remembered is None:
        return new_suffix()
    return msgspec.json.decode(remembered, type=str)


def same_suffix(known: str, given: str) -> bool:
    """Whether an address is that of the trigger, compared in constant time."""
    return same(known, given)
