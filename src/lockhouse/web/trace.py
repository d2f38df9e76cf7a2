"""The transaction id in and out, the standard headers, one log line a request (iam-identity-api.md 1.2 and 1.3)."""

import re
import time
import uuid
from typing import Any

import structlog

from lockhouse.ids import new_transaction_id
from lockhouse.web.door import AsgiApp

_LOG = structlog.get_logger("lockhouse.request")
_ACCEPTABLE = re.compile(rb"[A-Za-z0-9._:/+=@-]{1,128}")
_LONGEST_PATH = 300
_ALWAYS = (
    (b"cache-control", b"no-cache, no-store, must-revalidate"),
    (b"pragma", b"no-cache"),
    (b"expires", b"0"),
    (b"strict-transport-security", b"max-age=31536000; includeSubDomains"),
    (b"x-content-type-options", b"nosniff"),
)
_IDENTITY = (*_ALWAYS, (b"content-language", b"en-US"), (b"ibm-cloud-service-name", b"iam-identity"))
_IDENTITY_PATHS = ("/identity/", "/v1/", "/v2/", "//v1/")


def trace_of(scope: Any) -> str:
    """The transaction id of the request that this ASGI scope belongs to."""
    found: str | None = scope.get("lockhouse.trace")
    if found is None:
        found = scope["lockhouse.trace"] = _given_trace(scope["headers"]) or new_transaction_id()
    return found


def with_trace(app: AsgiApp) -> AsgiApp:
    """Wrap an application: every answer carries the standard headers and leaves one line in the log.

    The line has method, path, status, milliseconds and trace: never a query, a form value or a body.
    """

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
                message["headers"] = _headers(message.get("headers", ()), scope["path"], trace.encode())
            await send(message)

        try:
            await app(scope, receive, send_with_headers)
        finally:
            _LOG.info(
                "request",
                method=scope["method"],
                path=_path_of(scope),
                status=status,
                ms=round((time.perf_counter() - started) * 1000, 2),
                trace=trace,
            )

    return traced


def _path_of(scope: Any) -> str:
    """The path as it was sent, so that nobody writes lines of his own into the log; and not for ever."""
    raw = scope.get("raw_path") or scope["path"].encode()
    return str(raw[:_LONGEST_PATH].decode("ascii", "backslashreplace"))


def _given_trace(headers: Any) -> str | None:
    for name, value in headers:
        if name == b"transaction-id":
            # What the caller sends goes into logs and headers, so only harmless characters are carried through.
            return value.decode() if _ACCEPTABLE.fullmatch(value) else None
    return None


def _headers(given: Any, path: str, trace: bytes) -> list[tuple[bytes, bytes]]:
    headers = [*given]
    present = {name.lower() for name, _ in headers}
    standard = _IDENTITY if path.startswith(_IDENTITY_PATHS) else _ALWAYS
    headers += [header for header in standard if header[0] not in present]
    headers += [
        (b"transaction-id", trace),
        (b"x-correlation-id", trace),
        (b"x-request-id", str(uuid.uuid4()).encode()),
    ]
    return headers
