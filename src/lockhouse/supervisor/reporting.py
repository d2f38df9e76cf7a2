"""The supervisor's talk with the platform: what should run, and what became of it."""

import asyncio
import contextlib

import msgspec

from lockhouse.client.transport import Problem, Transport
from lockhouse.sealing import Secret
from lockhouse.wire.supervision import BASE, Lease, ProcessReport, WantedServers

_RETRY_SECONDS = 0.5


class Reporting:
    """Asks and tells the platform with the token of this `up`. A platform that is away hears the newest word
    later."""

    def __init__(self, transport: Transport, token: Secret) -> None:
        self._transport = transport
        self._token = token
        self._unsaid: dict[str, ProcessReport] = {}
        self._more = asyncio.Event()

    async def wanted(self, seen: int) -> WantedServers | None:
        """What should run, or None when nothing changed since generation `seen`. Raises Problem,
        Unreachable."""
        query = {"seen": str(seen)}
        path = f"{BASE}/servers"
        answer = await self._transport.ask("GET", path, token=self._token.reveal(), query=query)
        return msgspec.convert(answer, WantedServers) if answer else None

    async def lease(self, holder: str, stale: int) -> Lease:
        """Take or keep the lease of the store for `holder`; from another only if its beat is still `stale`.

        Raises Problem, Unreachable.
        """
        query = {"holder": holder, "stale": str(stale)}
        answer = await self._transport.ask("POST", f"{BASE}/lease", token=self._token.reveal(), query=query)
        return msgspec.convert(answer, Lease)

    async def release(self, holder: str) -> None:
        """Let the lease go. Raises Problem, Unreachable."""
        await self._transport.ask(
            "DELETE", f"{BASE}/lease", token=self._token.reveal(), query={"holder": holder}
        )

    def say(self, server_id: str, report: ProcessReport) -> None:
        """Report a server's process, soon; only the newest report of each server counts."""
        self._unsaid[server_id] = report
        self._more.set()

    async def deliver(self) -> None:
        """Deliver reports as they come, for ever."""
        while True:
            await self._more.wait()
            self._more.clear()
            for server_id, report in list(self._unsaid.items()):
                await self._deliver(server_id, report)

    async def _deliver(self, server_id: str, report: ProcessReport) -> None:
        path = f"{BASE}/servers/{server_id}/process"
        try:
            await self._transport.ask("PUT", path, token=self._token.reveal(), json=report)
        except Problem as problem:
            if problem.status != 404:  # a server that was deleted meanwhile needs no report
                await asyncio.sleep(_RETRY_SECONDS)
                self._more.set()
                return
        if self._unsaid.get(server_id) is report:
            del self._unsaid[server_id]

    async def flush(self, seconds: float) -> None:
        """Try to say what is unsaid, for so long."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._unsaid:
                    for server_id, report in list(self._unsaid.items()):
                        await self._deliver(server_id, report)
