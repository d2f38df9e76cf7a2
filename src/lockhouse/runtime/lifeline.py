"""A child's tie to the process that started it: a pipe on standard input that says what to do and ends with
it."""

import ctypes
import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import TextIO

CANNOT_START = 78
"""The exit code (EX_CONFIG) of a server that said on its last line why it cannot run as it is specified."""
_PR_SET_PDEATHSIG = 1


def die_with_parent(parent: int) -> None:
    """Ask the kernel to end this process when its parent goes; nothing happens where the kernel cannot (not
    Linux)."""
    if sys.platform.startswith("linux"):
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:  # it went before we could ask
        os.kill(os.getpid(), signal.SIGTERM)


def follow_lifeline(lines: TextIO, heard: Callable[[str], None]) -> None:
    """Hand each further line to `heard`, in a thread; when there are no more, end as if by SIGTERM."""

    def follow() -> None:
        for line in lines:
            heard(line.strip())
        os.kill(os.getpid(), signal.SIGTERM)

    threading.Thread(target=follow, name="lifeline", daemon=True).start()
