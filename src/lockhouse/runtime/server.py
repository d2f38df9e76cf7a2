"""The process of one integration server: `python -m lockhouse.runtime.server NAME`, started by the
supervisor.

Plain ASGI on uvicorn; no SQLAlchemy, Litestar or Jinja, so that it is small and starts fast.
"""

import asyncio
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from dataclasses import dataclass
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
from lockhouse.runtime.api_flows import ApiFlows, AsgiApp
from lockhouse.runtime.integration_server import IntegrationServer, Surroundings
from lockhouse.runtime.lifeline import CANNOT_START, follow_lifeline
from lockhouse.runtime.reporting import Reporter, SupervisionDoor
from lockhouse.runtime.spec import spec_from_platform
from lockhouse.sealing import Secret
from lockhouse.web.collector import leave_the_start_alone
from lockhouse.web.connections import BoundedProtocol
from lockhouse.web.log import configure_logging
from lockhouse.wire.supervision import StartMessage

DRAIN_SECONDS = 18
JUST_ACCEPTED_SECONDS = 0.5
CALL_SECONDS = 130.0
"""A cloud-managed call may take as long as a connector may, and a little more."""
_LOG = structlog.get_logger("lockhouse.server")


class _Uvicorn(uvicorn.Server):
    """Uvicorn that tells when it serves and when it begins to end."""

    def __init__(
        self, config: uvicorn.Config, serving: Callable[[], None], ending: Callable[[], None]
    ) -> None:
        super().__init__(config)
        self._tell_serving = serving
        self._tell_ending = ending

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """End on SIGTERM and SIGINT, and with exit code 0: uvicorn's own would die of the signal in the
        end."""
        loop = asyncio.get_running_loop()
        numbers = (
            (signal.SIGTERM, signal.SIGINT) if threading.current_thread() is threading.main_thread() else ()
        )
        for number in numbers:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in numbers:
                loop.remove_signal_handler(number)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start to listen, then tell."""
        await super().startup(sockets)
        if not self.should_exit:
            self._tell_serving()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Tell, accept nothing more, then let the calls that run end."""
        self._tell_ending()
        for server in self.servers:
            server.close()
        for listener in sockets or ():
            listener.close()
        # A connection accepted just now may not have sent its request yet: uvicorn would hang up on it.
        await asyncio.sleep(JUST_ACCEPTED_SECONDS)
        await super().shutdown(sockets)


async def serve(
    app: AsgiApp,
    listener: socket.socket,
    serving: Callable[[], None],
    ending: Callable[[], None] = lambda: None,
) -> None:
    """Serve until SIGTERM; calls that run then have some seconds to end."""
    config = uvicorn.Config(
        app,
        http=BoundedProtocol,
        ws="none",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=30,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    await _Uvicorn(config, serving, ending).serve(sockets=[listener])


async def _supervised(message: StartMessage) -> None:
    go = _followed_lifeline()
    async with open_session(Reach.PLATFORM, seconds=CALL_SECONDS) as session:
        platform = Transport(session, message.platform, seconds=CALL_SECONDS)
        door = SupervisionDoor(platform, message.server_id, Secret(message.token))
        spec = spec_from_platform(await door.specification())
        around = Surroundings(
            clock=utc_now,
            catalogue=load_catalogue(tuple(Path(folder) for folder in message.connectors)),
            iam=IamClient(session, message.platform),
            platform=platform,
        )
        server = IntegrationServer(spec, around)
        reporter = Reporter(server, door, message)
        server.start()
        reporting = asyncio.create_task(reporter.run())
        events = EventNeeds(
            url=message.runs,
            server=message.server_id,
            token=Secret(message.token),
            iam=around.iam,
            runs_per_flow=message.runs_per_flow,
            unsigned_webhooks=message.unsigned_webhooks,
        )
        try:
            async with doors_of(server, events, go) as (app, ending):
                listener = socket.socket(fileno=message.listener)
                leave_the_start_alone()
                await serve(app, listener, lambda: _tell_ready(message.ready, server, listener), ending)
        finally:
            reporting.cancel()
            await asyncio.gather(reporting, return_exceptions=True)
            await server.stop()


@dataclass(frozen=True, slots=True)
class EventNeeds:
    """What event flows need: the store's URL, the name that the server's replicas share in it, who may call.

    `token` lets in whoever holds it; with `iam` tokens of the server's account are let in too.
    """

    url: str
    server: str
    token: Secret | None = None
    iam: IamClient | None = None
    runs_per_flow: int = 10
    unsigned_webhooks: bool = False


@contextlib.asynccontextmanager
async def doors_of(
    server: IntegrationServer, needs: EventNeeds, go: asyncio.Event
) -> AsyncIterator[tuple[AsgiApp, Callable[[], None]]]:
    """The application of a server, and what to call when it begins to end. Raises RunsUnavailable.

    What runs events is loaded only when a flow needs it; they begin to run when `go` is set.
    """
    if not server.has_event_flows:
        yield ApiFlows(server), lambda: None
        return
    from lockhouse.runtime.event_doors import Callers
    from lockhouse.runtime.event_flows import Keeping
    from lockhouse.runtime.event_side import event_side
    from lockhouse.runtime.run_work import Policy

    policy = Policy(concurrency=max(1, needs.runs_per_flow))
    keeping = Keeping(needs.url, needs.server, needs.unsigned_webhooks, policy)
    callers = Callers(needs.token, needs.iam, server.spec.account_id)
    async with event_side(server, keeping, callers, go) as side:
        yield side.app, side.ending


def _followed_lifeline() -> asyncio.Event:
    """Follow the supervisor's words: set when it says that events may be taken."""
    go, loop = asyncio.Event(), asyncio.get_running_loop()

    def heard(line: str) -> None:
        if line == "go" and not loop.is_closed():
            loop.call_soon_threadsafe(go.set)

    follow_lifeline(sys.stdin, heard)
    return go


def _tell_ready(descriptor: int, server: IntegrationServer, listener: socket.socket) -> None:
    host, port = listener.getsockname()[:2]
    say_what_is_served(server, f"http://{f'[{host}]' if ':' in host else host}:{port}")
    os.write(descriptor, b"1")
    os.close(descriptor)


def say_what_is_served(server: IntegrationServer, url: str) -> None:
    """Write each operation's address into the log, then that the server is ready."""
    for flow in server.flows_at(url):
        for operation in flow.operations:
            _LOG.info("serving", flow=flow.name, method=operation.method, url=operation.url)
    _LOG.info("ready", url=url, mode=server.spec.mode)


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
    return run_loop(lambda: _supervised(message))


if __name__ == "__main__":
    sys.exit(main())
