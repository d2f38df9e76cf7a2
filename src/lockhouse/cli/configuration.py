"""`lockhouse configuration`: named, typed content that integration servers are given."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ApikeyFile, AsJson, NotUnderstood, Yes, read_bytes

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection
    from lockhouse.wire.servers import Configuration

app = typer.Typer(
    help="Configurations: what integration servers are given besides their BAR.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The configuration's name.")]


@app.command("create")
def create(
    name: Name,
    kind: Annotated[
        str | None,
        typer.Option("--type", help="What it is: accounts, setdbparms, … (docs/configurations.md)."),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option(
            "--file",
            "-f",
            help="Its content. `-` reads standard input.",
            dir_okay=False,
        ),
    ] = None,
    key_file: Annotated[
        Path | None,
        typer.Option(
            "--apikey-file",
            metavar="FILE",
            help="In place of --type and --file: carry the API key of this apiKey.json, so that servers "
            "may use cloud-managed connectors.",
            exists=True,
            dir_okay=False,
        ),
    ] = None,
    description: Annotated[str, typer.Option("--description", "-d", help="What it is for.")] = "",
    as_json: AsJson = False,
) -> None:
    """Make a configuration, or replace its content. The content is sealed and never shown again.

    Signs in with LOCKHOUSE_APIKEY.
    """
    from lockhouse.cli.connection import ask_platform
    from lockhouse.wire.names import check_name

    check_name("configuration", name)
    kind, content = _content(kind, file, key_file)

    async def work(platform: "Connection") -> "Configuration":
        return await platform.runtime.put_configuration(
            name, kind=kind, content=content, description=description
        )

    made = ask_platform(work, apikey_file=None)
    if as_json:
        terminal.say_json(made)
        return
    size = f"{made.status.size} bytes, sealed"
    terminal.say(f"Stored configuration '{made.metadata.name}' of type {made.spec.type}, {size}.")
    _say_conditions(made)


@app.command("list")
def list_configurations(apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """List the configurations, without content."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "list[Configuration]":
        return await platform.runtime.configurations()

    configurations = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(configurations)
        return
    rows = [
        (one.metadata.name, one.spec.type, _keys(one), one.status.used_by, one.spec.description)
        for one in configurations
    ]
    columns = ("NAME", "TYPE", "KEYS", "USED BY", "DESCRIPTION")
    terminal.say_table(columns, rows, empty="There are no configurations.")


@app.command("show")
def show(name: Name, apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """Show what is known about a configuration; its content stays sealed."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "Configuration":
        return await platform.runtime.configuration(name)

    one = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(one)
        return
    terminal.say_facts(
        [
            ("Name", one.metadata.name),
            ("Type", one.spec.type),
            ("Description", one.spec.description),
            ("Size", f"{one.status.size} bytes, sealed"),
            ("Keys", _keys(one)),
            ("Used by", one.status.used_by),
            ("Created", one.status.created_at),
            ("Modified", one.status.modified_at),
        ]
    )
    _say_conditions(one)


@app.command("delete")
def delete(name: Name, yes: Yes = False, apikey_file: ApikeyFile = None) -> None:
    """Delete a configuration that no server lists."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        terminal.confirm(f"Delete configuration '{name}'?", yes=yes)
        await platform.runtime.delete_configuration(name)

    ask_platform(work, apikey_file=apikey_file)
    terminal.say(f"Deleted configuration '{name}'.")


def _content(kind: str | None, file: Path | None, key_file: Path | None) -> tuple[str, bytes]:
    if key_file is not None:
        if kind is not None or file is not None:
            raise NotUnderstood("--apikey-file stands in place of --type and --file")
        return "apikey", read_bytes(key_file)
    if kind is None or file is None:
        raise NotUnderstood("give --type and --file, or --apikey-file")
    return kind, read_bytes(file)


def _keys(configuration: "Configuration") -> list[str]:
    return [
        key.name or key.apikey_id or f"{key.resource} {key.fingerprint}" for key in configuration.status.keys
    ]


def _say_conditions(configuration: "Configuration") -> None:
    for condition in configuration.status.conditions:
        terminal.say(f"{condition.type}: {condition.message or condition.reason}")
