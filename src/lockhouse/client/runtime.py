"""RuntimeClient: integration servers, configurations and BAR files of a platform."""

import base64
from collections.abc import Awaitable, Callable
from typing import Any, TypeVar
from urllib.parse import quote

import msgspec

from lockhouse.client.transport import Transport
from lockhouse.wire.runs import DeadLetter, DeadLetters, EventAccepted, Replayed
from lockhouse.wire.servers import (
    BarFile,
    BarFiles,
    Configuration,
    Configurations,
    ConfigurationSpec,
    IntegrationServer,
    IntegrationServers,
    Metadata,
    ServerLog,
    ServerSpec,
)

TokenGiver = Callable[[], Awaitable[str]]
"""Gives a bearer token that is good now: `TokenSource.token`, or a function that gives a user's."""

S = TypeVar("S", bound=msgspec.Struct)


class RuntimeClient:
    """The management door of integration servers. Every method raises transport.Problem and Unreachable.

    A refusal's `code` is stable and its `body["error"]["mistakes"]` lists everything that was wrong at once.
    """

    def __init__(self, transport: Transport, token: TokenGiver) -> None:
        self._transport = transport
        self._token = token

    async def put_bar(self, name: str, data: bytes) -> BarFile:
        """Store a BAR (a zip) under a name, in place of one of that name."""
        headers = {"Content-Type": "application/octet-stream"}
        token = await self._token()
        answer = await self._transport.ask(
            "PUT", _path("bar-files", name), token=token, headers=headers, body=data
        )
        return msgspec.convert(answer, BarFile)

    async def bars(self) -> list[BarFile]:
        """All BARs, sorted by name."""
        return (await self._ask("GET", _path("bar-files"), BarFiles)).bar_files

    async def bar(self, name: str) -> BarFile:
        """One BAR. Problem `bar_not_found`."""
        return await self._ask("GET", _path("bar-files", name), BarFile)

    async def delete_bar(self, name: str) -> None:
        """Delete a BAR. Problem `bar_in_use` names the servers."""
        await self._tell("DELETE", _path("bar-files", name))

    async def put_configuration(
        self, name: str, *, kind: str, content: bytes, description: str = ""
    ) -> Configuration:
        """Store a configuration's content, in place of one of that name; `kind` is its type (`accounts`,
        …)."""
        spec = ConfigurationSpec(type=kind, description=description, data=base64.b64encode(content).decode())
        document = Configuration(metadata=Metadata(name=name), spec=spec)
        return await self._ask("PUT", _path("configurations", name), Configuration, json=document)

    async def configurations(self) -> list[Configuration]:
        """All configurations, sorted by name, without content."""
        return (await self._ask("GET", _path("configurations"), Configurations)).configurations

    async def configuration(self, name: str) -> Configuration:
        """One configuration, without content. Problem `configuration_not_found`."""
        return await self._ask("GET", _path("configurations", name), Configuration)

    async def delete_configuration(self, name: str) -> None:
        """Delete a configuration. Problem `configuration_in_use` names the servers."""
        await self._tell("DELETE", _path("configurations", name))

    async def deploy(self, name: str, spec: ServerSpec) -> IntegrationServer:
        """Make or change a server. It is checked whole first; a Problem lists every mistake and changes
        nothing."""
        document = IntegrationServer(metadata=Metadata(name=name), spec=spec)
        return await self._ask("PUT", _path("integration-servers", name), IntegrationServer, json=document)

    async def servers(self) -> list[IntegrationServer]:
        """All servers, sorted by name."""
        return (await self._ask("GET", _path("integration-servers"), IntegrationServers)).integration_servers

    async def server(self, name: str) -> IntegrationServer:
        """One server. Problem `server_not_found`."""
        return await self._ask("GET", _path("integration-servers", name), IntegrationServer)

    async def restart(self, name: str) -> IntegrationServer:
        """Start the server's process anew; its phase is Pending until it is up."""
        return await self._ask("POST", _path("integration-servers", name) + "/restart", IntegrationServer)

    async def logs(self, name: str, *, lines: int = 200) -> list[str]:
        """The newest lines of a server's log, oldest first; at most 10,000."""
        path = f"{_path('integration-servers', name)}/logs"
        answer = await self._transport.ask(
            "GET", path, token=await self._token(), query={"lines": str(lines)}
        )
        return msgspec.convert(answer, ServerLog).lines

    async def delete_server(self, name: str) -> None:
        """Stop and forget a server. Its BARs and configurations stay."""
        await self._tell("DELETE", _path("integration-servers", name))

    async def send_event(
        self, server: str, flow: str, payload: bytes, *, event_id: str = ""
    ) -> EventAccepted:
        """Hand a flow of a server an event (JSON); on disk when this returns. Problem `flow_not_found`."""
        path = f"{_path('integration-servers', server)}/events/{quote(flow, safe='')}"
        headers = {"Content-Type": "application/json"} | ({"Event-Id": event_id} if event_id else {})
        answer = await self._transport.ask(
            "POST", path, token=await self._token(), headers=headers, body=payload
        )
        return msgspec.convert(answer, EventAccepted)

    async def dead_letters(self, server: str, *, flow: str = "", limit: int = 100) -> DeadLetters:
        """The runs of a server that failed for good, the oldest first."""
        query = {"limit": str(limit)} | ({"flow": flow} if flow else {})
        path = f"{_path('integration-servers', server)}/dead-letters"
        answer = await self._transport.ask("GET", path, token=await self._token(), query=query)
        return msgspec.convert(answer, DeadLetters)

    async def dead_letter(self, server: str, run_id: str) -> DeadLetter:
        """One of them, with its payload and its calls. Problem `dead_letter_not_found`."""
        return await self._ask("GET", _dead_letter(server, run_id), DeadLetter)

    async def replay(self, server: str, run_id: str) -> Replayed:
        """Run one again, from its last finished call. Problem `dead_letter_not_found`."""
        return await self._ask("POST", f"{_dead_letter(server, run_id)}/replay", Replayed)

    async def replay_all(self, server: str, *, flow: str = "") -> Replayed:
        """Run all of them again, or those of one flow."""
        path = f"{_path('integration-servers', server)}/dead-letters/replay"
        query = {"flow": flow} if flow else None
        answer = await self._transport.ask("POST", path, token=await self._token(), query=query)
        return msgspec.convert(answer, Replayed)

    async def drop(self, server: str, run_id: str) -> None:
        """Give one up. Problem `dead_letter_not_found`."""
        await self._tell("DELETE", _dead_letter(server, run_id))

    async def _ask(self, method: str, path: str, shape: type[S], *, json: Any = None) -> S:
        answer = await self._transport.ask(method, path, token=await self._token(), json=json)
        return msgspec.convert(answer, shape)

    async def _tell(self, method: str, path: str) -> None:
        await self._transport.ask(method, path, token=await self._token())


def _path(collection: str, name: str = "") -> str:
    return f"/api/v1/{collection}/{quote(name, safe='')}" if name else f"/api/v1/{collection}"


def _dead_letter(server: str, run_id: str) -> str:
    return f"{_path('integration-servers', server)}/dead-letters/{quote(run_id, safe='')}"
