"""`lockhouse up`: a small parent that starts the platform and its integration servers and brings each
back."""

import asyncio
import contextlib
import fcntl
import json
import re
import signal
from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from lockhouse.errors import LockhouseError
from lockhouse.sealing import Secret, new_token_value
from lockhouse.settings import Settings, environment_of
from lockhouse.supervisor.child import Child, Started, start_platform
from lockhouse.supervisor.lease import holder_of
from lockhouse.supervisor.ports import listen_patiently
from lockhouse.supervisor.said import say

if TYPE_CHECKING:
    from lockhouse.supervisor.serving import Serving

PLATFORM_DRAIN_SECONDS = 8.0
START_SECONDS = 60.0
_LAST_CODE = re.compile(r"\[(\w+)\]\s*$")


class PlatformDidNotStart(LockhouseError):
    """The platform ended, or did not become ready, at the first start. What it said itself stands above."""


class PortTaken(LockhouseError):
    """Somebody else listens on the platform's port, or it may not be listened on."""


class StoreServed(LockhouseError):
    """Another `up` serves the store."""


class StoreNotMade(LockhouseError):
    """The first start could not make the store. `code` is that of the reason, where it has one."""

    def __init__(self, told: str) -> None:
        super().__init__(told)
        coded = _LAST_CODE.search(told)
        self.code = coded.group(1) if coded else "store_not_made"


def run_up(settings: Settings) -> None:
    """Serve until SIGTERM or SIGINT. On the first start the store is made, and shown once.

    Raises PortTaken, StoreServed, StoreNotMade, PlatformDidNotStart.
    """
    token = new_token_value()
    asyncio.run(_Up(replace(settings, supervision_token=token), token).run())


class _Up:
    """One run of `up`."""

    def __init__(self, settings: Settings, token: Secret) -> None:
        self._settings = settings
        self._token = token
        self._environment = environment_of(settings)
        self._stop = asyncio.Event()

    async def run(self) -> None:
        """Start everything, keep it until asked to stop, end everything."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        with _only_one(self._settings) as holder:
            await self._wait_for_port()
            await self._make_store()
            platform = await start_platform(self._environment)
            # The clients take their time to import: the platform starts meanwhile.
            from lockhouse.supervisor.serving import Serving

            serving = Serving(self._settings, self._token, self._environment, holder)
            if await self._becomes_ready(platform, serving):
                await serving.run(platform, self._stop)

    async def _wait_for_port(self) -> None:
        """Wait a while for a former `up`'s platform that is about to end. Raises PortTaken."""
        host, port = self._settings.host, self._settings.port
        try:
            (await listen_patiently(host, port)).close()
        except OSError as error:
            message = f"cannot listen on {host}:{port}: {error.strerror}; choose another --port"
            raise PortTaken(message) from None

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
            told = text.removeprefix("lockhouse: ")
            raise StoreNotMade(told or f"the store could not be made (exit status {code})")
        first = json.loads(text)
        say(
            f"Made a store in {self._settings.data}. This is shown once:\n"
            f"  console   {self._settings.url}\n  e-mail    {first['email']}\n  password  {first['password']}"
        )

    async def _becomes_ready(self, platform: Child, serving: "Serving") -> bool:
        """Wait for the platform; False when a signal came first. Raises PlatformDidNotStart."""
        end = asyncio.create_task(platform.ended())
        asked = asyncio.create_task(self._stop.wait())
        ready = asyncio.create_task(serving.ready())
        done, rest = await asyncio.wait(
            {end, asked, ready}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        for task in rest - {end}:
            task.cancel()
        if ready in done and end not in done:
            say(f"Lockhouse is ready at {self._settings.url}")
            return True
        if end not in done:
            await platform.stop(PLATFORM_DRAIN_SECONDS)
        if asked in done:
            return False
        raise PlatformDidNotStart("the platform did not start")


@contextlib.contextmanager
def _only_one(settings: Settings) -> Iterator[str]:
    """Hold the data directory; who this `up` is to others of the store. Raises StoreServed."""
    settings.data.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (settings.data / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise StoreServed(f"another `lockhouse up` serves the store in {settings.data}") from None
        yield holder_of(lock)
