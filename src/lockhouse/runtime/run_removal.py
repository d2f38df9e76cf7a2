"""What a deleted server leaves in the store of runs: taken away when its processes have ended."""

from pathlib import Path
from urllib.parse import unquote, urlsplit

from lockhouse.runtime.run_database import Tx, open_run_database
from lockhouse.runtime.run_store import bring_up_to_date

_FILES_OF_SQLITE = ("", "-wal", "-shm", "-journal")


async def remove_runs(url: str, server: str) -> None:
    """Take away the events, runs and dead letters of a server. `url` is that of its store.

    Raises RunsUnavailable, and OSError for a file that cannot be deleted.
    """
    if urlsplit(url).scheme == "sqlite":
        _delete_files(unquote(url.removeprefix("sqlite:///")))
        return
    database = open_run_database(url)
    try:
        await bring_up_to_date(database)
        await database.run(lambda tx: _remove(tx, server))
    finally:
        await database.close()


def _delete_files(path: str) -> None:
    for ending in _FILES_OF_SQLITE:
        Path(path + ending).unlink(missing_ok=True)


def _remove(tx: Tx, server: str) -> None:
    tx.change("DELETE FROM run_steps WHERE run IN (SELECT seq FROM runs WHERE server = ?)", server)
    for table in ("runs", "run_workers", "run_triggers"):
        tx.change(f"DELETE FROM {table} WHERE server = ?", server)  # noqa: S608 - names of our own tables
