"""The process of one integration server: `python -m lockhouse.runtime.server NAME`, started by the
supervisor.

Plain ASGI on uvicorn; no SQLAlchemy, Litestar or Jinja, so that it is small and starts fast.
"""

import asyncio
import os
import socket
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import msgspec
import structlog
import uvicorn

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Problem, Transport
from lockhouse.clock import utc_now
from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.errors import LockhouseError
from lockhouse.outbound import Reach, open_session
from lockhouse.runtime.api_flows import ApiFlows
from lockhouse.runtime.integration_server import IntegrationServer, Surroundings
from lockhouse.runtime.lifeline import CANNOT_START, follow_lifeline
from lockhouse.runtime.reporting import Reporter, SupervisionDoor
from lockhouse.runtime.spec import spec_from_platform
from lockhouse.sealing import Secret
from lockhouse.web.log import configure_logging
from lockhouse.wire.supervision import StartMessage

DRAIN_SECONDS = 18
_LOG = structlog.get_logger("lockhouse.server")


class _Uvicorn(uvicorn.Server):
    """Uvicorn that tells when it serves."""

    def __init__(self, config: uvicorn.Config, serving: Callable[[], None]) -> None:
        super().__init__(config)
        self._tell_serving = serving

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then tell."""
        await super().startup(sockets)
        if not self.should_exit:
            self._tell_serving()


async def serve(app: ApiFlows, listener: socket.socket, serving: Callable[[], None]) -> None:
    """Serve until SIGTERM; calls that run then have some seconds to end."""
    config = uvicorn.Config(
        app,
        http="httptools",
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    await _Uvicorn(config, serving).serve(sockets=[listener])


async def _supervised(message: StartMessage) -> None:
    async with open_session(Reach.PLATFORM, seconds=60) as session:
        platform = Transport(session, message.platform)
        door = SupervisionDoor(platform, message.server_id, Secret(message.token))
        spec = spec_from_platform(await door.specification())
        around = Surroundings(
            clock=utc_now,
            catalogue=load_catalogue(tuple(Path(folder) for folder in message.connectors)),
            iam=IamClient(session, message.platform),
            platform=platform,
        )
        server = IntegrationServer(spec, around)
        app = ApiFlows(server)
        reporter = Reporter(server, door, message)
        server.start()
        reporting = asyncio.create_task(reporter.run())
        try:
            await serve(app, socket.socket(fileno=message.listener), lambda: _tell_ready(message.ready))
        finally:
            reporting.cancel()
            await asyncio.gather(reporting, return_exceptions=True)
            await server.stop()


def _tell_ready(descriptor: int) -> None:
    os.write(descriptor, b"1")
    os.close(descriptor)


def run_loop(work: Callable[[], Coroutine[Any, Any, None]]) -> int:
    """Run on the fast event loop if there is one; the exit code. What stops it is its last line."""
    try:
        import uvloop
    except ImportError:
        factory: Callable[[], asyncio.AbstractEventLoop] = asyncio.new_event_loop
    else:
        factory = uvloop.new_event_loop
    try:
        with asyncio.Runner(loop_factory=factory) as runner:
            runner.run(work())
    except (LockhouseError, Problem) as error:
        text = " ".join(str(error).split("\n"))
        sys.stdout.write(f"cannot start: {text}\n")
        sys.stdout.flush()
        return CANNOT_START
    return 0


def main() -> int:
    """Run as the supervisor says on standard input."""
    message = msgspec.json.decode(sys.stdin.readline(), type=StartMessage)
    configure_logging(message.log_format)
    follow_lifeline(sys.stdin, lambda _: None)
    return run_loop(lambda: _supervised(message))


if __name__ == "__main__":
    sys.exit(main())
