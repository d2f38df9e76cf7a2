"""What the runtime's doors share."""

from dataclasses import dataclass

from lockhouse.client.appconnect import AppConnectClient, instances_of
from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Transport
from lockhouse.clock import Clock
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.runtime.tables import AUDIT
from lockhouse.sealing import Keyring
from lockhouse.settings import Settings
from lockhouse.storage import Database, Tx
from lockhouse.storage.audit import AuditEvent, record
from lockhouse.web.callers import Caller
from lockhouse.wire.times import moment_of


@dataclass(frozen=True, slots=True)
class Room:
    """The runtime as it runs: made once by `door.open_runtime`."""

    db: Database
    keyring: Keyring
    clock: Clock
    settings: Settings
    catalogue: Catalogue
    iam: IamClient
    transport: Transport

    @property
    def now(self) -> int:
        """The moment, in Unix milliseconds."""
        return moment_of(self.clock())

    async def instance_of(self, caller: Caller) -> AppConnectClient | None:
        """The first App Connect instance of the caller's account, spoken to with his own token."""

        async def token() -> str:
            return caller.principal.token

        found = await instances_of(self.transport, token)
        return AppConnectClient(self.transport, token, found[0].id) if found else None


def tell(tx: Tx, caller: Caller, action: str, target: str, *, now: int, **params: str) -> None:
    """Write the audit event of a change; `action` without the `runtime.` in front."""
    event = AuditEvent(
        action=f"runtime.{action}",
        account_id=caller.account_id,
        actor=caller.principal.iam_id,
        target=target,
        trace=caller.trace,
        address=caller.address,
        agent=caller.agent,
        params=params,
    )
    record(tx, AUDIT, event, now)
