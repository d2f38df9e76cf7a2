"""TokenSource: an API key → a bearer token, cached, renewed before it ends, never two exchanges at once."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Protocol

from lockhouse.client.transport import Problem, Unreachable
from lockhouse.errors import LockhouseError
from lockhouse.sealing import Secret

RENEW_AT = 0.8
"""The share of a token's life after which it is renewed (as IBM's own SDK does, key-lifecycle.md 1.1)."""
EXCHANGE_SECONDS = 10.0
REFUSED_SECONDS = 30.0
"""A key that was refused is asked about again after so long, not sooner."""
_RETRY_SECONDS = 1.0


class KeyRefused(LockhouseError):
    """IAM gives no token for the key: `code` and `message` are its own words; `status` its HTTP status."""

    def __init__(self, code: str, message: str, status: int = 400) -> None:
        super().__init__(f"the API key was refused: {message} ({code})")
        self.code = code
        self.message = message
        self.status = status


class IssuedToken(Protocol):
    """What an exchange yields: the wire's token answer will do."""

    @property
    def access_token(self) -> str:
        """The bearer token."""
        ...

    @property
    def expires_in(self) -> int:
        """Its life in seconds."""
        ...


@dataclass(frozen=True, slots=True)
class _Held:
    token: Secret
    renew_at: float
    ends_at: float


class TokenSource:
    """A bearer token that is good now, for one API key. Made and used on one event loop.

    `exchange` asks IAM (`IamClient.apikey_token`) and raises transport.Problem. `now` counts seconds and
    never goes back.
    """

    def __init__(
        self,
        exchange: Callable[[Secret], Awaitable[IssuedToken]],
        apikey: Secret,
        *,
        now: Callable[[], float] = time.monotonic,
    ) -> None:
        self._exchange = exchange
        self._apikey = apikey
        self._now = now
        self._held: _Held | None = None
        self._renewal: asyncio.Task[str] | None = None
        self._failure: LockhouseError | None = None
        self._not_before = 0.0

    async def token(self) -> str:
        """The token. Raises KeyRefused, Unreachable, Problem."""
        held, now = self._held, self._now()
        if held is not None and now < held.renew_at:
            return held.token.reveal()
        if held is not None and now < held.ends_at:
            # Good still: whoever asks now does not wait, and an IAM that is away harms nobody yet.
            if now >= self._not_before:
                self._renew().add_done_callback(_heard)
            return held.token.reveal()
        if self._failure is not None and now < self._not_before:
            raise self._failure
        return await asyncio.shield(self._renew())

    def forget(self, token: str) -> None:
        """Do not give this token again: somebody refused it."""
        if self._held is not None and self._held.token.reveal() == token:
            self._held = None

    def refuse(self, refusal: KeyRefused) -> None:
        """Take it from elsewhere that the key is refused: no token and no exchange for 30 seconds."""
        self._note_failure(refusal, REFUSED_SECONDS)

    def _renew(self) -> "asyncio.Task[str]":
        if self._renewal is None or self._renewal.done():
            self._renewal = asyncio.create_task(self._ask())
        return self._renewal

    async def _ask(self) -> str:
        try:
            async with asyncio.timeout(EXCHANGE_SECONDS):
                issued = await self._exchange(self._apikey)
        except TimeoutError:
            raise self._note_failure(Unreachable("IAM"), _RETRY_SECONDS) from None
        except Unreachable as error:
            raise self._note_failure(error, _RETRY_SECONDS) from None
        except Problem as error:
            raise self._note_problem(error) from None
        now = self._now()
        self._failure = None
        self._held = _Held(
            Secret(issued.access_token),
            renew_at=now + issued.expires_in * RENEW_AT,
            ends_at=now + issued.expires_in - 10,
        )
        return issued.access_token

    def _note_problem(self, problem: Problem) -> LockhouseError:
        if problem.status in (400, 401, 403, 404):
            refusal = KeyRefused(problem.code, problem.message, problem.status)
            return self._note_failure(refusal, REFUSED_SECONDS)
        return self._note_failure(problem, problem.retry_after or _RETRY_SECONDS)

    def _note_failure(self, failure: LockhouseError, seconds: float) -> LockhouseError:
        if isinstance(failure, KeyRefused):
            self._held = None
        self._failure, self._not_before = failure, self._now() + seconds
        return failure


def _heard(renewal: "asyncio.Task[str]") -> None:
    """A renewal that nobody waits for keeps its failure in the source; the task's own exception is taken
    here."""
    if not renewal.cancelled():
        renewal.exception()
