"""Deliveries of applications: let in when signed, refused with a reason, and what the flow sees of them."""

import hashlib
import hmac
from datetime import UTC, datetime
from urllib.parse import urlencode

import pytest

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.webhooks import Webhook
from lockhouse.runtime.triggers.signatures import Delivery, DeliveryRefused
from lockhouse.runtime.triggers.webhook import Event, Rules, Taken, new_suffix, read_delivery
from lockhouse.sealing import Secret

NOW = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
SECRET = Secret("EXAMPLE-signing-secret")
COMMAND = {
    "token": "EXAMPLE", "team_id": "T0EXAMPLE1", "team_domain": "acme", "channel_id": "C04EXAMPLE1",
    "user_name": "ada", "command": "/contact", "text": "ada@example.com", "trigger_id": "1.2.3",
}  # fmt: skip
JSON = {"content-type": "application/json"}
FORM = {"content-type": "application/x-www-form-urlencoded"}
DECLARED = load_catalogue().get("slack").webhook or Webhook()
SLACK = Rules("slack", SECRET, declared=DECLARED)


def slack(body: bytes, *, at: datetime = NOW, secret: Secret = SECRET, **headers: str) -> Delivery:
    """A slash command, signed as Slack signs it (v0, HMAC-SHA256 over version, time and body)."""
    sent_at = str(int(at.timestamp()))
    digest = hmac.digest(secret.reveal().encode(), f"v0:{sent_at}:".encode() + body, hashlib.sha256).hex()
    signed = {"x-slack-request-timestamp": sent_at, "x-slack-signature": f"v0={digest}"}
    form = {"content-type": "application/x-www-form-urlencoded"}
    return Delivery(
        "POST", form | signed | {name.replace("_", "-"): text for name, text in headers.items()}, "", body
    )


def test_a_slash_command_becomes_an_event_and_is_answered_as_the_user_expects() -> None:
    taken = read_delivery(slack(urlencode(COMMAND).encode()), SLACK, now=NOW)

    seen = {name: text for name, text in COMMAND.items() if name != "token"} | {
        "messageBody": "ada@example.com",
        "archiveMessageURL": "https://acme.slack.com/archives/C04EXAMPLE1",
    }
    answer = {"response_type": "ephemeral", "text": "Message published"}
    assert taken == Taken((Event("slack/1.2.3", seen),), answer)


def test_the_vendors_own_example_of_a_signature_is_let_in() -> None:
    # "Verifying requests from Slack" in Slack's documentation; its secret is published there as an example.
    body = (
        b"token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V"
        b"&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text="
        b"&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554"
        b"%2F96rGlfmibIGlgcZRskXaIFfN"
        b"&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c"
    )
    signed = {
        "x-slack-request-timestamp": "1531420618",
        "x-slack-signature": "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503",
    }
    delivery = Delivery("POST", {"content-type": "application/x-www-form-urlencoded"} | signed, "", body)
    rules = Rules("slack", Secret("8f742231b10e8888abcd99yyyzzz85a5"), declared=DECLARED)

    assert read_delivery(delivery, rules, now=datetime.fromtimestamp(1531420618, UTC)).events


BODY = urlencode(COMMAND).encode()
LATER = datetime.fromtimestamp(NOW.timestamp() + 301, UTC)
EARLIER = datetime.fromtimestamp(NOW.timestamp() - 301, UTC)


@pytest.mark.parametrize(
    ("delivery", "rules", "status", "code"),
    [
        (slack(BODY, secret=Secret("another")), SLACK, 401, "signature_wrong"),
        (slack(BODY, x_slack_signature=""), SLACK, 401, "signature_wrong"),
        (slack(BODY, x_slack_signature="v0=" + "é" * 64), SLACK, 401, "signature_wrong"),
        (slack(BODY, at=LATER), SLACK, 401, "signature_too_old"),
        (slack(BODY, at=EARLIER), SLACK, 401, "signature_too_old"),
        (slack(BODY, x_slack_request_timestamp="soon"), SLACK, 401, "signature_too_old"),
        (slack(BODY, x_slack_request_timestamp="9" * 400), SLACK, 401, "signature_too_old"),
        (slack(BODY, x_slack_request_timestamp="-1"), SLACK, 401, "signature_too_old"),
        (Delivery("POST", {}, "", BODY), SLACK, 401, "signature_too_old"),
        (slack(BODY), Rules("slack", declared=DECLARED), 403, "signature_unverifiable"),
        (slack(b"\xff\xfe"), SLACK, 400, "body_unreadable"),
        (slack(b"a=1&" * 2000), SLACK, 400, "body_unreadable"),
        (Delivery("DELETE", {}, "", b""), Rules("maximo"), 405, "method_not_allowed"),
        (Delivery("POST", JSON, "", b"{"), Rules("maximo"), 400, "body_unreadable"),
        (Delivery("POST", JSON, "", b"[" * 90_000), Rules("maximo"), 400, "body_unreadable"),
    ],
)  # fmt: skip
def test_what_is_not_signed_or_not_readable_is_refused(
    delivery: Delivery, rules: Rules, status: int, code: str
) -> None:
    with pytest.raises(DeliveryRefused) as refusal:
        read_delivery(delivery, rules, now=NOW)

    assert (refusal.value.status, refusal.value.code) == (status, code)
    assert SECRET.reveal() not in str(refusal.value)


def test_without_the_secret_a_command_is_let_in_only_when_the_operator_says_so() -> None:
    rules = Rules("slack", unsigned=True, declared=DECLARED)

    assert read_delivery(Delivery("POST", {}, "", BODY), rules, now=NOW).events


@pytest.mark.parametrize(
    ("delivery", "rules"),
    [
        (slack(urlencode({"ssl_check": "1"}).encode()), SLACK),
        (Delivery("GET", {}, "ssl_check=1", b""), SLACK),
        (Delivery("GET", {}, "", b""), Rules("mailchimp")),
        (Delivery("HEAD", {}, "", b""), Rules("trello")),
    ],
)
def test_who_only_looks_whether_somebody_is_there_starts_nothing(delivery: Delivery, rules: Rules) -> None:
    assert read_delivery(delivery, rules, now=NOW) == Taken()


@pytest.mark.parametrize(
    ("headers", "body", "payload"),
    [
        ({"content-type": "application/json"}, b'{"a": 1}', {"a": 1}),
        ({"content-type": "application/vnd.shop+json; charset=utf-8"}, b"[1, 2]", [1, 2]),
        ({}, b'{"a": "b"}', {"a": "b"}),
        ({"content-type": "text/plain"}, b"hello", {"body": "hello"}),
        (FORM, b"a=1&b=&c=x+y", {"a": "1", "b": "", "c": "x y"}),
        ({}, b"", {}),
    ],
)  # fmt: skip
def test_a_delivery_of_any_application_is_what_the_flow_sees(
    headers: dict[str, str], body: bytes, payload: object
) -> None:
    (event,) = read_delivery(Delivery("POST", headers, "", body), Rules("maximo"), now=NOW).events

    assert event.payload == payload


def test_a_delivery_without_a_name_is_always_a_new_event() -> None:
    nameless = [read_delivery(Delivery("POST", {}, "", b"{}"), Rules("maximo"), now=NOW) for _ in "123"]

    assert len({event.id for taken in nameless for event in taken.events}) == 3


def test_our_choice_marketos_lead_id_is_a_number() -> None:
    delivery = Delivery("POST", {"content-type": "application/json"}, "", b'{"id": "4711", "email": "a@b.c"}')
    (event,) = read_delivery(delivery, Rules("marketo"), now=NOW).events

    assert event.payload == {"id": 4711, "email": "a@b.c"}


def test_the_last_part_of_an_address_cannot_be_guessed() -> None:
    assert len({new_suffix() for _ in range(100)}) == 100
    assert all(len(new_suffix()) == 22 for _ in range(100))
