"""Log in, log out. These pages are for anybody: they take `lobby`, not `desk`."""

from litestar import Response, get, post

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Asked, TheDesk
from lockhouse.console.forms import local_path

HOME = "/iam/apikeys"
_REFUSALS = {
    400: (401, "The e-mail address or the password is wrong."),
    401: (401, "The e-mail address or the password is wrong."),
    403: (401, "The e-mail address or the password is wrong."),
    429: (429, "There were too many attempts. Wait a little, then try again."),
}


@get("/login")
async def show_login(request: Asked, lobby: TheDesk) -> Response[bytes]:
    """The form to log in with; whoever is logged in goes on."""
    after = local_path(request.query_params.get("next", HOME))
    if lobby.visitor.login is not None:
        return lobby.go(after)
    over = request.query_params.get("over") == "yes"
    return lobby.show("login.html", after=after, email="", mistake="", over=over)


@post("/login", status_code=200)
async def log_in(lobby: TheDesk) -> Response[bytes]:
    """Begin a session. The answer to a wrong password is that to an unknown e-mail address."""
    email, after = lobby.form.text("email"), local_path(lobby.form.text("next"))
    password = lobby.form.secret("password")
    try:
        visitor = await lobby.sessions.log_in(email, password, address=lobby.address)
    except Problem as problem:
        if problem.status not in _REFUSALS:
            raise
        status, mistake = _REFUSALS[problem.status]
        return lobby.show("login.html", status=status, after=after, email=email, mistake=mistake, over=False)
    return lobby.pages.go(visitor, after)


@post("/logout", status_code=200)
async def log_out(lobby: TheDesk) -> Response[bytes]:
    """End the session, here and in IAM."""
    return lobby.pages.go(await lobby.sessions.log_out(lobby.visitor), "/login")


ROUTES = [show_login, log_in, log_out]
