"""Create an API key: the dialogue, the value revealed once, apiKey.json. The value is kept nowhere."""

from typing import Any

from litestar import Response, get, post

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Asked, Desk, TheDesk
from lockhouse.console.listing import Listing
from lockhouse.console.pages.apikeys import LIST, PATH, path_of, shown_list
from lockhouse.console.refusals import NO_NAME, NOTHING_REFUSED, Refusal, refusal_of
from lockhouse.wire.apikey_file import write_apikey_file


@get(PATH + "/new")
async def show_form(request: Asked, desk: TheDesk) -> Response[bytes]:
    """The list with the dialogue over it."""
    shown = await shown_list(desk, Listing.from_query(LIST, request.query_params))
    return desk.show("apikeys/new.html", shown=shown, path_of=path_of, **filled(desk))


@post(PATH, status_code=200)
async def create(desk: TheDesk) -> Response[bytes]:
    """Create the key and show its value: in this answer, and in no other."""
    made, refused = await created(desk, desk.login.who.iam_id, back=PATH)
    if made is not None:
        return made
    shown = await shown_list(desk, Listing.usual(LIST))
    return desk.show(
        "apikeys/new.html", status=refused.status, shown=shown, path_of=path_of, **filled(desk, refused)
    )


async def created(desk: Desk, iam_id: str, *, back: str) -> tuple[Response[bytes] | None, Refusal]:
    """Create the key of the form for an identity: the page with its value, or what stands against it.

    `back` is where that page leads when it is closed. Raises FormUsed, FormTooOld, Problem.
    """
    name, description = desk.form.text("name"), desk.form.text("description")
    if not name:
        return None, NO_NAME
    nonce = desk.form.text("nonce")
    desk.sessions.spend(desk.visitor, nonce)
    wanted = {"name": name, "iam_id": iam_id, "account_id": desk.login.who.account_id}
    wanted["apikey"] = desk.sessions.key_value(desk.visitor, nonce).reveal()
    if description:
        wanted["description"] = description
    try:
        key = await desk.iam.create_api_key(desk.token, wanted)
    except Problem as problem:
        return None, refusal_of(problem)
    return desk.show("apikeys/created.html", status=201, key=key, back=back), NOTHING_REFUSED


def filled(desk: Desk, refused: Refusal = NOTHING_REFUSED) -> dict[str, Any]:
    """What the dialogue holds: what was typed before, and a word for its next post."""
    return {
        "nonce": desk.sessions.new_nonce(desk.visitor),
        "name": desk.form.text("name"),
        "description": desk.form.text("description"),
        "refused": refused,
    }


@post(PATH + "/apiKey.json", status_code=200)
async def download(desk: TheDesk) -> Response[bytes]:
    """The file: the value that the page before posts back, and what IAM knows of the key."""
    key = await desk.iam.get_api_key(desk.token, desk.form.text("id"))
    content = write_apikey_file(key | {"apikey": desk.form.secret("apikey").reveal()})
    return desk.pages.download(content, file="apiKey.json", media_type="application/json")


ROUTES = [show_form, create, download]
