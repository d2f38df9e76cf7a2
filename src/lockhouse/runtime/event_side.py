"""The event side of a server process: accepts at once, runs when told to go, halts as the process ends."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass

import structlog

from lockhouse.runtime.api_flows import ApiFlows, AsgiApp
from lockhouse.runtime.event_doors import Callers, EventDoors
from lockhouse.runtime.event_flows import EventFlows, Keeping
from lockhouse.runtime.integration_server import IntegrationServer
from lockhouse.runtime.run_database import RunsUnavailable

HALT_SECONDS = 15.0
_RETRY_SECONDS = 1.0
_LOG = structlog.get_logger("lockhouse.events")


@dataclass(frozen=True, slots=True)
class EventSide:
    """The application with the doors for events, and what to call when the process begins to end."""

    app: AsgiApp
    ending: Callable[[], None]


@contextlib.asynccontextmanager
async def event_side(
    server: IntegrationServer, keeping: Keeping, callers: Callers, go: asyncio.Event
) -> AsyncIterator[EventSide]:
    """Accept events at once, and run them once `go` is set. Raises RunsUnavailable."""
    events = EventFlows(server, keeping)
    await events.open()
    server.events = events
    ending = asyncio.Event()
    work = asyncio.create_task(_work(events, go, ending))
    api_flows = ApiFlows(server)
    try:
        yield EventSide(EventDoors(events, callers, api_flows, api_flows.titles), ending.set)
    finally:
        ending.set()
        await work
        await events.runs.close()


async def _work(events: EventFlows, go: asyncio.Event, ending: asyncio.Event) -> None:
    end = asyncio.create_task(ending.wait())
    told = asyncio.create_task(go.wait())
    await asyncio.wait({end, told}, return_when=asyncio.FIRST_COMPLETED)
    told.cancel()
    while not ending.is_set():
        try:
            await events.go()
            break
        except RunsUnavailable as error:
            _LOG.error("runs_unavailable", message=str(error))
            await asyncio.wait({end}, timeout=_RETRY_SECONDS)
    await end
    await events.halt(HALT_SECONDS)
