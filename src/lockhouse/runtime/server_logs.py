"""Reading a server's log, which the supervisor writes: `<data>/logs/<account>/<server>.log`, and older
ones."""

from pathlib import Path

_CHUNK = 64 * 1024
_MOST_BYTES = 4 * 1024 * 1024


def log_file(data: Path, account_id: str, server: str) -> Path:
    """Where the log of a server is."""
    return data / "logs" / account_id / f"{server}.log"


def newest_lines(data: Path, account_id: str, server: str, count: int) -> list[str]:
    """The newest lines, oldest first; lines before a rotation come from the file that was set aside."""
    current = log_file(data, account_id, server)
    lines = _tail(current, count)
    if len(lines) < count:
        lines = _tail(current.with_name(f"{current.name}.1"), count - len(lines)) + lines
    return lines


def _tail(path: Path, count: int) -> list[str]:
    try:
        with path.open("rb") as file:
            end = file.seek(0, 2)
            read = b""
            while end > 0 and read.count(b"\n") <= count and len(read) < _MOST_BYTES:
                start = max(0, end - _CHUNK)
                file.seek(start)
                read, end = file.read(end - start) + read, start
    except OSError:
        return []
    lines = read.decode("utf-8", errors="replace").splitlines()
    return lines[-count:]
