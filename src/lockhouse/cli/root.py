"""The `lockhouse` command: its words, and how a command ends."""

import os
import sys
from typing import Annotated

import typer
from typer.exceptions import Abort, Exit, TyperException

from lockhouse import __version__
from lockhouse.cli import (
    account,
    apikey,
    audit,
    bar,
    configuration,
    connector,
    demo,
    double,
    flow,
    platform,
    rotation,
    server,
    serviceid,
    signing_key,
    tenant,
    terminal,
    user,
)
from lockhouse.cli import run as runs
from lockhouse.cli.options import NotUnderstood
from lockhouse.errors import LockhouseError

_FAILED, _MISUSED, _INTERRUPTED = 1, 2, 130

app = typer.Typer(
    name="lockhouse",
    help="A self-hosted home for API keys and the integrations that use them.",
    epilog="Commands that speak to a platform find it by LOCKHOUSE_URL (http://127.0.0.1:8080) and sign in "
    "with the API key in LOCKHOUSE_APIKEY or in the file of --apikey-file.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        terminal.say(f"lockhouse {__version__}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version and end.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    pass


_PLATFORM, _KEYS, _FLOWS = "The platform", "Keys and who holds them", "Integrations"

app.command("init", rich_help_panel=_PLATFORM)(platform.init)
app.command("up", rich_help_panel=_PLATFORM)(platform.up)
app.command("demo", rich_help_panel=_PLATFORM)(demo.demo)
apikey.app.command("rotate")(rotation.rotate)
app.add_typer(apikey.app, name="apikey", rich_help_panel=_KEYS)
app.add_typer(serviceid.app, name="serviceid", rich_help_panel=_KEYS)
app.add_typer(user.app, name="user", rich_help_panel=_KEYS)
app.add_typer(tenant.app, name="tenant", rich_help_panel=_KEYS)
app.add_typer(audit.app, name="audit", rich_help_panel=_KEYS)
app.add_typer(signing_key.app, name="signing-key", rich_help_panel=_KEYS)
app.add_typer(account.app, name="account", rich_help_panel=_FLOWS)
app.add_typer(flow.app, name="flow", rich_help_panel=_FLOWS)
app.add_typer(bar.app, name="bar", rich_help_panel=_FLOWS)
app.add_typer(configuration.app, name="configuration", rich_help_panel=_FLOWS)
app.add_typer(server.app, name="server", rich_help_panel=_FLOWS)
app.add_typer(connector.app, name="connector", rich_help_panel=_FLOWS)
app.command("double", rich_help_panel=_FLOWS)(double.double)
app.add_typer(runs.app, name="run", rich_help_panel=_FLOWS)


def run(arguments: list[str] | None = None) -> int:
    """Run one command line and return its exit status. Nobody gets a traceback."""
    command = typer.main.get_command(app)
    try:
        return int(command.main(arguments, prog_name="lockhouse", standalone_mode=False) or 0)
    except Exit as ended:
        return ended.exit_code
    except TyperException as error:
        return _tell_usage(error)
    except (KeyboardInterrupt, Exception) as error:  # noqa: BLE001 - the outermost door: no traceback
        return _tell_failure(error)


def _tell_failure(error: BaseException) -> int:
    match error:
        case Abort() | KeyboardInterrupt():
            terminal.warn("lockhouse: interrupted")
            return _INTERRUPTED
        case BrokenPipeError():
            # The reader of our output went away (`lockhouse … | head`): nobody is left to tell.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        case LockhouseError():
            terminal.complain(error)
        case OSError():
            where = f"{error.filename}: " if error.filename else ""
            terminal.warn(f"lockhouse: {where}{error.strerror or type(error).__name__} [system_error]")
        case _:
            # The text of a foreign exception may hold a secret; its kind and place do not.
            terminal.warn(
                f"lockhouse: unexpected {type(error).__name__} at {_place_of(error)} [internal_error]"
            )
    return _MISUSED if isinstance(error, NotUnderstood) else _FAILED


def _tell_usage(error: TyperException) -> int:
    if not error.format_message():
        return error.exit_code  # a group without a command: its help was shown
    context = getattr(error, "ctx", None)
    path = context.command_path if context is not None else "lockhouse"
    terminal.warn(f"lockhouse: {error.format_message()} [usage]")
    terminal.warn(f"'{path} --help' shows what it takes.")
    return error.exit_code


def _place_of(error: BaseException) -> str:
    place, trace = "start", error.__traceback__
    while trace is not None:
        module = trace.tb_frame.f_globals.get("__name__", "")
        if module.startswith("lockhouse"):
            place = f"{module}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place
