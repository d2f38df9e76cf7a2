"""`lockhouse tenant`: IAM accounts, for those who look after the platform.

The wire calls them accounts; in commands that word is taken by connector accounts.
"""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lockhouse.cli import terminal
from lockhouse.cli.codes import CodeFile, Force, ShowCode, asked_with_code, tell_code, without_code
from lockhouse.cli.options import ApikeyFile, AsJson, Yes

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection

app = typer.Typer(
    help="IAM accounts of the platform: each with its own users and keys.", no_args_is_help=True
)

Which = Annotated[str, typer.Argument(metavar="ACCOUNT_ID", help="The account's id: 32 hexadecimal digits.")]


@app.command("list")
def list_accounts(apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """List the accounts; those who do not look after the platform see their own."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> list[dict[str, Any]]:
        return await platform.iam.list_accounts(await platform.token())

    found = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(found)
        return
    rows = [
        (one["name"], one["account_id"], one["owner_iam_id"], "disabled" if one["disabled"] else "active")
        for one in found
    ]
    terminal.say_table(("NAME", "ID", "OWNER", "STATE"), rows, empty="There are no accounts.")


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What to call it.")],
    owner_email: Annotated[
        str, typer.Option("--owner-email", help="The e-mail address of its owner, a new user.")
    ],
    file: CodeFile = None,
    show: ShowCode = False,
    force: Force = False,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make an account. The code with which its owner sets his password is given once: to --file, or to the
    terminal with --show."""

    async def work(platform: "Connection") -> dict[str, Any]:
        return await platform.iam.create_account(await platform.token(), name, owner_email)

    made = asked_with_code(work, file=file, show=show, force=force, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(made if show else without_code(made))
        return
    terminal.say(f"Made account '{made['name']}', {made['account_id']}. Its owner's code is good for a week.")
    tell_code(made, file=file, show=show)


@app.command("disable")
def disable(account_id: Which, yes: Yes = False, apikey_file: ApikeyFile = None) -> None:
    """Disable an account: every token and key of it is refused from now on."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        terminal.confirm(f"Refuse every token and key of account {account_id}?", yes=yes)
        await platform.iam.disable_account(await platform.token(), account_id)

    ask_platform(work, apikey_file=apikey_file)
    terminal.say("Disabled.")


@app.command("enable")
def enable(account_id: Which, apikey_file: ApikeyFile = None) -> None:
    """Enable an account again."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        await platform.iam.enable_account(await platform.token(), account_id)

    ask_platform(work, apikey_file=apikey_file)
    terminal.say("Enabled.")
