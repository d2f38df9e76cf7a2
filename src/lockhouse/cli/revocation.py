"""Proof that a key is refused: every server that used it says so."""

import asyncio
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from lockhouse.cli import terminal
from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from lockhouse.client.runtime import RuntimeClient
    from lockhouse.wire.servers import IntegrationServer

_LOOK_SECONDS = 0.2


class NotRefusedYet(LockhouseError):
    """A server did not say in time that the key is refused there. IAM refuses it all the same."""


async def tell_refusals(
    runtime: "RuntimeClient", servers: Sequence[str], key_id: str, *, seconds: float
) -> None:
    """Say of each server when it found the key refused, as it does. Raises NotRefusedYet, Problem."""
    began, left = time.monotonic(), list(servers)
    while left:
        for name in list(left):
            if _refuses(await runtime.server(name), key_id):
                left.remove(name)
                terminal.say(f"Server {name} found it refused after {time.monotonic() - began:.1f} s.")
        if left and time.monotonic() - began > seconds:
            raise NotRefusedYet(f"these servers have not said yet that the key is refused: {', '.join(left)}")
        if left:
            await asyncio.sleep(_LOOK_SECONDS)


def _refuses(server: "IntegrationServer", key_id: str) -> bool:
    return any(
        condition.type == "CloudKey"
        and condition.status == "False"
        and condition.details.get("apikey_id") == key_id
        for condition in server.status.conditions
    )
