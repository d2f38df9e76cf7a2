"""`lockhouse serviceid`: identities for programs, with keys that belong to no person."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lockhouse.cli import serviceid_group, terminal
from lockhouse.cli.options import ApikeyFile, AsJson, DryRun, Yes
from lockhouse.cli.serviceid_group import id_of_group
from lockhouse.cli.uses import servers_failing, tell_failing, tell_keys
from lockhouse.cli.whoami import signed_in
from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection
    from lockhouse.client.iam import IamClient

app = typer.Typer(
    help="Service IDs: identities for programs, with API keys of their own.", no_args_is_help=True
)

app.add_typer(serviceid_group.app, name="group")

Which = Annotated[
    str, typer.Argument(metavar="NAME_OR_ID", help="The service ID's name or id (ServiceId-…).")
]


class ServiceIdNotFound(LockhouseError):
    """No service ID has the name, or several have it."""


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What to call it; need not be unique.")],
    description: Annotated[str, typer.Option("--description", "-d", help="What it is for.")] = "",
    file: Annotated[
        Path | None,
        typer.Option(
            "--key-file", help="Make an API key for it too, and write its apiKey.json there.", dir_okay=False
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file of --key-file if there is one.")
    ] = False,
    locked: Annotated[bool, typer.Option("--lock", help="Lock it against change and deletion.")] = False,
    group: Annotated[
        str | None,
        typer.Option(
            "--group", metavar="NAME_OR_ID", help="The group it is in, by name or id (ServiceIdGroup-…)."
        ),
    ] = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a service ID, with an API key if --key-file says where its value goes."""
    from lockhouse.cli import keyfile
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> dict[str, Any]:
        token, account_id = await signed_in(platform)
        body: dict[str, Any] = {"account_id": account_id, "name": name}
        if description:
            body["description"] = description
        if file is not None:
            body["apikey"] = {"name": name}
        if group is not None:
            body["group_id"] = await id_of_group(platform, group)
        return await platform.iam.create_service_id(token, body, locked=locked)

    if file is None:
        made = ask_platform(work, apikey_file=apikey_file)
    else:
        with keyfile.reserved(file, replace=force) as write:
            made = ask_platform(work, apikey_file=apikey_file)
            write(made["apikey"])
            made["apikey"] = made["apikey"] | {"apikey": ""}
    if as_json:
        terminal.say_json(made)
        return
    terminal.say(f"Made service ID '{made['name']}', {made['id']}.")
    if file is not None:
        terminal.say(f"The value of its API key is in {file}, and nowhere else.")


@app.command("list")
def list_service_ids(apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """List the service IDs that you may see."""
    from lockhouse.cli.connection import ask_platform

    found = ask_platform(_all, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(found)
        return
    rows = [(one["name"], one["id"], _state(one), one["created_at"], one.get("description")) for one in found]
    columns = ("NAME", "ID", "STATE", "CREATED", "DESCRIPTION")
    terminal.say_table(columns, rows, empty="There are no service IDs.")


@app.command("show")
def show(which: Which, apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """Show a service ID, its last use included."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> dict[str, Any]:
        serviceid = await id_of(platform, which)
        return await platform.iam.get_service_id(await platform.token(), serviceid, show_group_id="true")

    found = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(found)
        return
    activity = found.get("activity") or {}
    terminal.say_facts(
        [
            ("Name", found["name"]),
            ("Id", found["id"]),
            ("IAM id", found["iam_id"]),
            ("Description", found.get("description")),
            ("State", _state(found)),
            ("Group", found.get("group_id")),
            ("Created", found["created_at"]),
            ("Modified", found["modified_at"]),
            ("Tokens issued", activity.get("authn_count")),
            ("Last used", activity.get("last_authn")),
        ]
    )


@app.command("delete")
def delete(
    which: Which,
    dry_run: DryRun = False,
    yes: Yes = False,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Delete a service ID and all its API keys. What ends with it is shown first.

    Cloud-managed calls of the servers that use one of the keys fail. A service ID that is locked, or has a
    locked key, stays.
    """
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> dict[str, Any]:
        found = await platform.iam.get_service_id(await platform.token(), await id_of(platform, which))
        keys = await platform.iam.every_api_key(
            await platform.token(), found["account_id"], iam_id=found["iam_id"]
        )
        servers = await servers_failing(platform, {key["id"] for key in keys})
        if not as_json:
            terminal.say(f"With service ID '{found['name']}', {found['id']}, end {len(keys)} API keys.")
            tell_keys(keys)
            tell_failing(servers)
        if not dry_run:
            terminal.confirm(f"Delete service ID {found['id']}?", yes=yes)
            await platform.iam.delete_service_id(await platform.token(), found["id"])
        ended = [{"id": key["id"], "name": key["name"]} for key in keys]
        return {"id": found["id"], "deleted": not dry_run, "apikeys": ended, "servers": servers}

    done = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(done)
    else:
        terminal.say("Nothing was deleted." if dry_run else f"Deleted service ID {done['id']}.")


@app.command("lock")
def lock(which: Which, apikey_file: ApikeyFile = None) -> None:
    """Lock a service ID against change and deletion."""
    _change(which, apikey_file, lambda iam, token, serviceid: iam.lock_service_id(token, serviceid))
    terminal.say("Locked.")


@app.command("unlock")
def unlock(which: Which, apikey_file: ApikeyFile = None) -> None:
    """Unlock a service ID."""
    _change(which, apikey_file, lambda iam, token, serviceid: iam.unlock_service_id(token, serviceid))
    terminal.say("Unlocked.")


def _change(
    which: str, apikey_file: Path | None, change: "Callable[[IamClient, str, str], Awaitable[None]]"
) -> None:
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        serviceid = await id_of(platform, which)
        await change(platform.iam, await platform.token(), serviceid)

    ask_platform(work, apikey_file=apikey_file)


async def _all(platform: "Connection") -> list[dict[str, Any]]:
    token, account_id = await signed_in(platform)
    return await platform.iam.list_service_ids(token, account_id)


async def id_of(platform: "Connection", which: str) -> str:
    """The id of the service ID of that name or id. Raises ServiceIdNotFound."""
    if which.startswith("ServiceId-"):
        return which
    named = [str(one["id"]) for one in await _all(platform) if one["name"] == which]
    if len(named) == 1:
        return named[0]
    if named:
        raise ServiceIdNotFound(f"several service IDs are called '{which}'; say which: {', '.join(named)}")
    raise ServiceIdNotFound(f"no service ID is called '{which}'")


def _state(found: dict[str, Any]) -> str:
    return "locked" if found["locked"] else "active"
