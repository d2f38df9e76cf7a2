"""The tables of durable runs and every statement on them: plain functions of a transaction.

A run is one event of one flow. Its `state`: `ready` (may be claimed), `running` (a worker has it), `waiting`
(ready again at `due`), `dead` (a dead letter), `done`. Each claim raises `fence`; what a worker writes names
the fence of its claim, so a worker that was given up for dead and comes back changes nothing. Moments are
Unix milliseconds.
"""

import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from lockhouse.errors import LockhouseError
from lockhouse.runtime.run_database import RunDatabase, Tx

_MIGRATIONS: tuple[tuple[str, ...], ...] = (
    (
        """CREATE TABLE runs (
            seq {serial} PRIMARY KEY, id TEXT NOT NULL, server TEXT NOT NULL, flow TEXT NOT NULL,
            event_id TEXT NOT NULL, payload {bytes}, state TEXT NOT NULL, due BIGINT NOT NULL DEFAULT 0,
            worker TEXT, fence BIGINT NOT NULL DEFAULT 0, crashes INTEGER NOT NULL DEFAULT 0, problem {bytes},
            accepted_at BIGINT NOT NULL, changed_at BIGINT NOT NULL, UNIQUE (server, flow, event_id))""",
        "CREATE UNIQUE INDEX runs_id ON runs (id)",
        "CREATE INDEX runs_ready ON runs (server, flow, seq) WHERE state = 'ready'",
        "CREATE INDEX runs_waiting ON runs (server, due) WHERE state = 'waiting'",
        "CREATE INDEX runs_running ON runs (worker) WHERE state = 'running'",
        "CREATE INDEX runs_dead ON runs (server, seq) WHERE state = 'dead'",
        "CREATE INDEX runs_done ON runs (server, changed_at) WHERE state = 'done'",
        """CREATE TABLE run_steps (
            run BIGINT NOT NULL, place TEXT NOT NULL, tries INTEGER NOT NULL, failed INTEGER NOT NULL,
            outcome {bytes}, PRIMARY KEY (run, place))""",
        """CREATE TABLE run_workers (
            id TEXT PRIMARY KEY, server TEXT NOT NULL, place TEXT NOT NULL, beat BIGINT NOT NULL)""",
        """CREATE TABLE run_triggers (
            server TEXT NOT NULL, name TEXT NOT NULL, value {bytes}, PRIMARY KEY (server, name))""",
    ),
)
_TYPES = {
    "sqlite": {"serial": "INTEGER", "bytes": "BLOB"},
    "postgresql": {"serial": "BIGINT GENERATED ALWAYS AS IDENTITY", "bytes": "BYTEA"},
}
_MIGRATION_LOCK = 0x10C4
_CLAIM = """WITH oldest AS MATERIALIZED (
        SELECT seq FROM runs WHERE server = ? AND flow = ? AND state = 'ready' ORDER BY seq LIMIT ? {lock})
    UPDATE runs SET state = 'running', worker = ?, fence = fence + 1, changed_at = ?
    WHERE seq IN (SELECT seq FROM oldest) RETURNING seq, id, event_id, payload, fence"""
_CLAIMS = {"sqlite": _CLAIM.format(lock=""), "postgresql": _CLAIM.format(lock="FOR UPDATE SKIP LOCKED")}


class RunLost(LockhouseError):
    """Another worker has the run, or it was taken away: nothing was written."""


class RunNotFound(LockhouseError):
    """There is no dead letter of this id."""

    def __init__(self, run_id: str) -> None:
        super().__init__(f"there is no dead letter '{run_id}'")


@dataclass(frozen=True, slots=True)
class Event:
    """An event of a flow. Two with the same id are one; `payload` is JSON."""

    flow: str
    id: str
    payload: bytes


@dataclass(frozen=True, slots=True)
class Worker:
    """A process that runs flows of a server. `id` is new at each start."""

    id: str
    server: str


@dataclass(frozen=True, slots=True)
class Step:
    """What is known of a connector call: `outcome` None means that it was tried and is to be tried again."""

    tries: int
    failed: bool = False
    outcome: bytes | None = None


@dataclass(frozen=True, slots=True)
class Claim:
    """A run that this worker has: nobody else writes to it while `fence` stands."""

    seq: int
    id: str
    flow: str
    event_id: str
    payload: bytes
    fence: int
    steps: dict[str, Step] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A run that failed for good. `problem` is JSON, and `payload`: `null` in a listing."""

    id: str
    flow: str
    event_id: str
    payload: bytes
    problem: bytes
    accepted_at: int
    failed_at: int
    steps: dict[str, Step] = field(default_factory=dict)


async def bring_up_to_date(database: RunDatabase) -> None:
    """Make or extend the tables. Raises RunsUnavailable."""

    def migrate(tx: Tx) -> None:
        if database.dialect == "postgresql":
            tx.rows("SELECT pg_advisory_xact_lock(?)", _MIGRATION_LOCK)
        tx.change("CREATE TABLE IF NOT EXISTS run_schema (version INTEGER NOT NULL)")
        found = tx.rows("SELECT version FROM run_schema")
        version = int(found[0][0]) if found else 0
        for statements in _MIGRATIONS[version:]:
            for statement in statements:
                tx.change(statement.format(**_TYPES[database.dialect]))
        tx.change("DELETE FROM run_schema")
        tx.change("INSERT INTO run_schema (version) VALUES (?)", max(version, len(_MIGRATIONS)))

    await database.run(migrate)


def accept(tx: Tx, server: str, event: Event, *, now: int) -> bool:
    """Put an event down; False when it is there already, whatever became of it."""
    changed = tx.change(
        """INSERT INTO runs (id, server, flow, event_id, payload, state, accepted_at, changed_at)
           VALUES (?, ?, ?, ?, ?, 'ready', ?, ?) ON CONFLICT (server, flow, event_id) DO NOTHING""",
        uuid.uuid4().hex, server, event.flow, event.id, event.payload, now, now,
    )  # fmt: skip
    return changed == 1


def claim(tx: Tx, worker: Worker, flow: str, *, most: int, now: int) -> list[Claim]:
    """Take the oldest ready runs of a flow. Two workers never get the same one."""
    rows = tx.rows(_CLAIMS[tx.dialect], worker.server, flow, most, worker.id, now)
    claims = [Claim(seq, id_, flow, event_id, bytes(load), fence) for seq, id_, event_id, load, fence in rows]
    for claimed in claims:
        if claimed.fence > 1:
            claimed.steps.update(_steps(tx, claimed.seq))
    return sorted(claims, key=lambda claimed: claimed.seq)


def record_step(tx: Tx, claim: Claim, place: str, step: Step, *, now: int) -> None:
    """Write what became of a connector call. Raises RunLost."""
    _hold(tx, claim, now)
    tx.change(
        """INSERT INTO run_steps (run, place, tries, failed, outcome) VALUES (?, ?, ?, ?, ?)
           ON CONFLICT (run, place) DO UPDATE
           SET tries = excluded.tries, failed = excluded.failed, outcome = excluded.outcome""",
        claim.seq, place, step.tries, int(step.failed), step.outcome,
    )  # fmt: skip


def finish(tx: Tx, claim: Claim, *, now: int) -> None:
    """The run is done; its id is remembered for a while, its content is not. Raises RunLost."""
    _hold(tx, claim, now)
    tx.change(
        "UPDATE runs SET state = 'done', worker = NULL, payload = NULL, problem = NULL WHERE seq = ?",
        claim.seq,
    )
    tx.change("DELETE FROM run_steps WHERE run = ?", claim.seq)


def bury(tx: Tx, claim: Claim, problem: bytes, *, now: int) -> None:
    """The run failed for good: a dead letter. Raises RunLost."""
    _hold(tx, claim, now)
    tx.change("UPDATE runs SET state = 'dead', worker = NULL, problem = ? WHERE seq = ?", problem, claim.seq)


def put_back(tx: Tx, claim: Claim, *, due: int, problem: bytes | None, now: int) -> None:
    """Give the run back, to go on at `due` (0 is at once). Raises RunLost."""
    _hold(tx, claim, now)
    state = "waiting" if due else "ready"
    tx.change(
        "UPDATE runs SET state = ?, due = ?, worker = NULL, problem = ? WHERE seq = ?",
        state,
        due,
        problem,
        claim.seq,
    )


def wake(tx: Tx, server: str, *, now: int, latest: int) -> None:
    """Make those ready whose time has come. A `due` beyond `latest` came from a wrong clock: it has too."""
    tx.change(
        """UPDATE runs SET state = 'ready', due = 0
           WHERE server = ? AND state = 'waiting' AND (due <= ? OR due > ?)""",
        server, now, latest,
    )  # fmt: skip


def flows_ready(tx: Tx, server: str) -> list[str]:
    """The flows with something to claim."""
    return [
        row[0]
        for row in tx.rows("SELECT DISTINCT flow FROM runs WHERE server = ? AND state = 'ready'", server)
    ]


def forget_done(tx: Tx, server: str, *, before: int, most: int = 1000) -> int:
    """Forget runs that were done long ago; how many."""
    return tx.change(
        """DELETE FROM runs WHERE seq IN (
           SELECT seq FROM runs WHERE server = ? AND state = 'done' AND changed_at < ? LIMIT ?)""",
        server, before, most,
    )  # fmt: skip


def counts(tx: Tx, server: str) -> dict[str, dict[str, int]]:
    """How many runs each flow has in each state but `done`."""
    found: dict[str, dict[str, int]] = {}
    for flow, state, count in tx.rows(
        "SELECT flow, state, count(*) FROM runs WHERE server = ? AND state <> 'done' GROUP BY flow, state",
        server,
    ):
        found.setdefault(flow, {})[state] = int(count)
    return found


def dead_letters(tx: Tx, server: str, *, flow: str | None, most: int) -> list[DeadLetter]:
    """The dead letters, the oldest first, of one flow or all; without payloads, which may be large."""
    chosen, values = (" AND flow = ?", (flow,)) if flow is not None else ("", ())
    return [
        _dead_letter(row)
        for row in tx.rows(
            f"""SELECT id, flow, event_id, NULL, problem, accepted_at, changed_at FROM runs
                WHERE server = ? AND state = 'dead'{chosen} ORDER BY seq LIMIT ?""",  # noqa: S608 - ours
            server, *values, most,
        )
    ]  # fmt: skip


def dead_letter(tx: Tx, server: str, run_id: str) -> DeadLetter:
    """One dead letter with what each connector call came to. Raises RunNotFound."""
    rows = tx.rows(
        """SELECT id, flow, event_id, payload, problem, accepted_at, changed_at, seq FROM runs
           WHERE server = ? AND id = ? AND state = 'dead'""",
        server, run_id,
    )  # fmt: skip
    if not rows:
        raise RunNotFound(run_id)
    letter = _dead_letter(rows[0][:7])
    letter.steps.update(_steps(tx, rows[0][7]))
    return letter


def replay(tx: Tx, server: str, run_id: str, *, now: int) -> None:
    """Run a dead letter again, from its last finished call; failed ones are made anew. Raises RunNotFound."""
    rows = tx.rows(
        """UPDATE runs SET state = 'ready', due = 0, crashes = 0, problem = NULL, changed_at = ?
           WHERE server = ? AND id = ? AND state = 'dead' RETURNING seq""",
        now, server, run_id,
    )  # fmt: skip
    if not rows:
        raise RunNotFound(run_id)
    tx.change("DELETE FROM run_steps WHERE run = ? AND (failed = 1 OR outcome IS NULL)", rows[0][0])


def drop(tx: Tx, server: str, run_id: str, *, now: int) -> None:
    """Give a dead letter up. Raises RunNotFound."""
    rows = tx.rows(
        """UPDATE runs SET state = 'done', payload = NULL, problem = NULL, changed_at = ?
           WHERE server = ? AND id = ? AND state = 'dead' RETURNING seq""",
        now, server, run_id,
    )  # fmt: skip
    if not rows:
        raise RunNotFound(run_id)
    tx.change("DELETE FROM run_steps WHERE run = ?", rows[0][0])


def trigger_state(tx: Tx, server: str, name: str) -> bytes | None:
    """What a trigger remembers."""
    rows = tx.rows("SELECT value FROM run_triggers WHERE server = ? AND name = ?", server, name)
    return bytes(rows[0][0]) if rows else None


def remember(tx: Tx, server: str, name: str, value: bytes) -> None:
    """Write what a trigger remembers, in the transaction of the events that it brought."""
    tx.change(
        """INSERT INTO run_triggers (server, name, value) VALUES (?, ?, ?)
           ON CONFLICT (server, name) DO UPDATE SET value = excluded.value""",
        server, name, value,
    )  # fmt: skip


def _hold(tx: Tx, claim: Claim, now: int) -> None:
    held = tx.change(
        "UPDATE runs SET changed_at = ?, crashes = 0 WHERE seq = ? AND fence = ? AND state = 'running'",
        now, claim.seq, claim.fence,
    )  # fmt: skip
    if held != 1:
        raise RunLost(f"run {claim.id} is in other hands")


def _steps(tx: Tx, seq: int) -> dict[str, Step]:
    rows = tx.rows("SELECT place, tries, failed, outcome FROM run_steps WHERE run = ?", seq)
    return {place: Step(tries, bool(failed), _bytes(outcome)) for place, tries, failed, outcome in rows}


def _dead_letter(row: Sequence[Any]) -> DeadLetter:
    id_, flow, event_id, payload, problem, accepted_at, changed_at = row
    given, why = bytes(payload or b"null"), bytes(problem or b"{}")
    return DeadLetter(id_, flow, event_id, given, why, accepted_at, changed_at)


def _bytes(value: Any) -> bytes | None:
    return None if value is None else bytes(value)
