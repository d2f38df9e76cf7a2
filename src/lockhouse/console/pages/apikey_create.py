"""Create an API key: the dialogue, the value revealed once, apiKey.json. The value is kept nowhere."""

from typing import Any

from litestar import Response, get, post

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Asked, Desk, TheDesk
from lockhouse.console.pages.apikeys import PATH, Listing, path_of, shown_list
from lockhouse.console.refusals import NO_NAME, NOTHING_REFUSED, refusal_of
from lockhouse.wire.apikey_file import write_apikey_file


@get(PATH + "/new")
async def show_form(request: Asked, desk: TheDesk) -> Response[bytes]:
    """The list with the dialogue over it."""
    shown = await shown_list(desk, Listing.from_query(request.query_params))
    nonce = desk.sessions.new_nonce(desk.visitor)
    return desk.show(
        "apikeys/new.html",
        shown=shown,
        path_of=path_of,
        nonce=nonce,
        name="",
        description="",
        refused=NOTHING_REFUSED,
    )


@post(PATH, status_code=200)
async def create(desk: TheDesk) -> Response[bytes]:
    """Create the key and show its value: in this answer, and in no other."""
    name, description = desk.form.text("name"), desk.form.text("description")
    refused = NOTHING_REFUSED if name else NO_NAME
    if not refused:
        try:
            return desk.show("apikeys/created.html", status=201, key=await _created(desk, name, description))
        except Problem as problem:
            refused = refusal_of(problem)
    shown = await shown_list(desk, Listing())
    nonce = desk.sessions.new_nonce(desk.visitor)
    return desk.show(
        "apikeys/new.html", status=refused.status, shown=shown, path_of=path_of, nonce=nonce, name=name,
        description=description, refused=refused,
    )  # fmt: skip


async def _created(desk: Desk, name: str, description: str) -> dict[str, Any]:
    nonce, who = desk.form.text("nonce"), desk.login.who
    desk.sessions.spend(desk.visitor, nonce)
    wanted = {"name": name, "iam_id": who.iam_id, "account_id": who.account_id}
    wanted["apikey"] = desk.sessions.key_value(desk.visitor, nonce).reveal()
    if description:
        wanted["description"] = description
    return await desk.iam.create_api_key(desk.token, wanted)


@post(PATH + "/apiKey.json", status_code=200)
async def download(desk: TheDesk) -> Response[bytes]:
    """The file: the value that the page before posts back, and what IAM knows of the key."""
    key = await desk.iam.get_api_key(desk.token, desk.form.text("id"))
    content = write_apikey_file(key | {"apikey": desk.form.secret("apikey").reveal()})
    return desk.pages.download(content, file="apiKey.json", media_type="application/json")


ROUTES = [show_form, create, download]
