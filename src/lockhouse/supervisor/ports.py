"""Listening sockets of integration servers: made here and handed on, so that a server keeps its port over
restarts."""

import asyncio
import errno
import socket
import time

PATIENCE_SECONDS = 4.0
"""So long a port may still be held by a process that is about to end."""
_BACKLOG = 1024
_LOOK_SECONDS = 0.05


async def listen_patiently(host: str, port: int, *, seconds: float = PATIENCE_SECONDS) -> socket.socket:
    """A listening socket on the port, which is waited for a while if it is taken. Raises OSError.

    While a server's process is changed for another, callers wait in this socket's queue instead of being
    refused.
    """
    deadline = time.monotonic() + seconds
    while True:
        try:
            return _listen(host, port)
        except OSError as error:
            if error.errno != errno.EADDRINUSE or time.monotonic() > deadline:
                raise
        await asyncio.sleep(_LOOK_SECONDS)


async def listen_near(host: str, port: int) -> socket.socket:
    """A listening socket on the port if it can be had, else on a free one. Raises OSError when there is
    none."""
    if port:
        try:
            return await listen_patiently(host, port)
        except OSError:
            pass
    return _listen(host, 0)


def port_of(listener: socket.socket) -> int:
    """The port that a socket is bound to."""
    return int(listener.getsockname()[1])


def _listen(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
