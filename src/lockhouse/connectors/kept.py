"""What stays open between calls, such as a pool of database connections: one for each account, closed at the
end.
"""

from collections.abc import Callable
from typing import Any, Protocol, TypeVar

MOST_KEPT = 50


class Closable(Protocol):
    """Something that holds connections."""

    def close(self) -> None:
        """Let go of all of them. Must not block for long."""


C = TypeVar("C", bound=Closable)


class Kept:
    """What one process keeps open, by account and name. The one that was not used for longest goes first."""

    def __init__(self) -> None:
        self._open: dict[tuple[bytes, str], Any] = {}

    def get(self, account: bytes, name: str, make: Callable[[], C]) -> C:
        """What is kept for an account under a name, made now if there is none."""
        found = self._open.pop((account, name), None)
        if found is None:
            found = make()
            if len(self._open) >= MOST_KEPT:
                self._open.pop(next(iter(self._open))).close()
        self._open[(account, name)] = found
        return found  # type: ignore[no-any-return]  # whoever asks by this name made it

    def close(self) -> None:
        """Close everything."""
        while self._open:
            self._open.popitem()[1].close()
