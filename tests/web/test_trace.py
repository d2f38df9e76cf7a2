"""The transaction id goes through, every answer carries it, and every request leaves one line."""

from __future__ import annotations

import io
import json
import re
import uuid
from typing import Any

import pytest

from lockhouse.web.log import configure_logging
from lockhouse.web.trace import with_trace


async def answered(
    path: str, headers: list[tuple[bytes, bytes]], *given: tuple[bytes, bytes]
) -> dict[bytes, bytes]:
    sent: list[dict[str, Any]] = []

    async def app(_scope: Any, _receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [*given]})
        await send({"type": "http.response.body", "body": b""})

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "raw_path": path.encode(), "headers": headers}
    await with_trace(app)(scope, None, send)
    return dict(sent[0]["headers"])


async def test_a_given_trace_is_carried_through() -> None:
    headers = await answered("/v1/x", [(b"transaction-id", b"my-trace.1")])
    assert headers[b"transaction-id"] == headers[b"x-correlation-id"] == b"my-trace.1"
    assert uuid.UUID(headers[b"x-request-id"].decode()).version == 4


@pytest.mark.parametrize("given", [b"", b"a b", b"a\tb", b"x" * 200, b"\xff", b"<script>"])
async def test_another_is_made_where_it_is_missing_or_harmful(given: bytes) -> None:
    headers = await answered("/v1/x", [(b"transaction-id", given)])
    assert re.fullmatch(rb"[\w-]{7}-[0-9a-f]{32}", headers[b"transaction-id"])


async def test_identity_headers_are_for_identity_paths_and_what_is_given_stays() -> None:
    identity = await answered("/v1/x", [])
    page = await answered("/iam/apikeys", [], (b"cache-control", b"private"))
    assert identity[b"ibm-cloud-service-name"] == b"iam-identity"
    assert b"no-store" in identity[b"cache-control"]
    assert b"ibm-cloud-service-name" not in page
    assert page[b"cache-control"] == b"private"
    assert b"pragma" not in page


@pytest.mark.parametrize("form", ["json", "text"])
async def test_a_request_leaves_one_line_whatever_its_path(form: str) -> None:
    log = io.StringIO()
    configure_logging(form, log)
    try:
        await answered('/v1/a"b=c\\', [])
    finally:
        configure_logging()
    lines = log.getvalue().splitlines()
    assert len(lines) == 1
    if form == "json":
        assert json.loads(lines[0])["path"] == '/v1/a"b=c\\'
