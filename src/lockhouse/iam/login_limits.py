"""How often a login may fail, so that guessing is slow and nobody can lock the owner out.

API keys carry 256 bits: they are looked up first and only failures are slowed, so a good key always gets in.
Passwords can be guessed: five failures of one address on one user, a hundred on one user from all
addresses; after
that an address that has not failed yet still gets one try, so the owner gets in with his password and an
attacker gains one guess for each address he holds.
"""

from lockhouse.iam.errors import TooManyTries
from lockhouse.web.address import network_of
from lockhouse.web.limits import Buckets

_KEY_FAILURES = 120
_KEY_SECONDS = 0.5
_PAIR_FAILURES = 5
_PAIR_SECONDS = 60.0
_USER_FAILURES = 100
_USER_SECONDS = 60.0
_ADDRESS_FAILURES = 60
_ADDRESS_SECONDS = 5.0


class LoginLimits:
    """Failures of late, by address and by user. Lives in the process; times are Unix seconds."""

    def __init__(self, *, enabled: bool = True) -> None:
        self._enabled = enabled
        self._keys = Buckets(capacity=_KEY_FAILURES, seconds_each=_KEY_SECONDS)
        self._pairs = Buckets(capacity=_PAIR_FAILURES, seconds_each=_PAIR_SECONDS)
        self._users = Buckets(capacity=_USER_FAILURES, seconds_each=_USER_SECONDS)
        self._addresses = Buckets(capacity=_ADDRESS_FAILURES, seconds_each=_ADDRESS_SECONDS)

    def bad_key(self, address: str, now: float) -> None:
        """Count a value that is no live key's. Raises TooManyTries."""
        if not self._enabled:
            return
        name = network_of(address)
        wait = self._keys.wait(name, now)
        self._keys.fill(name, now)
        if wait > 0:
            raise TooManyTries(wait)

    def before_password(self, user: str, address: str, now: float) -> None:
        """Whether a password may be tried. Raises TooManyTries."""
        if not self._enabled:
            return
        place = network_of(address)
        pair = f"{user} {place}"
        wait = max(self._pairs.wait(pair, now), self._addresses.wait(place, now))
        if self._pairs.level(pair, now) > 0:
            wait = max(wait, self._users.wait(user, now))
        if wait > 0:
            raise TooManyTries(wait)

    def bad_password(self, user: str, address: str, now: float) -> None:
        """Count a password that was wrong."""
        place = network_of(address)
        self._pairs.fill(f"{user} {place}", now)
        self._users.fill(user, now)
        self._addresses.fill(place, now)

    def good_password(self, user: str, address: str) -> None:
        """Forget the failures of a user at an address: he is there."""
        self._pairs.empty(f"{user} {network_of(address)}")
