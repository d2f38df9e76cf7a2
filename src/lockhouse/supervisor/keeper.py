"""Keeps one integration server running: starts it, brings it back after a crash, changes it for its next
revision."""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Coroutine
from dataclasses import dataclass

import msgspec

from lockhouse.clock import utc_now
from lockhouse.runtime.lifeline import CANNOT_START
from lockhouse.runtime.server_logs import log_file
from lockhouse.sealing import Secret
from lockhouse.settings import Settings
from lockhouse.supervisor.backoff import Crashes
from lockhouse.supervisor.child import Child, Started
from lockhouse.supervisor.logs import RotatingLog
from lockhouse.supervisor.ports import listen_near, port_of
from lockhouse.supervisor.reporting import Reporting
from lockhouse.wire.servers import Condition, Phase
from lockhouse.wire.supervision import ProcessReport, StartMessage, WantedServer, server_token

SERVER_MODULE = "lockhouse.runtime.server"
START_SECONDS = 30.0
DRAIN_SECONDS = 20.0


@dataclass(slots=True)
class _Running:
    """A process and what it was started for."""

    child: Child
    revision: int
    incarnation: int
    since: float
    up: asyncio.Event
    end: "asyncio.Task[int]"


class Keeper:
    """Keeps one server as the platform wants it, until it is told to stop."""

    def __init__(
        self, wanted: WantedServer, *, settings: Settings, token: Secret, reporting: Reporting
    ) -> None:
        self._wanted = wanted
        self._settings = settings
        self._token = server_token(token, wanted.id)
        self._reporting = reporting
        self._log = RotatingLog(log_file(settings.data, wanted.account_id, wanted.name))
        self._listener: socket.socket | None = None
        self._port = wanted.port
        self._crashes = Crashes()
        self._running: _Running | None = None
        self._children: set[Child] = set()
        self._changed = asyncio.Event()
        self._last_line = ""
        self._tasks = {asyncio.create_task(self._keep())}

    def want(self, wanted: WantedServer) -> None:
        """Take note of the newest revision."""
        if wanted.revision != self._wanted.revision:
            self._wanted = wanted
            self._crashes = Crashes(total=self._crashes.total)
            self._changed.set()

    async def stop(self) -> None:
        """Drain the server and end."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._stop_listening()
        if self._running is not None:
            self._report(self._running, "Stopped")
        await asyncio.gather(*(child.stop(DRAIN_SECONDS) for child in self._children))
        self._log.close()

    async def _keep(self) -> None:
        while True:
            running = self._running
            if running is not None and running.end.done():
                self._note_crash(running)
                self._running = None
            elif running is None or running.revision != self._wanted.revision:
                await self._wait_after_crash()
                await self._try_to_start()
            else:
                await self._until_something_happens(running)

    async def _until_something_happens(self, running: _Running) -> None:
        change = asyncio.create_task(self._changed.wait())
        try:
            await asyncio.wait({running.end, change}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            change.cancel()

    async def _try_to_start(self) -> None:
        """Start; what the system refuses (memory, processes, ports) counts as a crash."""
        try:
            await self._start()
        except OSError as error:
            self._crashes = self._crashes.after(0)
            why = f"the system does not let it start: {error.strerror or error}"
            self._say(f"{why}; it is tried again in {self._crashes.wait:g} s")
            incarnation = time.time_ns() // 1_000_000
            self._tell(incarnation, self._wanted.revision, "Failed", reason="cannot_start", message=why)

    async def _start(self) -> None:
        """Start a process for the wanted revision, beside the former one if there is one, which drains when
        the new one serves and goes on when it does not."""
        self._changed.clear()
        former, running = self._running, await self._spawn()
        if former is None:
            running.child.tell("go")
            self._report(running, "Pending")
        up = asyncio.create_task(running.up.wait())
        try:
            await asyncio.wait({up, running.end}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED)
        finally:
            up.cancel()
        if running.up.is_set():
            self._running = running
            self._report(running, "Ready")
            if former is not None:
                self._soon(self._hand_over(former, running))
            return
        if not running.end.done():
            self._say("the supervisor ends a process that did not come up in time")
            await running.child.stop(1.0)
            await running.end
        self._note_crash(running)

    async def _hand_over(self, former: _Running, running: _Running) -> None:
        """Only when the former process has ended may the new one take events: it would take them twice."""
        await former.child.stop(DRAIN_SECONDS)
        running.child.tell("go")

    def _soon(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _spawn(self) -> _Running:
        incarnation = time.time_ns() // 1_000_000
        up = asyncio.Event()
        ready_read, ready_write = os.pipe()
        listener = await self._listening()
        wanted = self._wanted
        start = StartMessage(
            platform=self._settings.loopback_url,
            server_id=wanted.id,
            token=self._token.reveal(),
            revision=wanted.revision,
            incarnation=incarnation,
            listener=listener,
            ready=ready_write,
            base_url=self._base_url(),
            log_format=self._settings.log_format,
            connectors=list(self._settings.connectors),
            runs=self._settings.runs_url(wanted.id),
            runs_per_flow=self._settings.runs_per_flow,
            unsigned_webhooks=self._settings.unsigned_webhooks,
        )
        started = Started(SERVER_MODULE, ["--supervised", wanted.name], fds=(listener, ready_write))
        try:
            child = await Child.start(started, self._take_line)
        except OSError:
            os.close(ready_read)
            raise
        finally:
            os.close(ready_write)
        child.tell(msgspec.json.encode(start).decode())
        _when_readable(ready_read, up)
        self._children.add(child)
        end = asyncio.create_task(self._ended(child))
        return _Running(child, wanted.revision, incarnation, time.monotonic(), up, end)

    async def _ended(self, child: Child) -> int:
        code = await child.ended()
        self._children.discard(child)
        return code

    async def _listening(self) -> int:
        if self._listener is None:
            self._listener = await listen_near(self._settings.host, self._port)
            self._port = port_of(self._listener)
        return self._listener.fileno()

    def _stop_listening(self) -> None:
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _base_url(self) -> str:
        everywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - only compared
        host = everywhere.get(self._settings.host, self._settings.host)
        return f"http://[{host}]:{self._port}" if ":" in host else f"http://{host}:{self._port}"

    async def _wait_after_crash(self) -> None:
        wait = self._crashes.wait
        if wait > 1.0 and self._running is None:
            # Callers are better off refused than queued for a server that does not come back soon.
            self._stop_listening()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(wait):
                await self._changed.wait()

    def _note_crash(self, running: _Running) -> None:
        code = running.end.result()
        self._crashes = self._crashes.after(time.monotonic() - running.since)
        told = self._last_line
        what = f"the process ended with signal {-code}" if code < 0 else f"the process ended with code {code}"
        self._say(f"{what}; it is started again in {self._crashes.wait:g} s")
        if code == CANNOT_START:
            self._report(running, "Failed", reason="cannot_start", message=told or what)
        else:
            phase: Phase = "Failed" if self._crashes.failed else "Pending"
            self._report(running, phase, reason="process_ended", message=what)

    def _report(self, running: _Running, phase: Phase, *, reason: str = "", message: str = "") -> None:
        self._tell(running.incarnation, running.revision, phase, reason=reason, message=message)

    def _tell(self, incarnation: int, revision: int, phase: Phase, *, reason: str, message: str) -> None:
        condition = Condition(
            type="Process",
            status="False",
            reason=reason,
            message=message,
            last_transition_time=utc_now().isoformat(timespec="seconds"),
        )
        report = ProcessReport(
            incarnation=incarnation,
            revision=revision,
            phase=phase,
            conditions=[condition] if reason else [],
            restarts=self._crashes.total,
            port=self._port,
        )
        self._reporting.say(self._wanted.id, report)

    def _take_line(self, line: bytes) -> None:
        self._last_line = line.decode(errors="replace")[:500]
        self._log.write(line)

    def _say(self, text: str) -> None:
        self._log.write(f"{utc_now().isoformat(timespec='milliseconds')} supervisor: {text}".encode())


def _when_readable(descriptor: int, event: asyncio.Event) -> None:
    """Set the event when a byte comes; at the end of the stream just let go."""
    loop = asyncio.get_running_loop()

    def look() -> None:
        loop.remove_reader(descriptor)
        if os.read(descriptor, 1):
            event.set()
        os.close(descriptor)

    loop.add_reader(descriptor, look)
