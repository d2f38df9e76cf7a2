"""`lockhouse user`: who belongs to the account, and what he may do there."""

from collections.abc import Awaitable, Callable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal, NamedTuple

import typer

from lockhouse.cli import password, terminal
from lockhouse.cli.codes import CodeFile, Force, ShowCode, asked_with_code, tell_code, without_code
from lockhouse.cli.options import ApikeyFile, AsJson, DryRun, NotUnderstood, Yes
from lockhouse.cli.uses import servers_failing, tell_failing, tell_keys
from lockhouse.cli.whoami import signed_in
from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection
    from lockhouse.client.iam import IamClient

app = typer.Typer(
    help="Users of the account: invited, given roles, disabled, removed. Most of it is for administrators.",
    no_args_is_help=True,
)


class Role(StrEnum):
    """A role in the account, as the wire names it."""

    ADMINISTRATOR = "Administrator"
    OPERATOR = "Operator"
    EDITOR = "Editor"
    VIEWER = "Viewer"
    SERVICE_ID_CREATOR = "Service ID creator"
    USER_API_KEY_CREATOR = "User API key creator"


User = Annotated[
    str, typer.Argument(metavar="EMAIL_OR_ID", help="The user's e-mail address or his id (IBMid-…).")
]
app.command("set-password")(password.set_password)


class Whom(NamedTuple):
    """A user, and the token with which he is spoken of."""

    token: str
    account_id: str
    iam_id: str


class UserNotFound(LockhouseError):
    """The account has no user with the e-mail address."""


@app.command("list")
def list_users(
    state: Annotated[
        Literal["ACTIVE", "PENDING"] | None,
        typer.Option("--state", help="Only those who joined, or who were invited and did not join yet."),
    ] = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List the users of the account with their roles."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> list[dict[str, Any]]:
        query = {"search": f"state:{state}"} if state else {}
        return await platform.iam.list_users(*await signed_in(platform), **query)

    users = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(users)
        return
    rows = [(user["email"], user["iam_id"], _state(user), _roles(user), user["added_on"]) for user in users]
    terminal.say_table(
        ("EMAIL", "ID", "STATE", "ROLES", "ADDED"), rows, empty="There are no such users in the account."
    )


@app.command("invite")
def invite(
    email: Annotated[str, typer.Argument(help="The e-mail address he will sign in with.")],
    role: Annotated[
        list[Role] | None,
        typer.Option("--role", help="A role for him; may be given several times. Without: a plain member."),
    ] = None,
    file: CodeFile = None,
    show: ShowCode = False,
    force: Force = False,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Invite a user. The code for his first password is given once: to --file, or to the terminal with
    --show."""

    async def work(platform: "Connection") -> dict[str, Any]:
        token, account_id = await signed_in(platform)
        invited = await platform.iam.invite_user(token, account_id, email, role or [])
        return {**invited, "account_id": account_id}

    invited = asked_with_code(work, file=file, show=show, force=force, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(invited if show else without_code(invited))
        return
    terminal.say(f"Invited {invited['email']}, {invited['id']}.")
    if "code" in invited:
        tell_code(invited, file=file, show=show)
    else:
        terminal.say(
            "He has a password already, so there is no code. With an API key of his own account he joins by: "
            f"lockhouse user accept {invited['account_id']}"
        )


@app.command("show")
def show_user(user: User, apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """Show a user."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> dict[str, Any]:
        return await platform.iam.get_user(*await _whom(platform, user))

    found = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(found)
        return
    terminal.say_facts(
        [
            ("E-mail", found["email"]),
            ("Id", found["iam_id"]),
            ("Name", f"{found['firstname']} {found['lastname']}".strip()),
            ("State", _state(found)),
            ("Roles", _roles(found)),
            ("Account", found["account_id"]),
            ("Added", found["added_on"]),
            ("Last sign-in", found.get("last_authn")),
        ]
    )


@app.command("remove")
def remove(
    user: User,
    dry_run: DryRun = False,
    yes: Yes = False,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Remove a user from the account. What ends with him is shown first.

    His API keys and sessions end, and cloud-managed calls of the servers that use one of the keys fail.
    """
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> dict[str, Any]:
        whom = await _whom(platform, user)
        removal = await platform.iam.preview_removal(*whom)
        removal["servers"] = await servers_failing(platform, {key["id"] for key in removal["apikeys"]})
        if not as_json:
            _tell_removal(whom.iam_id, removal)
        if not dry_run:
            terminal.confirm(f"Remove user {user}?", yes=yes)
            await platform.iam.remove_user(*whom)
        return {"iam_id": whom.iam_id, "removed": not dry_run, **removal}

    done = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(done)
    else:
        terminal.say("Nobody was removed." if dry_run else f"Removed user {done['iam_id']}.")


@app.command("accept")
def accept(
    account_id: Annotated[
        str, typer.Argument(metavar="ACCOUNT_ID", help="The account that invited you: 32 hexadecimal digits.")
    ],
    apikey_file: ApikeyFile = None,
) -> None:
    """Join an account that invited you, with an API key of your own account.

    For those who have a password already; others join with their code, by `set-password`.
    """
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        await platform.iam.accept_invitation(await platform.token(), account_id)

    ask_platform(work, apikey_file=apikey_file)
    terminal.say(f"You are in account {account_id} now.")


@app.command("disable")
def disable(user: User, apikey_file: ApikeyFile = None) -> None:
    """Disable a user: his API keys and tokens are refused in the account, until he is enabled."""
    _change(user, apikey_file, lambda iam, *whom: iam.disable_user(*whom))
    terminal.say("Disabled.")


@app.command("enable")
def enable(user: User, apikey_file: ApikeyFile = None) -> None:
    """Enable a disabled user."""
    _change(user, apikey_file, lambda iam, *whom: iam.enable_user(*whom))
    terminal.say("Enabled.")


@app.command("reset-password")
def reset_password(
    user: User,
    file: CodeFile = None,
    show: ShowCode = False,
    force: Force = False,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a code with which a user sets a new password. It is given once: to --file, or with --show.

    His old password works until then.
    """

    async def work(platform: "Connection") -> dict[str, Any]:
        whom = await _whom(platform, user)
        reset = await platform.iam.reset_password(*whom)
        return {"id": whom.iam_id, "account_id": whom.account_id, **reset}

    reset = asked_with_code(work, file=file, show=show, force=force, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(reset if show else without_code(reset))
        return
    terminal.say(f"Made a code for user {reset['id']}, good until {reset['expires_at']}.")
    tell_code(reset, file=file, show=show)


@app.command("roles")
def roles(
    user: User,
    role: Annotated[
        list[Role] | None,
        typer.Option("--role", help="A role he shall have; may be given several times. Others end."),
    ] = None,
    none: Annotated[bool, typer.Option("--none", help="Take all roles away: a plain member.")] = False,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show a user's roles in the account, or replace them with those of --role."""
    from lockhouse.cli.connection import ask_platform

    if role and none:
        raise NotUnderstood("--role and --none do not go together")

    async def work(platform: "Connection") -> dict[str, Any]:
        whom = await _whom(platform, user)
        if role or none:
            return await platform.iam.set_user_roles(*whom, role or [])
        return await platform.iam.get_user(*whom)

    found = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(found["roles"])
    else:
        terminal.say(_roles(found) or "No roles: a plain member.")


def _change(
    user: str, apikey_file: Path | None, change: "Callable[[IamClient, str, str, str], Awaitable[None]]"
) -> None:
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        await change(platform.iam, *await _whom(platform, user))

    ask_platform(work, apikey_file=apikey_file)


async def _whom(platform: "Connection", user: str) -> Whom:
    """The user with that e-mail address or id. Raises UserNotFound."""
    token, account_id = await signed_in(platform)
    if "@" not in user:
        return Whom(token, account_id, user)
    found = await platform.iam.list_users(token, account_id, user_id=user)
    if not found:
        raise UserNotFound(f"no user of the account has the e-mail address '{user}'")
    return Whom(token, account_id, str(found[0]["iam_id"]))


def _tell_removal(iam_id: str, removal: Mapping[str, Any]) -> None:
    terminal.say(
        f"With user {iam_id} end {len(removal['apikeys'])} API keys and {removal['sessions']} sessions."
    )
    tell_keys(removal["apikeys"])
    tell_failing(removal["servers"])


def _state(user: Mapping[str, Any]) -> str:
    return f"{user['state']}, disabled" if user["disabled"] else str(user["state"])


def _roles(user: Mapping[str, Any]) -> str:
    return ", ".join((["Owner"] if user["owner"] else []) + user["roles"])
