"""Nobody holds a connection with a request that does not come."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn

from lockhouse.web import connections
from lockhouse.web.connections import BoundedProtocol

GOOD = b"GET / HTTP/1.1\r\nhost: x\r\n\r\n"


async def _app(scope: Any, _receive: Any, send: Any) -> None:
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"ok"})


@contextlib.asynccontextmanager
async def _served(app: Any = _app) -> AsyncIterator[int]:
    config = uvicorn.Config(app, http=BoundedProtocol, lifespan="off", log_config=None, timeout_keep_alive=1)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            yield int(listener.getsockname()[1])
        finally:
            server.should_exit = True
            await serving


async def _answer(port: int, *pieces: bytes, pause: float = 0.0) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        for piece in pieces:
            writer.write(piece)
            await asyncio.sleep(pause)
        async with asyncio.timeout(10):
            return await reader.read(65536)
    except ConnectionError:
        return b""
    finally:
        writer.close()


@pytest.mark.parametrize(
    "pieces", [(), (b"GET",), (b"GET / HTTP/1.1\r\nhost: x\r\n",), (GOOD[:-2], b"a: b\r\n", b"c: d\r\n")]
)
async def test_a_head_that_does_not_come_is_given_up(
    monkeypatch: pytest.MonkeyPatch, pieces: tuple[bytes, ...]
) -> None:
    monkeypatch.setattr(connections, "HEAD_SECONDS", 0.2)
    async with _served() as port:
        assert await _answer(port, *pieces) == b""
        assert (await _answer(port, GOOD)).startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    "head",
    [
        b"GET /" + b"x" * 100_000,
        b"GET / HTTP/1.1\r\n" + b"a: " + b"x" * 100_000 + b"\r\n",
        b"GET / HTTP/1.1\r\n" + b"a: b\r\n" * 20_000,
    ],
)
async def test_a_head_that_is_too_large_is_refused(head: bytes) -> None:
    async with _served() as port:
        answer = await _answer(port, head + b"\r\n")

        assert answer == b"" or answer.startswith((b"HTTP/1.1 431", b"HTTP/1.1 400"))
        assert (await _answer(port, GOOD)).startswith(b"HTTP/1.1 200")


async def test_a_head_in_many_pieces_is_answered() -> None:
    async with _served() as port:
        answer = await _answer(port, *(GOOD[at : at + 3] for at in range(0, len(GOOD), 3)), pause=0.001)

    assert answer.startswith(b"HTTP/1.1 200")


async def test_two_requests_on_one_connection_are_answered() -> None:
    async with _served() as port:
        assert (await _answer(port, GOOD, GOOD, pause=0.05)).count(b"200") >= 1


async def test_a_large_answer_comes_whole() -> None:
    big = b"x" * 3_000_000

    async def app(scope: Any, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": [(b"connection", b"close")]})
        for start in range(0, len(big), 100_000):
            piece = big[start : start + 100_000]
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})

    async with _served(app) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(GOOD)
        answer = await reader.read()
        writer.close()

    assert answer.count(b"x") == len(big)
    assert answer.endswith(b"0\r\n\r\n")
