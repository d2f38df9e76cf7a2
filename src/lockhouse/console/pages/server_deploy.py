"""Deploy an integration server: BARs that are stored or sent along, configurations, mode, version."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import cast
from unicodedata import normalize

from litestar import Response, get, post
from litestar.params import FromPath

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Desk, TheDesk
from lockhouse.console.pages.servers import COMMON, MODES, PATH, SERVER, path_of
from lockhouse.console.refusals import NOTHING_REFUSED, Refusal, name_refusal, refusal_of
from lockhouse.wire.servers import DEFAULT_VERSION, ConfiguredMode, IntegrationServer, ServerSpec

_MOST_BYTES = 40 * 1024 * 1024
_FIELDS = {"metadata.name": "name", "spec.version": "version", "spec.barURL": "bar"}


@dataclass(frozen=True, slots=True)
class Filled:
    """The form as it stands."""

    name: str
    action: str
    is_new: bool
    spec: ServerSpec


@get(PATH + "/new")
async def show_new(desk: TheDesk) -> Response[bytes]:
    """The form for a new server."""
    return await _form(desk, Filled("", PATH, True, ServerSpec()))


@post(PATH, status_code=200, request_max_body_size=_MOST_BYTES)
async def create(desk: TheDesk) -> Response[bytes]:
    """Deploy a new server; one of that name that is there already stays as it is."""
    name = desk.form.text("name")
    refused = name_refusal("server", name)
    if name in {one.metadata.name for one in await desk.runtime.servers()}:
        refused = Refusal(fields={"name": "There is a server of this name already."})
    return await _deployed(desk, Filled(name, PATH, True, _spec(desk)), refused)


@get(SERVER + "/deploy")
async def show_change(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The form for a server that is there."""
    return await _form(desk, _changing(await desk.runtime.server(name)))


@post(SERVER + "/deploy", status_code=200, request_max_body_size=_MOST_BYTES)
async def change(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Deploy it anew."""
    await desk.runtime.server(name)
    return await _deployed(desk, Filled(name, f"{path_of(name)}/deploy", False, _spec(desk)), NOTHING_REFUSED)


def _changing(server: IntegrationServer) -> Filled:
    name = server.metadata.name
    return Filled(name, f"{path_of(name)}/deploy", False, server.spec)


def _spec(desk: Desk) -> ServerSpec:
    form = desk.form
    mode = form.text("mode") if form.text("mode") in MODES else "auto"
    return ServerSpec(
        bar_url=form.texts("bar"),
        configurations=form.texts("configuration"),
        designer_flows_operation_mode=cast(ConfiguredMode, mode),
        version=form.text("version") or DEFAULT_VERSION,
    )


async def _deployed(desk: Desk, filled: Filled, refused: Refusal) -> Response[bytes]:
    """Store the BARs that were sent along, then deploy. A BAR once stored stays, chosen, for the next try."""
    bars = list(filled.spec.bars)
    if not refused:
        try:
            for upload in desk.form.files("file"):
                if upload.content:
                    stored = await desk.runtime.put_bar(_bar_name(upload.name), upload.content)
                    bars.append(stored.metadata.name)
            filled = Filled(filled.name, filled.action, filled.is_new, _with_bars(filled.spec, bars))
            if bars:
                await desk.runtime.deploy(filled.name, filled.spec)
                return desk.go(path_of(filled.name))
            refused = Refusal(fields={"file": "Choose a BAR that is stored, or send one along."})
        except Problem as problem:
            refused = refusal_of(problem, fields=_FIELDS)
    return await _form(desk, filled, refused)


def _with_bars(spec: ServerSpec, bars: list[str]) -> ServerSpec:
    return ServerSpec(
        bar_url=list(dict.fromkeys(bars)),
        configurations=spec.configurations,
        designer_flows_operation_mode=spec.designer_flows_operation_mode,
        version=spec.version,
    )


def _bar_name(file: str) -> str:
    """What a BAR is called: as its file, without folders and ending."""
    return normalize("NFC", PurePosixPath(file.replace("\\", "/")).stem)


async def _form(desk: Desk, filled: Filled, refused: Refusal = NOTHING_REFUSED) -> Response[bytes]:
    bars = [one.metadata.name for one in await desk.runtime.bars()]
    configurations = [one.metadata.name for one in await desk.runtime.configurations()]
    status = refused.status if refused else 200
    return desk.show(
        "servers/deploy.html",
        status=status,
        form=filled,
        refused=refused,
        bars=bars,
        names=configurations,
        **COMMON,
    )


ROUTES = [show_new, create, show_change, change]
