"""An SFTP server of the tests: asyncssh's own, on a folder of this machine."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import asyncssh
import pytest
import pytest_asyncio

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.execute import check_account, execute
from lockhouse.connectors.model import Credentials
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.sealing import Secret
from lockhouse.wire.actions import ActionCall, ActionResult

NOW = datetime(2026, 5, 1, tzinfo=UTC)
USER, PASSWORD = "flows", "EXAMPLE-sftp-password"


@dataclass
class Server:
    """Where the server is, what it keeps, its own key and the key that its user may log in with."""

    port: int
    root: Path
    host_key: asyncssh.SSHKey
    user_key: asyncssh.SSHKey


class Door(asyncssh.SSHServer):
    """Lets the one user in."""

    def begin_auth(self, username: str) -> bool:
        return True

    def password_auth_supported(self) -> bool:
        return True

    def validate_password(self, username: str, password: str) -> bool:
        return (username, password) == (USER, PASSWORD)


@pytest.fixture(scope="session")
def keys() -> tuple[asyncssh.SSHKey, asyncssh.SSHKey]:
    return asyncssh.generate_private_key("ssh-ed25519"), asyncssh.generate_private_key("ecdsa-sha2-nistp256")


@pytest_asyncio.fixture
async def server(tmp_path: Path, keys: tuple[asyncssh.SSHKey, asyncssh.SSHKey]) -> AsyncIterator[Server]:
    host_key, user_key = keys
    root = tmp_path / "root"
    root.mkdir()
    allowed = asyncssh.import_authorized_keys(user_key.export_public_key().decode())
    listening = await asyncssh.listen(
        "127.0.0.1", 0, server_host_keys=[host_key], server_factory=Door, authorized_client_keys=allowed,
        sftp_factory=lambda channel: asyncssh.SFTPServer(channel, chroot=str(root)),
    )  # fmt: skip
    async with listening:
        yield Server(listening.get_port(), root, host_key, user_key)


class Desk:
    """One account, and what a flow does with it."""

    def __init__(self, server: Server, outlet: Outlet) -> None:
        self.server = server
        self.outlet = outlet
        self.connector = load_catalogue().get("sftp")

    def credentials(self, **changed: str) -> Credentials:
        fields = {
            "host": "127.0.0.1", "port": str(self.server.port), "username": USER, "password": PASSWORD,
            "hostKey": self.server.host_key.get_fingerprint(),
        } | changed  # fmt: skip
        return Credentials("BASIC", {name: Secret(value) for name, value in fields.items()})

    async def call(self, action: str, business_object: str = "file", **parts: Any) -> ActionResult:
        call = ActionCall(connector="sftp", business_object=business_object, action=action, **parts)
        return await execute(self.connector, call, self.credentials(), self.outlet, now=NOW)

    async def check(self, **changed: str) -> bool | None:
        return await check_account(self.connector, self.credentials(**changed), self.outlet, now=NOW)


@pytest_asyncio.fixture
async def desk(server: Server) -> AsyncIterator[Desk]:
    async with Outlet(Reach.LOCAL) as outlet:
        yield Desk(server, outlet)
