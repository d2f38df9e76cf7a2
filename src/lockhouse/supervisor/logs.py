"""Where a server's output goes: `<data>/logs/<account>/<server>.log`, rotated by size."""

from pathlib import Path
from typing import BinaryIO

MOST_BYTES = 5 * 1024 * 1024
KEPT = 3
"""Older files kept besides the current one: `.log.1` is the newest of them."""


class RotatingLog:
    """An append-only file that is set aside when it is full. Lines are written whole."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._file = self._open()
        self._size = path.stat().st_size

    def write(self, line: bytes) -> None:
        """Append a line; its end of line is added."""
        if self._size + len(line) > MOST_BYTES and self._size:
            self._rotate()
        self._file.write(line + b"\n")
        self._file.flush()
        self._size += len(line) + 1

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def _open(self) -> BinaryIO:
        return self.path.open("ab")

    def _rotate(self) -> None:
        self._file.close()
        for number in range(KEPT, 0, -1):
            source = self.path if number == 1 else self._older(number - 1)
            if source.exists():
                source.replace(self._older(number))
        self._file, self._size = self._open(), 0

    def _older(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
