"""`lockhouse user`: who belongs to the account, and what he may do there."""

import json
from collections.abc import Awaitable, Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ApikeyFile, AsJson, NotUnderstood, Yes
from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection
    from lockhouse.client.identities import IdentitiesClient

app = typer.Typer(
    help="Users of the account: invited, given roles, disabled, removed. For the account's administrators.",
    no_args_is_help=True,
)

Role = Literal["Administrator", "Operator", "Editor", "Viewer", "Service ID creator", "User API key creator"]
User = Annotated[
    str, typer.Argument(metavar="EMAIL_OR_ID", help="The user's e-mail address or his id (IBMid-…).")
]
CodeFile = Annotated[
    Path | None,
    typer.Option(
        "--file", help="Write the code there as JSON, in a file readable by you alone.", dir_okay=False
    ),
]
ShowCode = Annotated[bool, typer.Option("--show", help="Print the code to standard output.")]
Force = Annotated[bool, typer.Option("--force", help="Replace the file of --file if there is one.")]

_USE_OF_CODE = "With it he sets his password, once: POST /v2/users/password with code and password."


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
        return await platform.identities.users(await platform.account_id(), **query)

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
        account_id = await platform.account_id()
        invited = await platform.identities.invite_user(account_id, email, role or [])
        return {**invited, "account_id": account_id}

    invited = _with_code(work, file=file, show=show, force=force, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(invited if show else _without_code(invited))
        return
    terminal.say(f"Invited {invited['email']}, {invited['id']}.")
    if "code" in invited:
        _tell_code(invited, file=file, show=show)
    else:
        terminal.say(
            "He has a password already, so there is no code: he joins with a token of his own account, "
            f'POST /v2/users/accept with {{"account_id": "{invited["account_id"]}"}}.'
        )


@app.command("show")
def show_user(user: User, apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """Show a user."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> dict[str, Any]:
        account_id = await platform.account_id()
        return await platform.identities.user(account_id, await _iam_id(platform, account_id, user))

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
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Only show what would end with him; remove nobody.")
    ] = False,
    yes: Yes = False,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Remove a user from the account. What ends with him is shown first: his API keys and sessions."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> dict[str, Any]:
        account_id = await platform.account_id()
        iam_id = await _iam_id(platform, account_id, user)
        removal = await platform.identities.removal_of_user(account_id, iam_id)
        if not as_json:
            _tell_removal(iam_id, removal)
        if not dry_run:
            terminal.confirm(f"Remove user {user}?", yes=yes)
            await platform.identities.remove_user(account_id, iam_id)
        return {"iam_id": iam_id, "removed": not dry_run, **removal}

    done = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(done)
    else:
        terminal.say("Nobody was removed." if dry_run else f"Removed user {done['iam_id']}.")


@app.command("disable")
def disable(user: User, apikey_file: ApikeyFile = None) -> None:
    """Disable a user: his API keys and tokens are refused in the account, until he is enabled."""
    _change(user, apikey_file, lambda identities, *whom: identities.disable_user(*whom))
    terminal.say("Disabled.")


@app.command("enable")
def enable(user: User, apikey_file: ApikeyFile = None) -> None:
    """Enable a disabled user."""
    _change(user, apikey_file, lambda identities, *whom: identities.enable_user(*whom))
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
        account_id = await platform.account_id()
        iam_id = await _iam_id(platform, account_id, user)
        reset = await platform.identities.reset_password(account_id, iam_id)
        return {"id": iam_id, "account_id": account_id, **reset}

    reset = _with_code(work, file=file, show=show, force=force, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(reset if show else _without_code(reset))
        return
    terminal.say(f"Made a code for user {reset['id']}, good until {reset['expires_at']}.")
    _tell_code(reset, file=file, show=show)


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
        account_id = await platform.account_id()
        iam_id = await _iam_id(platform, account_id, user)
        if role or none:
            return await platform.identities.set_roles(account_id, iam_id, role or [])
        return await platform.identities.user(account_id, iam_id)

    found = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(found["roles"])
    else:
        terminal.say(_roles(found) or "No roles: a plain member.")


def _change(
    user: str, apikey_file: Path | None, change: "Callable[[IdentitiesClient, str, str], Awaitable[None]]"
) -> None:
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        account_id = await platform.account_id()
        await change(platform.identities, account_id, await _iam_id(platform, account_id, user))

    ask_platform(work, apikey_file=apikey_file)


async def _iam_id(platform: "Connection", account_id: str, user: str) -> str:
    """The id of the user with that e-mail address or id. Raises UserNotFound."""
    if "@" not in user:
        return user
    found = await platform.identities.users(account_id, user_id=user)
    if not found:
        raise UserNotFound(f"no user of the account has the e-mail address '{user}'")
    return str(found[0]["iam_id"])


def _with_code(
    work: "Callable[[Connection], Awaitable[dict[str, Any]]]",
    *,
    file: Path | None,
    show: bool,
    force: bool,
    apikey_file: Path | None,
) -> dict[str, Any]:
    """What `work` answers; its code is in the file, if one was named, before anything is said."""
    from lockhouse.cli import keyfile
    from lockhouse.cli.connection import ask_platform

    if file is None:
        if not show:
            raise NotUnderstood("say where the code goes: --file code.json, or --show to print it")
        return ask_platform(work, apikey_file=apikey_file)
    with keyfile.reserved(file, replace=force, text_of=_code_file) as write:
        answer = ask_platform(work, apikey_file=apikey_file)
        if "code" in answer:
            write(answer)
    return answer


def _code_file(answer: Mapping[str, Any]) -> str:
    return json.dumps(answer, indent=2) + "\n"


def _without_code(answer: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in answer.items() if name != "code"}


def _tell_code(answer: Mapping[str, Any], *, file: Path | None, show: bool) -> None:
    if file is not None:
        terminal.say(f"The code is in {file}; it cannot be shown again.")
    terminal.say(_USE_OF_CODE)
    if show:
        terminal.say(answer["code"])


def _tell_removal(iam_id: str, removal: Mapping[str, Any]) -> None:
    terminal.say(
        f"With user {iam_id} end {len(removal['apikeys'])} API keys and {removal['sessions']} sessions."
    )
    for key in removal["apikeys"]:
        terminal.say(f"  {key['name']}  {key['id']}")


def _state(user: Mapping[str, Any]) -> str:
    return f"{user['state']}, disabled" if user["disabled"] else str(user["state"])


def _roles(user: Mapping[str, Any]) -> str:
    return ", ".join((["Owner"] if user["owner"] else []) + user["roles"])
