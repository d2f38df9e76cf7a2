"""The transaction id in and out, the standard headers, one log line a request (iam-identity-api.md 1.2 and
1.3)."""

import re
import time
from typing import Any

from lockhouse.ids import new_request_id, new_transaction_id
from lockhouse.web.door import AsgiApp
from lockhouse.web.log import log_request

_ACCEPTABLE = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_ALWAYS = (
    (b"cache-control", b"no-cache, no-store, must-revalidate"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
)
_IDENTITY = (*_ALWAYS, (b"content-language", b"en-US"), (b"ibm-cloud-service-name", b"iam-identity"))
_IDENTITY_ONLY = {b"content-language", b"ibm-cloud-service-name"}
_IDENTITY_PATHS = ("/identity/", "/v1/", "/v2/", "/v3/", "//v1/")


def trace_of(scope: Any) -> str:
    """The transaction id of the request that this ASGI scope belongs to."""
    found: str | None = scope.get("lockhouse.trace")
    if found is None:
        found = scope["lockhouse.trace"] = _given_trace(scope["headers"]) or new_transaction_id()
    return found


def with_trace(app: AsgiApp) -> AsgiApp:
    """Wrap an application: every answer carries the standard headers and leaves one line in the log."""

    async def traced(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            await app(scope, receive, send)
            return
        trace = trace_of(scope)
        started = time.perf_counter()
        status = 500

        async def send_with_headers(message: Any) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = _with_standard(message.get("headers", ()), scope["path"], trace)
            await send(message)

        try:
            await app(scope, receive, send_with_headers)
        finally:
            log_request(scope, status, time.perf_counter() - started, trace)

    return traced


def identity_headers(trace: str) -> list[tuple[bytes, bytes]]:
    """The standard headers of an answer of IAM."""
    raw = trace.encode()
    return [
        *_IDENTITY,
        (b"transaction-id", raw),
        (b"x-correlation-id", raw),
        (b"x-request-id", new_request_id().encode()),
    ]


def _given_trace(headers: Any) -> str | None:
    for name, value in headers:
        if name == b"transaction-id":
            # What the caller sends goes into logs and headers: only harmless characters are carried through.
            return value.decode() if _ACCEPTABLE.fullmatch(value) else None
    return None


def _with_standard(given: Any, path: str, trace: str) -> list[tuple[bytes, bytes]]:
    headers = [*given]
    present = {name.lower() for name, _ in headers}
    leave_out = present if path.startswith(_IDENTITY_PATHS) else present | _IDENTITY_ONLY
    if b"cache-control" in present:
        leave_out = leave_out | {b"pragma", b"expires"}
    return headers + [header for header in identity_headers(trace) if header[0] not in leave_out]
