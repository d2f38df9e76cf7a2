"""A supervised server's talk with the platform: what it shall run, and how it is."""

import asyncio
import contextlib

import msgspec

from lockhouse.client.transport import Problem, Transport
from lockhouse.runtime.integration_server import IntegrationServer
from lockhouse.sealing import Secret
from lockhouse.wire.servers import Endpoint, time_text
from lockhouse.wire.supervision import BASE, RunningSpec, ServerReport, StartMessage
from lockhouse.wire.times import moment_of

HEARTBEAT_SECONDS = 10.0
COUNTS_SECONDS = 2.0
_RETRY_SECONDS = 0.5
_FETCH_SECONDS = 20.0


class SupervisionDoor:
    """The platform's door for one server."""

    def __init__(self, transport: Transport, server_id: str, token: Secret) -> None:
        self._transport = transport
        self._path = f"{BASE}/servers/{server_id}"
        self._token = token

    async def specification(self) -> RunningSpec:
        """What to run; a platform that is away is waited for, a while. Raises Problem."""
        deadline = asyncio.get_running_loop().time() + _FETCH_SECONDS
        while True:
            try:
                path = f"{self._path}/specification"
                answer = await self._transport.ask("GET", path, token=self._token.reveal())
                return msgspec.convert(answer, RunningSpec)
            except Problem as problem:
                if 400 <= problem.status < 500 or asyncio.get_running_loop().time() > deadline:
                    raise
                await asyncio.sleep(_RETRY_SECONDS)

    async def report(self, report: ServerReport) -> bool:
        """Tell how the server is; whether it was heard."""
        try:
            path = f"{self._path}/report"
            await self._transport.ask("PUT", path, token=self._token.reveal(), json=report)
        except Problem:
            return False
        return True


class Reporter:
    """Tells the platform how the server is: at once when that changes, its counts every few seconds, and that
    it lives."""

    def __init__(self, server: IntegrationServer, door: SupervisionDoor, message: StartMessage) -> None:
        self._server = server
        self._door = door
        self._message = message
        self._started_at = time_text(moment_of(server.clock()))
        self._changed = asyncio.Event()
        server.when_changed(self._changed.set)

    async def run(self) -> None:
        """Report, for ever."""
        told: ServerReport | None = None
        told_at = 0.0
        now = asyncio.get_running_loop().time
        while True:
            self._changed.clear()
            report = self.report()
            if report != told or now() - told_at > HEARTBEAT_SECONDS:
                if not await self._door.report(report):
                    await asyncio.sleep(_RETRY_SECONDS)
                    continue
                told, told_at = report, now()
            await self._pause(COUNTS_SECONDS)

    def report(self) -> ServerReport:
        """How the server is now."""
        conditions = self._server.conditions()
        return ServerReport(
            incarnation=self._message.incarnation,
            revision=self._message.revision,
            phase="NotReady" if conditions else "Ready",
            conditions=conditions,
            endpoints=[Endpoint(name="http", uri=self._message.base_url)],
            flows=self._server.flows_at(self._message.base_url),
            calls=self._server.calls(),
            started_at=self._started_at,
        )

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._changed.wait()
