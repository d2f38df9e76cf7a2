"""A logged-in SFTP session with an account's server, at an address that may be reached."""

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from typing import Any

import asyncssh

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, Rejected, Unavailable
from lockhouse.connectors.session import Session
from lockhouse.connectors.threads import in_thread
from lockhouse.outbound import Reach

_CONNECT_SECONDS = 30
_CALL_SECONDS = 120
_MOST_TEXT = 500
_ERRORS: tuple[tuple[Any, type[ActionFailed], int, str], ...] = (
    (asyncssh.HostKeyNotVerifiable, Rejected, 502, "the server has another host key than the account names"),
    (asyncssh.PermissionDenied, AuthFailed, 401, "the server does not accept the account"),
    (asyncssh.SFTPPermissionDenied, AuthFailed, 403, ""),
    ((asyncssh.SFTPNoSuchFile, asyncssh.SFTPNoSuchPath), NotFound, 404, ""),
    ((asyncssh.SFTPConnectionLost, asyncssh.SFTPNoConnection), Unavailable, 503, "the connection was lost"),
    (asyncssh.SFTPError, Rejected, 400, ""),
    (TimeoutError, Unavailable, 503, "no answer in time"),
)


class _Client(asyncssh.SSHClient):
    """Accepts the server's key only when it is the one that the account names."""

    def __init__(self, host_key: str) -> None:
        self._wanted = host_key

    def validate_host_public_key(self, host: str, addr: str, port: int, key: asyncssh.SSHKey) -> bool:
        del host, addr, port
        if not self._wanted or self._wanted.startswith("SHA256:"):
            return not self._wanted or key.get_fingerprint() == self._wanted.rstrip("=")
        return key.public_data == asyncssh.import_public_key(self._wanted).public_data


@contextlib.asynccontextmanager
async def sftp(session: Session) -> AsyncIterator[asyncssh.SFTPClient]:
    """A session to work with files in. Raises the five errors."""
    account = session.account.values({})
    options = _options(account, session.outlet.reach)
    port = account["port"].strip()
    if not port.isdecimal() or len(port) > 5:
        raise Rejected("port: expected a number")
    line = await in_thread(session, session.outlet.connect, account["host"], int(port))
    line.setblocking(False)
    with contextlib.closing(line):
        try:
            async with (
                asyncio.timeout(_CALL_SECONDS),
                asyncssh.connect(account["host"], sock=line, options=options) as connection,
                connection.start_sftp_client(path_errors="replace") as client,
            ):
                yield client
        except (asyncssh.Error, OSError, TimeoutError) as error:
            raise _translated(error) from None


def _options(account: Mapping[str, str], reach: Reach) -> asyncssh.SSHClientConnectionOptions:
    """Nothing of this machine's own SSH set-up is used: no configuration, keys, agent, known hosts."""
    wanted = account.get("hostKey", "").strip()
    if not wanted and reach is not Reach.LOCAL:
        raise Rejected("hostKey: over the internet a password is sent only to a server whose key is known")
    try:
        if wanted and not wanted.startswith("SHA256:"):
            asyncssh.import_public_key(wanted)
        key = account.get("privateKey", "")
        keys = [asyncssh.import_private_key(key, account.get("passphrase") or None)] if key else None
    except (asyncssh.KeyImportError, asyncssh.KeyEncryptionError, ValueError):
        raise Rejected(
            "hostKey, privateKey, passphrase: expected keys as OpenSSH or PEM writes them"
        ) from None
    return asyncssh.SSHClientConnectionOptions(
        client_factory=lambda: _Client(wanted),
        # An empty list trusts nobody, which leaves the decision to the client above.
        known_hosts=([], [], []),
        username=account["username"],
        password=account.get("password") or None,
        client_keys=keys,
        agent_path=None,
        config=None,
        gss_host=None,
        preferred_auth=["publickey", "keyboard-interactive", "password"],
        disable_trivial_auth=True,
        compression_algs=["none"],
        login_timeout=_CONNECT_SECONDS,
        connect_timeout=_CONNECT_SECONDS,
    )


async def write_whole(client: asyncssh.SFTPClient, path: str, content: bytes) -> None:
    """Write beside and then rename, so that whoever watches the folder never sees half a file."""
    part = f"{path}.{secrets.token_hex(4)}.part"
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(_removed, client, part)
        async with client.open(part, "wb") as file:
            await file.write(content)
        try:
            await client.posix_rename(part, path)
        except asyncssh.SFTPOpUnsupported:
            await _removed(client, path)
            await client.rename(part, path)
        stack.pop_all()


async def _removed(client: asyncssh.SFTPClient, path: str) -> None:
    with contextlib.suppress(asyncssh.Error, OSError):
        await client.remove(path)


def _translated(error: Exception) -> ActionFailed:
    for known, kind, status, text in _ERRORS:
        if isinstance(error, known):
            return kind(text or _text(error), status_code=status)
    return Unavailable(f"no SSH connection with the server: {_text(error)}")


def _text(error: Any) -> str:
    return " ".join(str(getattr(error, "reason", error)).split())[:_MOST_TEXT]
