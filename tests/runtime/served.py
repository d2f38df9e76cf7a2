"""An integration server in the test's own event loop, behind a real socket."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Any

import aiohttp
from tests.flow_documents import bar_of
from yarl import URL

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Transport
from lockhouse.clock import utc_now
from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.flows.bar import read_bar
from lockhouse.outbound import Reach, open_session
from lockhouse.runtime.api_flows import ApiFlows
from lockhouse.runtime.configuration_types import Provided, read_configuration
from lockhouse.runtime.flow_facts import load_flows
from lockhouse.runtime.integration_server import IntegrationServer, Surroundings
from lockhouse.runtime.server import serve
from lockhouse.runtime.spec import ServerSpec
from lockhouse.wire.servers import Mode

CATALOGUE = load_catalogue()


@dataclass(frozen=True, slots=True)
class Answered:
    """What an address answered."""

    status: int
    headers: Mapping[str, str]
    text: str
    body: Any


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs."""

    url: str
    server: IntegrationServer
    session: aiohttp.ClientSession

    async def ask(self, method: str, path: str, **more: Any) -> Answered:
        """Send a request."""
        async with self.session.request(method, URL(self.url + path, encoded=True), **more) as answer:
            text = await answer.text()
            body = await answer.json() if text else None
            return Answered(answer.status, answer.headers, text, body)

    async def post(self, path: str, json: Any, **headers: str) -> Answered:
        """POST JSON; headers with `_` for `-`."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return await self.ask("POST", path, json=json, headers=sent)


def provided(**configurations: tuple[str, bytes]) -> dict[str, Provided]:
    """Configurations by name, given as (type, content)."""
    return {name: read_configuration(kind, name, content) for name, (kind, content) in configurations.items()}


@contextlib.asynccontextmanager
async def served(
    *flows: str,
    configurations: Mapping[str, Provided] | None = None,
    mode: Mode = "local",
    platform: str = "",
    instance_id: str = "",
) -> AsyncIterator[Served]:
    """Serve these flow documents until the block ends."""
    loaded = load_flows(read_bar(bar_of(*flows), file="test"), bar_name="test")
    spec = ServerSpec("test", mode, "12.0.3.0-r1", tuple(loaded), configurations or {}, instance_id)
    async with open_session(Reach.PLATFORM) as session:
        around = Surroundings(
            clock=utc_now,
            catalogue=CATALOGUE,
            iam=IamClient(session, platform) if platform else None,
            platform=Transport(session, platform) if platform else None,
        )
        server = IntegrationServer(spec, around)
        server.start()
        with socket.create_server(("127.0.0.1", 0)) as listener:
            ready = asyncio.Event()
            serving = asyncio.create_task(serve(ApiFlows(server), listener, ready.set))
            await ready.wait()
            url = f"http://127.0.0.1:{listener.getsockname()[1]}"
            try:
                yield Served(url, server, session)
            finally:
                serving.cancel()
                await asyncio.gather(serving, return_exceptions=True)
                await server.stop()
