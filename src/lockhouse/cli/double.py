"""`lockhouse double`: an application's double on this machine, to try a flow without the vendor."""

import asyncio
import contextlib
from typing import TYPE_CHECKING, Annotated

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ConnectorDirs, NotUnderstood, catalogue_with

if TYPE_CHECKING:
    from lockhouse.connectors.model import Connector


def double(
    connector: Annotated[str, typer.Argument(help="The connector whose application is played.")],
    port: Annotated[
        int,
        typer.Option("--port", min=0, max=65535, help="The port on this machine; 0 chooses a free one."),
    ] = 8090,
    connectors: ConnectorDirs = None,
) -> None:
    """Play an application: keep records, answer in its shape, refuse what it would refuse. Ends with Ctrl-C.

    `GET /_records` shows what it keeps, `GET /_requests` what it was asked; `POST /_fail` with a word such as
    unavailable makes the next call fail, `POST /_expire` ends the credentials used so far.
    """
    found = catalogue_with(connectors).get(connector)
    with contextlib.suppress(KeyboardInterrupt):
        if connector == "salesforce":
            from lockhouse.standins import salesforce

            asyncio.run(salesforce.serve(salesforce.StandIn(), port))
        else:
            from lockhouse.standins.double import Double
            from lockhouse.standins.serving import serve

            stand_in = Double(found)
            if all(route.verb in ("token", "check") for route in stand_in.routes):
                raise NotUnderstood(
                    f"{connector} has no double: its manifest declares no request that one could answer. "
                    "Point the account at a server of that kind instead"
                )
            asyncio.run(serve(stand_in.application(), port, ready=lambda url: _tell(found, url)))


def _tell(connector: "Connector", url: str) -> None:
    terminal.say(f"The double of {connector.name} answers on {url}. An account for it, in accounts.yaml:")
    terminal.say("")
    terminal.say(account_entry(connector, url))
    terminal.say("")
    terminal.say(f"Records: {url}/_records. Requests: {url}/_requests.")


def account_entry(connector: "Connector", url: str) -> str:
    """An account of a connector's first type in an accounts.yaml, with made-up credentials, for a double."""
    from lockhouse.connectors.model import STAND_IN_URL
    from lockhouse.connectors.writing import yaml_text

    scheme = next(iter(connector.auth.values()))
    fields = [known.name for known in scheme.fields.values() if not known.endpoint]
    account = {
        "name": "Account 1",
        "authType": scheme.auth_type,
        "credentials": {name: f"EXAMPLE-{name}" for name in fields},
        "endpoint": {STAND_IN_URL: url},
    }
    return yaml_text({"accounts": {connector.name: [account]}}).rstrip()
