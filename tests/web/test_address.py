"""Whose address counts: X-Forwarded-For is believed from configured proxies only."""

from __future__ import annotations

import pytest

from lockhouse.web.address import client_address, network_of, read_networks

PROXIES = read_networks(["10.0.0.0/8", "fd00::/8"])


def scope(peer: str, *forwarded: str) -> dict[str, object]:
    return {"client": (peer, 1), "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded]}


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["198.51.100.1"], "203.0.113.7"),
        ("10.1.1.1", ["198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["1.2.3.4, 198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", ["1.2.3.4", "198.51.100.1, 10.9.9.9"], "198.51.100.1"),
        ("10.1.1.1", ["1.2.3.4, nonsense"], "10.1.1.1"),
        ("10.1.1.1", ["nonsense, 198.51.100.1"], "198.51.100.1"),
        ("10.1.1.1", [], "10.1.1.1"),
        ("::ffff:10.1.1.1", ["198.51.100.1"], "198.51.100.1"),
        ("fd00::1", ["2001:db8::1"], "2001:db8::1"),
    ],
)
def test_the_nearest_hop_that_is_no_proxy_is_the_client(
    peer: str, forwarded: list[str], address: str
) -> None:
    assert client_address(scope(peer, *forwarded), PROXIES) == address


def test_without_proxies_the_header_says_nothing() -> None:
    assert client_address(scope("127.0.0.1", "198.51.100.1"), ()) == "127.0.0.1"


def test_a_peer_that_has_proved_itself_is_believed_for_one_hop() -> None:
    assert client_address(scope("127.0.0.1", "1.1.1.1, 198.51.100.1"), (), trusted=True) == "198.51.100.1"


def test_an_ipv6_network_counts_as_one_address() -> None:
    assert network_of("2001:db8::1") == network_of("2001:db8::ffff:1") != network_of("2001:db8:0:1::1")
    assert network_of("198.51.100.1") == "198.51.100.1"
