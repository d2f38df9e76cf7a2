"""How the doors of the token service are opened: forms in, JSON out. Plain ASGI, by hand, for speed."""

import base64
import binascii
import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import msgspec
from litestar.exceptions import MethodNotAllowedException

from lockhouse.iam.errors import ClientUnknown, RequestInvalid
from lockhouse.iam.model import Visit
from lockhouse.iam.room import Room
from lockhouse.web.address import client_address
from lockhouse.web.answers import Answers, answer_headers, token_style, told
from lockhouse.web.bodies import read_body
from lockhouse.web.door import AsgiApp
from lockhouse.web.log import log_request
from lockhouse.web.trace import identity_headers, trace_of
from lockhouse.wire.tokens import APIKEY_GRANT, ASSUME_GRANT

_LONGEST_FORM = 64 * 1024
_MOST_FIELDS = 50
_LONGEST_AGENT = 200
_GRANT_TYPES = {quote_plus(name): name for name in (APIKEY_GRANT, ASSUME_GRANT)}
_JSON = (b"content-type", b"application/json")


class FormCall:
    """One call: its headers (the last of each name), its parameters, and where it came from."""

    __slots__ = ("form", "headers", "room", "scope")

    def __init__(self, room: Room, scope: Any, form: Mapping[str, str]) -> None:
        self.room = room
        self.scope = scope
        self.headers: dict[bytes, bytes] = dict(scope["headers"])
        self.form = form

    def visit(self, *, proved: bool = False) -> Visit:
        """Whence it comes. `proved`: the peer is this platform's console, and its X-Forwarded-For is
        believed."""
        return Visit(
            at=self.room.now,
            address=client_address(self.scope, self.room.proxies, trusted=proved),
            agent=self.headers.get(b"user-agent", b"").decode("latin-1")[:_LONGEST_AGENT],
            trace=trace_of(self.scope),
        )

    def basic(self) -> tuple[str, str] | None:
        """Client id and secret of the Basic header. Raises ClientUnknown."""
        value = self.headers.get(b"authorization", b"")
        if value[:6].lower() != b"basic ":
            return None
        try:
            text = base64.b64decode(value[6:].strip(), validate=True).decode()
        except (ValueError, binascii.Error):
            raise ClientUnknown("The authorization header cannot be read.") from None
        client_id, separator, secret = text.partition(":")
        if not separator or not client_id:
            raise ClientUnknown("The authorization header cannot be read.")
        return client_id, secret


Serve = Callable[[Room, FormCall], Awaitable[tuple[int, bytes]]]


def form_door(room: Room, method: str, serve: Serve, answers: Answers) -> AsgiApp:
    """An ASGI application for one path: it answers this method alone, and every failure by the table."""

    async def door(scope: Any, receive: Any, send: Any) -> None:
        started = time.perf_counter()
        trace = trace_of(scope)
        more: dict[str, str] = {}
        try:
            form = await _form(scope, receive, method)
            status, body = await serve(room, FormCall(room, scope, form))
        except Exception as error:  # noqa: BLE001 - the outermost door: what no table knows says nothing
            answer, text = told(answers, error, trace=trace)
            problem = token_style(answer, text, trace)
            problem["context"] |= _context(room, scope)
            status, body = answer.status, msgspec.json.encode(problem)
            more = answer_headers(error)
        headers = [_JSON, (b"content-length", b"%d" % len(body)), *identity_headers(trace)]
        headers += [(name.encode(), value.encode()) for name, value in more.items()]
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})
        log_request(scope, status, time.perf_counter() - started, trace)

    return door


def _context(room: Room, scope: Any) -> dict[str, str]:
    """What a failed call is told about itself; nothing in it depends on what was found."""
    agent = next((value for name, value in scope["headers"] if name == b"user-agent"), b"")
    return {
        "requestType": f"incoming.Identity_{scope['path'].rstrip('/').rpartition('/')[2].title()}",
        "userAgent": agent.decode("latin-1")[:_LONGEST_AGENT],
        "url": room.settings.url,
        "locale": "en_US",
    }


async def _form(scope: Any, receive: Any, method: str) -> Mapping[str, str]:
    """The parameters of the body and, where absent there, of the query.

    Raises RequestInvalid, MethodNotAllowedException.
    """
    if scope["method"] != method:
        raise MethodNotAllowedException(f"Use {method}.", headers={"Allow": method})
    if method == "GET":
        return {}
    raw = await read_body(scope, receive, most=_LONGEST_FORM)
    form = read_parameters(raw)
    return read_parameters(scope["query_string"]) | form if scope["query_string"] else form


def read_parameters(raw: bytes) -> dict[str, str]:
    """The parameters of a form; RFC 6749 §3.2: none may be sent twice. Raises RequestInvalid."""
    # By hand, for urllib's reader costs more than the look-up of the key; what is quoted is left to it.
    form: dict[str, str] = {}
    try:
        pieces = raw.decode("utf-8").split("&")
        for piece in pieces:
            name, _, value = piece.partition("=")
            if "%" in value or "+" in value:
                value = _GRANT_TYPES.get(value) or _unquoted(value)
            if "%" in name or "+" in name:
                name = _unquoted(name)
            if name in form:
                raise RequestInvalid("A parameter was sent twice.")
            if name:
                form[name] = value
    except UnicodeDecodeError:
        raise RequestInvalid("The form cannot be read.") from None
    if len(pieces) > _MOST_FIELDS:
        raise RequestInvalid("The form has too many parameters.")
    return form


def _unquoted(text: str) -> str:
    return unquote_plus(text, errors="strict")
