"""Introspection tells whether a token is good now, and with `include_reason` (ours) why not."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest

if TYPE_CHECKING:
    from tests.iam.conftest import Wire


def test_a_live_token_is_told_with_its_claims(wire: Wire) -> None:
    token = wire.token()
    answer = wire.introspect(token)
    assert answer == jwt.decode(token, options={"verify_signature": False}) | {"active": True}


@pytest.mark.parametrize("token", ["", "x", "a.b.c", "e30.e30.e30"])
def test_garbage_is_not_active_and_nothing_else(wire: Wire, token: str) -> None:
    answer = wire.send(
        "POST", "/identity/introspect", data={"token": token, "include_reason": "true"}, auth=("bx", "bx")
    )
    assert answer.status_code == (400 if token == "" else 200)
    if token:
        assert answer.json() == {"active": False}


@pytest.mark.parametrize("auth", [None, ("bx", "wrong"), ("stranger", "x")])
def test_strangers_may_not_introspect(wire: Wire, auth: tuple[str, str] | None) -> None:
    answer = wire.send("POST", "/identity/introspect", data={"token": wire.token()}, auth=auth)
    assert answer.status_code == 401


def test_a_token_of_ones_own_is_enough_to_introspect(wire: Wire) -> None:
    token = wire.token()
    assert wire.ask("POST", "/identity/introspect", data={"token": token}).json()["active"] is True


def test_our_field_include_reason_tells_why_a_key_is_dead(wire: Wire) -> None:
    key = wire.new_key("short-lived")
    token = wire.token(key["apikey"])

    wire.ask("POST", f"/v1/apikeys/{key['id']}/disable")
    disabled = wire.introspect(token, include_reason="true")
    wire.ask("DELETE", f"/v1/apikeys/{key['id']}/disable")
    enabled = wire.introspect(token, include_reason="true")
    wire.ask("DELETE", f"/v1/apikeys/{key['id']}")
    deleted = wire.introspect(token, include_reason="true")

    assert (disabled["active"], disabled["reason"]) == (False, "apikey_disabled")
    assert enabled["active"] is True
    assert (deleted["reason"], deleted["apikey_id"]) == ("apikey_deleted", key["id"])
    assert deleted["changed_by"] == wire.platform.iam_id
    assert deleted["changed_at"].endswith("+0000")
    assert wire.introspect(token) == {"active": False}


def test_the_api_refuses_a_token_whose_key_is_gone(wire: Wire) -> None:
    key = wire.new_key("gone")
    token = wire.token(key["apikey"])
    wire.ask("DELETE", f"/v1/apikeys/{key['id']}")

    answer = wire.ask("GET", f"/v1/apikeys/{wire.platform.apikey_id}", token)

    assert answer.status_code == 401
    assert answer.json()["errors"][0]["code"] == "invalid_access_token"


def test_a_token_ends_when_its_time_is_over(wire: Wire) -> None:
    token = wire.token()
    wire.platform.travel(seconds=3599)
    assert wire.introspect(token)["active"] is True
    wire.platform.travel(seconds=2)
    assert wire.introspect(token, include_reason="true")["reason"] == "token_expired"
    assert wire.ask("GET", f"/v1/apikeys/{wire.platform.apikey_id}", token).status_code == 401
