"""What comes in at any door: how large a body may be; JSON that two parsers could read differently is
refused."""

import zlib
from typing import Any

from lockhouse.documents import Limits, read_json
from lockhouse.errors import LockhouseError, Mistakes
from lockhouse.web.answers import Answer, Answers, send_error
from lockhouse.web.door import AsgiApp
from lockhouse.web.trace import trace_of

MOST_BYTES = 1024 * 1024
_LIMITS = Limits(bytes=MOST_BYTES, depth=64)
_FORM = b"application/x-www-form-urlencoded"
_FILES = (b"application/zip", b"application/octet-stream", b"multipart/")
_BODILESS = {"GET", "HEAD", "OPTIONS"}
_ALWAYS_JSON = {"v1", "v2", "v3", "appconnect", "internal"}


class BodyTooLarge(LockhouseError):
    """The body of a JSON or form request is over the limit."""


class BodyEncoded(LockhouseError):
    """The body is compressed where none may be, in another way than gzip, or is not what it says."""


class BodyNotJson(LockhouseError):
    """The body is not the JSON that everybody reads alike."""


BODY_ANSWERS: Answers = {
    BodyTooLarge: Answer(413, "too_large"),
    BodyEncoded: Answer(415, "unsupported_media_type"),
    BodyNotJson: Answer(400, "bad_request"),
}


def check_json(raw: bytes) -> None:
    """Raises BodyNotJson, with every mistake: duplicate names, NaN, absurd numbers, depth, other
    encodings."""
    try:
        read_json(raw, file="body", limits=_LIMITS)
    except Mistakes as error:
        raise BodyNotJson(f"The body cannot be read. {error}") from None


def with_strict_bodies(app: AsgiApp) -> AsgiApp:
    """Wrap an application: bodies are read whole, checked, and handed on as they came.

    What is neither a form nor a file is JSON, whatever it calls itself; and so is everything at a door that
    reads nothing else. Files and forms are left to the doors that take them.
    """

    async def strict(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] in _BODILESS:
            await app(scope, receive, send)
            return
        kind, encoding = _content_of(scope["headers"])
        other = kind.startswith((_FORM, *_FILES)) and not _reads_json(scope["path"])
        if other and not kind.startswith(_FORM):
            await app(scope, receive, send)
            return
        try:
            packed = encoding == b"gzip" and not other
            raw = await read_body(scope, receive, encoding=b"" if packed else encoding)
            raw = _inflated(raw) if packed else raw
            if raw and not other:
                check_json(raw)
        except LockhouseError as error:
            await send_error(send, BODY_ANSWERS, error, path=scope["path"], trace=trace_of(scope))
            return
        await app(scope, replay(raw, receive), send)

    return strict


async def read_body(
    scope: Any, receive: Any, *, encoding: bytes | None = None, most: int = MOST_BYTES
) -> bytes:
    """The whole body. Raises BodyTooLarge, BodyEncoded."""
    if encoding is None:
        encoding = _content_of(scope["headers"])[1]
    if encoding not in {b"", b"identity"}:
        raise BodyEncoded("a Content-Encoding is not accepted here")
    message = await receive()
    raw: bytes = message.get("body", b"")
    if not message.get("more_body"):
        return _within(raw, most)
    parts, size = [raw], len(raw)
    while message.get("more_body"):
        message = await receive()
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if size > most:
            break
    return _within(b"".join(parts), most)


def _inflated(raw: bytes) -> bytes:
    """What a gzip body holds: IBM's clients pack bodies where they are told to. Never more than the limit is
    unpacked. Raises BodyTooLarge, BodyEncoded."""
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(raw, MOST_BYTES + 1)
    except zlib.error:
        raise BodyEncoded("the body is not gzip") from None
    body = _within(body, MOST_BYTES)
    if not unpacker.eof or unpacker.unused_data:
        raise BodyEncoded("the body is not one whole gzip stream")
    return body


def _reads_json(path: str) -> bool:
    """Whether the door at a path reads JSON and nothing else."""
    root = path.lstrip("/").partition("/")[0]
    return root in _ALWAYS_JSON or (root == "api" and "/bar-files" not in path and "/events/" not in path)


def _within(raw: bytes, most: int) -> bytes:
    if len(raw) > most:
        raise BodyTooLarge(f"a body here has at most {most} bytes")
    return raw


def _content_of(headers: Any) -> tuple[bytes, bytes]:
    kind = encoding = b""
    for name, value in headers:
        if name == b"content-type":
            kind = value.strip().lower()
        elif name == b"content-encoding":
            encoding = value.strip().lower()
    return kind, encoding


def replay(raw: bytes, receive: Any) -> Any:
    """A `receive` that hands out a body which was read already, and then what comes after it."""
    handed = False

    async def replayed() -> Any:
        nonlocal handed
        if handed:
            return await receive()
        handed = True
        return {"type": "http.request", "body": raw, "more_body": False}

    return replayed
