"""What clients that do not speak HTTP reach: the same rules, on the address that they are connected to."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from lockhouse.outbound import (
    AddressRefused,
    Reach,
    Unreachable,
    open_socket,
    parse_networks,
    reachable_addresses,
)

LOOPBACK = ("127.0.0.0/8", "::1/128")


@pytest.fixture
def listening() -> Iterator[int]:
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "localhost", "127.1", "0x7f000001", "2130706433", "::ffff:127.0.0.1"]
)
def test_a_cloud_managed_call_gets_no_socket_to_this_machine_however_it_is_spelled(
    host: str, listening: int
) -> None:
    with pytest.raises(AddressRefused):
        open_socket(host, listening, Reach.CLOUD_MANAGED)


@pytest.mark.parametrize(
    "host", ["169.254.169.254", "0xa9fea9fe", "fd00:ec2::254", "64:ff9b::a9fe:a9fe", "0.0.0.0"]
)
@pytest.mark.parametrize("reach", [Reach.LOCAL, Reach.CLOUD_MANAGED])
def test_metadata_is_never_connected_to(host: str, reach: Reach) -> None:
    with pytest.raises(AddressRefused):
        open_socket(host, 80, reach, parse_networks(["0.0.0.0/0", "::/0"]))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1"])
def test_a_local_connector_and_an_opened_network_get_a_socket(host: str, listening: int) -> None:
    for reach, opened in ((Reach.LOCAL, ()), (Reach.CLOUD_MANAGED, parse_networks(LOOPBACK))):
        with open_socket(host, listening, reach, opened) as connected:
            assert connected.getpeername()[1] == listening


def test_only_those_addresses_of_a_name_that_may_be_reached_are_given(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def looked_up(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        return [(None, None, None, "", (address, 5432)) for address in ("10.0.0.7", "8.8.8.8", "8.8.8.8")]

    monkeypatch.setattr(socket, "getaddrinfo", looked_up)

    assert reachable_addresses("db.example", 5432, Reach.CLOUD_MANAGED) == ("8.8.8.8",)
    assert reachable_addresses("db.example", 5432, Reach.LOCAL) == ("10.0.0.7", "8.8.8.8")


@pytest.mark.parametrize(
    ("host", "port"),
    [
        ("", 25),
        ("a\0b", 25),
        ("x" * 300, 25),
        ("no-such-host.invalid", 25),
        ("127.0.0.1", 0),
        ("127.0.0.1", 99_999),
    ],
)
def test_a_host_that_cannot_be_is_unreachable(host: str, port: int) -> None:
    with pytest.raises(Unreachable):
        open_socket(host, port, Reach.LOCAL)


def test_a_port_where_nobody_listens_is_unreachable() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]

    with pytest.raises(Unreachable):
        open_socket("127.0.0.1", port, Reach.LOCAL)
