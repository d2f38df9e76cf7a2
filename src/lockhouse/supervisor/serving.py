"""What `up` keeps running: the platform, and a keeper for each integration server that the platform wants."""

import asyncio
import contextlib
import time
from collections.abc import Coroutine, Mapping

from lockhouse.client.transport import Problem, Transport
from lockhouse.outbound import Reach, open_session
from lockhouse.runtime.run_database import RunsUnavailable
from lockhouse.sealing import Secret
from lockhouse.settings import Settings
from lockhouse.supervisor.backoff import Crashes
from lockhouse.supervisor.child import Child, start_platform
from lockhouse.supervisor.keeper import Keeper
from lockhouse.supervisor.lease import BEAT_SECONDS, Lease
from lockhouse.supervisor.reporting import Reporting
from lockhouse.supervisor.said import say
from lockhouse.wire.supervision import WantedServer

PLATFORM_DRAIN_SECONDS = 8.0
_LOOK_SECONDS = 0.25
_READY_LOOK_SECONDS = 0.03


class Serving:
    """The platform and its servers, from the first moment that the platform is ready."""

    def __init__(
        self, settings: Settings, token: Secret, environment: Mapping[str, str], holder: str
    ) -> None:
        self._settings = settings
        self._holder = holder
        self._token = token
        self._environment = environment
        self._keepers: dict[str, Keeper] = {}
        self._leaving: set[asyncio.Task[None]] = set()
        self._generation = 0
        self._runs_servers: bool | None = None

    async def ready(self) -> None:
        """Return once our own platform answers: whoever else may listen on the port does not know the
        token."""
        async with open_session(Reach.PLATFORM, seconds=2) as session:
            reporting = Reporting(Transport(session, self._settings.loopback_url), self._token)
            while True:
                with contextlib.suppress(Problem):
                    await reporting.wanted(-1)
                    return
                await asyncio.sleep(_READY_LOOK_SECONDS)

    async def run(self, platform: Child, stop: asyncio.Event) -> None:
        """Keep everything running until `stop`, then end it: servers first, they may need the platform."""
        async with open_session(Reach.PLATFORM, seconds=10) as session:
            await self._run(
                platform, stop, Reporting(Transport(session, self._settings.loopback_url), self._token)
            )

    async def _run(self, platform: Child, stop: asyncio.Event, reporting: Reporting) -> None:
        keeping = asyncio.create_task(self._keep_platform(platform))
        following = asyncio.create_task(self._follow(reporting))
        delivering = asyncio.create_task(reporting.deliver())
        await stop.wait()
        following.cancel()
        await asyncio.gather(following, return_exceptions=True)
        await asyncio.gather(*(keeper.stop() for keeper in self._keepers.values()), *self._leaving)
        delivering.cancel()
        await reporting.flush(1.0)
        if self._runs_servers:
            with contextlib.suppress(Problem):
                await reporting.release(self._holder)
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
                say(f"the platform ended with code {code}; it is started again in {crashes.wait:g} s")
                platform = await self._start_platform_again(crashes)
        finally:
            await platform.stop(PLATFORM_DRAIN_SECONDS)

    async def _start_platform_again(self, crashes: Crashes) -> Child:
        while True:
            await asyncio.sleep(crashes.wait)
            try:
                return await start_platform(self._environment)
            except OSError as error:  # no memory, no more processes: later perhaps
                crashes = crashes.after(0)
                say(f"the platform cannot be started: {error.strerror}; tried again in {crashes.wait:g} s")

    async def _follow(self, reporting: Reporting) -> None:
        """Learn what should run, again and again, and have it so while the lease of the store is ours.

        While nobody can be asked, what runs goes on: a platform that is away must not end the servers.
        """
        lease, beaten = Lease(self._holder, reporting), -BEAT_SECONDS
        is_shared = self._settings.database_url is not None
        while True:
            try:
                if is_shared and time.monotonic() - beaten >= BEAT_SECONDS:
                    beaten = time.monotonic()
                    self._take_note(await lease.held())
                if self._runs_servers or not is_shared:
                    await self._look(reporting)
            except Problem:
                lease.lost_sight()
            await asyncio.sleep(_LOOK_SECONDS)

    async def _look(self, reporting: Reporting) -> None:
        wanted = await reporting.wanted(self._generation)
        if wanted is not None:
            self._reconcile({server.id: server for server in wanted.servers}, reporting)
            self._generation = wanted.generation

    def _take_note(self, held: bool) -> None:
        """Whether the lease is ours: without it no server of the store may run here."""
        if held and self._runs_servers is False:
            say("this `up` runs the servers of the store now")
        if not held and self._runs_servers is not False:
            say("another `up` runs the servers of the store; this one stands by")
            keepers, self._keepers, self._generation = list(self._keepers.values()), {}, 0
            for keeper in keepers:
                self._leave(keeper.stop())
        self._runs_servers = held

    def _leave(self, work: Coroutine[None, None, None]) -> None:
        task = asyncio.create_task(work)
        self._leaving.add(task)
        task.add_done_callback(self._leaving.discard)

    async def _forget(self, server_id: str, keeper: Keeper) -> None:
        """End a server that was deleted; its events go when nobody can write them any more."""
        await keeper.stop()
        from lockhouse.runtime.run_removal import remove_runs  # few ever need its database driver

        try:
            await remove_runs(self._settings.runs_url(server_id), server_id)
        except (RunsUnavailable, OSError) as error:
            say(f"the events of the deleted server {server_id} are still there: {error}")

    def _reconcile(self, wanted: dict[str, WantedServer], reporting: Reporting) -> None:
        for server_id in self._keepers.keys() - wanted.keys():
            self._leave(self._forget(server_id, self._keepers.pop(server_id)))
        for server_id, server in wanted.items():
            if server_id in self._keepers:
                self._keepers[server_id].want(server)
            else:
                self._keepers[server_id] = Keeper(
                    server, settings=self._settings, token=self._token, reporting=reporting
                )
