"""Signing keys change without a failed request: published before they sign, kept while their tokens live."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest

from lockhouse.testing import TestPlatform, platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.iam.conftest import Wire


@pytest.fixture
def lockhouse() -> Iterator[TestPlatform]:
    """A platform of its own for each test, for its keys change; test_standing.py revokes on both
    databases."""
    with platform() as running:
        yield running


def kid(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


def published(wire: Wire) -> list[str]:
    return [key["kid"] for key in wire.send("GET", "/identity/keys").json()["keys"]]


def verifies(wire: Wire, token: str) -> bool:
    keys = {key["kid"]: jwt.PyJWK(key) for key in wire.send("GET", "/identity/keys").json()["keys"]}
    options = {"verify_exp": False, "verify_iat": False}
    return bool(jwt.decode(token, keys[kid(token)], algorithms=["RS256"], options=options))


def test_a_rotation_is_published_before_it_signs(wire: Wire) -> None:
    before = wire.token()
    following = published(wire)[1]
    rotated = wire.ask("POST", "/v1/signing_keys/rotate").json()["signing_keys"]

    assert [key["state"] for key in rotated] == ["current", "next", "next"]
    assert kid(wire.token()) == kid(before)
    wire.platform.travel(seconds=66)
    after = wire.token()
    assert kid(after) == following
    assert wire.introspect(before)["active"] is True
    assert verifies(wire, before)
    assert verifies(wire, after)
    assert len(published(wire)) == 3


def test_a_second_rotation_waits_for_the_first(wire: Wire) -> None:
    assert wire.ask("POST", "/v1/signing_keys/rotate").status_code == 201
    assert wire.ask("POST", "/v1/signing_keys/rotate").status_code == 409
    wire.platform.travel(seconds=66)
    assert wire.ask("POST", "/v1/signing_keys/rotate").status_code == 201


def test_an_old_key_leaves_the_set_after_the_longest_life(wire: Wire) -> None:
    old = kid(wire.token())
    wire.ask("POST", "/v1/signing_keys/rotate")
    wire.platform.travel(hours=23)
    assert old in published(wire)
    wire.platform.travel(hours=2)
    assert old not in published(wire)


def test_a_revoked_key_is_refused_at_once_and_another_signs(wire: Wire) -> None:
    token = wire.token()
    assert wire.ask("DELETE", f"/v1/signing_keys/{kid(token)}").status_code == 204

    fresh = wire.token()
    assert kid(fresh) != kid(token)
    assert kid(token) not in published(wire)
    assert wire.introspect(token, include_reason="true")["reason"] == "signing_key_revoked"
    assert wire.ask("GET", f"/v1/apikeys/{wire.platform.apikey_id}", token).status_code == 401
    assert wire.introspect(fresh)["active"] is True
    assert len(published(wire)) == 2


def test_keys_rotate_by_themselves_when_they_are_old(wire: Wire) -> None:
    old = kid(wire.token())
    wire.platform.travel(days=91)
    # The platform looks once a second; until then it is asked, some thousand times.
    assert any(len(published(wire)) == 3 for _ in range(100_000))
    wire.platform.travel(seconds=66)
    assert kid(wire.token()) != old
    path = f"/v1/accounts/{wire.platform.account_id}/events?action=iam-identity.signing-key.rotate&limit=1"
    assert wire.ask("GET", path).json()["events"][0]["initiator"]["id"] == "lockhouse"


def test_only_the_platforms_operator_sees_the_keys(wire: Wire) -> None:
    member = wire.platform.new_user("member@example.com")
    other = wire.platform.new_account("Other", "other@example.com")
    for apikey in (member.apikey, other.apikey):
        token = wire.token(apikey)
        assert wire.ask("GET", "/v1/signing_keys", token).status_code == 403
        assert wire.ask("POST", "/v1/signing_keys/rotate", token).status_code == 403
        assert wire.ask("DELETE", "/v1/signing_keys/x", token).status_code == 403


def test_no_private_half_is_in_the_store_in_clear(wire: Wire) -> None:
    wire.token()
    store = b"".join(path.read_bytes() for path in wire.platform.data.glob("lockhouse.db*"))
    assert b"PRIVATE KEY" not in store
    assert wire.platform.apikey.encode() not in store
    assert wire.platform.password.encode() not in store
