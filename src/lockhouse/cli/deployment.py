"""What `server deploy` does beyond one request: storing the BAR, waiting until the server is ready."""

import asyncio
import hashlib
import re
import time

from lockhouse.client.runtime import RuntimeClient
from lockhouse.errors import LockhouseError
from lockhouse.wire.servers import BarFile, IntegrationServer

_LOOK_SECONDS = 0.2
_NOT_READY_SECONDS = 5.0


class ServerNotReady(LockhouseError):
    """A deployed server did not become ready."""


async def store_bar(runtime: RuntimeClient, wanted: str, content: bytes, *, server: str) -> str:
    """Store a BAR for a server and return its name there: `wanted`, made to fit what names may hold.

    A BAR of that name with other content that other servers run is left as it is; ours then gets the start
    of its digest as a further part of its name. Raises Problem.
    """
    name = re.sub(r"[^A-Za-z0-9._-]+", "-", wanted).strip("-._")[:100] or "flow"
    digest = hashlib.sha256(content).hexdigest()
    there = {bar.metadata.name: bar for bar in await runtime.bars()}.get(name)
    if there is not None and there.status.digest != f"sha256:{digest}" and _used_by_others(there, server):
        name = f"{name}-{digest[:8]}"
    return (await runtime.put_bar(name, content)).metadata.name


def _used_by_others(bar: BarFile, server: str) -> bool:
    return any(user != server for user in bar.status.used_by)


async def settled(runtime: RuntimeClient, server: IntegrationServer, *, seconds: float) -> IntegrationServer:
    """The server once it is ready or has failed, or as it is after so many seconds.

    A server that runs but is not ready (its key is gone, say) gets a few seconds in which that may pass.
    """
    began = time.monotonic()
    not_ready_since: float | None = None
    while server.status.phase not in ("Ready", "Failed") and time.monotonic() - began < seconds:
        if server.status.phase == "NotReady":
            not_ready_since = not_ready_since or time.monotonic()
            if time.monotonic() - not_ready_since > _NOT_READY_SECONDS:
                break
        await asyncio.sleep(_LOOK_SECONDS)
        server = await runtime.server(server.metadata.name)
    return server


def require_ready(server: IntegrationServer) -> None:
    """Raise ServerNotReady, with the reasons that the server gives, unless it is ready."""
    if server.status.phase == "Ready":
        return
    reasons = [
        f"{condition.message} [{condition.reason}]"
        for condition in server.status.conditions
        if condition.status == "False" and condition.message
    ]
    told = "; ".join(reasons) or f"lockhouse server logs {server.metadata.name} may tell why"
    raise ServerNotReady(f"server '{server.metadata.name}' is {server.status.phase}: {told}")
