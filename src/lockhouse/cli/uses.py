"""Who stands on an API key, said before the key ends."""

from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Any

from lockhouse.cli import terminal

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection


async def servers_failing(platform: "Connection", key_ids: Collection[str]) -> list[str]:
    """The servers whose cloud-managed calls fail without the keys, by name.

    An empty list, and a warning, where that cannot be learnt: it must not keep anybody from ending a key.
    """
    from lockhouse.client import uses
    from lockhouse.client.transport import Problem

    if not key_ids:
        return []
    try:
        configurations, servers = await platform.runtime.configurations(), await platform.runtime.servers()
        return uses.servers_failing(configurations, servers, key_ids)
    except Problem as problem:
        terminal.warn(f"lockhouse: which servers use them is not known: {problem} [{problem.code}]")
        return []


def tell_failing(servers: Sequence[str]) -> None:
    """Say which servers fail, if any do."""
    if servers:
        terminal.say(f"Cloud-managed calls of these servers fail: {', '.join(servers)}.")


def tell_keys(keys: Sequence[dict[str, Any]]) -> None:
    """Say which keys end."""
    for key in keys:
        terminal.say(f"  {key['name']}  {key['id']}{'  locked' if key.get('locked') else ''}")
