"""Listening sockets of integration servers: made here and handed on, so that a server keeps its port over
restarts."""

import socket
from contextlib import suppress

_BACKLOG = 1024


def listen(host: str, port: int) -> socket.socket:
    """A listening socket on the port if it is free, else on a free one. Raises OSError when the host has
    none.

    While a server's process is changed for another, callers wait in this socket's queue instead of being
    refused.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    if port:
        with suppress(OSError):
            return _listen(family, host, port)
    return _listen(family, host, 0)


def port_of(listener: socket.socket) -> int:
    """The port that a socket is bound to."""
    return int(listener.getsockname()[1])


def _listen(family: socket.AddressFamily, host: str, port: int) -> socket.socket:
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(_BACKLOG)
    except OSError:
        listener.close()
        raise
    return listener
