"""How much memory the process took for a while, where the kernel can tell (Linux)."""

import re
from pathlib import Path

_PEAK = re.compile(rb"VmHWM:\s+(\d+) kB")
_NOW = re.compile(rb"VmRSS:\s+(\d+) kB")
_RESET_PEAK = b"5"


class Growth:
    """The most memory that this process held since here beyond what it holds now."""

    __slots__ = ("_before",)

    def __init__(self) -> None:
        try:
            Path("/proc/self/clear_refs").write_bytes(_RESET_PEAK)
            self._before = _read(_NOW)
        except OSError:
            self._before = None

    def bytes(self) -> int:
        """The growth in bytes; 0 where it cannot be told."""
        if self._before is None:
            return 0
        try:
            peak = _read(_PEAK)
        except OSError:
            return 0
        return max(0, (peak or self._before) - self._before) * 1024


def _read(line: re.Pattern[bytes]) -> int | None:
    found = line.search(Path("/proc/self/status").read_bytes())
    return int(found.group(1)) if found else None
