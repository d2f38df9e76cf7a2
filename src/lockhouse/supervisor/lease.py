"""Whether this `up` runs the servers of its store, or stands by while another one does."""

import socket
import time
import uuid
from collections.abc import Callable
from typing import IO

from lockhouse.supervisor.reporting import Reporting

BEAT_SECONDS = 1.0
TAKE_OVER_SECONDS = 10.0
"""So long another's beat must have stood still, looked at all the time, before its lease is taken."""


def holder_of(lock: IO[str]) -> str:
    """Who this `up` is: the same after a restart on this machine. `lock` is the file that it holds.

    A data directory that was copied to another machine is somebody else there.
    """
    lock.seek(0)
    known = lock.read(100).strip()
    if not known:
        known = uuid.uuid4().hex
        lock.truncate(0)
        lock.write(known)
        lock.flush()
    return f"{known}@{socket.gethostname()}"


class Lease:
    """The lease as this `up` sees it, asked for about once a second."""

    def __init__(
        self, holder: str, reporting: Reporting, *, now: Callable[[], float] = time.monotonic
    ) -> None:
        self._holder = holder
        self._reporting = reporting
        self._now = now
        self._beat = -1
        self._since = now()

    async def held(self) -> bool:
        """Whether this `up` is the one that runs the servers. Raises Problem when nobody can be asked."""
        stands_still = self._beat >= 0 and self._now() - self._since >= TAKE_OVER_SECONDS
        lease = await self._reporting.lease(self._holder, self._beat if stands_still else -1)
        if lease.beat != self._beat:
            self._beat, self._since = lease.beat, self._now()
        return lease.held

    def lost_sight(self) -> None:
        """What could not be looked at may have gone on: the waiting begins anew."""
        self._beat = -1
