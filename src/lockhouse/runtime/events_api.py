"""Events and dead letters of a server, by the management door: handed on to the server itself.

| path below `/api/v1/integration-servers/{name}` | what |
|---|---|
| `POST /events/{flow}` | hands a flow an event; `Event-Id` names it. Answered when it is on disk |
| `GET /dead-letters[?flow=&limit=]`, `GET /dead-letters/{id}` | runs that failed for good |
| `POST /dead-letters/replay[?flow=]`, `POST /dead-letters/{id}/replay` | run them again |
| `DELETE /dead-letters/{id}` | give one up |
"""

from collections.abc import Sequence
from typing import Annotated, Any
from urllib.parse import quote, urlencode

import aiohttp
import msgspec
from litestar import Request, delete, get, post
from litestar.params import FromPath, QueryParameter
from litestar.types import ControllerRouterHandler

from lockhouse.client.transport import Problem, Transport, Unreachable
from lockhouse.errors import Mistake, Mistakes
from lockhouse.runtime import report_store, server_store
from lockhouse.runtime.admin_api import SERVERS
from lockhouse.runtime.errors import DeadLetterNotFound, FlowNotFound, ServerAway, ServerNotFound
from lockhouse.runtime.room import Room, tell
from lockhouse.storage import Tx
from lockhouse.web.bodies import read_body
from lockhouse.web.callers import Caller, TheCaller
from lockhouse.wire.runs import DeadLetter, DeadLetters, EventAccepted, Replayed
from lockhouse.wire.supervision import server_token

MOST_BYTES = 2 * 1024 * 1024


class Servers:
    """The servers of this platform, as one of them is spoken to."""

    def __init__(self, room: Room, session: aiohttp.ClientSession) -> None:  # noqa: TID251 - named, not made
        self._room = room
        self._session = session

    async def ask(self, caller: Caller, name: str, method: str, path: str, **more: Any) -> Any:
        """Ask a server of the caller's account. Raises ServerNotFound, ServerAway, Problem."""
        server_id, address = await self._room.db.read(lambda tx: _place(tx, caller.account_id, name))
        secret = self._room.settings.supervision_token
        if not address or secret is None:
            raise ServerAway(name)
        token = server_token(secret, server_id).reveal()
        try:
            return await Transport(self._session, address).ask(method, path, token=token, **more)
        except Unreachable:
            raise ServerAway(name) from None

    async def note(self, caller: Caller, action: str, target: str, **params: str) -> None:
        """Write the audit event of what was done."""
        now = self._room.now
        await self._room.db.write(lambda tx: tell(tx, caller, action, target, now=now, **params))


def event_handlers(servers: Servers) -> Sequence[ControllerRouterHandler]:
    """The routes of this door."""
    return [_event_handler(servers), *_looking_handlers(servers), *_acting_handlers(servers)]


def _event_handler(servers: Servers) -> ControllerRouterHandler:
    @post(f"{SERVERS}/{{name:str}}/events/{{flow:str}}", status_code=202, request_max_body_size=None)
    async def put_event(
        request: Request[Any, Any, Any], caller: TheCaller, name: FromPath[str], flow: FromPath[str]
    ) -> EventAccepted:
        """Hand a flow an event: the body is its payload, in JSON."""
        body = await read_body(request.scope, request.receive, most=MOST_BYTES)
        sent = {"event-id": request.headers.get("event-id", ""), "content-type": "application/json"}
        try:
            path = f"/events/{quote(flow, safe='')}"
            answer = await servers.ask(caller, name, "POST", path, body=body, headers=sent)
        except Problem as problem:
            if problem.status == 404:
                raise FlowNotFound(flow) from None
            raise _refused(problem, name) from None
        return msgspec.convert(answer, EventAccepted)

    return put_event


def _looking_handlers(servers: Servers) -> Sequence[ControllerRouterHandler]:
    @get(f"{SERVERS}/{{name:str}}/dead-letters")
    async def list_dead_letters(
        caller: TheCaller,
        name: FromPath[str],
        flow: Annotated[str | None, QueryParameter()] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=1000)] = 100,
    ) -> DeadLetters:
        """The runs that failed for good, the oldest first."""
        query = {"limit": str(limit)} | ({"flow": flow} if flow else {})
        try:
            answer = await _asked(servers, caller, name, "GET", f"?{urlencode(query)}")
        except DeadLetterNotFound:  # a server without event flows has no such door
            return DeadLetters(dead_letters=[], total=0)
        return msgspec.convert(answer, DeadLetters)

    @get(f"{SERVERS}/{{name:str}}/dead-letters/{{run_id:str}}")
    async def get_dead_letter(caller: TheCaller, name: FromPath[str], run_id: FromPath[str]) -> DeadLetter:
        """One of them, with its payload and what its calls came to."""
        return msgspec.convert(await _asked(servers, caller, name, "GET", _one(run_id)), DeadLetter)

    return [list_dead_letters, get_dead_letter]


def _acting_handlers(servers: Servers) -> Sequence[ControllerRouterHandler]:
    @post(f"{SERVERS}/{{name:str}}/dead-letters/replay", status_code=200)
    async def replay_all(
        caller: TheCaller, name: FromPath[str], flow: Annotated[str | None, QueryParameter()] = None
    ) -> Replayed:
        """Run all of them again, or those of one flow."""
        query = f"?{urlencode({'flow': flow})}" if flow else ""
        answer = await _asked(servers, caller, name, "POST", f"/replay{query}")
        await servers.note(caller, "dead-letter.replay", name, flow=flow or "")
        return msgspec.convert(answer, Replayed)

    @post(f"{SERVERS}/{{name:str}}/dead-letters/{{run_id:str}}/replay", status_code=200)
    async def replay(caller: TheCaller, name: FromPath[str], run_id: FromPath[str]) -> Replayed:
        """Run one again, from its last finished call."""
        answer = await _asked(servers, caller, name, "POST", f"{_one(run_id)}/replay")
        await servers.note(caller, "dead-letter.replay", name, run_id=run_id)
        return msgspec.convert(answer, Replayed)

    @delete(f"{SERVERS}/{{name:str}}/dead-letters/{{run_id:str}}")
    async def drop(caller: TheCaller, name: FromPath[str], run_id: FromPath[str]) -> None:
        """Give one up."""
        await _asked(servers, caller, name, "DELETE", _one(run_id))
        await servers.note(caller, "dead-letter.delete", name, run_id=run_id)

    return [replay_all, replay, drop]


async def _asked(servers: Servers, caller: Caller, name: str, method: str, rest: str) -> Any:
    try:
        return await servers.ask(caller, name, method, f"/admin/dead-letters{rest}")
    except Problem as problem:
        if problem.status == 404:
            raise DeadLetterNotFound(rest.strip("/").partition("/")[0]) from None
        raise _refused(problem, name) from None


def _refused(problem: Problem, name: str) -> Exception:
    if problem.status in (400, 413):
        return Mistakes([Mistake(problem.code, problem.message)])
    return ServerAway(name)


def _one(run_id: str) -> str:
    return f"/{quote(run_id, safe='')}"


def _place(tx: Tx, account_id: str, name: str) -> tuple[str, str]:
    """A server's id, and where it answers; empty when it has not said so."""
    server = server_store.server(tx, account_id, name)
    if server is None:
        raise ServerNotFound(name)
    own = report_store.reports(tx, server.id).server
    return server.id, own.endpoints[0].uri if own is not None and own.endpoints else ""
