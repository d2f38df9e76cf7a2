"""Change a service ID: create, edit, lock, its keys, delete with a confirmation."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Problem
from lockhouse.console.desk import Asked, Desk, TheDesk
from lockhouse.console.listing import Listing
from lockhouse.console.pages.apikey_create import created, filled
from lockhouse.console.pages.serviceids import LIST, PATH, path_of, shown_list, shown_one
from lockhouse.console.questions import Question, ask
from lockhouse.console.refusals import NO_NAME, NOTHING_REFUSED, Refusal, refusal_of
from lockhouse.console.uses import failing

_ONE = PATH + "/{serviceid:str}"
_BEHIND = "serviceids/details.html"
CHANGES: Mapping[str, Callable[[IamClient, str, str], Awaitable[None]]] = {
    "lock": IamClient.lock_service_id,
    "unlock": IamClient.unlock_service_id,
}


@get(PATH + "/new")
async def show_new(request: Asked, desk: TheDesk) -> Response[bytes]:
    """The list with the dialogue over it."""
    return await _new(desk, Listing.from_query(LIST, request.query_params), NOTHING_REFUSED)


@post(PATH, status_code=200)
async def create(desk: TheDesk) -> Response[bytes]:
    """Create a service ID. It has no key yet: its details offer to make one."""
    given = _given(desk)
    refused = NOTHING_REFUSED if given["name"] else NO_NAME
    if not refused:
        desk.sessions.spend(desk.visitor, desk.form.text("nonce"))
        body = {name: value for name, value in given.items() if value}
        try:
            made = await desk.iam.create_service_id(
                desk.token, body | {"account_id": desk.login.who.account_id}
            )
            return desk.go(path_of(made["id"]))
        except Problem as problem:
            refused = refusal_of(problem)
    return await _new(desk, Listing.usual(LIST), refused)


@get(_ONE + "/edit")
async def show_edit(serviceid: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The details with the dialogue for name and description."""
    values = await shown_one(desk, serviceid)
    one = values["one"]
    form = {"name": one.name, "description": one.description or "", "entity_tag": one.entity_tag}
    return desk.show("serviceids/edit.html", form=form, refused=NOTHING_REFUSED, **values)


@post(_ONE + "/edit", status_code=200)
async def edit(serviceid: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Change name and description, if nobody else changed the service ID meanwhile."""
    given, entity_tag = _given(desk), desk.form.text("entity_tag")
    refused = NOTHING_REFUSED if given["name"] else NO_NAME
    if not refused:
        try:
            await desk.iam.update_service_id(desk.token, serviceid, given, if_match=entity_tag)
            return desk.go(path_of(serviceid))
        except Problem as problem:
            refused = refusal_of(problem)
    form, values = given | {"entity_tag": entity_tag}, await shown_one(desk, serviceid)
    return desk.show("serviceids/edit.html", status=refused.status, form=form, refused=refused, **values)


@get(_ONE + "/keys/new")
async def show_new_key(serviceid: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The details with the dialogue for an API key."""
    return desk.show("serviceids/key.html", **await shown_one(desk, serviceid), **filled(desk))


@post(_ONE + "/keys", status_code=200)
async def create_key(serviceid: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Create an API key for the service ID and show its value: in this answer, and in no other."""
    values = await shown_one(desk, serviceid)
    made, refused = await created(desk, values["one"].iam_id, back=path_of(serviceid))
    if made is not None:
        return made
    return desk.show("serviceids/key.html", status=refused.status, **values, **filled(desk, refused))


@get(_ONE + "/delete")
async def ask_delete(serviceid: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The details with the question, and what ends with the service ID."""
    return await _question(desk, serviceid, NOTHING_REFUSED)


@post(_ONE + "/delete", status_code=200)
async def delete(serviceid: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Delete the service ID with its keys; a locked one, or one with a locked key, stays."""
    try:
        await desk.iam.delete_service_id(desk.token, serviceid)
    except Problem as problem:
        return await _question(desk, serviceid, refusal_of(problem))
    return desk.go(PATH)


@post(_ONE + "/{change:str}", status_code=200)
async def change_state(serviceid: FromPath[str], change: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Lock or unlock."""
    wanted = CHANGES.get(change)
    if wanted is None:
        raise NotFoundException
    await wanted(desk.iam, desk.token, serviceid)
    return desk.go(path_of(serviceid))


def _given(desk: Desk) -> dict[str, Any]:
    return {"name": desk.form.text("name"), "description": desk.form.text("description")}


async def _new(desk: Desk, listing: Listing, refused: Refusal) -> Response[bytes]:
    status = refused.status if refused else 200
    values = await shown_list(desk, listing)
    return desk.show("serviceids/new.html", status=status, **values, **filled(desk, refused))


async def _question(desk: Desk, serviceid: str, refused: Refusal) -> Response[bytes]:
    values = await shown_one(desk, serviceid)
    one, keys, path = values["one"], values["keys"] or [], values["path"]
    listed = "\n".join(f"{key.name} ({key.id}){', locked' if key.locked else ''}" for key in keys)
    question = Question(
        title="Delete this service ID?",
        facts=(
            ("Name", one.name),
            ("API keys that end", listed or "None"),
            ("Servers that fail", await failing(desk, {key.id for key in keys})),
        ),
        text="Every program that uses one of its keys can no longer do so. Neither the service ID nor its "
        "keys come back. To try out what depends on a key, disable the key first: that can be undone.",
        button="Delete",
        action=f"{path}/delete",
        cancel=path,
        failed="The service ID was not deleted.",
    )
    return ask(desk, question, behind=_BEHIND, refused=refused, **values)


ROUTES = [
    show_new,
    create,
    show_edit,
    edit,
    show_new_key,
    create_key,
    ask_delete,
    delete,
    change_state,
]
