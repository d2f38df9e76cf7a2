"""The door of the supervisor and of its servers: what should run, with what, and what became of it."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import parse_qsl

import msgspec
from litestar import Request, get, put
from litestar.params import FromPath, JSONBody
from litestar.types import ControllerRouterHandler

from lockhouse.runtime import configuration_store, lease_store, report_store, server_store
from lockhouse.runtime.bar_store import bar_content
from lockhouse.runtime.configurations import opened
from lockhouse.runtime.errors import ServerNotFound, SupervisionForbidden
from lockhouse.runtime.model import StoredServer
from lockhouse.runtime.room import Room
from lockhouse.sealing import same
from lockhouse.storage import Tx
from lockhouse.web.answers import send_answer
from lockhouse.web.door import AsgiApp
from lockhouse.wire.problems import appconnect_problem
from lockhouse.wire.supervision import (
    BASE,
    Lease,
    ProcessReport,
    RunningBar,
    RunningConfiguration,
    RunningSpec,
    ServerReport,
    WantedServer,
    WantedServers,
    server_token,
)

_ODD = appconnect_problem("bad_request", "expected POST or DELETE and a holder", trace="")
_FORBIDDEN = appconnect_problem("supervision_forbidden", str(SupervisionForbidden()), trace="")


def supervision_handlers(room: Room) -> Sequence[ControllerRouterHandler]:
    """The routes of this door."""

    @put(f"{BASE}/servers/{{server_id:str}}/process", include_in_schema=False, status_code=204)
    async def process(
        request: Request[Any, Any, Any], server_id: FromPath[str], data: JSONBody[ProcessReport]
    ) -> None:
        """What the supervisor says of a server's process."""
        _require_supervisor(room, request)
        await _keep(room, server_id, data)

    @put(f"{BASE}/servers/{{server_id:str}}/report", include_in_schema=False, status_code=204)
    async def report(
        request: Request[Any, Any, Any], server_id: FromPath[str], data: JSONBody[ServerReport]
    ) -> None:
        """What a server says of itself."""
        _require_server(room, request, server_id)
        await _keep(room, server_id, data)

    @get(f"{BASE}/servers/{{server_id:str}}/specification", include_in_schema=False)
    async def specification(request: Request[Any, Any, Any], server_id: FromPath[str]) -> RunningSpec:
        """All that a server needs to run, its secrets among it."""
        _require_server(room, request, server_id)
        return await room.db.read(lambda tx: _specification(room, tx, server_id))

    return [process, report, specification]


def wanted_door(room: Room) -> AsgiApp:
    """What should run; 204 when nothing changed since the generation that the query names.

    The supervisor looks here four times a second, so this is plain ASGI and leaves no line in the log.
    """

    async def wanted(scope: Any, _receive: Any, send: Any) -> None:
        given = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not _is_supervisor(room, given.get(b"authorization", "")):
            await send_answer(send, 403, _FORBIDDEN)
            return
        seen = scope["query_string"].partition(b"seen=")[2]
        found = await room.db.read(lambda tx: _wanted(tx, int(seen) if seen.isdigit() else -1))
        await send_answer(send, 200 if found else 204, msgspec.json.encode(found) if found else b"")

    return wanted


def lease_door(room: Room) -> AsgiApp:
    """POST takes or keeps the lease for `holder`, `stale` as lease_store; DELETE lets it go.

    Asked once a second, so it is plain ASGI as `wanted_door`.
    """

    async def lease(scope: Any, _receive: Any, send: Any) -> None:
        given = {name: value.decode("latin-1") for name, value in scope["headers"]}
        if not _is_supervisor(room, given.get(b"authorization", "")):
            await send_answer(send, 403, _FORBIDDEN)
            return
        asked = dict(parse_qsl(scope["query_string"].decode("latin-1")))
        holder, stale = asked.get("holder", ""), asked.get("stale", "")
        if not holder or scope["method"] not in ("POST", "DELETE"):
            await send_answer(send, 400, _ODD)
            return
        if scope["method"] == "DELETE":
            await room.db.write(lambda tx: lease_store.release(tx, holder))
            await send_answer(send, 204, b"")
            return
        number = int(stale) if stale.isascii() and stale.isdigit() and len(stale) < 19 else -1
        held, beat = await room.db.write(lambda tx: lease_store.beat(tx, holder, stale=number))
        await send_answer(send, 200, msgspec.json.encode(Lease(held=held, beat=beat)))

    return lease


def _is_supervisor(room: Room, authorization: str) -> bool:
    token = room.settings.supervision_token
    return token is not None and same(authorization, f"Bearer {token.reveal()}")


def _require_supervisor(room: Room, request: Request[Any, Any, Any]) -> None:
    if not _is_supervisor(room, request.headers.get("authorization", "")):
        raise SupervisionForbidden


def _require_server(room: Room, request: Request[Any, Any, Any], server_id: str) -> None:
    token = room.settings.supervision_token
    given = request.headers.get("authorization", "")
    if token is None or not same(given, f"Bearer {server_token(token, server_id).reveal()}"):
        raise SupervisionForbidden


def _wanted(tx: Tx, seen: int) -> WantedServers | None:
    generation = server_store.generation(tx)
    if generation == seen:
        return None
    ports = report_store.ports(tx)
    servers = [
        WantedServer(
            id=row.id,
            account_id=row.account_id,
            name=row.name,
            revision=row.revision,
            port=ports.get(row.id, 0),
        )
        for row in server_store.every_server(tx)
    ]
    return WantedServers(generation=generation, servers=servers)


async def _keep(room: Room, server_id: str, report: ProcessReport | ServerReport) -> None:
    now = room.now

    def write(tx: Tx) -> None:
        _known(tx, server_id)
        report_store.put_report(tx, server_id, report, now=now)

    await room.db.write(write)


def _specification(room: Room, tx: Tx, server_id: FromPath[str]) -> RunningSpec:
    server = _known(tx, server_id)
    bars = [
        RunningBar(name=name, digest=digest, content=bar_content(tx, server.account_id, digest))
        for name, digest in server.bars
    ]
    configurations = []
    for name in server.spec.configurations:
        stored = configuration_store.configuration(tx, server.account_id, name)
        if stored is not None:
            content = opened(room, tx, server.account_id, name)
            configurations.append(RunningConfiguration(name=name, type=stored.type, content=content))
    return RunningSpec(
        name=server.name,
        account_id=server.account_id,
        revision=server.revision,
        mode=server.plan.mode,
        version=server.plan.version,
        bars=bars,
        configurations=configurations,
        instance_id=server.plan.instance_id,
        flows=server.plan.flows,
    )


def _known(tx: Tx, server_id: str) -> StoredServer:
    server = server_store.server_by_id(tx, server_id)
    if server is None:
        raise ServerNotFound(server_id)
    return server
