"""Passwords: a code becomes one (for anybody), and somebody who is logged in changes his own."""

from litestar import Response, get, post

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Desk, TheDesk
from lockhouse.console.refusals import Refusal, refusal_of

_TWICE = "The two passwords differ."
_NOTHING: dict[str, str] = {}


@get("/password")
async def show_code_form(lobby: TheDesk) -> Response[bytes]:
    """The form for a code. The code is never in an address."""
    return lobby.show("password/code.html", message="", fields=_NOTHING)


@post("/password", status_code=200)
async def set_password(lobby: TheDesk) -> Response[bytes]:
    """Turn a code into a password; an invited user joins the account with it."""
    refused = _differ(lobby)
    if not refused:
        try:
            await lobby.iam.set_password(lobby.form.secret("code"), lobby.form.secret("password"))
            return lobby.show("password/done.html")
        except Problem as problem:
            refused = _refused(problem)
    return lobby.show(
        "password/code.html", status=refused.status, message=refused.message, fields=refused.fields
    )


@get("/password/change")
async def show_change(desk: TheDesk) -> Response[bytes]:
    """The form for one's own password."""
    return desk.show("password/change.html", message="", fields=_NOTHING)


@post("/password/change", status_code=200)
async def change_password(desk: TheDesk) -> Response[bytes]:
    """Change one's own password; all sessions end, this one too."""
    refused, who = _differ(desk), desk.login.who
    if not refused:
        current, password = desk.form.secret("current_password"), desk.form.secret("password")
        try:
            await desk.iam.change_password(
                desk.token, who.account_id, who.iam_id, current=current, password=password
            )
            return desk.pages.show(desk.sessions.arrive(), "password/done.html")
        except Problem as problem:
            refused = _refused(problem)
    return desk.show(
        "password/change.html", status=refused.status, message=refused.message, fields=refused.fields
    )


def _differ(desk: Desk) -> Refusal:
    # Compared as they were typed; neither goes back into the page.
    same = desk.form.secret("password").reveal() == desk.form.secret("again").reveal()
    return Refusal() if same else Refusal(fields={"again": _TWICE})


def _refused(problem: Problem) -> Refusal:
    if problem.status == 429:
        return Refusal("There were too many attempts. Wait a little, then try again.", status=429)
    return refusal_of(problem)


ROUTES = [show_code_form, set_password, show_change, change_password]
