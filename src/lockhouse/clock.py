"""Time is passed in: a Clock is a function that tells it."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """The time now, in UTC, with its zone."""
    return datetime.now(UTC)


class TravellingClock:
    """The real time plus an offset that can be moved: for tests of those who use Lockhouse, and ours."""

    def __init__(self) -> None:
        self._offset = timedelta(0)

    def __call__(self) -> datetime:
        return utc_now() + self._offset

    def travel(self, by: timedelta) -> None:
        """Move the clock on (or back, with a negative length)."""
        self._offset += by
