"""Webhooks: what an application delivers to a trigger's address becomes events. Pure functions.

Each trigger has an address of its own whose last part cannot be guessed. Where the connector's manifest says
how the application signs (`webhook`), that is checked too. The doors answer only when the events are on disk.
"""

import hashlib
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from urllib.parse import parse_qs, parse_qsl

import msgspec

from lockhouse.connectors.webhooks import Webhook
from lockhouse.documents import Limits, read_json
from lockhouse.errors import Mistakes
from lockhouse.runtime.triggers.signatures import MOST_FIELDS, Delivery, DeliveryRefused, check_signature
from lockhouse.sealing import Secret, new_token_value, same

MOST_ITEMS = 1000
_LONGEST_CHALLENGE = 4096
_LIMITS = Limits(bytes=2 * 1024 * 1024, nodes=200_000, depth=64)
_DELIVERY_HEADERS = ("x-shopify-webhook-id", "x-delivery-id")


@dataclass(frozen=True, slots=True)
class Rules:
    """How deliveries to one trigger are judged. `secret` signs them, if one is known.

    `unsigned` says whether deliveries that nothing proves are let in where the application would sign them.
    """

    connector: str
    secret: Secret | None = None
    unsigned: bool = False
    declared: Webhook = field(default_factory=Webhook)


@dataclass(frozen=True, slots=True)
class Event:
    """An event that a delivery brings: its id, and what the flow sees."""

    id: str
    payload: Any


@dataclass(frozen=True, slots=True)
class Taken:
    """The events of a delivery, and what the application is told once they are on disk: JSON, or a text."""

    events: tuple[Event, ...] = ()
    answer: Any = None
    text: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


Read = Callable[[Delivery, Rules], Taken]


def new_suffix() -> str:
    """The last part of a trigger's address: 22 characters that nobody guesses."""
    return new_token_value(16).reveal()


def read_delivery(delivery: Delivery, rules: Rules, *, now: datetime) -> Taken:
    """The events that a delivery brings; none when the application only looks whether somebody is there.

    Raises DeliveryRefused.
    """
    greeted = _greeted(delivery, rules.declared)
    if greeted is not None:
        return greeted
    if delivery.method in ("GET", "HEAD"):
        return Taken()  # several applications ask so before they deliver
    if delivery.method not in ("POST", "PUT"):
        raise DeliveryRefused(405, "method_not_allowed", "expected POST")
    _judge(delivery, rules, now)
    return READERS.get(rules.connector, _read_any)(delivery, rules)


def _greeted(delivery: Delivery, declared: Webhook) -> Taken | None:
    """What an application gets back that wants to know who is there before it delivers."""
    if declared.challenge:
        given = _parameter(delivery.query, declared.challenge)
        if 0 < len(given) <= _LONGEST_CHALLENGE:
            return Taken(text=given)
    if declared.handshake and (given := delivery.headers.get(declared.handshake, "")):
        return Taken(headers={declared.handshake: given})
    return None


def _parameter(query: str, name: str) -> str:
    try:
        return parse_qs(query, max_num_fields=MOST_FIELDS).get(name, [""])[0]
    except ValueError:
        raise DeliveryRefused(400, "query_unreadable", "too many parameters in the address") from None


def _judge(delivery: Delivery, rules: Rules, now: datetime) -> None:
    if not rules.declared.is_judged:
        return
    if rules.secret is None:
        if rules.unsigned:
            return
        wanted = f"{rules.declared.secret} of the {rules.connector} account"
        message = f"this server holds no {wanted}, so it cannot tell who sends this"
        raise DeliveryRefused(403, "signature_unverifiable", message)
    if rules.declared.signature is not None:
        check_signature(delivery, rules.declared.signature, rules.secret, now=now)


def _read_any(delivery: Delivery, rules: Rules) -> Taken:
    declared, content = rules.declared, _content_of(delivery)
    items = content if declared.items is None else declared.items(content)
    if declared.items is None:
        items = [content]
    elif not isinstance(items, list):
        raise DeliveryRefused(400, "body_unreadable", "expected a list of events")
    if len(items) > MOST_ITEMS:
        raise DeliveryRefused(413, "too_large", f"a delivery here has at most {MOST_ITEMS} events")
    if declared.knows is not None and rules.secret is not None:
        for item in items:
            if not same(str(declared.knows(item) or ""), rules.secret.reveal()):
                raise DeliveryRefused(401, "signature_wrong", "an event does not carry the secret")
    name = _name_of(delivery, declared)
    ids = [name] if declared.items is None else [f"{name}/{number}" for number in range(len(items))]
    return Taken(tuple(Event(event_id, item) for event_id, item in zip(ids, items, strict=True)))


def _name_of(delivery: Delivery, declared: Webhook) -> str:
    """The same for a delivery that is sent again under its name."""
    headers = (declared.delivery, *_DELIVERY_HEADERS) if declared.delivery else _DELIVERY_HEADERS
    named = next((text for name in headers if (text := delivery.headers.get(name, ""))), "")
    return f"webhook/{named[:200] or uuid.uuid4().hex}"


def _read_slack(delivery: Delivery, _rules: Rules) -> Taken:
    """A slash command (reference of the connector)."""
    fields = _form(delivery.body)
    if fields.get("ssl_check") == "1":
        return Taken()
    fields.pop("token", None)  # the old way to verify: a secret that no flow should see
    place = f"{fields.get('team_domain', '')}.slack.com/archives/{fields.get('channel_id', '')}"
    payload = {**fields, "messageBody": fields.get("text", ""), "archiveMessageURL": f"https://{place}"}
    # A command has one trigger id: who sends a signed request once more starts nothing.
    trigger_id = fields.get("trigger_id") or hashlib.sha256(delivery.body).hexdigest()
    answer = {"response_type": "ephemeral", "text": "Message published"}
    return Taken((Event(f"slack/{trigger_id[:200]}", payload),), answer)


def _read_marketo(delivery: Delivery, rules: Rules) -> Taken:
    """A "Call Webhook" whose template a Marketo user writes; ids come as text there."""
    taken = _read_any(delivery, rules)
    (event,) = taken.events
    lead = event.payload.get("id") if isinstance(event.payload, dict) else None
    if isinstance(lead, str) and lead.isascii() and lead.isdigit() and len(lead) < 16:
        return replace(taken, events=(Event(event.id, {**event.payload, "id": int(lead)}),))
    return taken


READERS: Mapping[str, Read] = {"slack": _read_slack, "marketo": _read_marketo}
"""Applications whose flows see something other than what is delivered."""


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
