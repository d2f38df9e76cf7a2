"""API keys that end by themselves."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.iam.conftest import Wire


def ending_in(wire: Wire, days: int, **body: Any) -> dict[str, Any]:
    """A key that expires in so many days of the platform."""
    ends = wire.platform.clock() + timedelta(days=days)
    return wire.new_key("ends", expires_at=f"{ends:%Y-%m-%dT%H:%M}+0000", **body)


def seen(wire: Wire, key_id: str, action: str) -> list[dict[str, Any]]:
    """The events of a key, asked for until there are some: the platform looks once a second."""
    path = f"/v1/accounts/{wire.platform.account_id}/events?target={key_id}&action=iam-identity.user-apikey."
    for _ in range(100_000):
        found = wire.ask("GET", path + action).json()["events"]
        if found:
            return list(found)
    return []


def test_a_key_is_deleted_ninety_days_after_its_end_locked_or_not(wire: Wire) -> None:
    key, kept = ending_in(wire, 1), ending_in(wire, 30)
    wire.ask("POST", f"/v1/apikeys/{key['id']}/lock")
    assert wire.exchange(key["apikey"]).status_code == 200
    wire.platform.travel(days=89)
    assert wire.exchange(key["apikey"]).json()["errorMessage"] == "Provided API key is expired."
    assert wire.ask("GET", f"/v1/apikeys/{key['id']}").status_code == 200
    wire.platform.travel(days=3)

    told = seen(wire, key["id"], "delete")
    assert [event["initiator"]["id"] for event in told] == ["lockhouse"]
    assert wire.ask("GET", f"/v1/apikeys/{key['id']}").status_code == 404
    assert wire.exchange(key["apikey"]).json()["errorCode"] == "BXNIM0415E"
    assert wire.ask("GET", f"/v1/apikeys/{kept['id']}").status_code == 200


def test_our_choice_an_event_tells_once_of_a_key_that_ends_within_a_week(wire: Wire) -> None:
    key = ending_in(wire, 20)
    wire.platform.travel(days=14)
    told = seen(wire, key["id"], "expire")
    wire.platform.travel(days=2)
    wire.token()

    assert len(told) == len(seen(wire, key["id"], "expire")) == 1
    assert told[0]["requestData"]["iam_id"] == wire.platform.iam_id
    assert "expires at" in told[0]["message"]
    assert wire.exchange(key["apikey"]).status_code == 200
