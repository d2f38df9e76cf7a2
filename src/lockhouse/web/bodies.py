"""What comes in at any door: how large a body may be, and JSON that two parsers could read differently is refused."""

import json
from typing import Any

from lockhouse.errors import LockhouseError
from lockhouse.web.answers import Answer, Answers, send_error
from lockhouse.web.door import AsgiApp
from lockhouse.web.trace import trace_of

MOST_BYTES = 1024 * 1024
_DEEPEST = 64
_LONGEST_NUMBER = 40


class BodyTooLarge(LockhouseError):
    """The body of a JSON or form request is over the limit."""


class BodyEncoded(LockhouseError):
    """The body is compressed; small requests need no compression, and bombs do."""


class BodyNotJson(LockhouseError):
    """The body is not the JSON that everybody reads alike."""


BODY_ANSWERS: Answers = {
    BodyTooLarge: Answer(413, "too_large"),
    BodyEncoded: Answer(415, "unsupported_media_type"),
    BodyNotJson: Answer(400, "bad_request"),
}


def read_json(raw: bytes) -> Any:
    """The value of a strict JSON text. Raises BodyNotJson.

    Refused: other encodings than UTF-8, duplicate names, NaN and infinities, numbers of more than 40 characters, lone
    surrogates, nesting deeper than 64.
    """
    try:
        text = raw.decode("utf-8")
        _refuse_depth(text)
        value = json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_refuse_constant,
            parse_int=_whole,
            parse_float=_decimal,
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeError:
        raise BodyNotJson("the body is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise BodyNotJson(
            f"the body is not JSON: line {error.lineno}, column {error.colno}: {error.msg}"
        ) from None
    return value


def with_strict_bodies(app: AsgiApp) -> AsgiApp:
    """Wrap an application: JSON and form bodies are read whole, checked, and handed on as they came."""

    async def strict(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or scope["method"] in {"GET", "HEAD"}:
            await app(scope, receive, send)
            return
        kind, encoding = _content_of(scope["headers"])
        if not (
            kind.startswith((b"application/json", b"application/x-www-form-urlencoded")) or b"+json" in kind
        ):
            await app(scope, receive, send)
            return
        try:
            raw = await read_body(scope, receive, encoding=encoding)
            if raw and b"json" in kind:
                read_json(raw)
        except LockhouseError as error:
            await send_error(send, BODY_ANSWERS, error, path=scope["path"], trace=trace_of(scope))
            return
        await app(scope, _replay(raw, receive), send)

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


def _replay(raw: bytes, receive: Any) -> Any:
    handed = False

    async def replayed() -> Any:
        nonlocal handed
        if handed:
            return await receive()
        handed = True
        return {"type": "http.request", "body": raw, "more_body": False}

    return replayed


def _refuse_depth(text: str) -> None:
    # Counted before parsing: brackets inside texts only make this stricter for absurd documents.
    if text.count("[") + text.count("{") <= _DEEPEST:
        return
    depth, quoted, escaped = 0, False, False
    for character in text:
        if quoted:
            quoted, escaped = (character != '"' or escaped), (character == "\\" and not escaped)
        elif character == '"':
            quoted = True
        elif character in "[{":
            depth += 1
            if depth > _DEEPEST:
                raise BodyNotJson(f"the body is nested deeper than {_DEEPEST}")
        elif character in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        raise BodyNotJson("the body has an object with the same name twice")
    return value


def _whole(text: str) -> int:
    if len(text) > _LONGEST_NUMBER:
        raise BodyNotJson("the body has a number with too many digits")
    return int(text)


def _decimal(text: str) -> float:
    value = float(text)
    if len(text) > _LONGEST_NUMBER or value in {float("inf"), float("-inf")}:
        raise BodyNotJson("the body has a number that is out of range")
    return value


def _refuse_constant(_: str) -> None:
    raise BodyNotJson("the body has a number that JSON does not know")
