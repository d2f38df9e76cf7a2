"""Configurations: the list, making one from a file or a text, replacing its content, deletion."""

from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Desk, TheDesk
from lockhouse.console.pages.apikeys import path_of as path_of_key
from lockhouse.console.questions import Question, ask
from lockhouse.console.refusals import NOTHING_REFUSED, Refusal, name_refusal, refusal_of
from lockhouse.wire.servers import Configuration

PATH = "/configurations"
_CONFIGURATION = PATH + "/{name:str}"
_BEHIND = "configurations/list.html"
_MOST_BYTES = 2 * 1024 * 1024
TYPES = {
    "apikey": "API key (apiKey.json)",
    "accounts": "Accounts (accounts.yaml)",
    "setdbparms": "setdbparms.txt",
}
"""Those that a server here does something with; the other types are for the command line."""


def path_of(name: str) -> str:
    """The address under which a configuration's changes stand."""
    return f"{PATH}/{quote(name, safe='')}"


async def shown_list(desk: Desk) -> dict[str, Any]:
    """What the list is made from. Raises Problem."""
    return {
        "configurations": await desk.runtime.configurations(),
        "types": TYPES,
        "path_of": path_of,
        "path_of_key": path_of_key,
    }


@get(PATH)
async def list_configurations(desk: TheDesk) -> Response[bytes]:
    """The list."""
    return desk.show(_BEHIND, **await shown_list(desk))


@get(PATH + "/new")
async def show_new(desk: TheDesk) -> Response[bytes]:
    """The dialogue for a new one."""
    return await _form(desk, known=None)


@post(PATH, status_code=200, request_max_body_size=_MOST_BYTES)
async def create(desk: TheDesk) -> Response[bytes]:
    """Make a configuration; one of that name that is there already stays as it is."""
    name = desk.form.text("name")
    refused = name_refusal("configuration", name)
    if name in {one.metadata.name for one in await desk.runtime.configurations()}:
        refused = Refusal(fields={"name": "There is a configuration of this name already."})
    return await _stored(desk, name, desk.form.text("type"), refused, known=None)


@get(_CONFIGURATION + "/content")
async def show_replace(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The dialogue for another content."""
    return await _form(desk, known=await desk.runtime.configuration(name))


@post(_CONFIGURATION + "/content", status_code=200, request_max_body_size=_MOST_BYTES)
async def replace(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Replace the content; the servers that list the configuration start anew with it."""
    known = await desk.runtime.configuration(name)
    return await _stored(desk, name, known.spec.type, NOTHING_REFUSED, known=known)


@get(_CONFIGURATION + "/delete")
async def ask_delete(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The question."""
    known = await desk.runtime.configuration(name)
    return ask(desk, _deletion(known), behind=_BEHIND, **await shown_list(desk))


@post(_CONFIGURATION + "/delete", status_code=200)
async def delete(name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Delete the configuration; one that servers list stays."""
    try:
        await desk.runtime.delete_configuration(name)
    except Problem as problem:
        refused, known = refusal_of(problem), await desk.runtime.configuration(name)
        values = await shown_list(desk)
        return ask(desk, _deletion(known), behind=_BEHIND, refused=refused, **values)
    return desk.go(PATH)


async def _stored(
    desk: Desk, name: str, kind: str, refused: Refusal, *, known: Configuration | None
) -> Response[bytes]:
    content = _content(desk)
    if not refused and not content:
        refused = Refusal(fields={"file": "Choose a file, or paste its content below."})
    if not refused:
        try:
            await desk.runtime.put_configuration(
                name, kind=kind, content=content, description=desk.form.text("description")
            )
            return desk.go(PATH)
        except Problem as problem:
            refused = refusal_of(problem)
    return await _form(desk, known=known, refused=refused)


def _content(desk: Desk) -> bytes:
    """The file; without one the pasted text, with the line ends of files rather than those of forms."""
    files = [one for one in desk.form.files("file") if one.content]
    if files:
        return files[0].content
    return desk.form.secret("content").reveal().replace("\r\n", "\n").encode()


async def _form(
    desk: Desk, *, known: Configuration | None, refused: Refusal = NOTHING_REFUSED
) -> Response[bytes]:
    given = desk.form
    filled = {
        "name": known.metadata.name if known else given.text("name"),
        "type": known.spec.type if known else given.text("type"),
        "description": given.text("description") or (known.spec.description if known else ""),
        "action": f"{path_of(known.metadata.name)}/content" if known else PATH,
        "is_new": known is None,
    }
    status = refused.status if refused else 200
    values = await shown_list(desk)
    return desk.show("configurations/form.html", status=status, form=filled, refused=refused, **values)


def _deletion(known: Configuration) -> Question:
    name = known.metadata.name
    return Question(
        title="Delete this configuration?",
        facts=(("Name", name), ("Used by", ", ".join(known.status.used_by) or "no server")),
        text="Its content cannot be read out before, and does not come back.",
        button="Delete",
        action=f"{path_of(name)}/delete",
        cancel=PATH,
        failed="The configuration was not deleted.",
    )


ROUTES = [list_configurations, show_new, create, show_replace, replace, ask_delete, delete]
