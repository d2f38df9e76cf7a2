"""Bodies at any JSON door: what two parsers could read differently, or what is too much, is refused."""

from __future__ import annotations

import gzip
import json
from typing import Any

import pytest

from lockhouse.web.bodies import with_strict_bodies


async def send(body: bytes, *chunks: bytes, path: str = "/x", **headers: str) -> tuple[int, bytes]:
    """Status, and what came through to the application."""
    seen = b""
    parts = [body, *chunks]
    answers: list[dict[str, Any]] = []

    async def app(_scope: Any, receive: Any, answer: Any) -> None:
        nonlocal seen
        more = True
        while more:
            message = await receive()
            seen += message.get("body", b"")
            more = message.get("more_body", False)
        await answer({"type": "http.response.start", "status": 200, "headers": []})
        await answer({"type": "http.response.body", "body": b""})

    async def receive() -> dict[str, Any]:
        part = parts.pop(0)
        return {"type": "http.request", "body": part, "more_body": bool(parts)}

    async def answer(message: dict[str, Any]) -> None:
        answers.append(message)

    lines = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "POST", "path": path, "headers": lines}
    await with_strict_bodies(app)(scope, receive, answer)
    return answers[0]["status"], seen


async def test_a_plain_body_comes_through_as_it_was_sent() -> None:
    body = b'{ "a": [1, 2.5, "\\u00e9"] }'
    assert await send(body, content_type="application/json") == (200, body)
    assert await send(body[:5], body[5:], content_type="application/json; charset=utf-8") == (200, body)


@pytest.mark.parametrize(
    "body",
    [
        b'{"a": 1, "a": 2}',
        b'{"a": {"b": 1, "\\u0062": 2}}',
        b'{"a": NaN}',
        b'{"a": Infinity}',
        b'{"a": 1e999}',
        b'{"a": ' + b"9" * 5000 + b"}",
        b"[" * 100_000,
        b'{"a":' * 200 + b"1" + b"}" * 200,
        b'{"a": "\xff"}',
        '{"a": 1}'.encode("utf-16"),
        b'{"a": "\\ud800"}',
        b"{'a': 1}",
        b'{"a": 1,}',
        b'{"a": 1} x',
        b'{"a": 01}',
        b'{"a": "\n"}',
        b"\x00",
    ],
)
@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/merge-patch+json"])
async def test_json_that_others_might_read_differently_is_refused(body: bytes, kind: str) -> None:
    assert await send(body, content_type=kind) == (400, b"")


async def test_a_body_over_a_megabyte_is_refused_before_it_is_read_whole() -> None:
    body = json.dumps({"a": "x" * 1024 * 1024}).encode()
    assert (await send(body, content_type="application/json"))[0] == 413
    chunks = [b"x" * 65536] * 1000
    assert (await send(b"[", *chunks, content_type="application/json"))[0] == 413


async def test_a_gzip_body_is_unpacked_and_a_bomb_is_not() -> None:
    kind = {"content_type": "application/json", "content_encoding": "gzip"}
    packed = gzip.compress(b'{"a": 1}')
    assert await send(packed, **kind) == (200, b'{"a": 1}')
    assert (await send(gzip.compress(b"0" * 10_000_000), **kind))[0] == 413
    assert (await send(gzip.compress(b'{"a": 1, "a": 2}'), **kind))[0] == 400
    for bad in (b"", b'{"a": 1}', packed[:-4], packed + b"x", packed + packed):
        assert (await send(bad, **kind))[0] == 415


@pytest.mark.parametrize("encoding", ["br", "deflate", "gzip, gzip"])
async def test_a_body_packed_in_another_way_is_refused(encoding: str) -> None:
    kind = {"content_type": "application/json", "content_encoding": encoding}
    assert (await send(gzip.compress(b"{}"), **kind))[0] == 415


async def test_a_packed_form_is_refused() -> None:
    kind = {"content_type": "application/x-www-form-urlencoded", "content_encoding": "gzip"}
    assert (await send(gzip.compress(b"a=1"), **kind))[0] == 415


async def test_files_are_left_to_their_door_but_never_on_the_identity_api() -> None:
    body = b"\x00" * (2 * 1024 * 1024)
    assert (await send(body, content_type="application/zip"))[0] == 200
    assert (await send(body, content_type="application/zip", path="/v1/apikeys"))[0] == 413


async def test_forms_are_left_to_their_door_but_not_without_limit() -> None:
    kind = "application/x-www-form-urlencoded"
    assert await send(b"a=1&a=2", content_type=kind) == (200, b"a=1&a=2")
    assert (await send(b"a" * 1024 * 1025, content_type=kind))[0] == 413


@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x"])
@pytest.mark.parametrize("path", ["/v1/apikeys", "//v1/apikeys", "/appconnect/x/api/v1/actions", "/api/v1/x"])
async def test_a_door_that_reads_json_reads_it_strictly_whatever_it_is_called(path: str, kind: str) -> None:
    assert (await send(b"[" * 100_000, content_type=kind, path=path))[0] == 400
    assert (await send(b'{"a": 1}', content_type=kind, path=path)) == (200, b'{"a": 1}')
