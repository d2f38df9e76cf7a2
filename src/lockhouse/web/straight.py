"""Litestar's handlers, called straight from the ASGI scope: the same call at a tenth of the cost.

Litestar describes the handlers and says what is wrong with a request. Here is answered only what is plain;
all else is left to Litestar as it came: parameters that do not read, headers or parameters sent twice,
paths with slashes between, handlers with parameters of kinds that are not known here.
"""

import inspect
import re
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args, get_origin, get_type_hints
from urllib.parse import parse_qsl

import msgspec
from litestar import Litestar, Request, Response
from litestar.handlers import HTTPRouteHandler
from litestar.params import BodyKwarg, HeaderParameter, PathParameter, QueryParameter
from litestar.routes import HTTPRoute
from litestar.types.internal_types import PathParameterDefinition

from lockhouse.web.bodies import replay
from lockhouse.web.door import AsgiApp

_PLAIN_HOST = re.compile(rb"[A-Za-z0-9.-]{1,255}(:[0-9]{1,5})?")
_TEXTS = (str, str | None)
_READ = (bool, int, bool | None, int | None)
_JSON = b"application/json"
_METHODS = {"GET", "PUT", "POST", "DELETE", "PATCH"}


class _NotPlain(Exception):
    """Litestar has to look at this handler, or at this request."""


@dataclass(frozen=True, slots=True)
class _Parameter:
    """One argument: its name in the function, its name on the wire, and its type where it is no text."""

    name: str
    wire: Any
    type: Any
    required: bool


@dataclass(slots=True)
class _Function:
    """A handler or a dependency, and where each of its arguments comes from."""

    call: Callable[..., Awaitable[Any]]
    query: list[_Parameter] = field(default_factory=list)
    headers: list[_Parameter] = field(default_factory=list)
    path: list[str] = field(default_factory=list)
    scope: list[str] = field(default_factory=list)
    made: list[str] = field(default_factory=list)
    body: msgspec.json.Decoder[Any] | None = None

    def arguments(self, request: "_Plain") -> dict[str, Any]:
        """What the request gives; raises _NotPlain."""
        values: dict[str, Any] = dict.fromkeys(self.scope, request.scope)
        for name in self.path:
            values[name] = request.last
        if self.query:
            _take(values, self.query, request.query)
        if self.headers:
            _take(values, self.headers, request.headers)
        if self.body is not None:
            values["data"] = _decoded(self.body, request.body)
        return values


@dataclass(frozen=True, slots=True)
class _Route:
    """A handler with the dependencies that come before it, in their order; the handler is the last."""

    functions: tuple[tuple[str, _Function], ...]
    status: int
    reads_body: bool
    failed: Callable[[Request[Any, Any, Any], Exception], Response[Any]]


@dataclass(frozen=True, slots=True)
class _Plain:
    """A request taken apart."""

    scope: Any
    headers: Mapping[bytes, bytes]
    query: Mapping[str, str]
    last: str
    body: bytes


def straight(litestar: Litestar) -> AsgiApp:
    """The application, with a short way to those of its handlers that are plain.

    It stands behind `with_strict_bodies`, which hands JSON on in one piece.
    """
    fixed, ending = _routes(litestar)

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        path = scope["path"].removesuffix("/")
        routes, last = fixed.get(path), ""
        if routes is None:
            above, _, last = path.rpartition("/")
            routes = ending.get(above) if last else None
        route = routes.get(scope["method"]) if routes else None
        if route is None:
            await litestar(scope, receive, send)
            return
        try:
            headers = _headers(scope)
            body = b""
            if route.reads_body:
                _check_kind(headers)
                body = (await receive())["body"]
                receive = replay(body, receive)
            request = _Plain(scope, headers, _query(scope["query_string"]), last, body)
            given = [(name, function, function.arguments(request)) for name, function in route.functions]
        except _NotPlain:
            await litestar(scope, receive, send)
            return
        await _serve(route, given, scope, receive, send)

    return answer


async def _serve(
    route: _Route, given: list[tuple[str, _Function, dict[str, Any]]], scope: Any, receive: Any, send: Any
) -> None:
    made: dict[str, Any] = {}
    try:
        for name, function, values in given:
            for needed in function.made:
                values[needed] = made[needed]
            made[name] = await function.call(**values)
        result = made[""]
    except Exception as error:  # noqa: BLE001 - the outermost door: its table says what becomes of it
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        sent = route.failed(request, error).to_asgi_response(None, request)
        await sent(scope, receive, send)
        return
    status: int = route.status
    headers: list[tuple[bytes, bytes]] = []
    if isinstance(result, Response):
        status = result.status_code or status
        headers = [(name.lower().encode(), value.encode("latin-1")) for name, value in result.headers.items()]
        result = result.content
    body = b""
    if status != 204:
        body = msgspec.json.encode(result)
        headers += [(b"content-type", _JSON), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body, "more_body": False})


def _headers(scope: Any) -> dict[bytes, bytes]:
    headers = dict(scope["headers"])
    if len(headers) != len(scope["headers"]) or not _PLAIN_HOST.fullmatch(headers.get(b"host", b"")):
        raise _NotPlain
    return headers


def _query(raw: bytes) -> dict[str, str]:
    if not raw:
        return {}
    # As Litestar reads it.
    pairs = parse_qsl(raw.decode("latin-1"), keep_blank_values=True)
    query = dict(pairs)
    if len(query) != len(pairs):
        raise _NotPlain
    return query


def _take(values: dict[str, Any], wanted: list[_Parameter], sent: Mapping[Any, Any]) -> None:
    for one in wanted:
        text = sent.get(one.wire)
        if text is None:
            if one.required:
                raise _NotPlain
            continue
        if isinstance(text, bytes):
            text = text.decode("latin-1")
        values[one.name] = text if one.type in _TEXTS else _read(text, one.type)


def _read(text: str, kind: Any) -> Any:
    try:
        return msgspec.convert(text, kind, strict=False)
    except msgspec.ValidationError:
        raise _NotPlain from None


def _check_kind(headers: Mapping[bytes, bytes]) -> None:
    # Only what calls itself JSON was surely read whole before it came here.
    if headers.get(b"content-type", b"").partition(b";")[0].strip() != _JSON:
        raise _NotPlain


def _decoded(decoder: msgspec.json.Decoder[Any], body: bytes) -> Any:
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise _NotPlain from None


_Table = dict[str, dict[str, _Route]]


def _routes(litestar: Litestar) -> tuple[_Table, _Table]:
    """By path and method: the routes at a fixed path, and those where one parameter follows a fixed path."""
    fixed: _Table = {}
    ending: _Table = {}
    for route in litestar.routes:
        literals: list[str] = []
        for part in route.path_components:
            if not isinstance(part, str):
                break
            literals.append(part)
            # A path that goes on is no parameter's value, even where nothing answers at it.
            fixed.setdefault("/" + "/".join(literals), {})
        rest = route.path_components[len(literals) :]
        above = "/" + "/".join(literals)
        if not isinstance(route, HTTPRoute) or len(rest) > 1 or (rest and _kind(rest[0]) is not str):
            continue
        for method, planned in _planned(route):
            (ending if rest else fixed).setdefault(above, {})[method] = planned
    return fixed, ending


def _kind(part: str | PathParameterDefinition) -> Any:
    return None if isinstance(part, str) else part.type


def _planned(route: HTTPRoute) -> Iterator[tuple[str, _Route]]:
    for handler in route.route_handlers:
        for method in handler.http_methods & _METHODS:
            try:
                yield method, _plan(handler)
            except _NotPlain:
                continue


def _plan(handler: HTTPRouteHandler) -> _Route:
    failed = handler.resolve_exception_handlers()
    surrounded = (
        handler.resolve_guards()
        or handler.resolve_middleware()
        or handler.resolve_before_request()
        or handler.resolve_after_response()
        or handler.resolve_response_headers()
        or handler.resolve_response_cookies()
        or handler.resolve_data_dto()
        or handler.resolve_return_dto()
        or handler.cache
    )
    if surrounded or handler.has_sync_callable or list(failed) != [Exception]:
        raise _NotPlain
    dependencies = handler.resolve_dependencies().items()
    providers = {name: one.dependency for name, one in dependencies if not one.use_cache}
    _check_answer(handler)
    functions: dict[str, _Function] = {}
    _add(functions, "", handler.fn, providers)
    reads_body = any(function.body is not None for function in functions.values())
    return _Route(tuple(functions.items()), handler.status_code, reads_body, failed[Exception])


def _check_answer(handler: HTTPRouteHandler) -> None:
    answer = get_type_hints(handler.fn).get("return")
    if get_origin(answer) is Response:
        answer = get_args(answer)[0]
    if not _is_struct(answer) and not (answer is type(None) and handler.status_code == 204):
        raise _NotPlain


def _is_struct(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, msgspec.Struct)


def _add(
    functions: dict[str, _Function], name: str, call: Callable[..., Any], providers: Mapping[str, Any]
) -> None:
    """Plan a function behind the dependencies that it needs. Raises _NotPlain."""
    if not inspect.iscoroutinefunction(call):
        raise _NotPlain
    function = _Function(call)
    hints = get_type_hints(call, include_extras=True)
    for argument in inspect.signature(call).parameters.values():
        if argument.name in providers:
            if argument.name not in functions:
                _add(functions, argument.name, providers[argument.name], providers)
            function.made.append(argument.name)
        elif argument.name == "scope":
            function.scope.append(argument.name)
        else:
            _place(function, argument, hints[argument.name])
    functions[name] = function


def _place(function: _Function, argument: inspect.Parameter, hint: Any) -> None:
    kind, *marks = get_args(hint) if hasattr(hint, "__metadata__") else (hint,)
    mark = marks[0] if len(marks) == 1 else None
    required = argument.default is inspect.Parameter.empty
    if isinstance(mark, BodyKwarg):
        if not required or argument.name != "data" or not _is_struct(kind):
            raise _NotPlain
        # Litestar lets "true" be true too.
        function.body = msgspec.json.Decoder(kind, strict=False)
        return
    if not isinstance(mark, QueryParameter | HeaderParameter | PathParameter) or mark.is_constrained:
        raise _NotPlain
    if kind not in _TEXTS and (kind not in _READ or isinstance(mark, PathParameter)):
        raise _NotPlain
    if isinstance(mark, PathParameter):
        function.path.append(argument.name)
    elif isinstance(mark, QueryParameter):
        function.query.append(_Parameter(argument.name, mark.name or argument.name, kind, required))
    elif mark.name:
        function.headers.append(_Parameter(argument.name, mark.name.lower().encode(), kind, required))
    else:
        raise _NotPlain
