"""How often something may be tried: buckets that refill, for failures only, kept in bounded memory."""

import math
from collections import OrderedDict

_MOST_BUCKETS = 50_000


class Buckets:
    """Leaky buckets by name. `capacity` failures at once, then one each `seconds_each` seconds."""

    def __init__(self, *, capacity: int, seconds_each: float) -> None:
        self._capacity = capacity
        self._seconds_each = seconds_each
        self._full_until: OrderedDict[str, float] = OrderedDict()

    def wait(self, name: str, now: float) -> float:
        """Seconds until the next try is allowed; 0 when it is allowed now."""
        ends = self._full_until.get(name, 0.0)
        return max(0.0, ends - now - (self._capacity - 1) * self._seconds_each)

    def fill(self, name: str, now: float) -> None:
        """Count one failure."""
        ends = max(now, self._full_until.pop(name, 0.0)) + self._seconds_each
        self._full_until[name] = min(ends, now + self._capacity * self._seconds_each)
        if len(self._full_until) > _MOST_BUCKETS:
            self._full_until.popitem(last=False)

    def level(self, name: str, now: float) -> int:
        """How many failures are in the bucket."""
        left = self._full_until.get(name, 0.0) - now
        return max(0, math.ceil(left / self._seconds_each))

    def empty(self, name: str) -> None:
        """Forget the failures of a name."""
        self._full_until.pop(name, None)
