"""`lockhouse serviceid group`: groups of service IDs."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ApikeyFile, AsJson, Yes
from lockhouse.cli.whoami import signed_in
from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection

app = typer.Typer(help="Groups of service IDs.", no_args_is_help=True)

Which = Annotated[
    str, typer.Argument(metavar="NAME_OR_ID", help="The group's name or id (ServiceIdGroup-…).")
]


class GroupNotFound(LockhouseError):
    """No group of service IDs has the name."""


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What to call it; unique in the account.")],
    description: Annotated[str, typer.Option("--description", "-d", help="What it is for.")] = "",
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a group. Service IDs join it when they are made: `serviceid create --group`."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> dict[str, Any]:
        token, account_id = await signed_in(platform)
        body = {"account_id": account_id, "name": name}
        return await platform.iam.create_service_id_group(
            token, body | ({"description": description} if description else {})
        )

    made = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(made)
    else:
        terminal.say(f"Made group '{made['name']}', {made['id']}.")


@app.command("list")
def list_groups(apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """List the groups."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> list[dict[str, Any]]:
        return await platform.iam.list_service_id_groups(*await signed_in(platform))

    found = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(found)
        return
    rows = [(one["name"], one["id"], one["created_at"], one.get("description")) for one in found]
    terminal.say_table(
        ("NAME", "ID", "CREATED", "DESCRIPTION"), rows, empty="There are no groups of service IDs."
    )


@app.command("delete")
def delete(which: Which, yes: Yes = False, apikey_file: ApikeyFile = None) -> None:
    """Delete a group that has no service IDs."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> str:
        group_id = await id_of_group(platform, which)
        terminal.confirm(f"Delete group {group_id}?", yes=yes)
        await platform.iam.delete_service_id_group(await platform.token(), group_id)
        return group_id

    terminal.say(f"Deleted group {ask_platform(work, apikey_file=apikey_file)}.")


async def id_of_group(platform: "Connection", which: str) -> str:
    """The id of the group of that name or id. Raises GroupNotFound."""
    if which.startswith("ServiceIdGroup-"):
        return which
    groups = await platform.iam.list_service_id_groups(*await signed_in(platform))
    for one in groups:
        if one["name"] == which:
            return str(one["id"])
    listed = ", ".join(str(one["name"]) for one in groups) or "none"
    raise GroupNotFound(f"no group of service IDs is called '{which}'; there are: {listed}")
