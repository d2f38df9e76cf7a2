"""The management door: BAR files, configurations, integration servers, under `/api/v1`."""

from collections.abc import Sequence
from typing import Annotated, Any

from litestar import Request, Response, delete, get, post, put
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.types import ControllerRouterHandler

from lockhouse.errors import Mistake, Mistakes
from lockhouse.runtime import bars, configurations, deployment, servers
from lockhouse.runtime.room import Room
from lockhouse.runtime.server_logs import newest_lines
from lockhouse.web.bodies import read_body
from lockhouse.web.callers import TheCaller
from lockhouse.wire.servers import (
    BarFile,
    BarFiles,
    Configuration,
    Configurations,
    IntegrationServer,
    IntegrationServers,
    Metadata,
    ServerLog,
)

BARS, CONFIGURATIONS, SERVERS = "/api/v1/bar-files", "/api/v1/configurations", "/api/v1/integration-servers"


def bar_handlers(room: Room) -> Sequence[ControllerRouterHandler]:
    """`/api/v1/bar-files`."""

    @put(f"{BARS}/{{name:str}}", request_max_body_size=None)
    async def put_bar(
        request: Request[Any, Any, Any], caller: TheCaller, name: FromPath[str]
    ) -> Response[BarFile]:
        """Store a BAR, a zip, in place of one of that name."""
        data = await read_body(request.scope, request.receive, most=bars.MOST_BYTES)
        return Response(await bars.put(room, caller, name, data), status_code=200)

    @get(BARS)
    async def list_bars(caller: TheCaller) -> BarFiles:
        """All BARs."""
        return BarFiles(bar_files=await bars.show_all(room, caller))

    @get(f"{BARS}/{{name:str}}")
    async def get_bar(caller: TheCaller, name: FromPath[str]) -> BarFile:
        """One BAR: its flows, what they need, its digest, who uses it."""
        return await bars.show(room, caller, name)

    @delete(f"{BARS}/{{name:str}}")
    async def delete_bar(caller: TheCaller, name: FromPath[str]) -> None:
        """Delete a BAR; refused while servers use it."""
        await bars.delete(room, caller, name)

    return [put_bar, list_bars, get_bar, delete_bar]


def configuration_handlers(room: Room) -> Sequence[ControllerRouterHandler]:
    """`/api/v1/configurations`."""

    @put(f"{CONFIGURATIONS}/{{name:str}}")
    async def put_configuration(
        caller: TheCaller, name: FromPath[str], data: JSONBody[Configuration]
    ) -> Configuration:
        """Store a configuration; the servers that list it start anew with it."""
        _same_name(name, data.metadata)
        return await configurations.put(room, caller, name, data.spec)

    @get(CONFIGURATIONS)
    async def list_configurations(caller: TheCaller) -> Configurations:
        """All configurations, without content."""
        return Configurations(configurations=await configurations.show_all(room, caller))

    @get(f"{CONFIGURATIONS}/{{name:str}}")
    async def get_configuration(caller: TheCaller, name: FromPath[str]) -> Configuration:
        """One configuration, without content."""
        return await configurations.show(room, caller, name)

    @delete(f"{CONFIGURATIONS}/{{name:str}}")
    async def delete_configuration(caller: TheCaller, name: FromPath[str]) -> None:
        """Delete a configuration; refused while servers list it."""
        await configurations.delete(room, caller, name)

    return [put_configuration, list_configurations, get_configuration, delete_configuration]


def server_handlers(room: Room) -> Sequence[ControllerRouterHandler]:
    """`/api/v1/integration-servers`."""

    @put(f"{SERVERS}/{{name:str}}")
    async def put_server(
        caller: TheCaller, name: FromPath[str], data: JSONBody[IntegrationServer]
    ) -> Response[IntegrationServer]:
        """Deploy: make or change a server. Refused whole when something stands against it."""
        _same_name(name, data.metadata)
        server, new = await deployment.deploy(room, caller, name, data.spec)
        return Response(server, status_code=201 if new else 200)

    @get(SERVERS)
    async def list_servers(caller: TheCaller) -> IntegrationServers:
        """All servers."""
        return IntegrationServers(integration_servers=await servers.show_all(room, caller))

    @get(f"{SERVERS}/{{name:str}}")
    async def get_server(caller: TheCaller, name: FromPath[str]) -> IntegrationServer:
        """One server: what it should be and what it is."""
        return await servers.show(room, caller, name)

    @post(f"{SERVERS}/{{name:str}}/restart", status_code=202)
    async def restart_server(caller: TheCaller, name: FromPath[str]) -> IntegrationServer:
        """Start the server's process anew."""
        return await servers.restart(room, caller, name)

    @get(f"{SERVERS}/{{name:str}}/logs")
    async def server_logs(
        caller: TheCaller, name: FromPath[str], lines: Annotated[int, QueryParameter(ge=1, le=10_000)] = 200
    ) -> ServerLog:
        """The newest lines of a server's log."""
        await servers.show(room, caller, name)
        return ServerLog(lines=newest_lines(room.settings.data, caller.account_id, name, lines))

    @delete(f"{SERVERS}/{{name:str}}")
    async def delete_server(caller: TheCaller, name: FromPath[str]) -> None:
        """Stop and forget a server."""
        await servers.delete(room, caller, name)

    return [put_server, list_servers, get_server, restart_server, server_logs, delete_server]


def _same_name(name: str, metadata: Metadata) -> None:
    if metadata.name != name:
        message = f"the address names '{name}', the document '{metadata.name}'"
        raise Mistakes([Mistake("name_differs", message, field="metadata.name")])
