"""The server's doors for events: the event door, webhooks, dead letters. Plain ASGI before the API flows.

| path | what |
|---|---|
| `POST /events/<flow>` | hands a flow an event; `Event-Id` names it. Bearer token of the account |
| `/webhooks/<flow>/<suffix>` | where an application delivers; each trigger's own |
| `GET /admin/dead-letters[/<id>]`, `POST …/replay`, `DELETE …/<id>` | runs that failed for good. Bearer |

Every event is on disk before it is answered.
"""

import asyncio
import contextlib
import hashlib
import time
from collections.abc import Awaitable, Callable, Collection, Mapping
from typing import Any
from urllib.parse import parse_qs, unquote

import msgspec
import structlog

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Problem
from lockhouse.errors import LockhouseError, Mistakes
from lockhouse.runtime.api_flows import AsgiApp
from lockhouse.runtime.event_flows import EventFlows, FlowUnknown
from lockhouse.runtime.run_database import RunsUnavailable
from lockhouse.runtime.run_store import DeadLetter as StoredLetter
from lockhouse.runtime.run_store import RunNotFound
from lockhouse.runtime.triggers import push, webhook
from lockhouse.runtime.triggers.signatures import Delivery, DeliveryRefused
from lockhouse.sealing import Secret, same
from lockhouse.wire.runs import DeadLetter, DeadLetters, EventAccepted, FinishedCall, Replayed
from lockhouse.wire.servers import time_text

MOST_BYTES = 2 * 1024 * 1024
MOST_LISTED = 1000
_ACCEPTED_SECONDS = 2.0
_MOST_REMEMBERED = 1000
_BODY_SECONDS = 30.0

Door = Callable[["_Asked"], Awaitable[tuple[int, Any]]]
_LOG = structlog.get_logger("lockhouse.events")


class Refused(LockhouseError):
    """A request is answered with an error: HTTP status and stable code."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code


class Callers:
    """Who may hand in events and see dead letters: the server's platform, and tokens of its account.

    `own` is the secret shared with the platform, or given by whoever runs the server alone.
    """

    def __init__(self, own: Secret | None, iam: IamClient | None, account_id: str) -> None:
        self._own = own
        self._iam = iam
        self._account_id = account_id
        self._accepted: dict[bytes, float] = {}

    async def require(self, authorization: str) -> None:
        """Let the caller in. Raises Refused."""
        scheme, _, token = authorization.partition(" ")
        if scheme.lower() != "bearer" or not token.strip():
            raise Refused(401, "token_missing", "expected Authorization: Bearer and a token of the account")
        if self._own is not None and same(token.strip(), self._own.reveal()):
            return
        if self._iam is None:
            raise Refused(401, "token_refused", "the token is not the one that this server was given")
        await self._ask_iam(self._iam, token.strip())

    async def _ask_iam(self, iam: IamClient, token: str) -> None:
        digest, now = hashlib.sha256(token.encode()).digest(), time.monotonic()
        if self._accepted.get(digest, 0.0) > now:
            return
        try:
            claims = await iam.introspect(token)
        except Problem:
            raise Refused(503, "iam_unreachable", "the identity service did not answer") from None
        if claims.get("active") is not True:
            raise Refused(401, "token_refused", "the token is not valid, or not any more")
        account = claims.get("account")
        told = account.get("bss") if isinstance(account, dict) else claims.get("account_id")
        if not self._account_id or told != self._account_id:
            raise Refused(403, "account_differs", "the token is of another account than this server")
        if len(self._accepted) >= _MOST_REMEMBERED:
            self._accepted.clear()
        self._accepted[digest] = now + _ACCEPTED_SECONDS


class EventDoors:
    """The ASGI application in front of a server's API flows; `names` are theirs, and theirs stay."""

    def __init__(
        self, events: EventFlows, callers: Callers, api_flows: AsgiApp, names: Collection[str]
    ) -> None:
        self._events = events
        self._callers = callers
        self._api_flows = api_flows
        self._doors: dict[str, Door] = {
            first: door
            for first, door in (("events", self._event), ("webhooks", self._webhook), ("admin", self._admin))
            if first not in names
        }

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """One request."""
        parts = _parts(scope) if scope["type"] == "http" else []
        door = self._doors.get(parts[0]) if len(parts) > 1 and parts[1] != "ready" else None
        if door is None:
            await self._api_flows(scope, receive, send)
            return
        try:
            status, body = await door(_Asked(scope, receive, parts[1:]))
        except Refused as refused:
            status, body = refused.status, _error(refused.code, str(refused))
        except (FlowUnknown, RunNotFound) as error:
            status, body = 404, _error("not_found", str(error))
        except RunsUnavailable:
            status, body = (
                503,
                _error("runs_unavailable", "the event could not be written down; send it again"),
            )
        except Exception as error:  # noqa: BLE001 - the outermost door: the caller learns nothing of what broke
            _LOG.error("unexpected", path=f"/{parts[0]}", error=type(error).__name__, exc_info=error)
            status, body = 500, _error("internal_error", "the request could not be answered")
        await _send(send, status, body)

    async def _event(self, asked: "_Asked") -> tuple[int, Any]:
        if len(asked.parts) != 1:
            raise Refused(404, "not_found", "expected /events/<flow>")
        asked.require_method("POST")
        await self._callers.require(asked.headers.get("authorization", ""))
        loaded = self._events.flow_named(asked.parts[0])
        try:
            event_id, payload = push.read_event(asked.headers, await asked.body())
        except Mistakes as mistakes:
            raise Refused(400, mistakes.mistakes[0].code, str(mistakes)) from None
        is_new = await self._events.accept(loaded.name, f"push/{event_id}", payload)
        return 202, EventAccepted(flow=loaded.name, event_id=event_id, is_new=is_new)

    async def _webhook(self, asked: "_Asked") -> tuple[int, Any]:
        if len(asked.parts) != 2:
            raise Refused(404, "not_found", "expected /webhooks/<flow>/<suffix>")
        title, suffix = asked.parts
        rules = self._events.webhook_rules(title, suffix)
        delivery = Delivery(asked.method, asked.headers, asked.query, await asked.body(), asked.urls())
        try:
            taken = webhook.read_delivery(delivery, rules, now=self._events.now())
        except DeliveryRefused as refused:
            raise Refused(refused.status, refused.code, str(refused)) from None
        await self._events.accept_delivered(title, taken.events)
        return 200, taken

    async def _admin(self, asked: "_Asked") -> tuple[int, Any]:
        await self._callers.require(asked.headers.get("authorization", ""))
        match asked.method, asked.parts:
            case "GET", ["dead-letters"]:
                return 200, await self._dead_letters(asked.parameter("flow"), asked.parameter("limit"))
            case "POST", ["dead-letters", "replay"]:
                return 200, await self._replay_all(asked.parameter("flow"))
            case "GET", ["dead-letters", run_id]:
                return 200, told(await self._events.runs.dead_letter(run_id), payload=True)
            case "POST", ["dead-letters", run_id, "replay"]:
                await self._events.runs.replay(run_id)
                return 200, Replayed(replayed=1)
            case "DELETE", ["dead-letters", run_id]:
                await self._events.runs.drop(run_id)
                return 204, None
        raise Refused(404, "not_found", "there is nothing here")

    async def _dead_letters(self, flow: str | None, limit: str | None) -> DeadLetters:
        most = min(int(limit), MOST_LISTED) if limit and limit.isascii() and limit.isdigit() else 100
        letters = await self._events.runs.dead_letters(flow=flow, most=most)
        standing = await self._events.runs.standing()
        total = sum(runs.dead for name, runs in standing.items() if flow in (None, name))
        return DeadLetters(dead_letters=[told(letter) for letter in letters], total=total)

    async def _replay_all(self, flow: str | None) -> Replayed:
        standing = await self._events.runs.standing()
        left, count = sum(runs.dead for name, runs in standing.items() if flow in (None, name)), 0
        while left > 0 and (letters := await self._events.runs.dead_letters(flow=flow, most=MOST_LISTED)):
            for letter in letters[:left]:
                with contextlib.suppress(RunNotFound):  # somebody else was quicker
                    await self._events.runs.replay(letter.id)
                    count += 1
            left -= len(letters)  # those that fail again at once are not run for ever
        return Replayed(replayed=count)


class _Asked:
    """A request as the doors read it: the path's parts after the door's own, headers in lower case."""

    def __init__(self, scope: Any, receive: Any, parts: list[str]) -> None:
        self._receive = receive
        self.method: str = scope["method"]
        self.parts = parts
        self.query: str = scope["query_string"].decode("latin-1")
        self._raw_path: str = scope["raw_path"].decode("latin-1")
        self.headers: Mapping[str, str] = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }

    def urls(self) -> tuple[str, ...]:
        """The ways in which the caller may have written the address: proxies change scheme and host."""
        named = [self.headers.get(name, "") for name in ("x-forwarded-host", "host")]
        rest = self._raw_path + (f"?{self.query}" if self.query else "")
        hosts = dict.fromkeys(host.partition(",")[0].strip() for host in named if host)
        return tuple(f"{scheme}://{host}{rest}" for host in hosts for scheme in ("https", "http"))

    def require_method(self, method: str) -> None:
        """Raises Refused when the method is another."""
        if self.method != method:
            raise Refused(405, "method_not_allowed", f"expected {method}")

    def parameter(self, name: str) -> str | None:
        """A query parameter, if given. Raises Refused when there are far too many."""
        try:
            values = parse_qs(self.query, max_num_fields=20).get(name)
        except ValueError:
            raise Refused(400, "query_unreadable", "too many parameters in the address") from None
        return values[0] if values else None

    async def body(self) -> bytes:
        """The whole body. Raises Refused when it is too large or does not come."""
        parts, size, more = [], 0, True
        try:
            async with asyncio.timeout(_BODY_SECONDS):
                while more:
                    message = await self._receive()
                    parts.append(message.get("body", b""))
                    size += len(parts[-1])
                    more = message.get("more_body", False)
                    if size > MOST_BYTES:
                        raise Refused(413, "too_large", f"a body here has at most {MOST_BYTES} bytes")
        except TimeoutError:
            raise Refused(408, "request_timeout", "the body did not come in time") from None
        return b"".join(parts)


def told(letter: StoredLetter, *, payload: bool = False) -> DeadLetter:
    """A dead letter as the wire tells it; with its payload and its calls if asked for."""
    calls = [
        FinishedCall(
            place=place,
            tries=step.tries,
            failed=step.failed,
            outcome=msgspec.Raw(step.outcome) if step.outcome is not None else None,
        )
        for place, step in letter.steps.items()
    ]
    return DeadLetter(
        id=letter.id,
        flow=letter.flow,
        event_id=letter.event_id,
        accepted_at=time_text(letter.accepted_at),
        failed_at=time_text(letter.failed_at),
        problem=msgspec.json.decode(letter.problem),
        payload=msgspec.Raw(letter.payload) if payload else None,
        calls=calls,
    )


def _parts(scope: Any) -> list[str]:
    raw: bytes = scope["raw_path"]
    return [unquote(part) for part in raw.decode("latin-1").lstrip("/").split("/")]


def _error(code: str, message: str) -> dict[str, Any]:
    return {"error": {"code": code, "message": message}}


def _told(taken: webhook.Taken) -> tuple[bytes, list[tuple[bytes, bytes]]]:
    """What an application is told after its delivery."""
    headers = [(name.encode("latin-1"), text.encode("latin-1")) for name, text in taken.headers.items()]
    if taken.text is None:
        return _json(taken.answer), headers
    # Somebody's own words come back: no browser may take them for a page.
    plain = [(b"content-type", b"text/plain; charset=utf-8"), (b"x-content-type-options", b"nosniff")]
    return taken.text.encode(), headers + plain


def _json(body: Any) -> bytes:
    return b"" if body is None else msgspec.json.encode(body)


async def _send(send: Any, status: int, body: Any) -> None:
    raw, headers = _told(body) if isinstance(body, webhook.Taken) else (_json(body), [])
    headers += [(b"content-type", b"application/json")] if raw and not headers else []
    headers.append((b"content-length", str(len(raw)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers if status != 204 else []})
    await send({"type": "http.response.body", "body": raw})
