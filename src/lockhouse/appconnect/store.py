"""SQL of App Connect instances. Every function stands inside a transaction of its caller."""

import json
from typing import Any

import sqlalchemy as sa
from sqlalchemy import bindparam

from lockhouse.appconnect.model import ConnectorAccount, Instance
from lockhouse.appconnect.tables import ACCOUNTS, AUDIT, INSTANCES
from lockhouse.ids import AccountId, InstanceId
from lockhouse.sealing import Sealed
from lockhouse.storage import Tx
from lockhouse.storage.audit import AuditEvent, record
from lockhouse.wire.instances import AccountState

_INSTANCES = (
    sa.select(INSTANCES)
    .where(INSTANCES.c.account_id == bindparam("a"))
    .order_by(INSTANCES.c.created_at, INSTANCES.c.id)
)
_INSTANCE = sa.select(INSTANCES).where(INSTANCES.c.id == bindparam("i"))
_ACCOUNTS = sa.select(ACCOUNTS).where(ACCOUNTS.c.instance_id == bindparam("i"))
_ACCOUNTS_OF_CONNECTOR = _ACCOUNTS.where(ACCOUNTS.c.connector == bindparam("c"))
_ACCOUNT = _ACCOUNTS_OF_CONNECTOR.where(ACCOUNTS.c.name == bindparam("n"))
_BY_ID = ACCOUNTS.c.id == bindparam("i")
_DELETE = sa.delete(ACCOUNTS).where(_BY_ID)
_RENAME = sa.update(ACCOUNTS).where(_BY_ID).values(name=bindparam("n"), modified_at=bindparam("at"))
_REPLACE = (
    sa.update(ACCOUNTS)
    .where(_BY_ID)
    .values(
        auth_type=bindparam("auth"),
        sealed=bindparam("new_sealed"),
        shown_json=bindparam("shown"),
        state="untested",
        reason="",
        failed_at=None,
        version=ACCOUNTS.c.version + 1,
        modified_at=bindparam("at"),
    )
)
_RESEAL = (
    sa.update(ACCOUNTS)
    .where(_BY_ID, ACCOUNTS.c.version == bindparam("v"))
    .values(sealed=bindparam("new_sealed"))
)
_MARK = (
    sa.update(ACCOUNTS)
    .where(_BY_ID, ACCOUNTS.c.version == bindparam("v"))
    .values(state=bindparam("s"), reason=bindparam("why"), failed_at=bindparam("failed"))
)


def instances(tx: Tx, account_id: str) -> list[Instance]:
    """The instances of an account, the oldest first."""
    return [_instance(row) for row in tx.execute(_INSTANCES, {"a": account_id})]


def instance(tx: Tx, instance_id: str) -> Instance | None:
    """One instance, of whatever account."""
    row = tx.execute(_INSTANCE, {"i": instance_id}).first()
    return _instance(row) if row else None


def insert_instance(tx: Tx, made: Instance) -> None:
    """Store a new instance."""
    row = {"id": made.id, "account_id": made.account_id, "name": made.name, "created_at": made.created_at}
    tx.execute(INSTANCES.insert(), row)


def accounts(tx: Tx, instance_id: str) -> list[ConnectorAccount]:
    """All connector accounts of an instance, sorted by connector and name."""
    found = [_account(row) for row in tx.execute(_ACCOUNTS, {"i": instance_id})]
    return sorted(found, key=lambda account: (account.connector, account.name))


def accounts_of_connector(tx: Tx, instance_id: str, connector: str) -> list[ConnectorAccount]:
    """The accounts for one connector, sorted by name."""
    found = [_account(row) for row in tx.execute(_ACCOUNTS_OF_CONNECTOR, {"i": instance_id, "c": connector})]
    return sorted(found, key=lambda account: account.name)


def account(tx: Tx, instance_id: str, connector: str, name: str) -> ConnectorAccount | None:
    """One connector account."""
    row = tx.execute(_ACCOUNT, {"i": instance_id, "c": connector, "n": name}).first()
    return _account(row) if row else None


def insert_account(tx: Tx, made: ConnectorAccount) -> None:
    """Store a new connector account."""
    row = {
        "id": made.id,
        "instance_id": made.instance_id,
        "connector": made.connector,
        "name": made.name,
        "auth_type": made.auth_type,
        "sealed": made.sealed,
        "shown_json": json.dumps(dict(made.shown)),
        "state": made.state,
        "reason": made.reason,
        "failed_at": made.failed_at,
        "version": made.version,
        "created_at": made.created_at,
        "modified_at": made.modified_at,
    }
    tx.execute(ACCOUNTS.insert(), row)


def replace_credentials(tx: Tx, replaced: ConnectorAccount) -> None:
    """Store an account's new credentials; its version grows."""
    values = {
        "i": replaced.id,
        "auth": replaced.auth_type,
        "new_sealed": replaced.sealed,
        "shown": json.dumps(dict(replaced.shown)),
        "at": replaced.modified_at,
    }
    tx.execute(_REPLACE, values)


def reseal(tx: Tx, account_id: str, version: int, sealed: Sealed) -> None:
    """Keep what a call renewed (a vendor's token), if the credentials were not replaced meanwhile."""
    tx.execute(_RESEAL, {"i": account_id, "v": version, "new_sealed": sealed})


def mark(tx: Tx, known: ConnectorAccount, state: AccountState, *, reason: str, failed_at: int | None) -> None:
    """Note how the vendor took the credentials, if they were not replaced meanwhile."""
    values = {"i": known.id, "v": known.version, "s": state, "why": reason, "failed": failed_at}
    tx.execute(_MARK, values)


def rename_account(tx: Tx, account_id: str, name: str, *, now: int) -> None:
    """Give an account another name."""
    tx.execute(_RENAME, {"i": account_id, "n": name, "at": now})


def delete_account(tx: Tx, account_id: str) -> None:
    """Forget an account and its credentials."""
    tx.execute(_DELETE, {"i": account_id})


def audit(tx: Tx, event: AuditEvent, now: int) -> None:
    """Write the record of a change into the change's own transaction."""
    record(tx, AUDIT, event, now)


def _instance(row: Any) -> Instance:
    return Instance(InstanceId(row.id), AccountId(row.account_id), row.name, row.created_at)


def _account(row: Any) -> ConnectorAccount:
    return ConnectorAccount(
        id=row.id,
        instance_id=InstanceId(row.instance_id),
        connector=row.connector,
        name=row.name,
        auth_type=row.auth_type,
        sealed=Sealed(row.sealed),
        shown=json.loads(row.shown_json),
        state=row.state,
        reason=row.reason,
        failed_at=row.failed_at,
        version=row.version,
        created_at=row.created_at,
        modified_at=row.modified_at,
    )
