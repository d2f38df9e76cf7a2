"""Change who belongs to the account: invite, roles, a code for a new password, disable, remove."""

from collections.abc import Awaitable, Callable, Mapping

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Problem
from lockhouse.console.desk import Desk, TheDesk
from lockhouse.console.pages.users import PATH, path_of, shown_list, shown_user
from lockhouse.console.questions import Question, ask
from lockhouse.console.refusals import NOTHING_REFUSED, Refusal, refusal_of
from lockhouse.console.uses import failing

_USER = PATH + "/{iam_id:str}"
_BEHIND = "users/details.html"
ROLES: Mapping[str, str] = {
    "Administrator": "everything in the account; sees and ends the keys of others",
    "Operator": "sees everything, changes the account's settings",
    "Editor": "sees everything, changes the account's settings",
    "Viewer": "sees everything, the audit trail too",
    "Service ID creator": "makes service IDs where the settings restrict it",
    "User API key creator": "makes API keys where the settings restrict it",
}
CHANGES: Mapping[str, Callable[[IamClient, str, str, str], Awaitable[None]]] = {
    "disable": IamClient.disable_user,
    "enable": IamClient.enable_user,
}


@get(PATH + "/invite")
async def show_invite(desk: TheDesk) -> Response[bytes]:
    """The list with the dialogue over it."""
    return await _invitation(desk, NOTHING_REFUSED)


@post(PATH, status_code=200)
async def invite(desk: TheDesk) -> Response[bytes]:
    """Invite a user, and show the code for his first password: in this answer, and in no other."""
    email, roles = desk.form.text("email"), desk.form.texts("role")
    if not email:
        return await _invitation(desk, Refusal(fields={"email": "Enter an e-mail address."}))
    desk.sessions.spend(desk.visitor, desk.form.text("nonce"))
    try:
        made = await desk.iam.invite_user(desk.token, desk.login.who.account_id, email, roles)
    except Problem as problem:
        return await _invitation(desk, refusal_of(problem))
    if "code" not in made:
        return desk.show("users/joins.html", status=201, user=made, path=path_of(made["id"]))
    return desk.show(
        "users/code.html", status=201, title="User invited", email=made["email"], code=made["code"],
        lasts="a week", path=path_of(made["id"]),
    )  # fmt: skip


@get(_USER + "/roles")
async def show_roles(iam_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The details with the dialogue for roles."""
    values = await shown_user(desk, iam_id)
    chosen = values["user"].roles
    return desk.show("users/roles.html", roles=ROLES, chosen=chosen, refused=NOTHING_REFUSED, **values)


@post(_USER + "/roles", status_code=200)
async def set_roles(iam_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Replace the user's roles."""
    chosen = desk.form.texts("role")
    try:
        await desk.iam.set_user_roles(desk.token, desk.login.who.account_id, iam_id, chosen)
    except Problem as problem:
        refused, values = refusal_of(problem), await shown_user(desk, iam_id)
        return desk.show(
            "users/roles.html", status=refused.status, roles=ROLES, chosen=chosen, refused=refused, **values
        )
    return desk.go(path_of(iam_id))


@get(_USER + "/password")
async def ask_reset(iam_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The details with the question whether to make a code."""
    return await _reset_question(desk, iam_id, NOTHING_REFUSED)


@post(_USER + "/password", status_code=200)
async def reset_password(iam_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Make a code for a new password, and show it: in this answer, and in no other."""
    try:
        made = await desk.iam.reset_password(desk.token, desk.login.who.account_id, iam_id)
    except Problem as problem:
        return await _reset_question(desk, iam_id, refusal_of(problem))
    user = (await shown_user(desk, iam_id))["user"]
    return desk.show(
        "users/code.html", status=201, title="Code for a new password", email=user.email, code=made["code"],
        lasts="a day", path=path_of(iam_id),
    )  # fmt: skip


@get(_USER + "/remove")
async def ask_remove(iam_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """The details with the question, and what ends with the user."""
    return await _removal_question(desk, iam_id, NOTHING_REFUSED)


@post(_USER + "/remove", status_code=200)
async def remove(iam_id: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Remove the user; his keys and sessions end with it."""
    try:
        await desk.iam.remove_user(desk.token, desk.login.who.account_id, iam_id)
    except Problem as problem:
        return await _removal_question(desk, iam_id, refusal_of(problem))
    return desk.go(PATH)


@post(_USER + "/{change:str}", status_code=200)
async def change_state(iam_id: FromPath[str], change: FromPath[str], desk: TheDesk) -> Response[bytes]:
    """Disable or enable."""
    wanted = CHANGES.get(change)
    if wanted is None:
        raise NotFoundException
    await wanted(desk.iam, desk.token, desk.login.who.account_id, iam_id)
    return desk.go(path_of(iam_id))


async def _invitation(desk: Desk, refused: Refusal) -> Response[bytes]:
    return desk.show(
        "users/invite.html",
        status=refused.status if refused else 200,
        nonce=desk.sessions.new_nonce(desk.visitor),
        email=desk.form.text("email"),
        chosen=desk.form.texts("role"),
        roles=ROLES,
        refused=refused,
        **await shown_list(desk),
    )


async def _reset_question(desk: Desk, iam_id: str, refused: Refusal) -> Response[bytes]:
    values = await shown_user(desk, iam_id)
    question = Question(
        title="Make a code for a new password?",
        facts=(("User", values["user"].email),),
        text="With the code, which is shown once, the user sets a new password within a day. The old "
        "password works until then. Codes that were given before stay good until one of them is used.",
        button="Make a code",
        action=f"{values['path']}/password",
        cancel=values["path"],
        failed="No code was made.",
        danger=False,
    )
    return ask(desk, question, behind=_BEHIND, refused=refused, **values)


async def _removal_question(desk: Desk, iam_id: str, refused: Refusal) -> Response[bytes]:
    values = await shown_user(desk, iam_id)
    user, keys = values["user"], []
    facts = [("User", user.email)]
    if not refused:
        try:
            removal = await desk.iam.preview_removal(desk.token, desk.login.who.account_id, iam_id)
        except Problem as problem:
            refused = refusal_of(problem)
        else:
            keys = removal["apikeys"]
            listed = "\n".join(f"{key['name']} ({key['id']})" for key in keys)
            facts += [
                ("API keys that end", listed or "None"),
                ("Sessions that end", str(removal["sessions"])),
                ("Servers that fail", await failing(desk, {key["id"] for key in keys})),
            ]
    question = Question(
        title="Remove this user from the account?",
        facts=facts,
        text="Every program that uses one of the user's keys can no longer do so; none of them comes back. "
        "Service IDs that the user made stay, with their keys. To try out what depends on the user, disable "
        "the user first: that can be undone.",
        button="Remove",
        action=f"{values['path']}/remove",
        cancel=values["path"],
        failed="The user was not removed.",
    )
    return ask(desk, question, behind=_BEHIND, refused=refused, **values)


ROUTES = [
    show_invite,
    invite,
    show_roles,
    set_roles,
    ask_reset,
    reset_password,
    ask_remove,
    remove,
    change_state,
]
