"""`lockhouse double`: an application's double on this machine, to try a flow without the vendor."""

import asyncio
import contextlib
from pathlib import Path
from typing import Annotated

import typer

from lockhouse.cli import terminal


def double(
    connector: Annotated[str, typer.Argument(help="The connector whose application is played.")],
    port: Annotated[
        int, typer.Option("--port", help="The port on this machine; 0 chooses a free one.")
    ] = 8090,
    connectors: Annotated[
        list[Path] | None,
        typer.Option(
            "--connectors", metavar="DIR", help="Folders with connectors of your own.", file_okay=False
        ),
    ] = None,
) -> None:
    """Play an application: keep records, answer in its shape, refuse what it would refuse. Ends with Ctrl-C.

    `GET /_records` shows what it keeps, `GET /_requests` what it was asked; `POST /_fail` with a word such as
    unavailable makes the next call fail, `POST /_expire` ends the credentials used so far.
    """
    from lockhouse.connectors.catalogue import load_catalogue

    catalogue = load_catalogue(connectors or ())
    found = catalogue.get(connector)
    with contextlib.suppress(KeyboardInterrupt):
        if connector == "salesforce":
            from lockhouse.standins import salesforce

            asyncio.run(salesforce.serve(salesforce.StandIn(), port))
        else:
            from lockhouse.standins.double import Double
            from lockhouse.standins.serving import serve

            asyncio.run(serve(Double(found).application(), port, ready=lambda url: _tell(connector, url)))


def _tell(connector: str, url: str) -> None:
    terminal.say(f"The double of {connector} answers on {url}.")
    terminal.say(
        f"Give the {connector} account the endpoint `standInUrl: {url}`; its credentials may be made up."
    )
    terminal.say(f"Records: {url}/_records. Requests: {url}/_requests.")
