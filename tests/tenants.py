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
from lockhouse.iam import accounts, apikey_store
from lockhouse.iam.apikeys import new_key
from lockhouse.outbound import Reach, open_session
from lockhouse.sealing import Secret, keyring_at, new_api_key_value
from lockhouse.storage import Tx, open_database
from lockhouse.testing import TestPlatform
from lockhouse.wire.apikeys import CreateApiKey
from lockhouse.wire.times import moment_of


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

    keyring = keyring_at(platform.data / KEYRING_FILE)
    now, value = platform.clock(), new_api_key_value()

    def make(tx: Tx) -> tuple[str, str]:
        owner = accounts.new_user(email, "Other", "Owner", None)
        account_id = accounts.create(tx, "Other", owner, first=False, now=moment_of(now))
        wanted = CreateApiKey(name="first", iam_id=owner.iam_id)
        key = new_key(wanted, account_id=account_id, created_by=owner.iam_id, now=moment_of(now))
        apikey_store.insert(tx, key, keyring.digest(value))
        return account_id, create_instance(tx, account_id, now=now)

    async def written() -> Tenant:
        db = open_database(database_url(platform.settings))
        try:
            account_id, instance_id = await db.write(make)
        finally:
            await db.close()
        return Tenant(platform.url, account_id, value.reveal(), instance_id)

    return asyncio.run(written())
