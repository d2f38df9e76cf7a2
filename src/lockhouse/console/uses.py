"""Who would fail without an API key: for the pages that end one."""

from collections.abc import Collection

from lockhouse.client.transport import Problem
from lockhouse.client.uses import carriers_of, servers_failing
from lockhouse.console.desk import Desk
from lockhouse.wire.servers import Configuration

UNSEEN = "You may not see integration servers"
NOBODY = "None of this platform"


async def carriers(desk: Desk, key_ids: Collection[str]) -> list[Configuration] | None:
    """The configurations that carry one of the keys; None when the person may not see any. Raises Problem."""
    try:
        return carriers_of(await desk.runtime.configurations(), key_ids)
    except Problem as problem:
        if problem.status != 403:
            raise
        return None


async def failing(desk: Desk, key_ids: Collection[str]) -> str:
    """The servers whose cloud-managed calls fail without the keys, in words. Raises Problem."""
    found = await carriers(desk, key_ids)
    if found is None:
        return UNSEEN
    if not found:
        return NOBODY
    return ", ".join(servers_failing(found, await desk.runtime.servers(), key_ids)) or NOBODY
