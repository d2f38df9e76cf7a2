"""What the doors of App Connect share, and how a caller gets to his instance."""

from dataclasses import dataclass

from lockhouse.appconnect import store
from lockhouse.appconnect.errors import InstanceForbidden
from lockhouse.appconnect.model import Instance
from lockhouse.clock import Clock
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.outlet import Outlet
from lockhouse.sealing import Keyring
from lockhouse.settings import Settings
from lockhouse.storage import Database, Tx
from lockhouse.storage.audit import AuditEvent
from lockhouse.web.callers import Caller
from lockhouse.wire.times import moment_of


@dataclass(frozen=True, slots=True)
class Room:
    """App Connect as it runs: made once by `door.open_appconnect`."""

    db: Database
    keyring: Keyring
    clock: Clock
    settings: Settings
    catalogue: Catalogue
    outlet: Outlet

    @property
    def now(self) -> int:
        """The moment, in Unix milliseconds."""
        return moment_of(self.clock())


def instance_for(tx: Tx, caller: Caller, instance_id: str) -> Instance:
    """The instance, if it is the caller's account's. Raises InstanceForbidden, whether or not it exists."""
    instance = store.instance(tx, instance_id)
    if instance is None or instance.account_id != caller.account_id:
        raise InstanceForbidden
    return instance


def tell(tx: Tx, caller: Caller, action: str, target: str, *, now: int, **params: str) -> None:
    """Write the audit event of a change; `action` without the `appconnect.` in front."""
    event = AuditEvent(
        action=f"appconnect.{action}",
        account_id=caller.account_id,
        actor=caller.principal.iam_id,
        target=target,
        trace=caller.trace,
        address=caller.address,
        agent=caller.agent,
        params=params,
    )
    store.audit(tx, event, now)
