"""Guessing is slow, and nobody can lock the owner out."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.iam.errors import TooManyTries
from lockhouse.iam.login_limits import LoginLimits
from lockhouse.sealing import Secret
from lockhouse.testing import TestPlatform, platform

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests
    from tests.iam.conftest import Wire


@pytest.fixture
def attacked() -> Iterator[TestPlatform]:
    """A platform of its own, that knows its console by a secret."""
    with platform(supervision_token=Secret("proof-of-the-console")) as running:
        yield running


def sign_in(wire: Wire, password: str, address: str) -> tuple[int, str | None]:
    form = {"grant_type": "password", "username": wire.platform.email, "password": password}
    answer = wire.send(
        "POST",
        "/identity/token",
        data=form,
        auth=("console", "proof-of-the-console"),
        headers={"X-Forwarded-For": address},
    )
    return answer.status_code, answer.headers.get("Retry-After")


def until_limited(guess: Callable[[int], requests.Response]) -> requests.Response:
    """Guess until a guess is limited: two a second are forgiven, and a slow machine makes few more."""
    for number in range(2000):
        answer = guess(number)
        if answer.status_code == 429:
            return answer
        assert answer.status_code == 400
    raise AssertionError("no guess was limited")


def test_bad_keys_are_limited_and_the_good_key_gets_in(wire: Wire) -> None:
    limited = until_limited(lambda number: wire.exchange(f"{number:044}"))

    assert int(limited.headers["Retry-After"]) >= 1
    assert limited.json()["errorCode"] == "BXNIM0429E"
    assert wire.exchange().status_code == 200


def test_a_forged_forwarded_address_does_not_help(wire: Wire) -> None:
    form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey"}
    until_limited(
        lambda number: wire.send(
            "POST",
            "/identity/token",
            data=form | {"apikey": f"{number:044}"},
            headers={"X-Forwarded-For": f"198.51.{number // 250}.{number % 250}"},
        )
    )


def test_a_configured_proxy_is_believed_and_its_clients_are_counted_apart() -> None:
    from tests.iam.conftest import Wire

    form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey"}
    with platform(trusted_proxies=("127.0.0.0/8",)) as running:
        wire = Wire(running)

        def exchange(apikey: str, forwarded: str) -> requests.Response:
            headers = {"X-Forwarded-For": forwarded}
            return wire.send("POST", "/identity/token", data=form | {"apikey": apikey}, headers=headers)

        until_limited(lambda number: exchange(f"{number:044}", "203.0.113.9, 198.51.100.7"))
        assert exchange("0" * 44, "203.0.113.9, 198.51.100.8").status_code == 400
        assert exchange(running.apikey, "198.51.100.7").status_code == 200
        path = f"/v1/accounts/{running.account_id}/events?action=iam-identity.user-apikey.login&order=asc"
        seen = [event["initiator"]["host"]["address"] for event in wire.ask("GET", path).json()["events"]]
        assert seen[0] == "198.51.100.7"
        settings = f"/v1/accounts/{running.account_id}/settings/identity"
        only = {"allowed_ip_addresses": "203.0.113.0/24, 127.0.0.1"}
        assert wire.ask("PUT", settings, json=only, headers={"If-Match": "*"}).status_code == 200
        assert exchange(running.apikey, "203.0.113.9").status_code == 200
        assert exchange(running.apikey, "198.51.100.7").status_code == 403


def test_five_wrong_passwords_from_one_address_are_enough(attacked: TestPlatform) -> None:
    from tests.iam.conftest import Wire

    wire = Wire(attacked)
    answers = [sign_in(wire, "wrong password", "198.51.100.7") for _ in range(7)]

    assert [status for status, _ in answers] == [400] * 5 + [429] * 2
    assert answers[-1][1] is not None
    assert sign_in(wire, attacked.password, "198.51.100.7")[0] == 429
    assert sign_in(wire, attacked.password, "203.0.113.1")[0] == 200
    with attacked.away(minutes=2):
        assert sign_in(wire, attacked.password, "198.51.100.7")[0] == 200


def test_many_addresses_get_one_try_each_and_so_does_the_owner() -> None:
    limits = LoginLimits()
    tried = 0
    for number in range(1000):
        address = f"198.51.{number // 250}.{number % 250}"
        for _ in range(10):
            try:
                limits.before_password("owner@example.com", address, 0)
            except TooManyTries:
                continue
            tried += 1
            limits.bad_password("owner@example.com", address, 0)

    assert tried <= 100 + 1000
    limits.before_password("owner@example.com", "203.0.113.1", 0)


def test_one_address_cannot_try_many_users() -> None:
    limits = LoginLimits()
    tried = 0
    for number in range(1000):
        try:
            limits.before_password(f"user{number}@example.com", "198.51.100.7", 0)
        except TooManyTries:
            continue
        tried += 1
        limits.bad_password(f"user{number}@example.com", "198.51.100.7", 0)
    assert tried == 60


def test_a_good_password_clears_the_addresss_failures() -> None:
    limits = LoginLimits()
    for _ in range(4):
        limits.bad_password("a@example.com", "198.51.100.7", 0)
    limits.good_password("a@example.com", "198.51.100.7")
    for _ in range(4):
        limits.before_password("a@example.com", "198.51.100.7", 0)
        limits.bad_password("a@example.com", "198.51.100.7", 0)


def test_an_installation_can_do_without_limits() -> None:
    limits = LoginLimits(enabled=False)
    for _ in range(500):
        limits.bad_key("198.51.100.7", 0)
        limits.before_password("a@example.com", "198.51.100.7", 0)
        limits.bad_password("a@example.com", "198.51.100.7", 0)
