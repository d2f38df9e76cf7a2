"""Making App Connect instances."""

from datetime import datetime

from lockhouse.appconnect import store
from lockhouse.appconnect.model import Instance
from lockhouse.ids import AccountId, InstanceId, new_instance_id
from lockhouse.storage import Tx
from lockhouse.storage.audit import AuditEvent
from lockhouse.wire.times import moment_of

FIRST_INSTANCE = "App Connect"


def create_instance(
    tx: Tx,
    account_id: AccountId,
    *,
    now: datetime,
    name: str = FIRST_INSTANCE,
    actor: str = "lockhouse",
) -> InstanceId:
    """Make an instance of an account; its id."""
    made = Instance(new_instance_id(), account_id, name, moment_of(now))
    store.insert_instance(tx, made)
    event = AuditEvent(
        action="appconnect.instance.create",
        account_id=account_id,
        actor=actor,
        target=made.id,
        params={"name": name},
    )
    store.audit(tx, event, made.created_at)
    return made.id
