"""Connector accounts: the list, a test, deletion."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import quote

from litestar import Response, get, post
from litestar.params import FromPath

from lockhouse.client.transport import Problem
from lockhouse.client.uses import servers_calling_with
from lockhouse.console.desk import Desk, TheDesk
from lockhouse.console.questions import Question, ask
from lockhouse.console.refusals import NOTHING_REFUSED, Refusal, refusal_of
from lockhouse.console.uses import NOBODY
from lockhouse.wire.instances import AccountTest, ConnectorAccount

PATH = "/accounts"
_ACCOUNT = PATH + "/{connector:str}/{name:str}"
_BEHIND = "accounts/list.html"


def path_of(connector: str, name: str) -> str:
    """The address under which an account's changes stand."""
    return f"{PATH}/{quote(connector, safe='')}/{quote(name, safe='')}"


async def shown_list(desk: Desk) -> dict[str, Any]:
    """What the list is made from. Raises Problem."""
    instance = await desk.appconnect()
    titles = {one.name: one.title for one in await instance.connectors()}
    return {"accounts": await instance.accounts(), "titles": titles, "path_of": path_of, "tested": None}


async def users_of(desk: Desk, accounts: Sequence[ConnectorAccount], connector: str, name: str) -> str:
    """The servers whose flows call with an account, in words; empty when there are none. Raises Problem."""
    names = [one.name for one in accounts if one.connector == connector]
    servers = await desk.runtime.servers()
    return ", ".join(servers_calling_with(servers, connector, name, of_connector=names))


@get(PATH)
async def list_accounts(desk: TheDesk) -> Response[bytes]:
    """The list."""
    return desk.show(_BEHIND, **await shown_list(desk))


@post(_ACCOUNT + "/test", status_code=200)
async def test(connector: FromPath[str], name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Make the connector's harmless call, and show the list with what came of it."""
    try:
        result = await (await desk.appconnect()).test_account(connector, name)
    except Problem as problem:
        result = AccountTest(ok=False, reason=refusal_of(problem).message)
    values = await shown_list(desk)
    return desk.show(_BEHIND, **values | {"tested": (connector, name, result)})


@get(_ACCOUNT + "/delete")
async def ask_delete(connector: FromPath[str], name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The question."""
    return await _question(desk, connector, name, NOTHING_REFUSED)


@post(_ACCOUNT + "/delete", status_code=200)
async def delete(connector: FromPath[str], name: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Delete the account."""
    try:
        await (await desk.appconnect()).delete_account(connector, name)
    except Problem as problem:
        return await _question(desk, connector, name, refusal_of(problem))
    return desk.go(PATH)


async def _question(desk: Desk, connector: str, name: str, refused: Refusal) -> Response[bytes]:
    values = await shown_list(desk)
    users = await users_of(desk, values["accounts"], connector, name)
    question = Question(
        title="Delete this connector account?",
        facts=(
            ("Connector", connector),
            ("Account", name),
            ("Servers that call with it", users or NOBODY),
        ),
        text="Flows that call the application with this account no longer can. Its credentials are gone.",
        button="Delete",
        action=f"{path_of(connector, name)}/delete",
        cancel=PATH,
        failed="The account was not deleted.",
    )
    return ask(desk, question, behind=_BEHIND, refused=refused, **values)


ROUTES = [list_accounts, test, ask_delete, delete]
