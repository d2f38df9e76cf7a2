"""Which workers of a server live: signs of life without clocks, and taking over from the dead.

A worker raises its `beat` every few seconds. Whoever sees the same beat for half a minute, by its own steady
clock, gives that worker up: in one transaction it is struck off and its runs are given back. Wall clocks have
no part in it, so a clock that jumps takes no run away. A worker whose own last sign is old does not begin a
call: it could be given up already. One whose process is gone from this very machine is given up at once.
"""

import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from lockhouse.clock import Clock
from lockhouse.runtime import worker_store
from lockhouse.runtime.run_database import RunDatabase
from lockhouse.runtime.run_store import Worker
from lockhouse.runtime.worker_store import Orphan, Sign
from lockhouse.wire.times import moment_of

Decide = Callable[[Orphan], tuple[str, int, bytes | None]]


@dataclass(frozen=True, slots=True)
class Pulse:
    """How often a worker gives a sign, how long it trusts its last one, when it is given up (seconds).

    `trust` is well under `silence`.
    """

    beat: float = 5.0
    trust: float = 20.0
    silence: float = 30.0


def steady_seconds() -> float:
    """Seconds that never go back and, where the system can tell, go on while the machine sleeps."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)


def place_of(pid: int) -> str:
    """Where a process is: this boot of this machine, its process namespace, its number and its start.

    Empty where the system does not tell (not Linux), and when no such process runs.
    """
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text().strip()
        # proc_pid_stat(5): the name in parentheses may hold anything; then state, and the start 19 fields on.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        dead = fields[0] in ("Z", "X")
        return "" if dead else f"{boot}/{Path('/proc/self/ns/pid').readlink()}/{pid}/{fields[19]}"
    except (OSError, IndexError):
        return ""


def is_gone(place: str) -> bool:
    """Whether the process of that place is gone for certain: it was here, and is not any more."""
    house, _, process = place.rpartition("/")
    room, _, number = house.rpartition("/")
    here = place_of(os.getpid()).rsplit("/", 2)[0]
    return bool(process and here) and room == here and place_of(int(number)) != place


class Workers:
    """The workers of one server, seen from one of them. Made and used on one event loop."""

    def __init__(
        self, database: RunDatabase, server: str, *, clock: Clock, decide: Decide, pulse: Pulse
    ) -> None:
        self._database = database
        self._server = server
        self._clock = clock
        self._decide = decide
        self._pulse = pulse
        self._seen: dict[str, tuple[int, float]] = {}
        self._last_sign = 0.0
        self.me = self._new_worker()
        self.leads = False
        """Whether this worker does what only one of them should do: polls and schedules."""

    @property
    def trusted(self) -> bool:
        """Whether nobody can have given this worker up yet: then it may begin a call."""
        return steady_seconds() - self._last_sign < self._pulse.trust

    async def begin(self) -> None:
        """Give the first sign, and take over from those that are gone from here. Raises RunsUnavailable."""
        self.me, begun = self._new_worker(), steady_seconds()
        place = place_of(os.getpid())
        await self._database.run(lambda tx: worker_store.register(tx, self.me, place))
        self._last_sign = begun
        await self._look()

    async def beat(self) -> bool:
        """Give a sign and look at the others. False when this worker was given up: it has nothing any more.

        Raises RunsUnavailable.
        """
        begun = steady_seconds()
        if not await self._database.run(lambda tx: worker_store.beat(tx, self.me)):
            self._last_sign = 0.0
            return False
        self._last_sign = begun
        await self._look()
        return True

    async def end(self) -> None:
        """Say goodbye. Raises RunsUnavailable."""
        self.leads = False
        await self._database.run(lambda tx: worker_store.leave(tx, self.me, now=self._now()))

    def _new_worker(self) -> Worker:
        # In the order of their starts, so that the first of the list leads.
        return Worker(f"{self._now():014}-{uuid.uuid4().hex}", self._server)

    async def _look(self) -> None:
        signs = await self._database.run(lambda tx: worker_store.signs(tx, self._server))
        now, alive = steady_seconds(), []
        for sign in signs:
            beat, since = self._seen.get(sign.worker, (0, now))
            self._seen[sign.worker] = (sign.beat, since if beat == sign.beat else now)
            silent = now - self._seen[sign.worker][1] >= self._pulse.silence
            if sign.worker != self.me.id and (silent or is_gone(sign.place)):
                await self._give_up(sign)
            else:
                alive.append(sign.worker)
        self._seen = {worker: seen for worker, seen in self._seen.items() if worker in alive}
        self.leads = min(alive, default="") == self.me.id

    async def _give_up(self, sign: Sign) -> None:
        now = self._now()
        await self._database.run(lambda tx: worker_store.bury_worker(tx, sign, self._decide, now=now))

    def _now(self) -> int:
        return moment_of(self._clock())
