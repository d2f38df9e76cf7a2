"""What IAM does by itself: rotates the signing key when it is due, tells of keys that end, forgets what has
ended long ago."""

import asyncio
import contextlib

import structlog

from lockhouse.iam import expiry, rotation, token_store
from lockhouse.iam.room import Room
from lockhouse.storage import StorageUnavailable, Tx
from lockhouse.web.bearer import LONGEST_LIFE_SECONDS

_LOG = structlog.get_logger("lockhouse.iam")
_EVERY_SECONDS = 1.0
_FORGET_EVERY_MS = 3_600_000
_KEEP_MS = 2 * LONGEST_LIFE_SECONDS * 1000


class Upkeep:
    """Looks every second whether something is due. The platform's clock decides, not the machine's."""

    def __init__(self, room: Room) -> None:
        self._room = room
        self._task: asyncio.Task[None] | None = None
        self._forgot_at = 0

    async def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._look_on())

    async def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def do_what_is_due(self) -> None:
        """Rotate, forget. Raises StorageUnavailable."""
        room, now = self._room, self._room.now
        days = room.settings.key_rotation_days
        if days and room.keys.signing_since(now) + days * rotation.DAY_MS <= now:
            kid = await room.db.write(
                lambda tx: rotation.rotate_when_due(tx, room.keyring, days=days, now=now)
            )
            if kid is not None:
                _LOG.info("signing key rotated", kid=kid)
            await room.db.read(lambda tx: room.keys.load(tx, now=now))
        if now - self._forgot_at >= _FORGET_EVERY_MS:
            self._forgot_at = now
            await room.db.write(lambda tx: _forget(tx, now))

    async def _look_on(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                await self.do_what_is_due()
            except StorageUnavailable as error:
                _LOG.warning("upkeep waits for the store", error=str(error))


def _forget(tx: Tx, now: int) -> None:
    token_store.forget_expired(tx, before=now - _KEEP_MS)
    rotation.remove_old(tx, keep_ms=_KEEP_MS, now=now)
    expiry.look(tx, now=now)
