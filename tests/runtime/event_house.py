"""What tests of a server's event doors are made of: event flows, a server that runs them, an application."""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import web
from tests.runtime.house_of_runs import FAST

from lockhouse.client.iam import IamClient
from lockhouse.clock import TravellingClock
from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.flows.load import read_flow
from lockhouse.outbound import Reach, open_session
from lockhouse.runtime.configuration_types import read_configuration
from lockhouse.runtime.event_doors import Callers
from lockhouse.runtime.event_flows import Keeping
from lockhouse.runtime.event_side import event_side
from lockhouse.runtime.flow_facts import LoadedFlow
from lockhouse.runtime.integration_server import IntegrationServer, Surroundings
from lockhouse.runtime.preflight import NO_ACCOUNT
from lockhouse.runtime.spec import ServerSpec
from lockhouse.sealing import Secret
from lockhouse.wire.runs import EventStatus

OWN = Secret("EXAMPLE-own-token")
SIGNING = "EXAMPLE-signing-secret"
ACCOUNTS = f"""accounts:
  slack:
    - name: Account 1
      endpoint: {{}}
      credentials: {{authType: BASIC_OAUTH, accessToken: xoxb-EXAMPLE, signingSecret: {SIGNING}}}
      authType: BASIC_OAUTH
  trello:
    - name: Account 1
      endpoint: {{}}
      credentials: {{clientId: EXAMPLE, accessToken: EXAMPLE, webhookSecret: {SIGNING}}}
      authType: BASIC_OAUTH
"""


def document(name: str, trigger: dict[str, Any], address: str, *, steps: int = 1) -> str:
    """An event flow that posts its payload's `number` (or `text`) to an application, so many times."""
    nodes = [
        {
            "custom-action": {
                "name": f"step {number}",
                "action": "INVOKE",
                "target": {"$ref": "#/integration/action-interfaces/action-interface-1"},
                "map": {
                    "$map": "http://ibm.com/appconnect/map/v1",
                    "input": [{"variable": "Trigger", "$ref": "#/trigger/payload"}],
                    "mappings": [
                        {"method": {"template": "POST"}},
                        {"url": {"template": address + f"/{number}/" + "{{$string($Trigger.number)}}"}},
                    ],
                },
            }
        }
        for number in range(1, steps + 1)
    ]
    started = {"assembly": {"$ref": "#/integration/assemblies/assembly-1"}, **trigger["started"]}
    interface = {"type": "event-trigger", "connector-type": trigger["connector"]}
    called = {
        "type": "api-action",
        "connector-type": "http",
        "business-object": "request",
        "actions": {"INVOKE": {}},
    }
    return json.dumps(
        {
            "$integration": "http://ibm.com/appconnect/integration/v2/integrationFile",
            "integration": {
                "type": "trigger-action",
                "name": name,
                "trigger-interfaces": {
                    "trigger-interface-1": {**interface, "triggers": {trigger["event"]: started}}
                },
                "action-interfaces": {"action-interface-1": called},
                "assemblies": {"assembly-1": {"assembly": {"execute": nodes}}},
            },
            "models": {},
        }
    )


def started(connector: str, business_object: str, event: str, **options: Any) -> dict[str, Any]:
    """How a flow starts."""
    return {
        "connector": connector,
        "event": event,
        "started": {"input-context": {"data": business_object}, "options": options},
    }


PUSH = started("http", "request", "CREATED")
SLASH = started("slack", "RawMessage", "CREATED", webhookURLSuffix="default")
UNFINISHED = started(
    "streaming-connector-scheduler", "scheduler", "SCHEDULE", subscription={"scheduleConfiguration": ""}
)


@dataclass
class Place:
    """A running server, and the application at the rim that its flows call."""

    server: IntegrationServer
    app: Any
    calls: list[tuple[str, str]] = field(default_factory=list)
    refuse: set[str] = field(default_factory=set)

    async def ask(
        self, method: str, path: str, body: bytes = b"", *, token: str | None = OWN.reveal(), **headers: str
    ) -> tuple[int, Any]:
        """A request to the server's own application: status and JSON."""
        status, _, raw = await self.raw(method, path, body, token=token, **headers)
        return status, json.loads(raw) if raw else None

    async def raw(
        self, method: str, path: str, body: bytes = b"", *, token: str | None = None, **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        """The same with headers and body as they were sent."""
        given = {name.replace("_", "-"): text for name, text in headers.items()}
        if token is not None:
            given["authorization"] = f"Bearer {token}"
        path, _, query = path.partition("?")
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "headers": [(name.encode(), text.encode()) for name, text in given.items()],
        }
        sent: list[dict[str, Any]] = []

        async def receive() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(message: dict[str, Any]) -> None:
            sent.append(message)

        await self.app(scope, receive, send)
        told = {name.decode(): text.decode() for name, text in sent[0]["headers"]}
        return sent[0]["status"], told, b"".join(message.get("body", b"") for message in sent[1:])

    def status(self, flow: str) -> EventStatus:
        """How an event flow stands."""
        flows = {one.name: one.events for one in self.server.flows_at("http://server")}
        found = flows[flow]
        assert found is not None
        return found


@contextlib.asynccontextmanager
async def running(
    tmp_path: Path, *flows: tuple[str, dict[str, Any]], steps: int = 1, unsigned: bool = False, iam: str = ""
) -> AsyncIterator[Place]:
    """A server with these flows (name, how it starts), on SQLite."""
    calls: list[tuple[str, str]] = []
    refuse: set[str] = set()

    async def answer(request: web.Request) -> web.Response:
        calls.append((request.path, request.headers.get("Idempotency-Key", "")))
        return web.json_response({}, status=422 if request.path in refuse else 200)

    application = web.Application()
    application.router.add_post("/{rest:.*}", answer)
    runner = web.AppRunner(application)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    address = f"http://127.0.0.1:{runner.addresses[0][1]}"
    loaded = [
        LoadedFlow(name, "test.bar", read_flow(document(name, trigger, address, steps=steps), file=name))
        for name, trigger in flows
    ]
    spec = ServerSpec(
        name="test",
        mode="local",
        version="12.0.3.0-r1",
        flows=tuple(loaded),
        provided={"accounts.yaml": read_configuration("accounts", "accounts.yaml", ACCOUNTS.encode())},
        sources={("http", ""): NO_ACCOUNT},
        account_id="0" * 31 + "1",
    )
    server = IntegrationServer(spec, Surroundings(clock=TravellingClock(), catalogue=load_catalogue(())))
    go = asyncio.Event()
    go.set()
    keeping = Keeping(f"sqlite:///{tmp_path / 'runs.db'}", "test", unsigned, policy=FAST)
    async with open_session(Reach.PLATFORM) as session:
        callers = Callers(OWN, IamClient(session, iam) if iam else None, spec.account_id)
        try:
            async with event_side(server, keeping, callers, go) as side:
                yield Place(server, side.app, calls, refuse)
        finally:
            await server.stop()
            await runner.cleanup()
