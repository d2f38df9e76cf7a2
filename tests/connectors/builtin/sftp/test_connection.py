"""How an SFTP server is reached: which addresses, whose key, and what is said when it does not do."""

import asyncio
import contextlib
import socket
import sys

import asyncssh
import pytest
from tests.connectors.builtin.sftp.conftest import Desk, Server

from lockhouse.connectors.builtin.sftp import connection
from lockhouse.connectors.errors import AuthFailed, Rejected, Unavailable
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach


async def test_an_account_is_tested_by_logging_in_with_a_password_or_a_key(desk: Desk) -> None:
    private = desk.server.user_key.export_private_key().decode()
    sealed = desk.server.user_key.export_private_key(passphrase="EXAMPLE-passphrase").decode()

    assert await desk.check() is True
    assert await desk.check(password="", privateKey=private) is True
    assert await desk.check(password="", privateKey=sealed, passphrase="EXAMPLE-passphrase") is True


async def test_a_wrong_password_or_key_is_an_authentication_that_failed(desk: Desk) -> None:
    stranger = asyncssh.generate_private_key("ssh-ed25519").export_private_key().decode()

    for changed in ({"password": "EXAMPLE-wrong"}, {"password": "", "privateKey": stranger}):
        with pytest.raises(AuthFailed) as failed:
            await desk.check(**changed)
        assert "EXAMPLE" not in str(failed.value)


async def test_the_server_must_have_the_key_that_the_account_names(desk: Desk) -> None:
    other = asyncssh.generate_private_key("ssh-ed25519")
    public = desk.server.host_key.export_public_key().decode()

    assert await desk.check(hostKey=public) is True
    for wrong in (other.get_fingerprint(), other.export_public_key().decode()):
        with pytest.raises(Rejected, match="another host key"):
            await desk.check(hostKey=wrong)


async def test_over_the_internet_the_servers_key_must_be_known(server: Server) -> None:
    async with Outlet(Reach.CLOUD_MANAGED, opened_networks=["127.0.0.0/8"]) as outlet:
        desk = Desk(server, outlet)
        assert await desk.check() is True
        with pytest.raises(Rejected, match="hostKey"):
            await desk.check(hostKey="")
    async with Outlet(Reach.LOCAL) as outlet:
        assert await Desk(server, outlet).check(hostKey="") is True


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "0x7f000001", "::ffff:127.0.0.1"])
async def test_a_cloud_managed_account_reaches_no_server_of_this_network(server: Server, host: str) -> None:
    async with Outlet(Reach.CLOUD_MANAGED) as outlet:
        with pytest.raises(Rejected, match="may not be called"):
            await Desk(server, outlet).check(host=host)


@pytest.mark.parametrize(
    ("changed", "word"),
    [
        ({"port": "ssh"}, "port"),
        ({"privateKey": "EXAMPLE nonsense"}, "privateKey"),
        ({"hostKey": "nonsense"}, "hostKey"),
        ({"host": "169.254.169.254"}, "may not be called"),
    ],
)
async def test_fields_that_cannot_be_used_are_refused_by_name(
    desk: Desk, changed: dict[str, str], word: str
) -> None:
    with pytest.raises(Rejected, match=word) as refused:
        await desk.check(**changed)
    assert "EXAMPLE" not in str(refused.value)


async def test_a_server_that_is_not_there_is_unavailable(desk: Desk) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = str(listening.getsockname()[1])

    with pytest.raises(Unavailable):
        await desk.check(port=port)


@pytest.mark.parametrize(
    "greeting", [b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-x\r\n" + b"\xff" * 100]
)
async def test_a_server_that_speaks_otherwise_is_unavailable(desk: Desk, greeting: bytes) -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(greeting)
        with contextlib.suppress(ConnectionError):
            await writer.drain()
        writer.close()

    server = await asyncio.start_server(talk, "127.0.0.1", 0)
    async with server:
        with pytest.raises(Unavailable):
            await desk.check(port=str(server.sockets[0].getsockname()[1]))


async def test_a_silent_server_is_given_up(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection, "_CALL_SECONDS", 0.3)
    with socket.create_server(("127.0.0.1", 0)) as silent, pytest.raises(Unavailable, match="in time"):
        await desk.check(port=str(silent.getsockname()[1]))


async def test_without_the_library_the_connector_says_what_to_install(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in sys.modules if name.startswith(("asyncssh", connection.__package__ or ""))]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "asyncssh", None)

    with pytest.raises(Rejected, match=r"pip install 'lockhouse\[sftp\]'"):
        await desk.check()
