"""Give a connector account another name."""

from litestar import Response, get, post
from litestar.params import FromPath

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Desk, TheDesk
from lockhouse.console.pages.accounts import PATH, path_of, shown_list, users_of
from lockhouse.console.refusals import NO_NAME, NOTHING_REFUSED, Refusal, refusal_of

_RENAME = PATH + "/{connector:str}/{name:str}/rename"


@get(_RENAME)
async def show_rename(connector: FromPath[str], name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The dialogue for the name."""
    await (await desk.appconnect()).account(connector, name)
    return await _dialogue(desk, connector, name, name, NOTHING_REFUSED)


@post(_RENAME, status_code=200)
async def rename(connector: FromPath[str], name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Change the name; one that another account of the connector has is refused."""
    wanted = desk.form.text("name")
    refused = NOTHING_REFUSED if wanted else NO_NAME
    if not refused:
        try:
            await (await desk.appconnect()).rename_account(connector, name, wanted)
            return desk.go(PATH)
        except Problem as problem:
            refused = refusal_of(problem, fields={"metadata.name": "name"})
    return await _dialogue(desk, connector, name, wanted, refused)


async def _dialogue(desk: Desk, connector: str, name: str, wanted: str, refused: Refusal) -> Response[bytes]:
    values = await shown_list(desk)
    return desk.show(
        "accounts/rename.html",
        status=refused.status if refused else 200,
        connector=connector,
        name=name,
        wanted=wanted,
        users=await users_of(desk, values["accounts"], connector, name),
        action=f"{path_of(connector, name)}/rename",
        refused=refused,
        **values,
    )


ROUTES = [show_rename, rename]
