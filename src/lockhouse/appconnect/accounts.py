"""Connector accounts: made, tested, replaced, renamed, deleted. Credentials are sealed, bound to the
account."""

import json
import uuid
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from lockhouse.appconnect import store
from lockhouse.appconnect.errors import AccountExists, AccountMissing
from lockhouse.appconnect.model import ConnectorAccount
from lockhouse.appconnect.room import Room, instance_for, tell
from lockhouse.connectors.accounts import check_credentials
from lockhouse.connectors.errors import ActionFailed, AuthFailed
from lockhouse.connectors.execute import check_account
from lockhouse.connectors.model import Connector, Credentials
from lockhouse.ids import InstanceId
from lockhouse.sealing import Keyring, Sealed, Secret
from lockhouse.storage import Tx
from lockhouse.web.callers import Caller
from lockhouse.wire.instances import AccountCredentials, AccountTest, NewAccount
from lockhouse.wire.names import check_name, default_account

_LONGEST_REASON = 300


async def create(room: Room, caller: Caller, instance_id: str, given: NewAccount) -> ConnectorAccount:
    """Make an account. Raises InstanceForbidden, UnknownConnector, Mistakes (all of them), AccountExists."""
    await room.db.read(lambda tx: instance_for(tx, caller, instance_id))
    check_name("account", given.name)
    connector = room.catalogue.get(given.connector)
    credentials = check_credentials(
        connector,
        name=given.name,
        auth_type=given.auth_type,
        credentials=given.credentials,
        endpoint=given.endpoint,
    )
    now = room.now
    made_id = str(uuid.uuid4())
    made = ConnectorAccount(
        id=made_id,
        instance_id=InstanceId(instance_id),
        connector=connector.name,
        name=given.name,
        auth_type=credentials.auth_type,
        sealed=_seal(room.keyring, made_id, credentials),
        shown=_shown_fields(connector, credentials),
        state="untested",
        created_at=now,
        modified_at=now,
    )

    def write(tx: Tx) -> ConnectorAccount:
        instance_for(tx, caller, instance_id)
        if store.account(tx, instance_id, made.connector, made.name) is not None:
            raise AccountExists(made.connector, made.name)
        store.insert_account(tx, made)
        tell(tx, caller, "account.create", made.id, now=now, connector=made.connector, name=made.name)
        return made

    return await room.db.write(write)


async def show_all(room: Room, caller: Caller, instance_id: str) -> list[ConnectorAccount]:
    """All accounts of an instance. Raises InstanceForbidden."""

    def read(tx: Tx) -> list[ConnectorAccount]:
        instance_for(tx, caller, instance_id)
        return store.accounts(tx, instance_id)

    return await room.db.read(read)


async def show(room: Room, caller: Caller, instance_id: str, connector: str, name: str) -> ConnectorAccount:
    """One account. Raises InstanceForbidden, AccountMissing."""
    return await room.db.read(lambda tx: known_account(tx, caller, instance_id, connector, name))


async def replace_credentials(
    room: Room, caller: Caller, place: tuple[str, str, str], given: AccountCredentials
) -> ConnectorAccount:
    """Replace the credentials of the account at (instance id, connector, name); it is untested again.

    Raises InstanceForbidden, AccountMissing, Mistakes.
    """
    known = await show(room, caller, *place)
    connector = room.catalogue.get(known.connector)
    credentials = check_credentials(
        connector,
        name=known.name,
        auth_type=given.auth_type or known.auth_type,
        credentials=given.credentials,
        endpoint=given.endpoint,
    )
    now = room.now
    changed = replace(
        known,
        auth_type=credentials.auth_type,
        sealed=_seal(room.keyring, known.id, credentials),
        shown=_shown_fields(connector, credentials),
        modified_at=now,
    )

    def write(tx: Tx) -> ConnectorAccount:
        known_account(tx, caller, *place)
        store.replace_credentials(tx, changed)
        tell(tx, caller, "account.update", known.id, now=now, connector=known.connector, name=known.name)
        return known_account(tx, caller, *place)

    return await room.db.write(write)


async def rename(room: Room, caller: Caller, place: tuple[str, str, str], new_name: str) -> ConnectorAccount:
    """Give the account at (instance id, connector, name) another name.

    Raises InstanceForbidden, AccountMissing, AccountExists, Mistakes.
    """
    check_name("account", new_name)
    instance_id, connector, name = place
    now = room.now

    def write(tx: Tx) -> ConnectorAccount:
        known = known_account(tx, caller, instance_id, connector, name)
        if new_name != name and store.account(tx, instance_id, connector, new_name) is not None:
            raise AccountExists(connector, new_name)
        store.rename_account(tx, known.id, new_name, now=now)
        tell(
            tx, caller, "account.rename", known.id, now=now, connector=connector, name=name, new_name=new_name
        )
        return known_account(tx, caller, instance_id, connector, new_name)

    return await room.db.write(write)


async def delete(room: Room, caller: Caller, place: tuple[str, str, str]) -> None:
    """Delete the account at (instance id, connector, name). Raises InstanceForbidden, AccountMissing."""
    now = room.now

    def write(tx: Tx) -> None:
        known = known_account(tx, caller, *place)
        store.delete_account(tx, known.id)
        tell(tx, caller, "account.delete", known.id, now=now, connector=known.connector, name=known.name)

    await room.db.write(write)


async def test(room: Room, caller: Caller, place: tuple[str, str, str]) -> AccountTest:
    """Make the connector's harmless call with the account. Raises InstanceForbidden, AccountMissing.

    A vendor that refuses the credentials makes the account one that needs reconnecting; other failures say
    nothing about the credentials.
    """
    known = await show(room, caller, *place)
    connector = room.catalogue.get(known.connector)
    credentials = opened(room.keyring, known)
    try:
        ok = await check_account(connector, credentials, room.outlet, now=room.clock())
    except AuthFailed as failed:
        await note_refused(room, known, str(failed))
        return AccountTest(ok=False, reason=str(failed))
    except ActionFailed as failed:
        return AccountTest(ok=False, reason=str(failed))
    if ok:
        await note_accepted(room, known)
    return AccountTest(ok=ok, reason="" if ok else f"{connector.title} has no harmless call to test with")


def known_account(tx: Tx, caller: Caller, instance_id: str, connector: str, name: str) -> ConnectorAccount:
    """The account. Raises InstanceForbidden, AccountMissing."""
    instance_for(tx, caller, instance_id)
    known = store.account(tx, instance_id, connector, name)
    if known is None:
        names = [one.name for one in store.accounts_of_connector(tx, instance_id, connector)]
        raise AccountMissing(connector, name, names)
    return known


def chosen_account(
    tx: Tx, caller: Caller, instance_id: str, connector: str, name: str | None
) -> ConnectorAccount:
    """The account of this name, or the connector's default account. Raises InstanceForbidden,
    AccountMissing."""
    instance_for(tx, caller, instance_id)
    of_connector = {one.name: one for one in store.accounts_of_connector(tx, instance_id, connector)}
    wanted = name or default_account(list(of_connector))
    if wanted is None or wanted not in of_connector:
        raise AccountMissing(connector, name, of_connector)
    return of_connector[wanted]


def opened(keyring: Keyring, account: ConnectorAccount) -> Credentials:
    """The account's credentials, for one call."""
    text = keyring.open(account.sealed, purpose=_purpose(account.id)).reveal()
    values: Mapping[str, Any] = json.loads(text)
    return Credentials(
        auth_type=account.auth_type,
        fields={name: Secret(value) for name, value in values["fields"].items()},
        endpoint=values["endpoint"],
        name=account.name,
    )


async def note_refused(room: Room, account: ConnectorAccount, reason: str) -> None:
    """The vendor refused the credentials: the account needs reconnecting, since now, for the vendor's
    reason."""
    if account.state == "needs_reconnecting" and account.reason == reason[:_LONGEST_REASON]:
        return
    now = room.now

    def write(tx: Tx) -> None:
        store.mark(tx, account, "needs_reconnecting", reason=reason[:_LONGEST_REASON], failed_at=now)

    await room.db.write(write)


async def note_accepted(room: Room, account: ConnectorAccount) -> None:
    """The vendor let the credentials in."""
    if account.state != "connected":
        await room.db.write(lambda tx: store.mark(tx, account, "connected", reason="", failed_at=None))


async def keep_renewed(room: Room, account: ConnectorAccount, credentials: Credentials) -> None:
    """Seal what a vendor gave in place of a credential (a new refresh token), before anybody uses it."""
    sealed = _seal(room.keyring, account.id, credentials)
    await room.db.write(lambda tx: store.reseal(tx, account.id, account.version, sealed))


def _shown_fields(connector: Connector, credentials: Credentials) -> dict[str, str]:
    """The values that the connector's manifest does not call secret."""
    known = connector.auth[credentials.auth_type].fields
    plain = {name: one.reveal() for name, one in credentials.fields.items() if not known[name].secret}
    return plain | dict(credentials.endpoint)


def _seal(keyring: Keyring, account_id: str, credentials: Credentials) -> Sealed:
    values = {
        "fields": {name: secret.reveal() for name, secret in credentials.fields.items()},
        "endpoint": dict(credentials.endpoint),
    }
    return keyring.seal(Secret(json.dumps(values)), purpose=_purpose(account_id))


def _purpose(account_id: str) -> str:
    return f"connector-account:{account_id}"
