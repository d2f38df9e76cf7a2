"""`lockhouse apikey`: API keys of the signed-in user, and of the account for its administrators."""

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ApikeyFile, AsJson, NotUnderstood, Yes
from lockhouse.cli.revocation import tell_refusals
from lockhouse.cli.uses import servers_failing, tell_failing
from lockhouse.cli.whoami import signed_in
from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection
    from lockhouse.client.iam import IamClient

app = typer.Typer(
    help="API keys: made, seen once, listed, rotated, locked, disabled, deleted.", no_args_is_help=True
)

Key = Annotated[str, typer.Argument(metavar="NAME_OR_ID", help="The key's name or its id (ApiKey-…).")]

Wait = Annotated[
    bool, typer.Option("--wait", help="Wait until each of those servers has found the key refused.")
]
Timeout = Annotated[int, typer.Option(help="How many seconds --wait waits.", min=1)]


class KeyNotFound(LockhouseError):
    """No key has the name, or several have it."""


@app.command("create")
def create(
    name: Annotated[str, typer.Argument(help="What to call it; need not be unique.")],
    description: Annotated[str, typer.Option("--description", "-d", help="What it is for.")] = "",
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            help="Write the apiKey.json with the value there, readable by you alone.",
            dir_okay=False,
        ),
    ] = None,
    show: Annotated[bool, typer.Option("--show", help="Print the value to standard output.")] = False,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file of --file if there is one.")
    ] = False,
    expires_at: Annotated[
        str | None,
        typer.Option("--expires-at", metavar="TIME", help="When it ends, such as 2030-01-31T00:00+0000."),
    ] = None,
    locked: Annotated[bool, typer.Option("--lock", help="Lock it against change and deletion.")] = False,
    serviceid: Annotated[
        str | None,
        typer.Option(
            "--serviceid", metavar="NAME_OR_ID", help="The service ID that it is for; otherwise it is yours."
        ),
    ] = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its value is given once: to the file of --file, or to the terminal with --show."""
    from lockhouse.cli import keyfile
    from lockhouse.cli.connection import ask_platform

    if file is None and not show:
        raise NotUnderstood("say where the value goes: --file apiKey.json, or --show to print it")

    async def work(platform: "Connection") -> dict[str, Any]:
        token = await platform.token()
        claims = await platform.iam.introspect(token)
        body = {
            "name": name,
            "iam_id": claims["iam_id"] if serviceid is None else await _iam_id(platform, serviceid),
            "account_id": claims["account"]["bss"],
            "description": description or None,
            "expires_at": expires_at,
        }
        wanted = {field: value for field, value in body.items() if value is not None}
        return await platform.iam.create_api_key(token, wanted, locked=locked)

    if file is None:
        key = ask_platform(work, apikey_file=apikey_file)
    else:
        with keyfile.reserved(file, replace=force) as write:
            key = ask_platform(work, apikey_file=apikey_file)
            write(key)
    if as_json:
        terminal.say_json(key if show else key | {"apikey": ""})
        return
    terminal.say(f"Made API key '{key['name']}', {key['id']}.")
    if file is not None:
        terminal.say(f"Its value is in {file}, and nowhere else: it cannot be shown again.")
    if show:
        terminal.say(key["apikey"])


@app.command("list")
def list_keys(
    everyone: Annotated[
        bool,
        typer.Option("--all", help="All keys of the account, for its administrators; otherwise your own."),
    ] = False,
    kind: Annotated[
        Literal["user", "serviceid"] | None,
        typer.Option("--type", help="With --all: only those of users or service IDs."),
    ] = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List the keys, without values."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> list[dict[str, Any]]:
        query = {"scope": "account"} if everyone else {}
        return await _keys(platform, **query, **({"type": kind} if kind else {}))

    keys = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(keys)
        return
    rows = [
        (key["name"], key["id"], _state(key), key["iam_id"], key["created_at"], key.get("description"))
        for key in keys
    ]
    columns = ("NAME", "ID", "STATE", "OWNER", "CREATED", "DESCRIPTION")
    terminal.say_table(columns, rows, empty="There are no API keys.")


@app.command("show")
def show_key(key: Key, apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """Show a key, its last use included; never its value."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> dict[str, Any]:
        key_id = await id_of(platform, key)
        return await platform.iam.get_api_key(await platform.token(), key_id, include_activity="true")

    found = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(found)
        return
    activity = found.get("activity") or {}
    terminal.say_facts(
        [
            ("Name", found["name"]),
            ("Id", found["id"]),
            ("Description", found.get("description")),
            ("State", _state(found)),
            ("Owner", found["iam_id"]),
            ("Account", found["account_id"]),
            ("Created", found["created_at"]),
            ("Created by", found["created_by"]),
            ("Modified", found["modified_at"]),
            ("Expires", found.get("expires_at")),
            ("If leaked", found["action_when_leaked"]),
            ("Tokens issued", activity.get("authn_count")),
            ("Last used", activity.get("last_authn")),
        ]
    )


@app.command("delete")
def delete(
    key: Key,
    yes: Yes = False,
    wait: Wait = False,
    timeout: Timeout = 30,
    apikey_file: ApikeyFile = None,
) -> None:
    """Delete a key. The servers whose cloud-managed calls fail without it are named first."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        key_id = await id_of(platform, key)
        servers = await servers_failing(platform, {key_id})
        tell_failing(servers)
        terminal.confirm(f"Delete API key {key_id}?", yes=yes)
        await platform.iam.delete_api_key(await platform.token(), key_id)
        terminal.say(f"Deleted API key {key_id}.")
        if wait:
            await tell_refusals(platform.runtime, servers, key_id, seconds=timeout)

    ask_platform(work, apikey_file=apikey_file)


@app.command("uses")
def uses(key: Key, apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """Show who uses a key: the configurations that carry it, their servers, and when a token was issued last.

    Of the servers those fail without it, when it is deleted, disabled or expires, that use cloud-managed
    connectors.
    """
    from lockhouse.cli.connection import ask_platform
    from lockhouse.client.uses import carriers_of, servers_with

    async def work(platform: "Connection") -> dict[str, Any]:
        key_id = await id_of(platform, key)
        found = await platform.iam.get_api_key(await platform.token(), key_id, include_activity="true")
        configurations = await platform.runtime.configurations()
        return {
            "id": key_id,
            "name": found["name"],
            "configurations": [one.metadata.name for one in carriers_of(configurations, {key_id})],
            "servers": servers_with(configurations, {key_id}),
            "failing": await servers_failing(platform, {key_id}),
            "activity": found["activity"],
        }

    found = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(found)
        return
    terminal.say_facts(
        [
            ("Id", found["id"]),
            ("Configurations", found["configurations"] or "none"),
            ("Servers", found["servers"] or "none"),
            ("Fail without it", found["failing"] or "none"),
            ("Tokens issued", found["activity"]["authn_count"]),
            ("Last used", found["activity"].get("last_authn") or "never"),
        ]
    )


@app.command("update")
def update(
    key: Key,
    name: Annotated[str | None, typer.Option("--name", help="What to call it from now on.")] = None,
    description: Annotated[
        str | None, typer.Option("--description", "-d", help="What it is for; an empty text takes it away.")
    ] = None,
    expires_at: Annotated[
        str | None,
        typer.Option(
            "--expires-at", metavar="TIME", help="When it ends, such as 2030-01-31T00:00+0000; empty: never."
        ),
    ] = None,
    when_leaked: Annotated[
        Literal["none", "disable", "delete"] | None,
        typer.Option("--when-leaked", help="What is done with it when its value was found in public."),
    ] = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Change a key's name, description, end, or what is done when it leaks. Its value stays."""
    from lockhouse.cli.connection import ask_platform

    changes = {
        "name": name,
        "description": description,
        "expires_at": expires_at,
        "action_when_leaked": when_leaked,
    }
    given = {field: text for field, text in changes.items() if text is not None}
    if not given:
        raise NotUnderstood("say what shall change: --name, --description, --expires-at, --when-leaked")

    async def work(platform: "Connection") -> dict[str, Any]:
        key_id = await id_of(platform, key)
        return await platform.iam.update_api_key(await platform.token(), key_id, given)

    changed = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(changed)
    else:
        terminal.say(f"Changed API key '{changed['name']}', {changed['id']}.")


@app.command("lock")
def lock(key: Key, apikey_file: ApikeyFile = None) -> None:
    """Lock a key: it works, but cannot be changed or deleted."""
    _change(key, apikey_file, lambda iam, token, key_id: iam.lock_api_key(token, key_id))
    terminal.say("Locked.")


@app.command("unlock")
def unlock(key: Key, apikey_file: ApikeyFile = None) -> None:
    """Unlock a key."""
    _change(key, apikey_file, lambda iam, token, key_id: iam.unlock_api_key(token, key_id))
    terminal.say("Unlocked.")


@app.command("disable")
def disable(key: Key, wait: Wait = False, timeout: Timeout = 30, apikey_file: ApikeyFile = None) -> None:
    """Disable a key: as if deleted, until it is enabled. The servers that fail meanwhile are named."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        key_id = await id_of(platform, key)
        servers = await servers_failing(platform, {key_id})
        await platform.iam.disable_api_key(await platform.token(), key_id)
        tell_failing(servers)
        terminal.say("Disabled.")
        if wait:
            await tell_refusals(platform.runtime, servers, key_id, seconds=timeout)

    ask_platform(work, apikey_file=apikey_file)


@app.command("enable")
def enable(key: Key, apikey_file: ApikeyFile = None) -> None:
    """Enable a disabled key."""
    _change(key, apikey_file, lambda iam, token, key_id: iam.enable_api_key(token, key_id))
    terminal.say("Enabled.")


def _change(
    key: str, apikey_file: Path | None, change: "Callable[[IamClient, str, str], Awaitable[None]]"
) -> None:
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        await change(platform.iam, await platform.token(), await id_of(platform, key))

    ask_platform(work, apikey_file=apikey_file)


async def id_of(platform: "Connection", key: str) -> str:
    """The id of the key of that name or id. Raises KeyNotFound when there is none, or several of the name."""
    if key.startswith("ApiKey-"):
        return key
    named = [one for one in await _keys(platform) if one["name"] == key]
    if len(named) == 1:
        return str(named[0]["id"])
    if named:
        listed = ", ".join(str(one["id"]) for one in named)
        raise KeyNotFound(f"several of your API keys are called '{key}'; say which by its id: {listed}")
    raise KeyNotFound(f"none of your API keys is called '{key}'; others are found by their id")


async def _iam_id(platform: "Connection", serviceid: str) -> str:
    """What a service ID of that name or id is called as the owner of a key. Raises ServiceIdNotFound."""
    from lockhouse.cli.serviceid import id_of

    found = await platform.iam.get_service_id(await platform.token(), await id_of(platform, serviceid))
    return str(found["iam_id"])


async def _keys(platform: "Connection", **query: str) -> list[dict[str, Any]]:
    token, account_id = await signed_in(platform)
    return await platform.iam.every_api_key(token, account_id, **query)


def _state(key: dict[str, Any]) -> str:
    words = [word for word in ("disabled", "locked") if key[word]]
    return ", ".join(words) or "active"
