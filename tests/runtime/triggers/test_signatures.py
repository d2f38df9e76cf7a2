"""Deliveries that are signed as their applications sign, judged by what the connectors' manifests say.

Signatures with a source are the vendors' own examples; the others are made here with the standard library
from what their pages say, not with our code.
"""

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from urllib.parse import urlencode

import pytest

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.webhooks import Webhook
from lockhouse.runtime.triggers.signatures import Delivery, DeliveryRefused, moment_of
from lockhouse.runtime.triggers.webhook import Event, Rules, Taken, read_delivery
from lockhouse.sealing import Secret

CATALOGUE = load_catalogue()
SECRET = "EXAMPLE-webhook-secret"
NOW = datetime(2026, 1, 10, 8, 0, tzinfo=UTC)
SECONDS = str(int(NOW.timestamp()))
ADDRESS = "https://flows.example.com/webhooks/Flow/EXAMPLEsuffix"
BODY = b'{"action": "opened", "text": "gr\xc3\xbc\xc3\x9f dich"}'
CALL = {
    "CallSid": "CA1234567890ABCDE",
    "Caller": "+14158675309",
    "Digits": "1234",
    "From": "+14158675309",
    "To": "+18005551212",
}
ADDED = b'{"events": [{"action": "added"}]}'


@dataclass(frozen=True)
class Signed:
    """One delivery that its application signed."""

    connector: str
    headers: dict[str, str]
    body: bytes = BODY
    secret: str = SECRET
    url: str = ADDRESS
    now: datetime = NOW

    def delivery(self) -> Delivery:
        return Delivery("POST", self.headers, "", self.body, ("http://inside/x", self.url))

    def rules(self) -> Rules:
        return rules(self.connector, self.secret)


def rules(connector: str, secret: str | None = SECRET, *, unsigned: bool = False) -> Rules:
    declared = CATALOGUE.get(connector).webhook if connector in CATALOGUE else None
    return Rules(connector, Secret(secret) if secret else None, unsigned, declared or Webhook())


def hexed(text: bytes) -> str:
    return hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()


def based(text: bytes, form: str = "sha256") -> str:
    return base64.b64encode(hmac.new(SECRET.encode(), text, form).digest()).decode()


SIGNED = [
    # GitHub, "Validating webhook deliveries", "Testing the webhook payload validation".
    Signed(
        "github",
        {
            "x-hub-signature-256": "sha256=757107ea0eb2509fc211221cce984b8a37570b6d7586c22c46f4379c8b043e17",
            "content-type": "text/plain",
        },
        body=b"Hello, World!",
        secret="It's a Secret to Everybody",
    ),
    Signed(
        "zendeskservice",
        {
            "x-zendesk-webhook-signature": based(b"2026-01-10T08:00:00Z" + BODY),
            "x-zendesk-webhook-signature-timestamp": "2026-01-10T08:00:00Z",
        },
    ),
    # Twilio, "Security", "Validating signatures from Twilio"; its auth token there is 12345.
    Signed(
        "twilio",
        {
            "x-twilio-signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8=",
            "content-type": "application/x-www-form-urlencoded; charset=UTF-8",
        },
        body=urlencode(CALL).encode(),
        secret="12345",
        url="https://mycompany.com/myapp.php?foo=1&bar=2",
    ),
    Signed("asana", {"x-hook-signature": hexed(ADDED)}, ADDED),
    Signed("trello", {"x-trello-webhook": based(BODY + ADDRESS.encode(), "sha1")}),
    Signed("mailchimp", {"x-mailchimp-signature": f"t={SECONDS},v1=" + hexed(f"{SECONDS}.".encode() + BODY)}),
    Signed("dropbox", {"x-dropbox-signature": hexed(BODY)}),
    Signed(
        "box",
        {
            "box-signature-primary": based(BODY + b"2026-01-10T00:00:00-08:00"),
            "box-delivery-timestamp": "2026-01-10T00:00:00-08:00",
        },
    ),
    Signed(
        "box",
        {
            "box-signature-primary": base64.b64encode(b"of the new key, not here yet....").decode(),
            "box-signature-secondary": based(BODY + b"2026-01-10T08:00:00Z"),
            "box-delivery-timestamp": "2026-01-10T08:00:00Z",
        },
    ),
    Signed(
        "slack",
        {
            "x-slack-request-timestamp": SECONDS,
            "x-slack-signature": "v0=" + hexed(f"v0:{SECONDS}:".encode() + b"text=hello"),
        },
        body=b"text=hello",
    ),
]
NAMES = [one.connector for one in SIGNED]


@pytest.mark.parametrize("signed", SIGNED, ids=NAMES)
def test_what_the_application_signed_is_let_in(signed: Signed) -> None:
    assert len(read_delivery(signed.delivery(), signed.rules(), now=signed.now).events) == 1


@pytest.mark.parametrize("signed", SIGNED, ids=NAMES)
def test_what_is_changed_or_signed_by_another_is_refused(signed: Signed) -> None:
    delivery = signed.delivery()
    signatures = [name for name in signed.headers if "signature" in name or "webhook" in name]
    forged = [
        (replace(delivery, body=delivery.body + b" "), signed.rules()),
        (delivery, rules(signed.connector, signed.secret + "x")),
        (replace(delivery, headers={}), signed.rules()),
        (replace(delivery, headers=signed.headers | dict.fromkeys(signatures, "")), signed.rules()),
        (replace(delivery, headers=signed.headers | dict.fromkeys(signatures, "sha256=é0")), signed.rules()),
    ]
    if signed.connector in ("trello", "twilio"):
        forged.append((replace(delivery, urls=("https://elsewhere.example.com/x",)), signed.rules()))

    for one, judged in forged:
        with pytest.raises(DeliveryRefused) as refusal:
            read_delivery(one, judged, now=signed.now)
        assert refusal.value.status == 401
        assert signed.secret not in str(refusal.value)


@pytest.mark.parametrize(
    "signed", [one for one in SIGNED if one.connector in ("mailchimp", "box", "slack")], ids=str
)
@pytest.mark.parametrize("away", [timedelta(minutes=11), timedelta(minutes=-11)])
def test_what_was_signed_long_ago_is_refused(signed: Signed, away: timedelta) -> None:
    with pytest.raises(DeliveryRefused) as refusal:
        read_delivery(signed.delivery(), signed.rules(), now=signed.now + away)

    assert (refusal.value.status, refusal.value.code) == (401, "signature_too_old")


@pytest.mark.parametrize("connector", sorted({*NAMES, "msteams"}))
def test_without_the_secret_only_the_operator_lets_deliveries_in(connector: str) -> None:
    delivery = Delivery("POST", {}, "", b'{"events": [{}], "value": [{}]}')
    with pytest.raises(DeliveryRefused) as refusal:
        read_delivery(delivery, rules(connector, None), now=NOW)

    assert (refusal.value.status, refusal.value.code) == (403, "signature_unverifiable")
    assert connector in str(refusal.value)
    assert read_delivery(delivery, rules(connector, None, unsigned=True), now=NOW).events


@pytest.mark.parametrize(
    ("connector", "delivery", "told"),
    [
        ("msteams", Delivery("POST", {}, "validationToken=a%20b%2B%3Cb%3E", b""), Taken(text="a b+<b>")),
        ("dropbox", Delivery("GET", {}, "challenge=abc123", b""), Taken(text="abc123")),
        ("dropbox", Delivery("GET", {}, "", b""), Taken()),
        ("dropbox", Delivery("GET", {}, f"challenge={'a' * 5000}", b""), Taken()),
        (
            "asana",
            Delivery("POST", {"x-hook-secret": "EXAMPLE-of-asana"}, "", b""),
            Taken(headers={"x-hook-secret": "EXAMPLE-of-asana"}),
        ),
        ("trello", Delivery("HEAD", {}, "", b""), Taken()),
        ("mailchimp", Delivery("GET", {}, "", b""), Taken()),
    ],
)
def test_who_asks_whether_somebody_is_there_gets_its_own_words_back_and_starts_nothing(
    connector: str, delivery: Delivery, told: Taken
) -> None:
    assert read_delivery(delivery, rules(connector), now=NOW) == told


def test_far_too_many_parameters_are_refused() -> None:
    with pytest.raises(DeliveryRefused) as refusal:
        read_delivery(Delivery("GET", {}, "a&" * 2000, b""), rules("dropbox"), now=NOW)

    assert (refusal.value.status, refusal.value.code) == (400, "query_unreadable")


def notice(*states: object) -> Delivery:
    """Change notifications of Microsoft Graph that carry these client states."""
    value = [{"clientState": state, "resource": f"messages/{at}"} for at, state in enumerate(states)]
    return Delivery("POST", {}, "", json.dumps({"value": value}).encode())


def test_every_notice_of_a_delivery_is_an_event_of_its_own() -> None:
    taken = read_delivery(notice(SECRET, SECRET), rules("msteams"), now=NOW)

    assert [event.payload["resource"] for event in taken.events] == ["messages/0", "messages/1"]
    assert len({event.id for event in taken.events}) == 2


@pytest.mark.parametrize("states", [(SECRET, "another"), ("",), (None,), (["x"],)])
def test_a_notice_that_does_not_know_the_client_state_is_refused_with_all_beside_it(
    states: tuple[object],
) -> None:
    with pytest.raises(DeliveryRefused) as refusal:
        read_delivery(notice(*states), rules("msteams"), now=NOW)

    assert (refusal.value.status, refusal.value.code) == (401, "signature_wrong")


@pytest.mark.parametrize("body", [b"{}", b"[]", b'{"events": {}}', b'"x"', b'{"events": ' + b"[" * 3000])
def test_a_delivery_that_is_not_formed_as_declared_is_refused(body: bytes) -> None:
    with pytest.raises(DeliveryRefused) as refusal:
        read_delivery(Delivery("POST", {"x-hook-signature": hexed(body)}, "", body), rules("asana"), now=NOW)

    assert refusal.value.status == 400


def test_a_heartbeat_starts_nothing() -> None:
    body = b'{"events": []}'

    assert (
        read_delivery(Delivery("POST", {"x-hook-signature": hexed(body)}, "", body), rules("asana"), now=NOW)
        == Taken()
    )


def test_a_delivery_that_is_sent_again_under_its_id_is_the_same_event() -> None:
    headers = {"x-hub-signature-256": "sha256=" + hexed(b"{}"), "x-github-delivery": "72d3162e-cc78"}
    twice = [read_delivery(Delivery("POST", headers, "", b"{}"), rules("github"), now=NOW) for _ in "12"]
    other = {"x-eventbrite-delivery": "7"}

    assert twice[0].events == twice[1].events == (Event("webhook/72d3162e-cc78", {}),)
    assert read_delivery(Delivery("POST", other, "", b"{}"), rules("eventbrite"), now=NOW).events == (
        Event("webhook/7", {}),
    )


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("1768032000", NOW.timestamp()),
        ("1768032000123", NOW.timestamp() + 0.123),
        ("2026-01-10T08:00:00Z", NOW.timestamp()),
        ("2026-01-10T00:00:00-08:00", NOW.timestamp()),
        ("2026-01-10T08:00:00", NOW.timestamp()),
        ("", None),
        ("-1", None),
        ("9" * 400, None),
        ("٣", None),
        ("soon", None),
    ],
)
def test_a_timestamp_is_seconds_milliseconds_or_iso_8601(text: str, moment: float | None) -> None:
    found = moment_of(text)

    assert (found is None) == (moment is None)
    assert found is None or moment is None or abs(found - moment) < 1e-6
