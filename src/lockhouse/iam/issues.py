"""Token issues: each is an audit event and counts as activity. Those of a moment are written together."""

import asyncio
import contextlib
from collections.abc import Sequence
from functools import partial

import structlog

from lockhouse.iam import audit_store
from lockhouse.iam.audit import KEY_TYPES
from lockhouse.iam.identity_store import activity_id
from lockhouse.iam.model import Event, Subject, Use, Visit
from lockhouse.storage import Database, StorageUnavailable, Tx

_LOG = structlog.get_logger("lockhouse.iam")
_MOMENT_SECONDS = 0.05
_REST_SECONDS = 2.0
_MOST_WAITING = 20_000
_AT_ONCE = 500
_Issue = tuple[Subject, str | None, str, Visit]


class TokenIssues:
    """Issues that are not in the store yet. At most 20,000: then whoever asks for a token waits for the
    disk."""

    def __init__(self, db: Database) -> None:
        self._db = db
        self._waiting: list[_Issue] = []
        self._some = asyncio.Event()
        self._writing = asyncio.Lock()
        self._writer: asyncio.Task[None] | None = None

    def note(self, subject: Subject, *, apikey_id: str | None, login: str, visit: Visit) -> None:
        """Remember that a token was issued; `login` is `apikey`, `refreshtoken`, `password` or `profile`."""
        self._waiting.append((subject, apikey_id, login, visit))
        self._some.set()

    @property
    def full(self) -> bool:
        """Whether the store must catch up before more tokens are issued."""
        return len(self._waiting) >= _MOST_WAITING

    async def start(self) -> None:
        """Begin to write, a moment after each issue: a commit for every one would cost as much as a token."""
        self._writer = asyncio.create_task(self._write_on())

    async def stop(self) -> None:
        """Write what waits and end."""
        if self._writer is not None:
            self._writer.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._writer
        await self.flush()

    async def flush(self) -> None:
        """Write what waits; then it is on disk, whoever wrote it. On failure it keeps waiting. Raises
        StorageUnavailable."""
        async with self._writing:
            # What comes meanwhile has its own moment: else a busy house commits a few at a time, on and on.
            left = len(self._waiting)
            while left:
                some = min(left, _AT_ONCE)
                batch, self._waiting = self._waiting[:some], self._waiting[some:]
                left -= some
                try:
                    await self._db.write(partial(_write, batch=batch))
                except StorageUnavailable:
                    self._waiting = batch + self._waiting
                    raise

    async def _write_on(self) -> None:
        while True:
            await self._some.wait()
            await asyncio.sleep(_MOMENT_SECONDS)
            self._some.clear()
            try:
                await self.flush()
            except StorageUnavailable as error:
                _LOG.warning("token issues wait for the store", waiting=len(self._waiting), error=str(error))
                await asyncio.sleep(_REST_SECONDS)
                self._some.set()


def _write(tx: Tx, *, batch: Sequence[_Issue]) -> None:
    audit_store.insert(tx, [_event(*issue) for issue in batch])
    uses: dict[str, Use] = {}
    for subject, apikey_id, _login, visit in batch:
        identity = activity_id(subject.kind, subject.account_id, subject.id)
        for entity_id in (identity, apikey_id):
            if entity_id:
                before = uses.get(entity_id, Use())
                uses[entity_id] = Use(max(visit.at, before.last_authn or 0), before.authn_count + 1)
    audit_store.count_uses(tx, uses)


def _event(subject: Subject, apikey_id: str | None, login: str, visit: Visit) -> Event:
    kind = KEY_TYPES[subject.kind] if login in {"apikey", "profile"} else f"user-{login}"
    return Event(
        at=visit.at,
        account_id=subject.account_id,
        action=f"iam-identity.{kind}.login",
        actor=subject.iam_id,
        actor_account=subject.account_id,
        target=apikey_id or subject.iam_id,
        visit=visit,
    )
