"""What a declared action adds to the bare aiohttp call, and what loading connectors costs."""

import asyncio
import statistics
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from bench.flows import PERSON, beside, serve_application
from bench.house import CONNECTIONS, Row
from lockhouse.clock import utc_now
from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.execute import execute
from lockhouse.connectors.model import Credentials
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.sealing import Secret
from lockhouse.standins import salesforce
from lockhouse.wire.actions import ActionCall

ROUNDS = 10
_LOADING = """
import time
from lockhouse.connectors.catalogue import load_catalogue
begun = time.process_time()
catalogue = load_catalogue()
listed = time.process_time()
for name in catalogue.names():
    catalogue.get(name)
first = time.process_time()
for name in catalogue.names():
    catalogue.get(name)
print(listed - begun, first - listed, time.process_time() - first, len(catalogue.names()))
"""


async def added_microseconds(address: str, calls: int) -> tuple[float, float]:
    """CPU of a bare aiohttp call and of a declared action that sends the same: medians of turns about."""
    fields = {
        "username": salesforce.USERNAME,
        "password": salesforce.PASSWORD,
        "clientIdentity": salesforce.CLIENT_ID,
        "clientSecret": salesforce.CLIENT_SECRET,
    }
    credentials = Credentials(
        "OAUTH2_PASSWORD", {name: Secret(text) for name, text in fields.items()}, {"loginUrl": address}
    )
    record = {"FirstName": "Ada", "LastName": "Lovelace", "Email": "ada@example.com", "MailingCity": "London"}
    call = ActionCall(connector="salesforce", business_object="Contact", action="CREATE", input=record)
    connector = load_catalogue().get("salesforce")
    async with Outlet(Reach.LOCAL) as outlet, aiohttp.ClientSession() as session:

        async def declared() -> None:
            result = await execute(connector, call, credentials, outlet, now=utc_now())
            assert result.status_code == 201

        async def bare() -> None:
            async with session.post(f"{address}/made", json=PERSON) as answer:
                assert (await answer.json())["status"] == "made"

        figures: dict[Any, list[float]] = {bare: [], declared: []}
        for _ in range(ROUNDS):
            for ask, seen in figures.items():
                seen.append(await _microseconds(ask, calls // ROUNDS))
    return statistics.median(figures[bare]), statistics.median(figures[declared])


async def _microseconds(ask: Callable[[], Awaitable[None]], calls: int) -> float:
    left = iter(range(calls))

    async def visitor() -> None:
        for _ in left:
            await ask()

    begun = time.process_time()
    await asyncio.gather(*(visitor() for _ in range(CONNECTIONS)))
    return (time.process_time() - begun) / calls * 1e6


def loading_milliseconds() -> tuple[float, float, float, int]:
    """In a new process: listing the connectors, reading all manifests, reading them again; how many."""
    done = subprocess.run((sys.executable, "-c", _LOADING), capture_output=True, text=True, check=True)
    listed, first, again, count = done.stdout.split()
    return float(listed) * 1000, float(first) * 1000, float(again) * 1000, int(count)


async def connector_rows(calls: int) -> list[Row]:
    """The figures of connectors."""
    with beside(serve_application) as (address, _):
        bare, declared = await added_microseconds(address, calls)
    listed, first, again, count = await asyncio.to_thread(loading_milliseconds)
    return [
        Row("a bare aiohttp call, CPU", bare, "us", None, "the limit of a call"),
        Row("a declared action adds to it, CPU", declared - bare, "us", 250, "goal"),
        Row(f"loading all {count} manifests, CPU", first, "ms", 300, "goal; the first time in a process"),
        Row("  again", again, "ms", 1, "kept after the first time"),
        Row("  none of them", listed, "ms", 50, "what those cost that are not used"),
    ]
