"""`lockhouse up`: a small parent that starts the platform and its integration servers and brings each
back."""

import asyncio
import contextlib
import fcntl
import json
import signal
import sys
import time
from collections.abc import Iterator
from dataclasses import replace

from lockhouse.client.transport import Problem, Transport
from lockhouse.errors import LockhouseError
from lockhouse.outbound import Reach, open_session
from lockhouse.sealing import Secret, new_token_value
from lockhouse.settings import Settings, environment_of
from lockhouse.supervisor.backoff import Crashes
from lockhouse.supervisor.child import Child, Started
from lockhouse.supervisor.keeper import Keeper
from lockhouse.supervisor.ports import listen_patiently
from lockhouse.supervisor.reporting import Reporting
from lockhouse.wire.supervision import WantedServer

PLATFORM_MODULE = "lockhouse.supervisor.platform_process"
START_SECONDS = 60.0
PLATFORM_DRAIN_SECONDS = 8.0
_LOOK_SECONDS = 0.25
_READY_LOOK_SECONDS = 0.03


class PlatformDidNotStart(LockhouseError):
    """The platform ended, or did not become ready, at the first start. What it said itself stands above."""


def run_up(settings: Settings) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. On the first start the store is made, and shown once."""
    token = new_token_value()
    try:
        asyncio.run(_Up(replace(settings, supervision_token=token), token).run())
    except LockhouseError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


class _Up:
    """One run of `up`."""

    def __init__(self, settings: Settings, token: Secret) -> None:
        self._settings = settings
        self._token = token
        self._environment = environment_of(settings)
        self._stop = asyncio.Event()
        self._keepers: dict[str, Keeper] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._generation = 0

    async def run(self) -> None:
        """Start everything, keep it until asked to stop, end everything."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        with _only_one(self._settings):
            await self._wait_for_port()
            await self._run()

    async def _wait_for_port(self) -> None:
        """Wait a while for a former `up`'s platform that is about to end. Raises PlatformDidNotStart."""
        host, port = self._settings.host, self._settings.port
        try:
            (await listen_patiently(host, port)).close()
        except OSError as error:
            message = f"cannot listen on {host}:{port}: {error.strerror}; choose another --port"
            raise PlatformDidNotStart(message) from None

    async def _run(self) -> None:
        await self._make_store()
        platform = await self._first_start()
        if platform is not None:
            async with open_session(Reach.PLATFORM, seconds=10) as session:
                await self._serve(
                    platform, Reporting(Transport(session, self._settings.loopback_url), self._token)
                )

    async def _make_store(self) -> None:
        """Make the store if there is none, in a process of its own: what that needs is large, and needed
        once."""
        if (self._settings.data / "sealing.key").exists():
            return
        said: list[bytes] = []
        started = Started("lockhouse", ["init", "--json"], self._environment)
        code = await (await Child.start(started, said.append)).ended()
        text = b"\n".join(said).decode(errors="replace")
        if code != 0:
            raise PlatformDidNotStart(text or f"the store could not be made (code {code})")
        first = json.loads(text)
        _say(
            f"Made a store in {self._settings.data}. This is shown once:\n"
            f"  console   {self._settings.url}\n  e-mail    {first['email']}\n  password  {first['password']}"
        )

    async def _first_start(self) -> Child | None:
        """The platform, ready; None when a signal came first. Raises PlatformDidNotStart."""
        platform = await self._start_platform()
        end = asyncio.create_task(platform.ended())
        asked = asyncio.create_task(self._stop.wait())
        ready = asyncio.create_task(self._ready())
        done, rest = await asyncio.wait(
            {end, asked, ready}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        for task in rest - {end}:
            task.cancel()
        if ready in done and end not in done:
            _say(f"Lockhouse is ready at {self._settings.url}")
            return platform
        if end not in done:
            await platform.stop(PLATFORM_DRAIN_SECONDS)
        if asked in done:
            return None
        raise PlatformDidNotStart("the platform did not start")

    async def _serve(self, platform: Child, reporting: Reporting) -> None:
        keeping = asyncio.create_task(self._keep_platform(platform))
        following = asyncio.create_task(self._follow(reporting))
        delivering = asyncio.create_task(reporting.deliver())
        await self._stop.wait()
        following.cancel()
        await asyncio.gather(*(keeper.stop() for keeper in self._keepers.values()), *self._leaving)
        delivering.cancel()
        await reporting.flush(1.0)
        keeping.cancel()
        await asyncio.gather(keeping, following, delivering, return_exceptions=True)

    async def _keep_platform(self, platform: Child) -> None:
        """Bring the platform back whenever it ends; drain it when this is cancelled."""
        crashes = Crashes()
        try:
            while True:
                since = time.monotonic()
                code = await platform.ended()
                crashes = crashes.after(time.monotonic() - since)
                _say(f"the platform ended with code {code}; it is started again in {crashes.wait:g} s")
                platform = await self._start_platform_again(crashes)
        finally:
            await platform.stop(PLATFORM_DRAIN_SECONDS)

    async def _start_platform_again(self, crashes: Crashes) -> Child:
        while True:
            await asyncio.sleep(crashes.wait)
            try:
                return await self._start_platform()
            except OSError as error:  # no memory, no more processes: later perhaps
                crashes = crashes.after(0)
                _say(f"the platform cannot be started: {error.strerror}; tried again in {crashes.wait:g} s")

    async def _start_platform(self) -> Child:
        return await Child.start(Started(PLATFORM_MODULE, environment=self._environment))

    async def _follow(self, reporting: Reporting) -> None:
        """Learn what should run, again and again, and have it so."""
        while True:
            with contextlib.suppress(Problem):
                wanted = await reporting.wanted(self._generation)
                if wanted is not None:
                    self._reconcile({server.id: server for server in wanted.servers}, reporting)
                    self._generation = wanted.generation
            await asyncio.sleep(_LOOK_SECONDS)

    def _reconcile(self, wanted: dict[str, WantedServer], reporting: Reporting) -> None:
        for server_id in self._keepers.keys() - wanted.keys():
            leaving = asyncio.create_task(self._keepers.pop(server_id).stop())
            self._leaving.add(leaving)
            leaving.add_done_callback(self._leaving.discard)
        for server_id, server in wanted.items():
            if server_id in self._keepers:
                self._keepers[server_id].want(server)
            else:
                self._keepers[server_id] = Keeper(
                    server, settings=self._settings, token=self._token, reporting=reporting
                )

    async def _ready(self) -> None:
        """Return once our own platform answers: whoever else may listen on the port does not know the
        token."""
        async with open_session(Reach.PLATFORM, seconds=2) as session:
            reporting = Reporting(Transport(session, self._settings.loopback_url), self._token)
            while True:
                with contextlib.suppress(Problem):
                    await reporting.wanted(-1)
                    return
                await asyncio.sleep(_READY_LOOK_SECONDS)


@contextlib.contextmanager
def _only_one(settings: Settings) -> Iterator[None]:
    """Hold the data directory. Raises PlatformDidNotStart."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.data / "up.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise PlatformDidNotStart(f"another `lockhouse up` serves the store in {settings.data}") from None
        yield


def _say(text: str) -> None:
    sys.stdout.write(text + "\n")
    sys.stdout.flush()
