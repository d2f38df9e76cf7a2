"""A table {error type: Answer} → response: the nearest ancestor wins, and what is in no table says nothing
outside."""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import msgspec
import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException

from lockhouse.errors import LockhouseError
from lockhouse.web.trace import trace_of
from lockhouse.wire.problems import appconnect_problem, identity_problem, token_problem

_LOG = structlog.get_logger("lockhouse.web")


@dataclass(frozen=True, slots=True)
class Answer:
    """How one door answers one error.

    `code` is the stable code of the envelope (`BXNIM0415E`, `account_missing`). `text` replaces the
    error's own words;
    empty: those are shown. An error with `retry_after` (seconds) is answered with that header.
    """

    status: int
    code: str
    text: str = ""


Answers = Mapping[type[Exception], Answer]
Envelope = Callable[[Answer, str, str], dict[str, Any]]
"""Answer, text and trace → body."""

_MISSING = re.compile(r"Object missing required field `([^`]+)`")
_KINDS = {
    400: "bad_request",
    401: "invalid_access_token",
    403: "forbidden",
    404: "not_found",
    405: "method_not_allowed",
    409: "conflict",
    413: "too_large",
    415: "unsupported_media_type",
    422: "invalid_state",
    429: "too_many_requests",
}
_IDENTITY_CODES = {
    400: "BXNIM0109E",
    401: "BXNIM0308E",
    404: "BXNIM0404E",
    405: "BXNIM0405E",
    413: "BXNIM0413E",
    415: "BXNIM0414E",
    429: "BXNIM0429E",
}
"""What the identity envelopes call a refusal that is told by a plain word elsewhere."""
UNEXPECTED = Answer(
    500, "internal_error", "The request could not be completed. The trace names it in the log."
)


def token_style(answer: Answer, text: str, trace: str) -> dict[str, Any]:
    """The envelope of `/identity/…`."""
    return token_problem(_identity_code(answer), text, trace=trace)


def identity_style(answer: Answer, text: str, trace: str) -> dict[str, Any]:
    """The envelope of `/v1/…`: the kind follows the status."""
    kind = _KINDS.get(answer.status, "internal_error")
    return identity_problem(answer.status, kind, _identity_code(answer), text, trace=trace)


def appconnect_style(answer: Answer, text: str, trace: str) -> dict[str, Any]:
    """The envelope of every other door."""
    return appconnect_problem(answer.code, text, trace=trace)


def envelope_for(path: str) -> Envelope:
    """The envelope in which failures at a path are told."""
    first = path.lstrip("/").partition("/")[0]
    if first == "identity":
        return token_style
    return identity_style if first in {"v1", "v2", "v3"} else appconnect_style


def _identity_code(answer: Answer) -> str:
    if answer.code.startswith("BXNIM"):
        return answer.code
    return _IDENTITY_CODES.get(answer.status, "BXNIM0500E")


def answer_for(answers: Answers, error: Exception) -> Answer | None:
    """The row of the error's nearest ancestor that has one."""
    return next((answers[kind] for kind in type(error).__mro__ if kind in answers), None)


def told(answers: Answers, error: Exception, *, trace: str) -> tuple[Answer, str]:
    """The answer and its words. An error without a row is logged whole and says nothing to the outside."""
    answer = answer_for(answers, error)
    if answer is None and isinstance(error, HTTPException):
        answer, text = _framework_answer(error)
        return answer, text
    if answer is None:
        # The stack is in the line, the values are not: they may be secrets.
        _LOG.error("unexpected", trace=trace, error=type(error).__name__, exc_info=error)
        return UNEXPECTED, UNEXPECTED.text
    if answer.status >= 500:
        _LOG.error(
            "cannot answer", trace=trace, error=type(error).__name__, exc_info=error.__cause__ or error
        )
    return answer, answer.text or str(error)


def answer_headers(error: Exception) -> dict[str, str]:
    """Retry-After, if the error says when to come back; how to prove oneself, if that is what was missing."""
    retry_after = getattr(error, "retry_after", None)
    headers = {"retry-after": str(math.ceil(retry_after))} if retry_after is not None else {}
    allow = (getattr(error, "headers", None) or {}).get("Allow")
    challenge = getattr(error, "challenge", None)
    headers |= {"www-authenticate": challenge} if challenge else {}
    return headers | ({"allow": allow} if allow else {})


def exception_handler(
    answers: Answers, envelope: Envelope | None = None
) -> Callable[[Request[Any, Any, Any], Exception], Response[Any]]:
    """A Litestar exception handler for one door; without an envelope the path decides."""

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        trace = trace_of(request.scope)
        answer, text = told(answers, error, trace=trace)
        shape = envelope or envelope_for(request.scope["path"])
        return Response(
            shape(answer, text, trace),
            status_code=answer.status,
            headers=answer_headers(error),
            media_type="application/json",
        )

    return handle


async def send_answer(
    send: Any, status: int, body: dict[str, Any] | bytes, headers: list[tuple[bytes, bytes]] | None = None
) -> None:
    """Send a JSON answer from a plain ASGI door."""
    raw = body if isinstance(body, bytes) else msgspec.json.encode(body)
    standard = [(b"content-type", b"application/json"), (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": standard + (headers or [])})
    await send({"type": "http.response.body", "body": raw})


async def send_error(send: Any, answers: Answers, error: Exception, *, path: str, trace: str) -> None:
    """Answer an error from a plain ASGI door."""
    answer, text = told(answers, error, trace=trace)
    headers = [(name.encode(), value.encode()) for name, value in answer_headers(error).items()]
    await send_answer(send, answer.status, envelope_for(path)(answer, text, trace), headers)


def _framework_answer(error: HTTPException) -> tuple[Answer, str]:
    """Litestar's own refusals: no route, wrong method, a body or parameter that does not fit."""
    kind = _KINDS.get(error.status_code, "internal_error")
    if error.status_code >= 500:
        return UNEXPECTED, UNEXPECTED.text
    return Answer(error.status_code, kind), _words_of(error)


def _words_of(error: HTTPException) -> str:
    mistakes = error.extra if isinstance(error.extra, list) else []
    words = [_words_of_mistake(mistake) for mistake in mistakes if isinstance(mistake, dict)]
    return "; ".join(words) or (error.detail if not error.extra else "The request is not valid.")


def _words_of_mistake(mistake: dict[str, Any]) -> str:
    """One of Litestar's own findings, which calls a whole body `data`."""
    message, key = str(mistake.get("message", "")), mistake.get("key", "")
    inside = "" if key == "data" else f"{key}."
    missing = _MISSING.fullmatch(message)
    if missing is not None:
        return f"Parameter '{inside if key else ''}{missing[1]}' is missing."
    return f"Parameter '{key}': {message}." if key and key != "data" else message


def is_ours(error: Exception) -> bool:
    """Whether the product has a word for what happened."""
    return isinstance(error, LockhouseError)
