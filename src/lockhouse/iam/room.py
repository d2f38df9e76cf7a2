"""What the doors of IAM share, and how their rules get into a transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from litestar.di import NamedDependency
from litestar.params import SkipValidation

from lockhouse.clock import Clock
from lockhouse.iam.audit import Deed, record
from lockhouse.iam.errors import EntityLocked
from lockhouse.iam.issues import TokenIssues
from lockhouse.iam.login_limits import LoginLimits
from lockhouse.iam.model import Caller, Visit
from lockhouse.iam.signing import SigningKeys
from lockhouse.iam.standing import admit
from lockhouse.sealing import Keyring
from lockhouse.settings import Settings
from lockhouse.storage import Database, Tx
from lockhouse.storage.locks import hold
from lockhouse.web.address import Network
from lockhouse.web.bearer import TokenRefused, bearer_token
from lockhouse.wire.times import moment_of

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Room:
    """IAM as it runs: made once by `door.open_iam`."""

    db: Database
    keyring: Keyring
    clock: Clock
    settings: Settings
    keys: SigningKeys
    issues: TokenIssues
    limits: LoginLimits
    proxies: tuple[Network, ...]

    @property
    def now(self) -> int:
        """The moment, in Unix milliseconds."""
        return moment_of(self.clock())

    async def fresh_keys(self, now: int) -> None:
        """Look at the signing keys again when it is time."""
        if self.keys.stale(now):
            await self.db.read(lambda tx: self.keys.load(tx, now=now))

    def refresh_keys(self, tx: Tx, *, now: int) -> None:
        """The same, inside a transaction."""
        if self.keys.stale(now):
            self.keys.load(tx, now=now)


class Guest:
    """A request whose token is signed by us; whether it still lives is seen inside the transaction."""

    # No dataclass: Litestar would check each of its fields at every request.
    def __init__(
        self, room: Room, claims: Mapping[str, Any], visit: Visit, *, base_url: str, path: str
    ) -> None:
        self.room = room
        self.claims = claims
        self.visit = visit
        self.base_url = base_url
        self.here = base_url + path

    def address_of(self, path: str) -> str:
        """The absolute URL of a path, under the host name by which the guest called."""
        return self.base_url + path

    async def read(self, rule: Callable[[Tx, Caller], T]) -> T:
        """Run a rule that changes nothing. Raises TokenDead."""
        return await self.room.db.read(lambda tx: rule(tx, admit(tx, self.claims, self.visit)))

    async def read_aside(self, rule: Callable[[Tx, Caller], T]) -> T:
        """The same for rules that may search long. Raises TokenDead."""
        return await self.room.db.read_aside(lambda tx: rule(tx, admit(tx, self.claims, self.visit)))

    async def write(self, rule: Callable[[Tx, Caller], T]) -> T:
        """Run a rule in a transaction of its own. Raises TokenDead."""

        def work(tx: Tx) -> T:
            # Changes of one account come one after another on PostgreSQL too: no rule can be overtaken
            # between its
            # look and its write, and no key makes another after its own deletion.
            hold(tx, f"iam {self.claims['account']['bss']}")
            return rule(tx, admit(tx, self.claims, self.visit))

        try:
            return await self.room.db.write(work)
        except EntityLocked as error:
            # The transaction is undone; that somebody tried is told all the same.
            deed = Deed(
                error.action.removeprefix("iam-identity."),
                error.entity_id,
                params=("lock=true",),
                outcome="failure",
                message=str(error),
            )
            await self.room.db.write(lambda tx: record(tx, admit(tx, self.claims, self.visit), deed))
            raise


async def verified_claims(room: Room, authorization: str | None) -> Mapping[str, Any]:
    """The claims of the bearer token in an Authorization header. Raises TokenMissing, TokenRefused."""
    now = room.now
    await room.fresh_keys(now)
    token = bearer_token(authorization)
    principal = room.keys.verified(token, issuer=room.settings.token_issuer, now=now / 1000)
    if principal.expires_at * 1000 <= now:
        raise TokenRefused("expired")
    return principal.claims


class Stranger:
    """A request without a token."""

    def __init__(self, room: Room, visit: Visit) -> None:
        self.room = room
        self.visit = visit


TheStranger = NamedDependency[SkipValidation[Stranger]]
"""The parameter of a handler that needs no token."""
TheGuest = NamedDependency[SkipValidation[Guest]]
"""The parameter of a handler that the door's dependency fills."""
