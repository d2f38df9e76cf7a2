"""A command's way to a platform: where it is, who asks, and the clients that ask."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from lockhouse.cli.options import NotUnderstood, read_text
from lockhouse.client.appconnect import AppConnectClient, instances_of
from lockhouse.client.iam import IamClient
from lockhouse.client.runtime import RuntimeClient
from lockhouse.client.token_source import TokenSource
from lockhouse.client.transport import Transport
from lockhouse.errors import LockhouseError
from lockhouse.outbound import Reach, open_session
from lockhouse.sealing import Secret
from lockhouse.settings import read_client_settings
from lockhouse.wire.apikey_file import read_apikey_file

T = TypeVar("T")


class InstanceNotChosen(LockhouseError):
    """The account has no App Connect instance, or several and none was named."""


@dataclass(frozen=True, slots=True)
class Connection:
    """A platform, signed in to with an API key."""

    iam: IamClient
    runtime: RuntimeClient
    apikey: Secret
    _transport: Transport
    _tokens: TokenSource

    async def token(self) -> str:
        """A bearer token that is good now. Raises KeyRefused, Unreachable."""
        return await self._tokens.token()

    async def instance(self, instance_id: str | None) -> AppConnectClient:
        """An App Connect instance: the one named, or the account's only one. Raises InstanceNotChosen."""
        if instance_id is None:
            known = await instances_of(self._transport, self.token)
            if len(known) != 1:
                listed = ", ".join(instance.id for instance in known) or "none"
                raise InstanceNotChosen(
                    f"say which App Connect instance with --instance; there are: {listed}"
                )
            instance_id = known[0].id
        return AppConnectClient(self._transport, self.token, instance_id)

    def instance_for(self, token: str, instance_id: str) -> AppConnectClient:
        """An App Connect instance for whom a token speaks for, in place of the key."""

        async def given() -> str:
            return token

        return AppConnectClient(self._transport, given, instance_id)


def ask_platform(work: Callable[[Connection], Awaitable[T]], *, apikey_file: Path | None) -> T:
    """Run `work` with a connection and return its value.

    Raises NotUnderstood when there is no key to sign in with, and whatever the clients raise.
    """
    settings = read_client_settings()
    if apikey_file is not None:
        apikey = read_apikey_file(read_text(apikey_file), file=str(apikey_file)).apikey
    elif settings.apikey is not None:
        apikey = settings.apikey
    else:
        raise NotUnderstood("no API key to sign in with: set LOCKHOUSE_APIKEY or give --apikey-file FILE")

    async def connected() -> T:
        async with _connect(settings.url, apikey) as connection:
            return await work(connection)

    return asyncio.run(connected())


def ask_unsigned(work: Callable[[IamClient], Awaitable[T]]) -> T:
    """Run `work` with a client that signs in with nothing, and return its value. Raises what the client
    raises."""
    url = read_client_settings().url

    async def connected() -> T:
        async with open_session(Reach.PLATFORM) as session:
            return await work(IamClient(session, url))

    return asyncio.run(connected())


@contextlib.asynccontextmanager
async def _connect(url: str, apikey: Secret) -> AsyncIterator[Connection]:
    async with open_session(Reach.PLATFORM) as session:
        transport = Transport(session, url)
        iam = IamClient(session, url)
        tokens = TokenSource(iam.apikey_token, apikey)
        yield Connection(iam, RuntimeClient(transport, tokens.token), apikey, transport, tokens)
