"""The audit trail as JSON lines, to a file or standard output, beside the store."""

import asyncio
import contextlib
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
import structlog

from lockhouse.clock import Clock
from lockhouse.iam import audit_store
from lockhouse.iam.audit import event_body
from lockhouse.iam.audit_store import Numbered
from lockhouse.storage import Database, StorageUnavailable, Tx
from lockhouse.wire.times import moment_of

_LOG = structlog.get_logger("lockhouse.iam")
_EVERY_SECONDS = 1.0
_AT_ONCE = 500
_SETTLED_MS = 5000
POSITION = "audit lines"


class AuditLines:
    """Writes every event as one line, in order, at least once: the position is kept in the store.

    Of several processes one writes at a time. What cannot be written waits in the store.
    """

    def __init__(self, db: Database, where: str, clock: Clock) -> None:
        self._db = db
        self._clock = clock
        self._where = where
        self._writer: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Begin to write every second."""
        self._writer = asyncio.create_task(self._write_on())

    async def stop(self) -> None:
        """Write what is there and end."""
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self.write_out()

    async def write_out(self) -> None:
        """Write every event that is not written yet. Raises StorageUnavailable, OSError."""
        while await self._db.write(self._next_lines):
            pass

    async def _write_on(self) -> None:
        while True:
            await asyncio.sleep(_EVERY_SECONDS)
            try:
                await self.write_out()
            except (OSError, StorageUnavailable) as error:
                _LOG.error("audit lines cannot be written", where=self._where, error=str(error))

    def _next_lines(self, tx: Tx) -> bool:
        # The lines are written inside the transaction that moves the position: a crash between the two
        # repeats
        # lines, it never leaves any out.
        written = audit_store.take_position(tx, POSITION)
        # PostgreSQL gives numbers out before it commits: events are taken when all before them must be there.
        settled = moment_of(self._clock()) - (_SETTLED_MS if self._db.dialect == "postgresql" else 0)
        events = audit_store.events_after(tx, written, settled, _AT_ONCE)
        if not events:
            return False
        self._append(events)
        audit_store.set_position(tx, POSITION, events[-1].number)
        return len(events) == _AT_ONCE

    def _append(self, events: Sequence[Numbered]) -> None:
        lines = b"".join(msgspec.json.encode(event_body(event)) + b"\n" for event in events)
        if self._where == "-":
            sys.stdout.buffer.write(lines)
            sys.stdout.flush()
            return
        with Path(self._where).open("ab") as stream:
            stream.write(lines)
