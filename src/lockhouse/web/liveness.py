"""Whether the key behind a token still lives: asked of IAM, although the token itself would do for an
hour."""

import asyncio
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockhouse.errors import LockhouseError
from lockhouse.web.bearer import Principal, TokenRefused

FRESH_SECONDS = 0.5
"""So long one answer serves further calls with the same token, counted from when the question was sent."""
_MOST_REMEMBERED = 2048

Introspect = Callable[[str], Awaitable[Mapping[str, Any]]]
"""Token → RFC 7662 answer, with `reason` and `apikey_id` where it is not active."""


_KEY_REASONS = {
    "apikey_deleted": "deleted",
    "apikey_disabled": "disabled",
    "apikey_expired": "expired",
    "identity_disabled": "identity_disabled",
    "account_disabled": "account_disabled",
}


class CloudKeyRejected(LockhouseError):
    """The key that the token was made from is good no more.

    `details` has `reason` (`deleted`, `disabled`, `expired`, `identity_disabled`, `account_disabled`),
    `apikey_id`, and `changed_by` and `changed_at` where known.
    """

    def __init__(self, reason: str, apikey_id: str, **known: str) -> None:
        super().__init__(f"the API key {apikey_id} was refused: {reason.replace('_', ' ')}")
        self.details = {"reason": reason, "apikey_id": apikey_id, **known}


@dataclass(frozen=True, slots=True)
class _Question:
    asked_at: float
    answer: "asyncio.Task[Mapping[str, Any]]"


class Liveness:
    """Asks IAM about tokens. Questions about one token at a time are one question."""

    def __init__(self, introspect: Introspect, *, now: Callable[[], float] = time.monotonic) -> None:
        self._introspect = introspect
        self._now = now
        self._questions: OrderedDict[str, _Question] = OrderedDict()

    async def require(self, principal: Principal) -> None:
        """Return if the token is good now. Raises CloudKeyRejected, TokenRefused, and what asking raises."""
        answer = await asyncio.shield(self._ask(principal.token).answer)
        if answer.get("active") is True:
            return
        reason = str(answer.get("reason", ""))
        apikey_id = str(answer.get("apikey_id") or principal.apikey_id or "")
        if reason in _KEY_REASONS and apikey_id:
            known = {name: str(answer[name]) for name in ("changed_by", "changed_at") if name in answer}
            raise CloudKeyRejected(_KEY_REASONS[reason], apikey_id, **known)
        raise TokenRefused(reason or "not active")

    def _ask(self, token: str) -> _Question:
        now = self._now()
        question = self._questions.get(token)
        if question is None or now - question.asked_at > FRESH_SECONDS or _failed(question.answer):
            question = _Question(now, asyncio.ensure_future(self._introspect(token)))
            question.answer.add_done_callback(_failed)
            self._questions[token] = question
            self._questions.move_to_end(token)
            if len(self._questions) > _MOST_REMEMBERED:
                self._questions.popitem(last=False)
        return question


def _failed(answer: "asyncio.Future[Mapping[str, Any]]") -> bool:
    """Whether asking failed; such an answer serves nobody else. (Looking also marks the error as seen.)"""
    return answer.done() and (answer.cancelled() or answer.exception() is not None)
