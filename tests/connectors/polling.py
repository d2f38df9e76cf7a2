"""A trigger's poll, made as an integration server makes it."""

from datetime import datetime
from typing import Any

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.execute import execute
from lockhouse.connectors.model import Credentials
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.runtime.triggers.poll import Poll, Polled, call_of, events_in


async def asked(
    poll: Poll, polled: Polled, credentials: Credentials, now: datetime
) -> tuple[list[Any], Polled]:
    """The payloads of the events that one poll finds, and what is remembered after it."""
    async with Outlet(Reach.LOCAL) as outlet:
        connector = load_catalogue().get(poll.connector)
        result = await execute(connector, call_of(poll, polled), credentials, outlet, now=now)
    events, after = events_in(poll, polled, result.payload, now=now)
    return [payload for _, payload in events], after
