"""Configurations: kept sealed, known by the keys they carry, never shown again."""

import base64
import json

from lockhouse.client.transport import Problem
from lockhouse.connectors.accounts import check_account
from lockhouse.errors import Mistake, Mistakes
from lockhouse.runtime import configuration_store as store
from lockhouse.runtime import server_store
from lockhouse.runtime.configuration_types import (
    CONFIGURATION_TYPES,
    Provided,
    ProvidedKey,
    read_configuration,
)
from lockhouse.runtime.configurations_together import local_names, type_mistakes
from lockhouse.runtime.errors import ConfigurationInUse, ConfigurationNotFound
from lockhouse.runtime.gate import Version, check_gate, resolve_version
from lockhouse.runtime.model import StoredConfiguration, StoredServer
from lockhouse.runtime.room import Room, tell
from lockhouse.sealing import Secret
from lockhouse.storage import Tx
from lockhouse.web.callers import Caller
from lockhouse.wire.names import check_name
from lockhouse.wire.servers import (
    CarriedKey,
    Condition,
    Configuration,
    ConfigurationSpec,
    ConfigurationStatus,
    Metadata,
    time_text,
)

_FINGERPRINT_SHOWN = 16


async def put(room: Room, caller: Caller, name: str, spec: ConfigurationSpec) -> Configuration:
    """Store a configuration, in place of one of that name; the servers that list it start anew with it.

    Raises Mistakes when the content, or what it would do to those servers, is not right.
    """
    check_name("configuration", name)
    content = _decoded(spec.data)
    provided = read_configuration(spec.type, name, content)
    _check_accounts(room, provided)
    keys = [await _identified(room, key) for key in provided.keys]
    now = room.now
    sealed = room.keyring.seal(Secret(spec.data), purpose=_purpose(caller.account_id, name))

    def write(tx: Tx) -> Configuration:
        known = store.configuration(tx, caller.account_id, name)
        stored = StoredConfiguration(
            name=name,
            type=spec.type,
            description=spec.description,
            size=len(content),
            created_at=known.created_at if known else now,
            modified_at=now,
            keys=tuple(keys),
        )
        users = server_store.servers_with_configuration(tx, caller.account_id, name)
        _check_users(tx, users, stored, provided)
        store.put_configuration(tx, caller.account_id, stored, sealed)
        for server_id in users:
            server_store.touch_server(tx, server_id, server_store.next_generation(tx))
        action = "configuration.update" if known else "configuration.create"
        tell(tx, caller, action, name, now=now, type=spec.type)
        return _shown(stored, store.configuration_users(tx, caller.account_id).get(name, []))

    return await room.db.write(write)


async def show_all(room: Room, caller: Caller) -> list[Configuration]:
    """All configurations of the caller's account, without content."""

    def read(tx: Tx) -> list[Configuration]:
        users = store.configuration_users(tx, caller.account_id)
        return [_shown(one, users.get(one.name, [])) for one in store.configurations(tx, caller.account_id)]

    return await room.db.read(read)


async def show(room: Room, caller: Caller, name: str) -> Configuration:
    """One configuration, without content. Raises ConfigurationNotFound."""

    def read(tx: Tx) -> Configuration:
        known = store.configuration(tx, caller.account_id, name)
        if known is None:
            raise ConfigurationNotFound(name)
        return _shown(known, store.configuration_users(tx, caller.account_id).get(name, []))

    return await room.db.read(read)


async def delete(room: Room, caller: Caller, name: str) -> None:
    """Forget a configuration. Raises ConfigurationNotFound, ConfigurationInUse."""
    now = room.now

    def write(tx: Tx) -> None:
        if store.configuration(tx, caller.account_id, name) is None:
            raise ConfigurationNotFound(name)
        users = store.configuration_users(tx, caller.account_id).get(name, [])
        if users:
            raise ConfigurationInUse(name, users)
        store.delete_configuration(tx, caller.account_id, name)
        tell(tx, caller, "configuration.delete", name, now=now)

    await room.db.write(write)


def opened(room: Room, tx: Tx, account_id: str, name: str) -> bytes:
    """The content of a configuration that exists: for its server, and for checking a deployment."""
    sealed = store.sealed_configuration(tx, account_id, name)
    return base64.b64decode(room.keyring.open(sealed, purpose=_purpose(account_id, name)).reveal())


def provided_by(room: Room, tx: Tx, account_id: str, stored: StoredConfiguration) -> Provided:
    """What a stored configuration gives a server, with the ids of its keys where they are known."""
    provided = read_configuration(stored.type, stored.name, opened(room, tx, account_id, stored.name))
    ids = {key.resource: key for key in stored.keys}
    keys = tuple(
        ProvidedKey(
            key.configuration, key.resource, key.value, ids[key.resource].apikey_id, ids[key.resource].name
        )
        for key in provided.keys
        if key.resource in ids
    )
    return Provided(keys=keys, accounts=provided.accounts)


def fingerprint_of(room: Room, value: Secret) -> str:
    """How a key's value is recognised again: the installation's digest of it, in hexadecimal digits."""
    return room.keyring.digest(value).hex()


def _decoded(data: str) -> bytes:
    try:
        return base64.b64decode(data, validate=True)
    except ValueError:
        message = "expected the content in base64"
        raise Mistakes([Mistake("configuration_not_base64", message, field="spec.data")]) from None


def _check_accounts(room: Room, provided: Provided) -> None:
    """Hold each account against its connector, if there is one. Raises Mistakes, all of them."""
    mistakes: list[Mistake] = []
    for account in provided.accounts:
        if account.connector in room.catalogue:
            try:
                check_account(room.catalogue, account, file="accounts.yaml")
            except Mistakes as error:
                mistakes += error.mistakes
    if mistakes:
        raise Mistakes(mistakes)


async def _identified(room: Room, key: ProvidedKey) -> CarriedKey:
    """The key with its true id, which IAM tells for a value that lives; else the id that its file claims."""
    apikey_id, name = key.apikey_id, key.name
    try:
        token = await room.iam.apikey_token(key.value)
        claims = claims_of(token.access_token)
        if claims.get("apikey_id"):
            apikey_id = str(claims["apikey_id"])
            name = name if apikey_id == key.apikey_id else ""
    except Problem:
        pass  # a key that gives no token now may do so later; whoever deploys with it is told
    return CarriedKey(
        resource=key.resource, fingerprint=fingerprint_of(room, key.value), apikey_id=apikey_id, name=name
    )


def claims_of(token: str) -> dict[str, object]:
    """The claims of a token that IAM itself just gave us: nothing is decided by them, they name a key."""
    payload = token.split(".")[1]
    claims: dict[str, object] = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
    return claims


def _check_users(tx: Tx, users: list[str], changed: StoredConfiguration, provided: Provided) -> None:
    """Raise Mistakes if a server that lists the configuration could not have been deployed with it as it now
    is."""
    mistakes = []
    for server_id in users:
        server = server_store.server_by_id(tx, server_id)
        if server is not None:
            broken = [*_what_breaks(tx, server, changed), *_what_is_missing(server, changed, provided)]
            told = f"server '{server.name}' lists this configuration"
            mistakes += [Mistake(one.code, f"{told}: {one.message}", changed.name) for one in broken]
    if mistakes:
        raise Mistakes(mistakes)


def _what_breaks(tx: Tx, server: StoredServer, changed: StoredConfiguration) -> list[Mistake]:
    listed = {
        name: changed if name == changed.name else store.configuration(tx, server.account_id, name)
        for name in server.spec.configurations
    }
    given = [one for one in listed.values() if one is not None]
    mistakes = type_mistakes(given)
    version = resolve_version(server.plan.version)
    if isinstance(version, Version):
        with_keys = [one.name for one in given if one.keys]
        refused = check_gate(version, mode=server.plan.mode, key_configurations=with_keys)
        mistakes += [refused] if refused else []
    return mistakes


def _what_is_missing(server: StoredServer, changed: StoredConfiguration, provided: Provided) -> list[Mistake]:
    """Accounts that the server's flows were deployed with and that the configuration does not have any
    more."""
    local = local_names([changed.name], {changed.name: provided})
    lost = [
        f"{need.connector} account '{need.account_name or 'default'}' of flow '{flow.name}'"
        for flow in server.plan.flows
        for need in flow.accounts
        if need.source == "local" and need.configuration == changed.name and local.chosen(need) is None
    ]
    return [Mistake("account_missing", f"it needs {one}") for one in lost]


def _shown(stored: StoredConfiguration, users: list[str]) -> Configuration:
    known = CONFIGURATION_TYPES.get(stored.type)
    not_applied = Condition(
        type="TypeNotApplied",
        status="True",
        reason="type_not_applied",
        message=f"configurations of type {stored.type} are stored and listed; they have no effect here",
    )
    keys = [
        CarriedKey(
            resource=key.resource,
            fingerprint=key.fingerprint[:_FINGERPRINT_SHOWN],
            apikey_id=key.apikey_id,
            name=key.name,
        )
        for key in stored.keys
    ]
    status = ConfigurationStatus(
        keys=keys,
        used_by=users,
        conditions=[] if known and known.read else [not_applied],
        size=stored.size,
        created_at=time_text(stored.created_at),
        modified_at=time_text(stored.modified_at),
    )
    spec = ConfigurationSpec(type=stored.type, description=stored.description)
    return Configuration(metadata=Metadata(name=stored.name), spec=spec, status=status)


def _purpose(account_id: str, name: str) -> str:
    return f"configuration:{account_id}:{name}"
