"""The doors of App Connect instances: which there are, their catalogue, their accounts, their calls."""

from collections.abc import Sequence

from litestar import Response, delete, get, patch, post, put
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from lockhouse.appconnect import accounts, bootstrap, calls, export, store
from lockhouse.appconnect.errors import TooManyInstances
from lockhouse.appconnect.model import ConnectorAccount
from lockhouse.appconnect.room import Room, instance_for
from lockhouse.connectors.model import AuthScheme, Connector
from lockhouse.storage import Tx
from lockhouse.web.callers import TheCaller
from lockhouse.wire import instances as wire
from lockhouse.wire.accounts import write_accounts
from lockhouse.wire.actions import ActionCall, ActionResult
from lockhouse.wire.names import check_name
from lockhouse.wire.servers import time_text

INSTANCE = "/appconnect/{instance_id:str}/api/v1"
MOST_INSTANCES = 20
ACCOUNT = f"{INSTANCE}/accounts/{{connector:str}}/{{name:str}}"


def catalogue_handlers(room: Room) -> Sequence[ControllerRouterHandler]:
    """Instances and their catalogue."""

    @get("/appconnect/instances")
    async def list_instances(caller: TheCaller) -> wire.Instances:
        """The instances of the token's account."""
        found = await room.db.read(lambda tx: store.instances(tx, caller.account_id))
        url = room.settings.url
        return wire.Instances(
            instances=[
                wire.Instance(id=one.id, name=one.name, url=f"{url}/appconnect/{one.id}") for one in found
            ]
        )

    @post("/appconnect/instances")
    async def create_instance(caller: TheCaller, data: JSONBody[wire.NewInstance]) -> wire.Instance:
        """Make an instance of the token's account."""
        check_name("account", data.name)
        now = room.clock()

        def write(tx: Tx) -> str:
            if len(store.instances(tx, caller.account_id)) >= MOST_INSTANCES:
                raise TooManyInstances(MOST_INSTANCES)
            owner, actor = caller.principal.account_id, caller.principal.iam_id
            return bootstrap.create_instance(tx, owner, now=now, name=data.name, actor=actor)

        made = await room.db.write(write)
        return wire.Instance(id=made, name=data.name, url=f"{room.settings.url}/appconnect/{made}")

    @get(f"{INSTANCE}/connectors")
    async def list_connectors(caller: TheCaller, instance_id: FromPath[str]) -> wire.Connectors:
        """The connectors that there are."""
        await room.db.read(lambda tx: instance_for(tx, caller, instance_id))
        found = [room.catalogue.get(name) for name in room.catalogue.names()]
        return wire.Connectors(
            connectors=[
                wire.ConnectorSummary(name=one.name, title=one.title, level=one.level) for one in found
            ]
        )

    @get(f"{INSTANCE}/connectors/{{connector:str}}")
    async def get_connector(
        caller: TheCaller, instance_id: FromPath[str], connector: FromPath[str]
    ) -> wire.ConnectorDetails:
        """One connector: the forms of its accounts, and what it can do."""
        await room.db.read(lambda tx: instance_for(tx, caller, instance_id))
        return _details(room.catalogue.get(connector))

    return [list_instances, create_instance, list_connectors, get_connector]


def account_handlers(room: Room) -> Sequence[ControllerRouterHandler]:
    """Connector accounts."""

    @get(f"{INSTANCE}/accounts")
    async def list_accounts(caller: TheCaller, instance_id: FromPath[str]) -> wire.ConnectorAccounts:
        """All accounts, without secrets."""
        found = await accounts.show_all(room, caller, instance_id)
        return wire.ConnectorAccounts(accounts=[_shown(one) for one in found])

    @post(f"{INSTANCE}/accounts")
    async def create_account(
        caller: TheCaller, instance_id: FromPath[str], data: JSONBody[wire.NewAccount]
    ) -> wire.ConnectorAccount:
        """Make an account."""
        return _shown(await accounts.create(room, caller, instance_id, data))

    @get(ACCOUNT)
    async def get_account(
        caller: TheCaller, instance_id: FromPath[str], connector: FromPath[str], name: FromPath[str]
    ) -> wire.ConnectorAccount:
        """One account, without secrets."""
        return _shown(await accounts.show(room, caller, instance_id, connector, name))

    @put(f"{ACCOUNT}/credentials")
    async def replace_credentials(
        caller: TheCaller,
        instance_id: FromPath[str],
        connector: FromPath[str],
        name: FromPath[str],
        data: JSONBody[wire.AccountCredentials],
    ) -> wire.ConnectorAccount:
        """Replace an account's credentials whole."""
        return _shown(await accounts.replace_credentials(room, caller, (instance_id, connector, name), data))

    @patch(ACCOUNT)
    async def rename_account(
        caller: TheCaller,
        instance_id: FromPath[str],
        connector: FromPath[str],
        name: FromPath[str],
        data: JSONBody[wire.AccountName],
    ) -> wire.ConnectorAccount:
        """Give an account another name."""
        return _shown(await accounts.rename(room, caller, (instance_id, connector, name), data.name))

    @post(f"{ACCOUNT}/test", status_code=200)
    async def test_account(
        caller: TheCaller, instance_id: FromPath[str], connector: FromPath[str], name: FromPath[str]
    ) -> wire.AccountTest:
        """Try an account with the connector's harmless call."""
        return await accounts.test(room, caller, (instance_id, connector, name))

    @delete(ACCOUNT)
    async def delete_account(
        caller: TheCaller, instance_id: FromPath[str], connector: FromPath[str], name: FromPath[str]
    ) -> None:
        """Delete an account."""
        await accounts.delete(room, caller, (instance_id, connector, name))

    return [
        list_accounts,
        create_account,
        get_account,
        replace_credentials,
        rename_account,
        test_account,
        delete_account,
    ]


def export_handlers(room: Room) -> Sequence[ControllerRouterHandler]:
    """Connector accounts taken out."""

    @post(f"{INSTANCE}/accounts/export", status_code=200)
    async def export_accounts(caller: TheCaller, instance_id: FromPath[str]) -> Response[wire.AccountsFile]:
        """Every account with its credentials, as accounts.yaml; for an administrator who signed in with his
        password, never for an API key."""
        taken = write_accounts(await export.export(room, caller, instance_id))
        file = wire.AccountsFile(accounts=taken["accounts"])
        return Response(file, headers={"Cache-Control": "no-store"})

    return [export_accounts]


def action_handlers(room: Room) -> Sequence[ControllerRouterHandler]:
    """The cloud-managed call."""

    @post(f"{INSTANCE}/actions", status_code=200)
    async def call_action(
        caller: TheCaller, instance_id: FromPath[str], data: JSONBody[ActionCall]
    ) -> ActionResult:
        """Carry out a connector's action with an account of the instance."""
        return await calls.call(room, caller, instance_id, data)

    return [call_action]


def _details(connector: Connector) -> wire.ConnectorDetails:
    return wire.ConnectorDetails(
        name=connector.name,
        title=connector.title,
        level=connector.level,
        auth=[_form(auth_type, scheme) for auth_type, scheme in connector.auth.items()],
        actions=[
            wire.ActionSummary(business_object=found.name, action=action.name, title=action.title)
            for found in connector.objects.values()
            for action in found.actions.values()
        ],
    )


def _form(auth_type: str, scheme: AuthScheme) -> wire.AuthForm:
    fields = [
        wire.CredentialField(
            name=known.name,
            title=known.title,
            required=known.required,
            secret=known.secret,
            place="endpoint" if known.endpoint else "credentials",
        )
        for known in scheme.fields.values()
    ]
    return wire.AuthForm(auth_type=auth_type, fields=fields)


def _shown(account: ConnectorAccount) -> wire.ConnectorAccount:
    return wire.ConnectorAccount(
        connector=account.connector,
        name=account.name,
        auth_type=account.auth_type,
        state=account.state,
        fields=dict(account.shown),
        reason=account.reason,
        failed_at=time_text(account.failed_at) if account.failed_at is not None else "",
        created_at=time_text(account.created_at),
        modified_at=time_text(account.modified_at),
    )
