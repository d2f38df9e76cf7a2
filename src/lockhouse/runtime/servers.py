"""Integration servers as they should be and as they are: stored, shown, restarted, deleted."""

from lockhouse.runtime import bar_store, report_store, server_store
from lockhouse.runtime.errors import ServerNotFound
from lockhouse.runtime.model import Reports, StoredServer
from lockhouse.runtime.room import Room, tell
from lockhouse.storage import Tx
from lockhouse.web.callers import Caller
from lockhouse.wire.servers import (
    Condition,
    Endpoint,
    IntegrationServer,
    Metadata,
    Phase,
    ServerStatus,
    time_text,
)

STALE_MS = 45_000
"""A server that has not reported for so long is not believed to be ready."""


async def show_all(room: Room, caller: Caller) -> list[IntegrationServer]:
    """All servers of the caller's account."""
    now = room.now
    return await room.db.read(
        lambda tx: [_shown(tx, one, now) for one in server_store.servers(tx, caller.account_id)]
    )


async def show(room: Room, caller: Caller, name: str) -> IntegrationServer:
    """One server. Raises ServerNotFound."""
    now = room.now
    return await room.db.read(lambda tx: _shown(tx, _known(tx, caller, name), now))


async def restart(room: Room, caller: Caller, name: str) -> IntegrationServer:
    """Ask for a new process. Raises ServerNotFound."""
    now = room.now

    def write(tx: Tx) -> IntegrationServer:
        server = _known(tx, caller, name)
        server_store.touch_server(tx, server.id, server_store.next_generation(tx))
        tell(tx, caller, "integration-server.restart", name, now=now)
        return _shown(tx, _known(tx, caller, name), now)

    return await room.db.write(write)


async def delete(room: Room, caller: Caller, name: str) -> None:
    """Stop and forget a server. Raises ServerNotFound."""
    now = room.now

    def write(tx: Tx) -> None:
        server = _known(tx, caller, name)
        report_store.delete_reports(tx, server.id)
        server_store.delete_server(tx, server)
        bar_store.delete_unused_contents(tx, caller.account_id)
        server_store.next_generation(tx)
        tell(tx, caller, "integration-server.delete", name, now=now)

    await room.db.write(write)


def store_deployed(tx: Tx, caller: Caller, server: StoredServer, *, now: int, new: bool) -> IntegrationServer:
    """Store what a deployment came to; its revision is the next generation."""
    server_store.put_server(tx, server, now=now, new=new)
    action = "integration-server.create" if new else "integration-server.update"
    bars = ", ".join(name for name, _ in server.bars)
    configurations = ", ".join(server.spec.configurations)
    tell(tx, caller, action, server.name, now=now, bars=bars, configurations=configurations)
    return _shown(tx, server, now)


def _known(tx: Tx, caller: Caller, name: str) -> StoredServer:
    server = server_store.server(tx, caller.account_id, name)
    if server is None:
        raise ServerNotFound(name)
    return server


def _shown(tx: Tx, server: StoredServer, now: int) -> IntegrationServer:
    status = status_of(server, report_store.reports(tx, server.id), now=now)
    return IntegrationServer(metadata=Metadata(name=server.name), spec=server.spec, status=status)


def status_of(server: StoredServer, reports: Reports, *, now: int) -> ServerStatus:
    """What a server is, from what was planned for it and what was said of it last."""
    process, own = reports.process, reports.server
    current = own is not None and process is not None and own.incarnation == process.incarnation
    phase, conditions = _phase(server, reports, now=now)
    endpoints: list[Endpoint] = list(own.endpoints) if own else []
    return ServerStatus(
        phase=phase,
        endpoints=endpoints,
        conditions=[*server.plan.conditions, *conditions],
        mode=server.plan.mode,
        version=server.plan.version,
        flows=list(own.flows) if own is not None and current and own.flows else server.plan.flows,
        calls=own.calls if own is not None else ServerStatus(phase=phase).calls,
        restarts=process.restarts if process else 0,
        started_at=own.started_at if own else "",
        reported_at=time_text(reports.server_at) if own else "",
    )


def _phase(server: StoredServer, reports: Reports, *, now: int) -> tuple[Phase, list[Condition]]:
    process, own = reports.process, reports.server
    if process is None:
        return "Pending", [_ready("not_started_yet", "the supervisor has not started it yet")]
    if process.revision < server.revision:
        return "Pending", [_ready("starting", "its newest revision is being started"), *process.conditions]
    if process.phase != "Ready" or own is None or own.incarnation < process.incarnation:
        return ("Pending" if process.phase == "Ready" else process.phase), list(process.conditions)
    if now - reports.server_at > STALE_MS:
        return "NotReady", [_ready("silent", f"it has not reported since {time_text(reports.server_at)}")]
    return own.phase, list(own.conditions)


def _ready(reason: str, message: str) -> Condition:
    return Condition(type="Ready", status="False", reason=reason, message=message)
