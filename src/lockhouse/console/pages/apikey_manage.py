"""Change an API key: edit, lock, disable, delete with a confirmation."""

from collections.abc import Awaitable, Callable, Mapping

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Problem
from lockhouse.console.desk import Desk, TheDesk
from lockhouse.console.pages.apikeys import PATH, path_of, shown_key
from lockhouse.console.refusals import NO_NAME, NOTHING_REFUSED, Refusal, refusal_of
from lockhouse.console.uses import failing

_KEY = PATH + "/{key_id:str}"
CHANGES: Mapping[str, Callable[[IamClient, str, str], Awaitable[None]]] = {
    "lock": IamClient.lock_api_key,
    "unlock": IamClient.unlock_api_key,
    "disable": IamClient.disable_api_key,
    "enable": IamClient.enable_api_key,
}


@get(_KEY + "/edit")
async def show_edit(key_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The details with the dialogue for name and description."""
    values = await shown_key(desk, key_id)
    key = values["key"]
    filled = {"name": key.name, "description": key.description or "", "entity_tag": key.entity_tag}
    return desk.show("apikeys/edit.html", form=filled, refused=NOTHING_REFUSED, **values)


@post(_KEY + "/edit", status_code=200)
async def edit(key_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Change name and description, if nobody else changed the key meanwhile."""
    name, description = desk.form.text("name"), desk.form.text("description")
    entity_tag = desk.form.text("entity_tag")
    refused = NOTHING_REFUSED if name else NO_NAME
    change = {"name": name, "description": description}
    if not refused:
        try:
            await desk.iam.update_api_key(desk.token, key_id, change, if_match=entity_tag)
            return desk.go(path_of(key_id))
        except Problem as problem:
            refused = refusal_of(problem)
    filled, values = change | {"entity_tag": entity_tag}, await shown_key(desk, key_id)
    return desk.show("apikeys/edit.html", status=refused.status, form=filled, refused=refused, **values)


@get(_KEY + "/delete")
async def ask_delete(key_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The details with the question, and who fails without the key."""
    return await _question(desk, key_id, NOTHING_REFUSED)


@post(_KEY + "/delete", status_code=200)
async def delete(key_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Delete the key; a locked one stays."""
    try:
        await desk.iam.delete_api_key(desk.token, key_id)
    except Problem as problem:
        return await _question(desk, key_id, refusal_of(problem))
    return desk.go(PATH)


async def _question(desk: Desk, key_id: str, refused: Refusal) -> Response[bytes]:
    values, fails = await shown_key(desk, key_id), await failing(desk, [key_id])
    status = refused.status if refused else 200
    return desk.show("apikeys/delete.html", status=status, refused=refused, failing=fails, **values)


@post(_KEY + "/{change:str}", status_code=200)
async def change_state(key_id: FromPath[str], change: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Lock, unlock, disable or enable."""
    wanted = CHANGES.get(change)
    if wanted is None:
        raise NotFoundException
    await wanted(desk.iam, desk.token, key_id)
    return desk.go(path_of(key_id))


ROUTES = [show_edit, edit, ask_delete, delete, change_state]
