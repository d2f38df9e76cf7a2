"""Failures of the App Connect doors: one envelope with a stable code, every mistake of a document, and
facts."""

from collections.abc import Callable
from typing import Any

from litestar import Request, Response

from lockhouse.errors import LockhouseError, Mistakes
from lockhouse.web.answers import Answer, Answers, answer_headers, told
from lockhouse.web.bearer import TokenMissing, TokenRefused
from lockhouse.web.bodies import BODY_ANSWERS
from lockhouse.web.liveness import CloudKeyRejected
from lockhouse.web.trace import trace_of
from lockhouse.wire.problems import appconnect_problem

COMMON_ANSWERS: Answers = {
    **BODY_ANSWERS,
    TokenMissing: Answer(401, "token_missing"),
    TokenRefused: Answer(401, "invalid_access_token"),
    CloudKeyRejected: Answer(401, "cloud_key_rejected"),
}


def problem_handler(answers: Answers) -> Callable[[Request[Any, Any, Any], Exception], Response[Any]]:
    """A Litestar exception handler of a door. Mistakes are answered 422 with the code of the first and the
    list of all; an error's `details` (ids and names) stand beside its code."""
    table = {**COMMON_ANSWERS, **answers}

    def handle(request: Request[Any, Any, Any], error: Exception) -> Response[Any]:
        trace = trace_of(request.scope)
        if isinstance(error, Mistakes) and type(error) not in table:
            return Response(_mistakes(error, trace), status_code=422, media_type="application/json")
        answer, text = told(table, error, trace=trace)
        details = getattr(error, "details", {}) if isinstance(error, LockhouseError) else {}
        body = appconnect_problem(answer.code, text, trace=trace, **details)
        return Response(
            body, status_code=answer.status, headers=answer_headers(error), media_type="application/json"
        )

    return handle


def _mistakes(error: Mistakes, trace: str) -> dict[str, Any]:
    first = error.mistakes[0]
    listed = [mistake.as_dict() for mistake in error.mistakes]
    message = str(first) if len(listed) == 1 else f"{first} (and {len(listed) - 1} more)"
    return appconnect_problem(first.code, message, trace=trace, mistakes=listed)
