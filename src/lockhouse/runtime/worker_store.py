"""Who works on durable runs: the statements on the workers' table, and what becomes of a dead worker's
runs."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from lockhouse.runtime.run_database import Tx
from lockhouse.runtime.run_store import Worker


@dataclass(frozen=True, slots=True)
class Sign:
    """A worker's sign of life: `beat` grows while it lives; `place` says where its process is."""

    worker: str
    place: str
    beat: int


@dataclass(frozen=True, slots=True)
class Orphan:
    """A run whose worker died. `crashes` counts workers that died since it last got on."""

    seq: int
    fence: int
    crashes: int


def register(tx: Tx, worker: Worker, place: str) -> None:
    """A worker begins."""
    tx.change(
        "INSERT INTO run_workers (id, server, place, beat) VALUES (?, ?, ?, 1)",
        worker.id,
        worker.server,
        place,
    )


def beat(tx: Tx, worker: Worker) -> bool:
    """A sign of life; False when the worker was given up for dead."""
    return tx.change("UPDATE run_workers SET beat = beat + 1 WHERE id = ?", worker.id) == 1


def signs(tx: Tx, server: str) -> list[Sign]:
    """The last sign of each worker of a server."""
    return [Sign(*row) for row in tx.rows("SELECT id, place, beat FROM run_workers WHERE server = ?", server)]


def running(tx: Tx, worker: Worker) -> list[tuple[int, int]]:
    """What a worker has, as (seq, fence)."""
    rows = tx.rows("SELECT seq, fence FROM runs WHERE worker = ? AND state = 'running'", worker.id)
    return [(seq, fence) for seq, fence in rows]


def bury_worker(
    tx: Tx, sign: Sign, decide: Callable[[Orphan], tuple[str, int, bytes | None]], *, now: int
) -> bool:
    """Give a worker up, if it made no sign since, and give its runs back.

    `decide` says for each: its new state, when it is due, and its problem (JSON).
    """
    if tx.change("DELETE FROM run_workers WHERE id = ? AND beat = ?", sign.worker, sign.beat) != 1:
        return False
    rows = tx.rows("SELECT seq, fence, crashes FROM runs WHERE worker = ? AND state = 'running'", sign.worker)
    for orphan in (Orphan(seq, fence, crashes + 1) for seq, fence, crashes in rows):
        state, due, problem = decide(orphan)
        tx.change(
            """UPDATE runs SET state = ?, due = ?, crashes = ?, problem = ?, worker = NULL, fence = fence + 1,
               changed_at = ? WHERE seq = ? AND fence = ?""",
            state, due, orphan.crashes, problem, now, orphan.seq, orphan.fence,
        )  # fmt: skip
    return True


def give_back(tx: Tx, worker: Worker, taken: Sequence[tuple[int, int]], *, now: int) -> None:
    """Make runs ready that the worker has by the table's word, but not by its own."""
    for seq, fence in taken:
        tx.change(
            """UPDATE runs SET state = 'ready', due = 0, worker = NULL, fence = fence + 1, changed_at = ?
               WHERE seq = ? AND fence = ? AND worker = ? AND state = 'running'""",
            now, seq, fence, worker.id,
        )  # fmt: skip


def leave(tx: Tx, worker: Worker, *, now: int) -> None:
    """A worker ends; what it still has goes back."""
    give_back(tx, worker, running(tx, worker), now=now)
    tx.change("DELETE FROM run_workers WHERE id = ?", worker.id)
