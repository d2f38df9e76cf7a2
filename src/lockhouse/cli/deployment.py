"""What `server deploy` does beyond one request: BARs stored only for a server, and the wait for it."""

import asyncio
import time
from collections.abc import Mapping

from msgspec import structs

from lockhouse.client.runtime import RuntimeClient
from lockhouse.client.transport import Problem
from lockhouse.errors import LockhouseError
from lockhouse.wire.servers import IntegrationServer, ServerSpec

_LOOK_SECONDS = 0.2
_NOT_READY_SECONDS = 5.0


class ServerNotReady(LockhouseError):
    """A deployed server did not become ready."""


async def deploy(
    runtime: RuntimeClient, name: str, contents: Mapping[str, bytes], spec: ServerSpec
) -> IntegrationServer:
    """Store BARs by their names and deploy a server that runs them.

    A refused deployment leaves no BAR behind that was not there before. Raises Problem.
    """
    known = {bar.metadata.name for bar in await runtime.bars()}
    stored: list[str] = []
    try:
        for wanted, content in contents.items():
            stored.append((await runtime.put_bar(wanted, content)).metadata.name)
        return await runtime.deploy(name, structs.replace(spec, bar_url=stored))
    except Problem:
        for bar in set(stored) - known:
            await runtime.delete_bar(bar)
        raise


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
