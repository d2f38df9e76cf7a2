"""The cloud-managed call: find the account, open it, have its connector carry out the action."""

from contextvars import ContextVar

from lockhouse.appconnect import accounts, store
from lockhouse.appconnect.model import ConnectorAccount
from lockhouse.appconnect.room import Room, instance_for
from lockhouse.connectors.errors import AuthFailed
from lockhouse.connectors.execute import execute, find_action
from lockhouse.connectors.model import Credentials
from lockhouse.storage import Tx
from lockhouse.web.callers import Caller
from lockhouse.wire.actions import ActionCall, ActionResult

_CALLING: ContextVar[ConnectorAccount] = ContextVar("calling")


async def call(room: Room, caller: Caller, instance_id: str, wanted: ActionCall) -> ActionResult:
    """Carry out an action with an account of the instance.

    Raises InstanceForbidden, UnknownConnector, UnknownAction, AccountMissing, and the five errors of
    connectors. When the vendor refuses the credentials the account is marked before the error goes on.
    """
    await room.db.read(lambda tx: instance_for(tx, caller, instance_id))
    connector = room.catalogue.get(wanted.connector)
    find_action(connector, wanted.business_object, wanted.action)

    def choose(tx: Tx) -> ConnectorAccount:
        return accounts.chosen_account(tx, caller, instance_id, wanted.connector, wanted.account_name)

    account = await room.db.read(choose)
    _CALLING.set(account)
    credentials = accounts.opened(room.keyring, account)
    try:
        result = await execute(connector, wanted, credentials, room.outlet, now=room.clock())
    except AuthFailed as failed:
        await accounts.note_refused(room, account, str(failed))
        raise
    await accounts.note_accepted(room, account)
    return result


async def keep_renewed(room: Room, credentials: Credentials) -> None:
    """Seal what the vendor gave during a call in place of a credential."""
    account = _CALLING.get(None)
    if account is not None:
        await accounts.keep_renewed(room, account, credentials)


async def newest_credentials(room: Room) -> Credentials | None:
    """The credentials of the call's account as they are sealed now; None when there is no such account."""
    account = _CALLING.get(None)
    if account is None:
        return None

    def read(tx: Tx) -> ConnectorAccount | None:
        return store.account(tx, account.instance_id, account.connector, account.name)

    known = await room.db.read(read)
    if known is None or known.id != account.id:
        return None
    return accounts.opened(room.keyring, known)
