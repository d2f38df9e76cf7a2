"""`lockhouse server`: integration servers, deployed on a platform or run alone."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal
from unicodedata import normalize

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ApikeyFile, AsJson, NotUnderstood, Yes, read_bytes

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection
    from lockhouse.wire.servers import IntegrationServer

app = typer.Typer(
    help="Integration servers: each runs the flows of its BARs in a process of its own.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The server's name.")]
RunMode = Annotated[
    Literal["auto", "disabled", "local", "all"],
    typer.Option(
        "--mode",
        help="Which connectors its flows may use: none, local ones, or cloud-managed ones too; "
        "auto derives it from the flows and their accounts.",
    ),
]
Version = Annotated[
    str | None,
    typer.Option(
        "--version",
        help="The App Connect version to be; cloud-managed connectors need 12.0.3.0-r1 (the default) "
        "or earlier.",
    ),
]


@app.command("deploy")
def deploy(
    name: Name,
    bar: Annotated[
        list[Path],
        typer.Option("--bar", help="The BAR to run; may be given again.", exists=True, dir_okay=False),
    ],
    configuration: Annotated[
        list[str] | None,
        typer.Option("--configuration", "-c", help="A stored configuration to give it; may be given again."),
    ] = None,
    mode: RunMode = "auto",
    version: Version = None,
    wait: Annotated[
        bool, typer.Option("--wait", help="Wait until it is ready; fail when it is not.")
    ] = False,
    timeout: Annotated[int, typer.Option(help="How many seconds --wait waits.", min=1)] = 60,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Store the BAR and make a server that runs it, or change the server of that name."""
    from lockhouse.cli import deployment
    from lockhouse.cli.connection import ask_platform
    from lockhouse.wire.names import check_name
    from lockhouse.wire.servers import DEFAULT_VERSION, ServerSpec

    check_name("server", name)
    contents = {normalize("NFC", path.stem): read_bytes(path) for path in bar}
    if len(contents) < len(bar):
        raise NotUnderstood("two files of --bar have the same name; a server's BARs are told apart by it")
    spec = ServerSpec(
        configurations=configuration or [],
        designer_flows_operation_mode=mode,
        version=version or DEFAULT_VERSION,
    )

    async def work(platform: "Connection") -> "IntegrationServer":
        deployed = await deployment.deploy(platform.runtime, name, contents, spec)
        return await deployment.settled(platform.runtime, deployed, seconds=timeout) if wait else deployed

    server = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(server)
    else:
        _say_server(server)
    if wait:
        deployment.require_ready(server)


@app.command("run")
def run(
    bars: Annotated[
        list[Path], typer.Argument(metavar="X.bar", help="The BARs to run.", exists=True, dir_okay=False)
    ],
    configuration_dir: Annotated[
        Path | None,
        typer.Option(
            "--configuration-dir",
            metavar="DIR",
            help="Its configurations, in files: accounts.yaml, setdbparms.txt, apiKey.json.",
            exists=True,
            file_okay=False,
        ),
    ] = None,
    platform: Annotated[
        str, typer.Option("--platform", metavar="URL", help="The platform, for cloud-managed connectors.")
    ] = "",
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=0, max=65535)] = 7800,
    mode: RunMode = "auto",
    version: Version = None,
) -> None:
    """Run one integration server alone, in the foreground, without a supervisor: what a container runs."""
    from lockhouse.runtime.alone import Alone, run_alone
    from lockhouse.settings import read_settings
    from lockhouse.wire.servers import DEFAULT_VERSION

    settings = read_settings()
    given = Alone(
        bars=bars,
        configuration_dir=configuration_dir,
        platform=platform,
        host=host,
        port=port,
        mode=mode,
        version=version or DEFAULT_VERSION,
        log_format=settings.log_format,
        connectors=[Path(folder) for folder in settings.connectors],
        runs=settings.runs_url(bars[0].stem),
        events_token=settings.events_token,
        runs_per_flow=settings.runs_per_flow,
        unsigned_webhooks=settings.unsigned_webhooks,
    )
    raise typer.Exit(run_alone(given))


@app.command("list")
def list_servers(apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """List the servers."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "list[IntegrationServer]":
        return await platform.runtime.servers()

    servers = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(servers)
        return
    rows = [
        (
            one.metadata.name,
            one.status.phase,
            one.status.version or one.spec.version,
            one.status.mode or one.spec.designer_flows_operation_mode,
            one.status.endpoints[0].uri if one.status.endpoints else "",
            one.spec.bars,
        )
        for one in servers
    ]
    terminal.say_table(
        ("NAME", "PHASE", "VERSION", "MODE", "URI", "BARS"), rows, empty="There are no servers."
    )


@app.command("show")
def show(name: Name, apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """Show a server: its phase, where its flows answer, and what keeps it from being ready."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "IntegrationServer":
        return await platform.runtime.server(name)

    server = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(server)
    else:
        _say_server(server)


@app.command("logs")
def logs(
    name: Name,
    lines: Annotated[
        int, typer.Option("--lines", "-n", help="How many lines, the newest.", min=1, max=10_000)
    ] = 200,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Show what a server wrote, oldest line first."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> list[str]:
        return await platform.runtime.logs(name, lines=lines)

    written = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(written)
        return
    for line in written:
        terminal.say(line)


@app.command("restart")
def restart(name: Name, apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """Start a server's process anew: so it reads changed configurations."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "IntegrationServer":
        return await platform.runtime.restart(name)

    server = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(server)
    else:
        terminal.say(f"Server '{server.metadata.name}' starts anew.")


@app.command("delete")
def delete(name: Name, yes: Yes = False, apikey_file: ApikeyFile = None) -> None:
    """Stop a server and forget it. Its BARs and configurations stay."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        terminal.confirm(f"Stop and delete server '{name}'?", yes=yes)
        await platform.runtime.delete_server(name)

    ask_platform(work, apikey_file=apikey_file)
    terminal.say(f"Deleted server '{name}'.")


def _say_server(server: "IntegrationServer") -> None:
    spec, status = server.spec, server.status
    terminal.say_facts(
        [
            ("Name", server.metadata.name),
            ("Phase", status.phase),
            ("Version", status.version or spec.version),
            ("Mode", status.mode or spec.designer_flows_operation_mode),
            ("BARs", spec.bars),
            ("Configurations", spec.configurations),
            ("Endpoints", [endpoint.uri for endpoint in status.endpoints]),
            ("Restarts", status.restarts or None),
        ]
    )
    for flow in status.flows:
        terminal.say(f"Flow '{flow.name}' ({flow.trigger or flow.kind})")
        for operation in flow.operations:
            terminal.say(f"  {operation.method} {operation.url or operation.path}  {operation.name}")
        if flow.openapi:
            terminal.say(f"  {flow.url}/  a page to try it; {flow.openapi}")
        for account in flow.accounts:
            where = account.source or "not found yet"
            terminal.say(f"  uses {account.connector} account '{account.account_name or 'default'}': {where}")
    for condition in status.conditions:
        if condition.message:
            terminal.say(f"{condition.type} {condition.status}: {condition.message} [{condition.reason}]")
