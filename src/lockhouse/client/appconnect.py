"""AppConnectClient: an instance's catalogue, its connector accounts, and the cloud-managed call."""

from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from lockhouse.client.transport import Transport
from lockhouse.wire.actions import ActionCall, ActionResult
from lockhouse.wire.instances import (
    AccountCredentials,
    AccountName,
    AccountsFile,
    AccountTest,
    ConnectorAccount,
    ConnectorAccounts,
    ConnectorDetails,
    Connectors,
    ConnectorSummary,
    Instance,
    Instances,
    NewAccount,
    NewInstance,
)

TokenGiver = Callable[[], Awaitable[str]]
S = TypeVar("S", bound=msgspec.Struct)


async def instances_of(transport: Transport, token: TokenGiver) -> list[Instance]:
    """The instances of the token's account, the oldest first. Raises transport.Problem, Unreachable."""
    answer = await transport.ask("GET", "/appconnect/instances", token=await token())
    return msgspec.convert(answer, Instances).instances


async def create_instance(transport: Transport, token: TokenGiver, name: str) -> Instance:
    """Make an instance of the token's account. Raises transport.Problem, Unreachable."""
    answer = await transport.ask(
        "POST", "/appconnect/instances", token=await token(), json=NewInstance(name=name)
    )
    return msgspec.convert(answer, Instance)


class AppConnectClient:
    """One instance. Every method raises transport.Problem and Unreachable; `code` is stable."""

    def __init__(self, transport: Transport, token: TokenGiver, instance_id: str) -> None:
        self._transport = transport
        self._token = token
        self.instance_id = instance_id
        self._base = f"/appconnect/{quote(instance_id, safe='')}/api/v1"

    async def connectors(self) -> list[ConnectorSummary]:
        """The catalogue, sorted by name."""
        return (await self._ask("GET", "/connectors", Connectors)).connectors

    async def connector(self, name: str) -> ConnectorDetails:
        """One connector with the forms of its accounts. Problem `unknown_connector` proposes the nearest
        name."""
        return await self._ask("GET", f"/connectors/{quote(name, safe='')}", ConnectorDetails)

    async def accounts(self) -> list[ConnectorAccount]:
        """All connector accounts, sorted by connector and name, without secrets."""
        return (await self._ask("GET", "/accounts", ConnectorAccounts)).accounts

    async def account(self, connector: str, name: str) -> ConnectorAccount:
        """One account. Problem `account_missing` proposes the nearest name."""
        return await self._ask("GET", _account(connector, name), ConnectorAccount)

    async def create_account(self, account: NewAccount) -> ConnectorAccount:
        """Make an account. Problem `account_exists`, or one that lists every wrong field."""
        return await self._ask("POST", "/accounts", ConnectorAccount, json=account)

    async def replace_credentials(
        self, connector: str, name: str, given: AccountCredentials
    ) -> ConnectorAccount:
        """Replace an account's credentials whole; it is untested again."""
        return await self._ask(
            "PUT", f"{_account(connector, name)}/credentials", ConnectorAccount, json=given
        )

    async def rename_account(self, connector: str, name: str, new_name: str) -> ConnectorAccount:
        """Give an account another name. Flows find accounts by name."""
        return await self._ask(
            "PATCH", _account(connector, name), ConnectorAccount, json=AccountName(name=new_name)
        )

    async def test_account(self, connector: str, name: str) -> AccountTest:
        """Make the connector's harmless call with the account."""
        return await self._ask("POST", f"{_account(connector, name)}/test", AccountTest)

    async def delete_account(self, connector: str, name: str) -> None:
        """Delete an account."""
        await self._transport.ask("DELETE", self._base + _account(connector, name), token=await self._token())

    async def export_accounts(self) -> AccountsFile:
        """Every account with its credentials. Problem `account_export_forbidden` for all but administrators
        who signed in with their password."""
        return await self._ask("POST", "/accounts/export", AccountsFile)

    async def call(self, call: ActionCall) -> ActionResult:
        """Run a connector's action in the instance. The Problem's `body["error"]` is a
        wire.actions.ActionProblem."""
        return await self._ask("POST", "/actions", ActionResult, json=call)

    async def _ask(self, method: str, path: str, shape: type[S], *, json: Any = None) -> S:
        answer = await self._transport.ask(method, self._base + path, token=await self._token(), json=json)
        return msgspec.convert(answer, shape)


def _account(connector: str, name: str) -> str:
    return f"/accounts/{quote(connector, safe='')}/{quote(name, safe='')}"
