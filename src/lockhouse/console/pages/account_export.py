"""Take all connector accounts out as accounts.yaml: for an administrator who gives his password again."""

import json

from litestar import Response, get, post

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Desk, TheDesk
from lockhouse.console.pages.accounts import PATH, shown_list
from lockhouse.console.refusals import NOTHING_REFUSED, Refusal, refusal_of
from lockhouse.sealing import Secret

_EXPORT = PATH + "/export"
_WRONG = Refusal(fields={"password": "The password is wrong."}, status=401)
_TOO_MANY = Refusal("There were too many attempts. Wait a little, then try again.", status=429)


@get(_EXPORT)
async def show_export(desk: TheDesk) -> Response[bytes]:
    """The dialogue for the password."""
    return await _dialogue(desk, NOTHING_REFUSED)


@post(_EXPORT, status_code=200)
async def export(desk: TheDesk) -> Response[bytes]:
    """The file; the credentials are in this answer, and nowhere else in the console."""
    who = desk.login.who
    try:
        pair = await desk.iam.password_token(
            who.email, desk.form.secret("password"), account=who.account_id, address=desk.address
        )
    except Problem as problem:
        return await _dialogue(desk, _refused(problem))
    try:
        taken = await (await desk.appconnect(pair.access_token)).export_accounts()
    finally:
        await desk.iam.revoke(Secret(pair.refresh_token))
    # JSON is YAML, too.
    content = json.dumps({"accounts": taken.accounts}, indent=2, ensure_ascii=False) + "\n"
    return desk.pages.download(content, file="accounts.yaml", media_type="application/yaml")


async def _dialogue(desk: Desk, refused: Refusal) -> Response[bytes]:
    status = refused.status if refused else 200
    return desk.show("accounts/export.html", status=status, refused=refused, **await shown_list(desk))


def _refused(problem: Problem) -> Refusal:
    if problem.status == 429:
        return _TOO_MANY
    return _WRONG if problem.status in (400, 401, 403) else refusal_of(problem)


ROUTES = [show_export, export]
