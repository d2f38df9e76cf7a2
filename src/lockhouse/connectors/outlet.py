"""The way out of a process for connectors: an HTTP session of the right reach, the accounts' tokens, a small
cache.
"""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Sequence
from types import TracebackType
from typing import Any, Self
from weakref import WeakValueDictionary

import aiohttp

from lockhouse.connectors.auth import Newest, Renewed, Tokens
from lockhouse.connectors.errors import Rejected, Unavailable
from lockhouse.connectors.kept import Kept
from lockhouse.outbound import (
    AddressRefused,
    Reach,
    Unreachable,
    open_session,
    open_socket,
    parse_networks,
    reachable_addresses,
)

MOST_CACHED = 2_000
MOST_AT_ONCE = 8


class Outlet:
    """One for each process and reach, opened at its start and closed at its end.

    `renewed` is awaited with the connector's name and an account's new credentials when a vendor replaced
    them: seal them again, or the account is lost at the next start. `newest` gives the call's account as it
    is sealed by now: another process may have renewed it. `wait` lets tests not wait.
    """

    def __init__(
        self,
        reach: Reach,
        *,
        opened_networks: Sequence[str] = (),
        renewed: Renewed | None = None,
        newest: Newest | None = None,
        wait: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self.reach = reach
        self.kept = Kept()
        self._opened_networks = opened_networks
        self._session: aiohttp.ClientSession | None = None  # noqa: TID251 - named here, made in outbound
        self.tokens = Tokens(renewed, newest)
        self.wait = wait
        self._cache: dict[tuple[bytes, str], Any] = {}
        self._turns: WeakValueDictionary[bytes, asyncio.Semaphore] = WeakValueDictionary()

    @property
    def session(self) -> aiohttp.ClientSession:  # noqa: TID251 - named here, made in outbound
        """The HTTP session; opened at the first use, since it belongs to the running event loop."""
        if self._session is None:
            self._session = open_session(self.reach, opened_networks=self._opened_networks)
        return self._session

    def cached(self, account: bytes, name: str) -> Any:
        """What was kept for an account under a name, or None."""
        return self._cache.get((account, name))

    def keep(self, account: bytes, name: str, value: Any) -> None:
        """Keep a value for an account; the oldest ones go when there are too many."""
        if len(self._cache) >= MOST_CACHED:
            self._cache.pop(next(iter(self._cache)))
        self._cache[(account, name)] = value

    def turn(self, account: bytes) -> asyncio.Semaphore:
        """What a call that blocks a thread waits for, so that one account does not take them all."""
        return self._turns.setdefault(account, asyncio.Semaphore(MOST_AT_ONCE))

    def addresses(self, host: str, port: int) -> tuple[str, ...]:
        """The numeric addresses of a host that may be reached. Blocks. Raises Rejected and Unavailable."""
        try:
            return reachable_addresses(host, port, self.reach, parse_networks(self._opened_networks))
        except AddressRefused as error:
            raise Rejected(str(error)) from None
        except Unreachable as error:
            raise Unavailable(str(error), nothing_sent=True) from None

    def connect(self, host: str, port: int) -> socket.socket:
        """A blocking connection to a host that may be reached. Blocks. Raises Rejected and Unavailable."""
        try:
            return open_socket(host, port, self.reach, parse_networks(self._opened_networks))
        except AddressRefused as error:
            raise Rejected(str(error)) from None
        except Unreachable as error:
            raise Unavailable(str(error), nothing_sent=True) from None

    async def close(self) -> None:
        """Close the HTTP session, and what was kept open."""
        self.kept.close()
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
