"""Accounts of a running platform, each spoken for by our own clients: the first one, and a second beside
it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass

from lockhouse.app import KEYRING_FILE, database_url
from lockhouse.appconnect.bootstrap import create_instance
from lockhouse.client.appconnect import AppConnectClient
from lockhouse.client.iam import IamClient
from lockhouse.client.runtime import RuntimeClient
from lockhouse.client.token_source import TokenSource
from lockhouse.client.transport import Transport
from lockhouse.iam.bootstrap import init_account
from lockhouse.outbound import Reach, open_session
from lockhouse.sealing import Secret, keyring_at
from lockhouse.storage import open_database
from lockhouse.testing import TestPlatform


@dataclass(frozen=True, slots=True)
class Clients:
    """Our clients, signed in with one API key."""

    iam: IamClient
    runtime: RuntimeClient
    appconnect: AppConnectClient
    transport: Transport
    tokens: TokenSource


@dataclass(frozen=True, slots=True)
class Tenant:
    """An account with its instance and the key of its owner."""

    url: str
    account_id: str
    apikey: str
    instance_id: str

    @contextlib.asynccontextmanager
    async def clients(self, *, apikey: str = "", instance_id: str = "") -> AsyncIterator[Clients]:
        """Clients for the tenant's instance, or with another key, or for another's instance."""
        async with open_session(Reach.PLATFORM) as session:
            transport, iam = Transport(session, self.url), IamClient(session, self.url)
            tokens = TokenSource(iam.apikey_token, Secret(apikey or self.apikey))
            appconnect = AppConnectClient(transport, tokens.token, instance_id or self.instance_id)
            yield Clients(iam, RuntimeClient(transport, tokens.token), appconnect, transport, tokens)


def first_tenant(platform: TestPlatform) -> Tenant:
    """The account that the platform was made with."""
    return Tenant(platform.url, platform.account_id, platform.apikey, platform.instance_id)


def another_tenant(platform: TestPlatform, email: str) -> Tenant:
    """A second account with an instance, made in the platform's store."""

    async def make() -> Tenant:
        keyring = keyring_at(platform.data / KEYRING_FILE)
        db = open_database(database_url(platform.settings))
        try:
            made = await init_account(db, keyring, now=platform.clock(), email=email, name="Other")
            instance_id = await db.write(
                lambda tx: create_instance(tx, made.account_id, now=platform.clock())
            )
        finally:
            await db.close()
        return Tenant(platform.url, made.account_id, made.apikey.reveal(), instance_id)

    return asyncio.run(make())
