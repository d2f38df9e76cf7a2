"""SQL of configurations. Every function stands inside a transaction of its caller."""

import sqlalchemy as sa
from sqlalchemy import bindparam

from lockhouse.runtime.bar_store import users_by_name
from lockhouse.runtime.model import StoredConfiguration
from lockhouse.runtime.tables import CONFIGURATION_KEYS, CONFIGURATIONS, SERVER_CONFIGURATIONS, SERVERS
from lockhouse.sealing import Sealed
from lockhouse.storage import Tx
from lockhouse.wire.servers import CarriedKey

_A: sa.BindParameter[str] = bindparam("a")
_N: sa.BindParameter[str] = bindparam("n")

_CONFIGURATIONS = sa.select(
    CONFIGURATIONS.c.name,
    CONFIGURATIONS.c.type,
    CONFIGURATIONS.c.description,
    CONFIGURATIONS.c.size,
    CONFIGURATIONS.c.created_at,
    CONFIGURATIONS.c.modified_at,
).where(CONFIGURATIONS.c.account_id == _A)
_CONFIGURATION = _CONFIGURATIONS.where(CONFIGURATIONS.c.name == _N)
_SEALED = sa.select(CONFIGURATIONS.c.sealed).where(
    CONFIGURATIONS.c.account_id == _A, CONFIGURATIONS.c.name == _N
)
_DELETE_CONFIGURATION = sa.delete(CONFIGURATIONS).where(
    CONFIGURATIONS.c.account_id == _A, CONFIGURATIONS.c.name == _N
)
_KEYS = (
    sa.select(CONFIGURATION_KEYS)
    .where(CONFIGURATION_KEYS.c.account_id == _A)
    .order_by(CONFIGURATION_KEYS.c.resource)
)
_DELETE_KEYS = sa.delete(CONFIGURATION_KEYS).where(
    CONFIGURATION_KEYS.c.account_id == _A, CONFIGURATION_KEYS.c.configuration == _N
)
_CONFIGURATION_USERS = (
    sa.select(SERVER_CONFIGURATIONS.c.name, SERVERS.c.name.label("server"))
    .join(SERVERS, SERVERS.c.id == SERVER_CONFIGURATIONS.c.server_id)
    .where(SERVER_CONFIGURATIONS.c.account_id == _A)
)


def configurations(tx: Tx, account_id: str) -> list[StoredConfiguration]:
    """All configurations of an account, sorted by name, without content."""
    keys = _keys(tx, account_id)
    rows = tx.execute(_CONFIGURATIONS, {"a": account_id})
    found = [StoredConfiguration(*row, keys=tuple(keys.get(row.name, ()))) for row in rows]
    return sorted(found, key=lambda one: one.name)


def configuration(tx: Tx, account_id: str, name: str) -> StoredConfiguration | None:
    """One configuration, without content."""
    row = tx.execute(_CONFIGURATION, {"a": account_id, "n": name}).first()
    return StoredConfiguration(*row, keys=tuple(_keys(tx, account_id).get(name, ()))) if row else None


def sealed_configuration(tx: Tx, account_id: str, name: str) -> Sealed:
    """The sealed content of a configuration that exists."""
    return Sealed(tx.execute(_SEALED, {"a": account_id, "n": name}).scalar_one())


def put_configuration(tx: Tx, account_id: str, stored: StoredConfiguration, sealed: Sealed) -> None:
    """Store a configuration, in place of one of that name."""
    delete_configuration(tx, account_id, stored.name)
    row = {
        "account_id": account_id,
        "name": stored.name,
        "type": stored.type,
        "description": stored.description,
        "sealed": sealed,
        "size": stored.size,
        "created_at": stored.created_at,
        "modified_at": stored.modified_at,
    }
    tx.execute(CONFIGURATIONS.insert(), row)
    for key in stored.keys:
        row = {
            "account_id": account_id,
            "configuration": stored.name,
            "resource": key.resource,
            "fingerprint": key.fingerprint,
            "apikey_id": key.apikey_id,
            "key_name": key.name,
        }
        tx.execute(CONFIGURATION_KEYS.insert(), row)


def delete_configuration(tx: Tx, account_id: str, name: str) -> None:
    """Forget a configuration and the keys it carried."""
    tx.execute(_DELETE_KEYS, {"a": account_id, "n": name})
    tx.execute(_DELETE_CONFIGURATION, {"a": account_id, "n": name})


def configuration_users(tx: Tx, account_id: str) -> dict[str, list[str]]:
    """Configuration name → names of the servers that list it, sorted."""
    return users_by_name(tx.execute(_CONFIGURATION_USERS, {"a": account_id}))


def _keys(tx: Tx, account_id: str) -> dict[str, list[CarriedKey]]:
    found: dict[str, list[CarriedKey]] = {}
    for row in tx.execute(_KEYS, {"a": account_id}):
        key = CarriedKey(
            resource=row.resource, fingerprint=row.fingerprint, apikey_id=row.apikey_id, name=row.key_name
        )
        found.setdefault(row.configuration, []).append(key)
    return found
