"""Integration servers: the list, one server's state, its log, restart, deletion."""

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath

from lockhouse.client.transport import Problem
from lockhouse.console.desk import TheDesk
from lockhouse.console.pages.configurations import path_of as path_of_configuration
from lockhouse.console.questions import Question, ask
from lockhouse.console.refusals import refusal_of
from lockhouse.wire.servers import IntegrationServer

PATH = "/servers"
SERVER = PATH + "/{name:str}"
_BEHIND = "servers/details.html"
_LOG_LINES = 500
MODES = {
    "auto": "Automatic: what the flows and their accounts need",
    "disabled": "No connectors",
    "local": "Local connectors only",
    "all": "Local and cloud-managed connectors",
}
PHASE_COLOURS = {"Ready": "green", "Pending": "blue", "NotReady": "red", "Failed": "red", "Stopped": "gray"}
COMMON: dict[str, Any] = {"modes": MODES, "colours": PHASE_COLOURS}


def path_of(name: str) -> str:
    """The address of a server's state."""
    return f"{PATH}/{quote(name, safe='')}"


@get(PATH)
async def list_servers(desk: TheDesk) -> Response[bytes]:
    """The list."""
    servers = await desk.runtime.servers()
    return desk.show("servers/list.html", servers=servers, path_of=path_of, **COMMON)


@get(SERVER)
async def show_server(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """What a server is, and what keeps it from being ready."""
    return desk.show(_BEHIND, **_shown(await desk.runtime.server(name)))


@get(SERVER + "/logs")
async def show_logs(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The newest lines of its log."""
    server = await desk.runtime.server(name)
    lines = await desk.runtime.logs(name, lines=_LOG_LINES)
    return desk.show("servers/logs.html", lines=lines, **_shown(server))


@post(SERVER + "/restart", status_code=200)
async def restart(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Start its process anew."""
    await desk.runtime.restart(name)
    return desk.go(path_of(name))


@get(SERVER + "/delete")
async def ask_delete(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The question."""
    server = await desk.runtime.server(name)
    return ask(desk, _deletion(server), behind=_BEHIND, **_shown(server))


@post(SERVER + "/delete", status_code=200)
async def delete(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Stop and forget it."""
    try:
        await desk.runtime.delete_server(name)
    except Problem as problem:
        refused, server = refusal_of(problem), await desk.runtime.server(name)
        return ask(desk, _deletion(server), behind=_BEHIND, refused=refused, **_shown(server))
    return desk.go(PATH)


def _shown(server: IntegrationServer) -> dict[str, Any]:
    name = server.metadata.name
    configurations = {one: path_of_configuration(one) for one in server.spec.configurations}
    return {"server": server, "path": path_of(name), "configurations": configurations, **COMMON}


def _deletion(server: IntegrationServer) -> Question:
    name = server.metadata.name
    endpoints = ", ".join(endpoint.uri for endpoint in server.status.endpoints)
    return Question(
        title="Delete this integration server?",
        facts=(("Name", name), ("Answers at", endpoints or "nowhere")),
        text="Its process is stopped and its flows no longer answer. Its BARs and configurations stay.",
        button="Delete",
        action=f"{path_of(name)}/delete",
        cancel=path_of(name),
        failed="The server was not deleted.",
    )


ROUTES = [list_servers, show_server, show_logs, restart, ask_delete, delete]
