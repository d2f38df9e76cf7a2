"""`lockhouse init` and `lockhouse up`: making a store, and serving it."""

import asyncio
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import AsJson, NotUnderstood

if TYPE_CHECKING:
    from lockhouse.app import FirstStart
    from lockhouse.settings import Settings

Data = Annotated[
    Path | None,
    typer.Option(
        "--data",
        metavar="DIR",
        help="Directory of the store and its sealing keys (LOCKHOUSE_DATA, or lockhouse-data).",
        file_okay=False,
    ),
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database-url",
        metavar="URL",
        help="postgresql://… in place of SQLite in the data directory. With a password in it, rather set "
        "LOCKHOUSE_DATABASE_URL: other users of the machine can read a command line.",
    ),
]


def init(data: Data = None, database_url: DatabaseUrl = None, as_json: AsJson = False) -> None:
    """Make a store: an account, its owner, an App Connect instance and one API key.

    Password and key are shown this once. A store that exists is left as it is, and the command fails.
    """
    from lockhouse.app import initialise

    first = asyncio.run(initialise(_settings(data=data, database_url=database_url)))
    if as_json:
        terminal.say_json(
            {
                "account_id": first.account_id,
                "iam_id": first.iam_id,
                "email": first.email,
                "password": first.password.reveal(),
                "apikey": first.apikey.reveal(),
                "apikey_id": first.apikey_id,
                "instance_id": first.instance_id,
            }
        )
        return
    _say_first(first)
    terminal.say_facts([("API key", first.apikey.reveal()), ("API key id", first.apikey_id)])
    terminal.say("Password and API key are not shown again.")


def up(
    data: Data = None,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on (LOCKHOUSE_HOST, or 127.0.0.1).")
    ] = None,
    port: Annotated[
        int | None, typer.Option(help="Port of the platform (LOCKHOUSE_PORT, or 8080).", min=1, max=65535)
    ] = None,
    database_url: DatabaseUrl = None,
    workers: Annotated[
        int | None, typer.Option(help="Platform processes; more than one needs PostgreSQL.", min=1, max=64)
    ] = None,
) -> None:
    """Serve the platform and its integration servers until SIGTERM or Ctrl-C.

    The first start makes the store and shows the console's address and the first password, once.
    """
    from lockhouse.supervisor import run_up

    settings = _settings(data=data, host=host, port=port, database_url=database_url, workers=workers)
    if settings.workers > 1 and settings.database_url is None:
        raise NotUnderstood("more than one worker needs PostgreSQL: give --database-url, or set it")
    run_up(settings)


def _settings(**given: object) -> "Settings":
    """The settings of the environment with those of the command line laid over them."""
    from lockhouse.sealing import Secret
    from lockhouse.settings import read_settings

    url = given.pop("database_url", None)
    if url is not None:
        given["database_url"] = Secret(str(url))
    present = {name: value for name, value in given.items() if value is not None}
    return replace(read_settings(), **present)  # type: ignore[arg-type]  # typed by the options


def _say_first(first: "FirstStart") -> None:
    terminal.say_facts(
        [
            ("Account", first.account_id),
            ("Owner", first.iam_id),
            ("E-mail", first.email),
            ("Password", first.password.reveal()),
            ("App Connect", first.instance_id),
        ]
    )
