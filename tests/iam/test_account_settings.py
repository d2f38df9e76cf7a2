"""What the settings of an account do."""

from __future__ import annotations

from typing import TYPE_CHECKING

import jwt
import pytest

from lockhouse.iam.account_settings import allows_address

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from tests.iam.conftest import Wire


@pytest.fixture
def settings(wire: Wire) -> Iterator[Callable[..., None]]:
    """Change settings of the account; afterwards they are as before."""
    path = f"/v1/accounts/{wire.platform.account_id}/settings/identity"
    token = wire.token()
    before = wire.ask("GET", path).json()
    changed: set[str] = set()

    def change(**values: str) -> None:
        changed.update(values)
        answer = wire.ask("PUT", path, token, json=values, headers={"If-Match": "*"})
        assert answer.status_code == 200, answer.text

    yield change
    change(**{name: before[name] for name in changed})


def test_tokens_live_as_long_as_the_account_says(wire: Wire, settings: Callable[..., None]) -> None:
    settings(system_access_token_expiration_in_seconds="900")
    body = wire.exchange().json()
    claims = jwt.decode(body["access_token"], options={"verify_signature": False})
    assert body["expires_in"] == claims["exp"] - claims["iat"] == 900


def test_restricted_keys_need_the_role_even_of_the_owner(wire: Wire, settings: Callable[..., None]) -> None:
    creator = wire.platform.new_user("creator@example.com", roles=["User API key creator"])
    settings(restrict_create_platform_apikey="RESTRICTED")
    body = {"name": "x", "iam_id": wire.platform.iam_id}
    assert wire.ask("POST", "/v1/apikeys", json=body).status_code == 403
    theirs = {"name": "x", "iam_id": creator.iam_id}
    assert wire.ask("POST", "/v1/apikeys", wire.token(creator.apikey), json=theirs).status_code == 201
    service = {"account_id": wire.platform.account_id, "name": "free", "apikey": {"name": "free too"}}
    assert wire.ask("POST", "/v1/serviceids/", json=service).status_code == 201


def test_restricted_service_ids_need_the_role(wire: Wire, settings: Callable[..., None]) -> None:
    creator = wire.platform.new_user("services@example.com", roles=["Service ID creator"])
    settings(restrict_create_service_id="RESTRICTED")
    body = {"account_id": wire.platform.account_id, "name": "x"}
    assert wire.ask("POST", "/v1/serviceids/", json=body).status_code == 403
    assert wire.ask("POST", "/v1/serviceids/", wire.token(creator.apikey), json=body).status_code == 201


def test_tokens_are_made_from_allowed_addresses_only(wire: Wire, settings: Callable[..., None]) -> None:
    token = wire.token()
    settings(allowed_ip_addresses="10.0.0.0/8, 192.0.2.1 - 192.0.2.9")
    refused = wire.exchange()
    still = wire.ask("GET", f"/v1/apikeys/{wire.platform.apikey_id}", token)
    settings(allowed_ip_addresses="10.0.0.0/8,127.0.0.1")

    assert (refused.status_code, refused.json()["errorCode"]) == (403, "BXNIM0496E")
    assert still.status_code == 200
    assert wire.exchange().status_code == 200


@pytest.mark.parametrize(
    ("text", "address", "allowed"),
    [
        ("", "203.0.113.7", True),
        ("203.0.113.7", "203.0.113.7", True),
        ("203.0.113.0/24", "203.0.114.7", False),
        ("203.0.113.1 - 203.0.113.7", "203.0.113.8", False),
        ("2001:db8::/32, 10.0.0.1", "2001:db8::7", True),
        ("10.0.0.0/8", "::ffff:10.1.1.1", True),
        ("0.0.0.0/0", "::1", False),
        ("10.0.0.0/8", "nonsense", False),
    ],
)
def test_an_address_is_inside_or_outside(text: str, address: str, allowed: bool) -> None:
    assert allows_address(f'{{"allowed_ip_addresses": "{text}"}}', address) is allowed


def sign_in(wire: Wire) -> dict[str, str]:
    form = {"grant_type": "password", "username": wire.platform.email, "password": wire.platform.password}
    answer = wire.send("POST", "/identity/token", data=form, auth=("console", "console"))
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def renewed(wire: Wire, pair: dict[str, str]) -> tuple[int, str]:
    form = {"grant_type": "refresh_token", "refresh_token": pair["refresh_token"]}
    answer = wire.send("POST", "/identity/token", data=form, auth=("console", "console"))
    return answer.status_code, answer.json().get("errorCode", "")


def test_a_session_ends_when_it_is_old_or_idle(wire: Wire, settings: Callable[..., None]) -> None:
    settings(session_expiration_in_seconds="3600", session_invalidation_in_seconds="900")
    idle, old, used = sign_in(wire), sign_in(wire), sign_in(wire)
    assert renewed(wire, used)[0] == 200
    with wire.platform.away(seconds=901):
        assert renewed(wire, idle) == (400, "BXNIM0439E")
    with wire.platform.away(seconds=3601):
        assert renewed(wire, old) == (400, "BXNIM0408E")


def test_the_oldest_session_makes_room(wire: Wire, settings: Callable[..., None]) -> None:
    settings(max_sessions_per_identity="2")
    pairs = [sign_in(wire) for _ in range(3)]
    assert renewed(wire, pairs[0]) == (400, "BXNIM0439E")
    assert renewed(wire, pairs[2])[0] == 200
    assert wire.introspect(pairs[0]["access_token"])["active"] is False
