"""The error envelopes: token style, identity style, App Connect style (iam-identity-api.md 1.5 and 1.6)."""

from typing import Any


def token_problem(code: str, message: str, *, trace: str, details: str = "") -> dict[str, Any]:
    """The body of a failed `/identity/…` call: camelCase, `errorCode` first."""
    body: dict[str, Any] = {"errorCode": code, "errorMessage": message}
    if details:
        body["errorDetails"] = details
    return body | {"context": {"requestId": trace}}


def identity_problem(
    status: int, code: str, message_code: str, message: str, *, trace: str
) -> dict[str, Any]:
    """The body of a failed `/v1/…` call; `status_code` is a number, `errors` is never empty."""
    error = {"code": code, "message_code": message_code, "message": message, "details": message}
    return {"trace": trace, "status_code": status, "errors": [error]}


def appconnect_problem(
    code: str, message: str, *, trace: str, mistakes: list[dict[str, object]] | None = None, **details: Any
) -> dict[str, Any]:
    """The body of a failed call of an App Connect door: one `error` with a stable `code`.

    `mistakes` lists every mistake of a document (errors.Mistake.as_dict); `details` are ids and names.
    """
    error: dict[str, Any] = {"code": code, "message": message, "trace": trace}
    if mistakes:
        error["mistakes"] = mistakes
    if details:
        error["details"] = details
    return {"error": error}
