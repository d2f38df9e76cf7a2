"""One child process: started with a lifeline, told things by it, its output taken line by line, ended with
its group."""

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from lockhouse.runtime.lifeline import die_with_parent
from lockhouse.settings import inherited_environment

PLATFORM_MODULE = "lockhouse.supervisor.platform_process"
_LONGEST_LINE = 16 * 1024


@dataclass(frozen=True, slots=True)
class Started:
    """What a child is started with. `fds` are handed on under their own numbers."""

    module: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str] | None = None
    fds: Sequence[int] = ()


def clean_environment() -> dict[str, str]:
    """Our environment without our own settings: a child is told what is meant for it, and no secret of
    ours."""
    return {
        name: value for name, value in inherited_environment().items() if not name.startswith("LOCKHOUSE_")
    }


class Child:
    """A running child process."""

    def __init__(self, process: asyncio.subprocess.Process, reading: asyncio.Task[None] | None) -> None:
        self._process = process
        self._reading = reading

    @classmethod
    async def start(cls, what: Started, on_line: Callable[[bytes], None] | None = None) -> "Child":
        """Start a Python module; its output goes to `on_line`, or where ours goes."""
        taken = asyncio.subprocess.PIPE if on_line else None
        parent = os.getpid()
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            what.module,
            *what.arguments,
            stdin=asyncio.subprocess.PIPE,
            stdout=taken,
            stderr=asyncio.subprocess.STDOUT if on_line else None,
            env={**clean_environment(), **(what.environment or {})},
            pass_fds=tuple(what.fds),
            start_new_session=True,
            preexec_fn=lambda: die_with_parent(parent),
            limit=_LONGEST_LINE,
        )
        reading = asyncio.create_task(_take_lines(process, on_line)) if on_line else None
        return cls(process, reading)

    @property
    def pid(self) -> int:
        """The process id."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended yet."""
        return self._process.returncode is None

    def tell(self, line: str) -> None:
        """Write a line to the child. It may be gone already: then nobody hears it."""
        if self._process.stdin is not None and not self._process.stdin.is_closing():
            self._process.stdin.write(line.encode() + b"\n")

    async def ended(self) -> int:
        """Wait for its end; what was left of its process group ends with it. The exit code, negative for a
        signal."""
        code = await self._process.wait()
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self._process.pid, signal.SIGKILL)
        if self._reading is not None:
            await self._reading
        if self._process.stdin is not None:
            self._process.stdin.close()
        return code

    async def stop(self, seconds: float) -> int:
        """Ask it to end and wait so long; then end it. The exit code."""
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(seconds):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        return await self.ended()


async def start_platform(environment: Mapping[str, str]) -> Child:
    """Start the platform process; what it says goes where ours goes."""
    return await Child.start(Started(PLATFORM_MODULE, environment=environment))


async def _take_lines(process: asyncio.subprocess.Process, on_line: Callable[[bytes], None]) -> None:
    output = process.stdout
    while output is not None:
        try:
            line = await output.readuntil(b"\n")
        except asyncio.LimitOverrunError as error:
            line = await output.read(min(error.consumed, _LONGEST_LINE) or _LONGEST_LINE)
        except asyncio.IncompleteReadError as error:
            if error.partial:
                on_line(error.partial.rstrip(b"\r\n"))
            return
        on_line(line.rstrip(b"\r\n"))
