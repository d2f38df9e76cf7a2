"""Where connectors of systems without HTTP wait: clients that block, in threads of their own."""

import asyncio
import contextlib
import functools
import os
import socket
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextvars import ContextVar, copy_context
from typing import ParamSpec, TypeVar

from lockhouse.connectors.errors import Unavailable
from lockhouse.connectors.session import Session

P = ParamSpec("P")
T = TypeVar("T")

MOST_THREADS = 32
MOST_SECONDS = 120.0

_lines: ContextVar[list[socket.socket]] = ContextVar("lines")


async def in_thread(session: Session, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """Run a function that blocks; one account has only a few threads at once.

    When it takes more than MOST_SECONDS, or nobody waits any more, the connections that it named by
    `cut_when_late` are shut down, so that its thread comes back. Raises Unavailable, and what it raises.
    """
    lines: list[socket.socket] = []
    context = copy_context()
    context.run(_lines.set, lines)
    call = functools.partial(context.run, _closing(lines, function), *args, **kwargs)
    async with session.outlet.turn(session.account.key):
        running = asyncio.get_running_loop().run_in_executor(_threads(), call)
        try:
            async with asyncio.timeout(MOST_SECONDS):
                return await asyncio.shield(running)
        except TimeoutError:
            raise Unavailable("no answer in time") from None
        finally:
            if not running.done():
                running.add_done_callback(lambda late: late.exception())
                _cut(lines)


def cut_when_late(descriptor: int) -> None:
    """Name a connection of the call that this thread carries out, by the number of its socket."""
    # A copy: the number may already belong to another connection when it comes to cutting.
    _lines.get().append(socket.socket(fileno=os.dup(descriptor)))


@functools.cache
def _threads() -> ThreadPoolExecutor:
    # Not the loop's own executor: there a slow database would keep names from being looked up for everybody.
    return ThreadPoolExecutor(MOST_THREADS, thread_name_prefix="connector")


def _closing(lines: list[socket.socket], function: Callable[P, T]) -> Callable[P, T]:
    def call(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return function(*args, **kwargs)
        finally:
            for line in lines:
                line.close()

    return call


def _cut(lines: list[socket.socket]) -> None:
    for line in list(lines):
        with contextlib.suppress(OSError):  # closed meanwhile
            line.shutdown(socket.SHUT_RDWR)
