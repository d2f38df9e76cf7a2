"""`lockhouse connector`: the catalogue, and connectors of one's own: begun, checked, imported."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import (
    AsJson,
    ConnectorDirs,
    FileUnusable,
    NotUnderstood,
    catalogue_with,
    read_bytes,
)
from lockhouse.errors import Mistake, Mistakes

if TYPE_CHECKING:
    from lockhouse.connectors.model import Connector

app = typer.Typer(help="Connectors: the catalogue, and connectors of your own.", no_args_is_help=True)

Name = Annotated[str, typer.Argument(help="The connector's name: lower case, as flows say it.")]
Into = Annotated[
    Path,
    typer.Option(
        "--output", "-o", metavar="DIR", help="Where the connector's folder is made.", file_okay=False
    ),
]


@app.command("list")
def list_(connectors: ConnectorDirs = None, as_json: AsJson = False) -> None:
    """List the connectors that flows can use here."""
    catalogue = catalogue_with(connectors)
    described = [catalogue.get(name).describe() for name in catalogue.names()]
    if as_json:
        terminal.say_json([{key: one[key] for key in ("name", "title", "level")} for one in described])
        return
    rows = [(one["name"], one["title"], one["level"], len(one["actions"])) for one in described]
    terminal.say_table(("Name", "Title", "Level", "Actions"), rows, empty="There are no connectors.")


@app.command("show")
def show(name: Name, connectors: ConnectorDirs = None, as_json: AsJson = False) -> None:
    """Show what an account of a connector needs, and what the connector does."""
    from lockhouse.connectors.pages import connector_page

    connector = catalogue_with(connectors).get(name)
    if as_json:
        terminal.say_json(connector.describe())
    else:
        terminal.say(connector_page(connector).rstrip())


@app.command("check")
def check(
    folders: Annotated[
        list[Path], typer.Argument(metavar="FOLDER...", help="Folders with a connector.yaml.")
    ],
    as_json: AsJson = False,
) -> None:
    """Name every mistake in connectors, with line and column, and what is missing for everyday use.

    Ends with status 1 when a connector cannot be loaded.
    """
    from lockhouse.connectors.catalogue import load_folder

    mistakes: list[Mistake] = []
    for folder in folders:
        found: list[Mistake] = []
        advice: list[str] = []
        try:
            connector = load_folder(folder)
            advice = _advice(connector, folder)
        except Mistakes as error:
            found = list(error.mistakes)
        mistakes += found
        if as_json:
            told = [mistake.as_dict() for mistake in found]
            terminal.say_json({"folder": str(folder), "ok": not found, "mistakes": told, "advice": advice})
        elif not found:
            terminal.say(f"{folder}: {connector.name} can be loaded, {_count(connector)} actions.")
            for line in advice:
                terminal.say(f"  advice: {line}")
    if mistakes and as_json:
        raise typer.Exit(1)
    if mistakes:
        raise Mistakes(mistakes)


@app.command("new")
def new(name: Name, output: Into = Path(), as_json: AsJson = False) -> None:
    """Begin a connector: a folder with a manifest that loads, to be changed."""
    from lockhouse.connectors.writing import scaffold

    _checked_name(name)
    file = _written(output / name, scaffold(name))
    if as_json:
        terminal.say_json({"folder": str(file.parent), "file": str(file)})
        return
    terminal.say(f"Wrote {file}.")
    terminal.say(
        f"Next: `lockhouse connector check {file.parent}`, and try it: `lockhouse double {name} "
        f"--connectors {output}`."
    )


@app.command("import")
def import_(
    document: Annotated[
        Path,
        typer.Argument(
            metavar="OPENAPI", help="OpenAPI 3.0, 3.1 or Swagger 2, JSON or YAML.", dir_okay=False
        ),
    ],
    name: Annotated[str, typer.Option("--name", help="The connector's name: lower case, as flows say it.")],
    output: Into = Path(),
    as_json: AsJson = False,
) -> None:
    """Make a connector of an API's own description. What cannot be carried is listed."""
    from lockhouse.connectors.manifest import read_manifest
    from lockhouse.connectors.openapi_import import import_openapi
    from lockhouse.connectors.writing import yaml_text
    from lockhouse.documents import Limits, read_json, read_yaml

    _checked_name(name)
    content = read_bytes(document)
    limits = Limits(bytes=64 * 1024 * 1024, nodes=5_000_000, depth=200)
    read = read_json if content.lstrip()[:1] == b"{" else read_yaml
    imported = import_openapi(read(content, file=str(document), limits=limits), name=name)
    text = yaml_text(imported.manifest)
    connector = read_manifest(text, file="connector.yaml")
    file = _written(output / name, text)
    notes = [note.as_dict() for note in imported.notes]
    if as_json:
        accounts = list(connector.auth)
        operations = imported.operations
        terminal.say_json(
            {"file": str(file), "operations": operations, "auth": accounts, "not_carried": notes}
        )
        return
    terminal.say(
        f"Wrote {file}: {imported.operations} operations; accounts of type {', '.join(connector.auth)}."
    )
    if imported.notes:
        terminal.say(f"Not carried, or changed ({len(imported.notes)}):")
        for note in imported.notes:
            terminal.say(f"  {note}")


def _checked_name(name: str) -> None:
    import re

    if not re.fullmatch(r"[a-z][a-z0-9_-]*", name):
        raise NotUnderstood(f"{name!r} is no name of a connector: lower-case letters, digits, - and _")


def _written(folder: Path, text: str) -> Path:
    file = folder / "connector.yaml"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with file.open("x", encoding="utf-8") as stream:
            stream.write(text)
    except FileExistsError:
        raise FileUnusable(f"{file} is there already") from None
    except OSError as error:
        raise FileUnusable(f"cannot write {file}: {error.strerror}") from error
    return file


def _count(connector: "Connector") -> int:
    return len(connector.describe()["actions"])


def _advice(connector: "Connector", folder: Path) -> list[str]:
    """What a connector lacks that users will miss."""
    from lockhouse.connectors.http import WORDS

    found = []
    if connector.name != folder.resolve().name:
        found.append(f"the folder is named {folder.resolve().name}, flows say {connector.name}")
    if connector.check is None:
        found.append("no `check`: an account cannot be tested")
    missing = [word for word in WORDS if word not in connector.double.refusals and word != "token-refused"]
    if missing:
        found.append(f"`double.refusals` shows no {', '.join(missing)}: those errors are not tested")
    for business_object in connector.objects.values():
        names = connector.actions_of(business_object)
        if {"UPDATEALL", "DELETEALL"} & names.keys() and not business_object.key:
            found.append(f"{business_object.name} has no `key`: records cannot be told apart")
        upsert = names.get("UPSERTWITHWHERE")
        declared = upsert is not None and upsert.python is None
        if declared and not {"RETRIEVEALL", "CREATE", "UPDATEALL"} <= names.keys():
            found.append(f"{business_object.name}: an upsert needs RETRIEVEALL, CREATE and UPDATEALL")
    return found
