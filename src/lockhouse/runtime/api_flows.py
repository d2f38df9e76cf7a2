"""The server's HTTP side: API flows at `/<flow>/<operation's path>`, what they tell of themselves
(`flow_pages`), and how the server is at `/readyz` and `/healthz`.

Plain ASGI. Bodies of errors are those of flow-document.md, section 9, with our stable `code` and facts
beside.
"""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping
from functools import partial
from typing import Any
from urllib.parse import parse_qsl, unquote

import msgspec
import structlog

from lockhouse.documents import Limits, read_json
from lockhouse.errors import LockhouseError, Mistakes
from lockhouse.flows.assembly import finish_batches, run_operation
from lockhouse.flows.errors import REASONS
from lockhouse.flows.execution import Execution, LogLine, Reply
from lockhouse.flows.operations import BadRequest, MethodNotAllowed, NoSuchPath, find_operation, read_request
from lockhouse.runtime.actions import OVERRIDE_HEADER, read_overrides
from lockhouse.runtime.flow_facts import LoadedFlow
from lockhouse.runtime.flow_pages import DOCUMENT, Shown, shown
from lockhouse.runtime.integration_server import IntegrationServer

MOST_BYTES = 2 * 1024 * 1024
FLOW_SECONDS = 120.0
"""As long as the original's router waits for a flow (deployment.md, section 7)."""
BODY_SECONDS = 30.0
_LIMITS = Limits(bytes=MOST_BYTES, nodes=200_000, depth=64)
_READY_PATHS = frozenset({"/readyz", "/admin/ready"})
_LOOKING = frozenset({"GET", "HEAD"})
_SHOWN = frozenset({"", DOCUMENT})
_JSON = (b"content-type", b"application/json")
_HANG_UP = [(b"connection", b"close")]
_LOG = structlog.get_logger("lockhouse.flows")

Headers = list[tuple[bytes, bytes]]
AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


class _Refused(LockhouseError):
    """A request is answered before any flow runs."""

    def __init__(self, status: int, code: str, message: str, headers: Headers | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.headers = headers or []


class ApiFlows:
    """The ASGI application of one server."""

    def __init__(self, server: IntegrationServer) -> None:
        self._server = server
        self._disabled = server.spec.mode == "disabled"
        self._batches: set[asyncio.Task[None]] = set()
        flows = [loaded for loaded in server.spec.flows if loaded.flow.operations]
        self._by_title = {title: loaded for loaded in reversed(flows) for title in loaded.titles}
        self._by_title |= {loaded.name: loaded for loaded in flows}

    @property
    def titles(self) -> Collection[str]:
        """Every first part of a path that means a flow."""
        return self._by_title.keys()

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        if scope["type"] != "http":
            return
        path = scope["path"]
        if path in _READY_PATHS or path == "/healthz":
            await self._tell_standing(send, ready=path != "/healthz")
            return
        if scope["method"] in _LOOKING and (page := self._shown(scope)) is not None:
            await _show(send, page)
            return
        counts = self._server.counts
        counts.total += 1
        counts.last = self._server.clock()
        try:
            status, body, headers = await self._answer(scope, receive)
        except _Refused as refused:
            status, body, headers = (
                refused.status,
                _error(refused.status, refused.code, str(refused)),
                refused.headers,
            )
        except Exception as error:  # noqa: BLE001 - the outermost door: the caller gets an answer that says nothing
            _LOG.error("unexpected", path=path, error=type(error).__name__, exc_info=error)
            status, body, headers = 500, _error(500, "internal_error", "the flow could not be run"), []
        if status >= 400:
            counts.failed += 1
        await _send(send, status, body, headers)

    def _shown(self, scope: Any) -> Shown | None:
        """A page or document about a flow, if that is what is asked for."""
        first, rest = _parts(scope["raw_path"])
        if rest not in _SHOWN or self._disabled or (loaded := self._by_title.get(first)) is None:
            return None
        host = next((value for name, value in scope["headers"] if name == b"host"), b"")
        slash = scope["raw_path"].endswith(b"/")
        return shown(loaded, rest, slash=slash, scheme=scope["scheme"], host=host)

    async def _answer(self, scope: Any, receive: Any) -> tuple[int, Any, Headers]:
        first, rest = _parts(scope["raw_path"])
        loaded = self._by_title.get(first)
        if loaded is None:
            raise _Refused(404, "flow_not_found", f"this server has no API flow '{first[:80]}'")
        if self._disabled:
            message = (
                "the flow engine cannot be reached: this server's mode is disabled; deploy it with mode auto"
            )
            raise _Refused(500, "designer_flows_disabled", message)
        try:
            route = find_operation(loaded.flow, scope["method"], rest)
            body = await _body(scope, receive) if route.operation.takes_body else None
            asked = scope["query_string"]
            query = parse_qsl(asked.decode("latin-1"), keep_blank_values=True) if asked else []
            request = read_request(route, query, body)
        except NoSuchPath as error:
            raise _Refused(404, "path_not_found", f"flow '{loaded.name}': {error}") from None
        except MethodNotAllowed as error:
            allow = [(b"allow", ", ".join(error.allowed).encode())]
            raise _Refused(405, "method_not_allowed", str(error), allow) from None
        except BadRequest as error:
            raise _Refused(400, "bad_request", str(error)) from None
        execution = self._execution(loaded, _overrides(scope["headers"]))
        reply = await _within_time(run_operation(loaded.flow, route.operation, request, execution))
        if execution.batches:
            self._finish_later(execution)
        return self._told(loaded, reply)

    def _execution(self, loaded: LoadedFlow, overrides: Mapping[str, str]) -> Execution:
        call = partial(self._server.actions.call, loaded.name, overrides=overrides)
        return Execution(call_action=call, log=_log, now=self._server.clock)

    def _told(self, loaded: LoadedFlow, reply: Reply) -> tuple[int, Any, Headers]:
        failure = reply.failure
        if failure is None:
            return reply.status_code, reply.body, []
        _LOG.warning(
            "flow failed", flow=loaded.name, node=failure.node, code=failure.code, reason=failure.message
        )
        body = reply.body
        if isinstance(body, dict) and isinstance(body.get("error"), dict):
            body["error"] |= {"code": failure.code} | ({"details": failure.data} if failure.data else {})
        seconds = failure.retry_after
        return reply.status_code, body, [(b"retry-after", str(int(seconds) + 1).encode())] if seconds else []

    def _finish_later(self, execution: Execution) -> None:
        task = asyncio.create_task(finish_batches(execution))
        self._batches.add(task)
        task.add_done_callback(self._batches.discard)

    async def _tell_standing(self, send: Any, *, ready: bool) -> None:
        conditions = self._server.conditions() if ready else []
        body = {
            "status": "not ready" if conditions else "OK",
            "conditions": [msgspec.to_builtins(condition) for condition in conditions],
        }
        await _send(send, 503 if conditions else 200, body, [])


def _parts(raw_path: bytes) -> tuple[str, str]:
    """The flow's part of the path, decoded, and the rest as it came."""
    first, _, rest = raw_path.decode("latin-1").lstrip("/").partition("/")
    return unquote(first), rest


def _overrides(headers: Headers) -> Mapping[str, str]:
    for name, value in headers:
        if name == OVERRIDE_HEADER:
            try:
                return read_overrides(value.decode())
            except (ValueError, AttributeError, RecursionError):
                message = 'X-Ibm-Override-Accounts: expected {"connector": "account name"}'
                raise _Refused(400, "override_unreadable", message) from None
    return {}


async def _body(scope: Any, receive: Any) -> Any:
    """The JSON of the request; None when there is no body."""
    kind = encoding = b""
    for name, value in scope["headers"]:
        if name == b"content-type":
            kind = value.split(b";")[0].strip().lower()
        elif name == b"content-encoding":
            encoding = value.strip().lower()
    if encoding not in {b"", b"identity"}:
        raise _Refused(415, "unsupported_media_type", "a Content-Encoding is not accepted here")
    raw = await _read(receive)
    if not raw:
        return None
    if kind and kind != b"application/json" and not kind.endswith(b"+json"):
        raise _Refused(415, "unsupported_media_type", "expected Content-Type: application/json")
    try:
        return read_json(raw, file="body", limits=_LIMITS).value
    except Mistakes as mistakes:
        raise _Refused(400, mistakes.mistakes[0].code, str(mistakes)) from None


async def _read(receive: Any) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            message = await receive()
            parts, size = [message.get("body", b"")], len(message.get("body", b""))
            while message.get("more_body"):
                message = await receive()
                parts.append(message.get("body", b""))
                size += len(parts[-1])
                _bounded(size)
    except TimeoutError:
        raise _Refused(408, "request_timeout", "the body did not come in time", _HANG_UP) from None
    _bounded(size)
    return b"".join(parts)


def _bounded(size: int) -> None:
    if size > MOST_BYTES:
        raise _Refused(413, "too_large", f"a body here has at most {MOST_BYTES} bytes", _HANG_UP)


async def _within_time(work: Any) -> Reply:
    try:
        async with asyncio.timeout(FLOW_SECONDS):
            reply: Reply = await work
            return reply
    except TimeoutError:
        raise _Refused(504, "flow_timeout", f"the flow took longer than {FLOW_SECONDS:g} s") from None


def _error(status: int, code: str, message: str) -> dict[str, Any]:
    name = REASONS.get(status, "Error")
    return {"error": {"statusCode": status, "name": name, "message": message, "code": code}}


def _log(line: LogLine) -> None:
    level = line.level if line.level in {"debug", "info", "warning", "error"} else "info"
    getattr(_LOG, level)(line.message, flow=line.flow, node=line.node, turn=line.turn)


async def _send(send: Any, status: int, body: Any, headers: Headers) -> None:
    empty = status in (204, 304) or status < 200
    raw = b"" if empty else msgspec.json.encode(body)
    start = [] if empty else [_JSON, (b"content-length", str(len(raw)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": start + headers})
    await send({"type": "http.response.body", "body": raw})


async def _show(send: Any, page: Shown) -> None:
    length = (b"content-length", str(len(page.body)).encode())
    headers = [*page.headers, length, (b"cache-control", b"no-cache")]
    await send({"type": "http.response.start", "status": page.status, "headers": headers})
    await send({"type": "http.response.body", "body": page.body})
