"""`lockhouse flow`: what a flow document needs, how it looks, and running it without a server."""

import asyncio
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import (
    AsJson,
    ConnectorDirs,
    FileUnusable,
    NotUnderstood,
    catalogue_with,
    read_bytes,
    write_whole,
)
from lockhouse.errors import Mistake

if TYPE_CHECKING:
    from lockhouse.flows import Flow

app = typer.Typer(help="Flow documents: check, draw, run and test them.", no_args_is_help=True)

FlowFile = Annotated[
    Path, typer.Argument(metavar="FLOW.yaml", help="A flow document, as exported.", dir_okay=False)
]


@app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE...", help="Flow documents, as exported.")],
    connectors: ConnectorDirs = None,
    as_json: AsJson = False,
) -> None:
    """Tell what flows need, every mistake in them, and whether they can run here.

    Ends with status 1 when a document has a mistake. With --json one object a line.
    """
    from lockhouse.cli.flow_report import can_run_here, report_of

    installed = catalogue_with(connectors)
    good = here = 0
    for path in files:
        report = report_of(path, _content(path))
        report |= can_run_here(report, installed)
        good += bool(report["ok"])
        here += bool(report["runs_here"])
        if as_json:
            _say_line(report)
        else:
            _tell(report)
    if len(files) > 1 and not as_json:
        terminal.say(
            f"{len(files)} documents: {good} can be run, {here} find every application that they call."
        )
    if good < len(files):
        raise typer.Exit(1)


def _say_line(report: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(report) + "\n")
    sys.stdout.flush()


def _content(path: Path) -> bytes | Mistake:
    try:
        return read_bytes(path)
    except FileUnusable as error:
        return Mistake("file_unusable", str(error), str(path))


def _tell(report: dict[str, Any]) -> None:
    verdict = "can run here" if report["runs_here"] else "can be run" if report["ok"] else "cannot be run"
    terminal.say(f"{report['file']}: {verdict}")
    terminal.say_facts(
        [
            ("  Flow", report["name"]),
            ("  Starts by", report["trigger"]),
            ("  Connectors", report["connectors"]),
            ("  Calls", "\n".join(report["operations"])),
            ("  Nodes", report["node_kinds"]),
            ("  Functions", report["functions"]),
            ("  Not installed", "\n".join(report["not_installed"])),
        ]
    )
    for title in ("errors", "warnings"):
        for each in report[title]:
            place = f"{each['line']}:{each['column']}" if each["line"] else ""
            terminal.say(f"  {title[:-1]} {place} {each['message']} [{each['code']}]")
    for text in report["broken_connectors"]:
        terminal.say(f"  error in a connector: {text}")


@app.command("draw")
def draw(
    flow: FlowFile,
    output: Annotated[Path, typer.Option("--output", "-o", metavar="FILE.svg", dir_okay=False)],
) -> None:
    """Draw the way through a flow, as SVG."""
    from lockhouse.flows.drawing import draw_flow

    write_whole(output, draw_flow(_read(flow)).encode())
    terminal.say(f"Wrote {output}.")


def _read(path: Path) -> "Flow":
    from lockhouse.flows import read_flow

    return read_flow(read_bytes(path), file=str(path))


@app.command("run")
def run(
    flow: FlowFile,
    operation: Annotated[
        str, typer.Option("--operation", metavar="NAME", help="The operation of an API flow.")
    ] = "",
    event: Annotated[
        Path | None,
        typer.Option("--event", metavar="EVENT.json", help="What starts the flow.", dir_okay=False),
    ] = None,
    answers: Annotated[
        Path | None,
        typer.Option(
            "--answers", metavar="ANSWERS.json", help="What the applications answer.", dir_okay=False
        ),
    ] = None,
    now: Annotated[str, typer.Option("--now", metavar="TIME", help="The time of the run, in ISO 8601.")] = "",
    as_json: AsJson = False,
) -> None:
    """Run a flow once without a server; applications are answered for from a script.

    Ends with status 0 when the run took place; how it ended is in its output.
    """
    from lockhouse.flows.rehearsal import rehearse

    clock = _clock(now)
    ended = asyncio.run(
        rehearse(_read(flow), _json(event), _json(answers), operation=operation, now=clock)
    ).as_dict()
    if as_json:
        terminal.say_json(ended)
        return
    for call in ended["calls"]:
        failed = f" failed: {call['error']['message']}" if "error" in call else ""
        called = f"{call['connector']}|{call['business_object']}|{call['action']}"
        terminal.say(f"{call['node']}: {called} {_short(call['input'])}{failed}")
    for line in ended["log"]:
        terminal.say(f"{line['level']}: {line['message']}")
    if ended["response"] is not None:
        terminal.say(f"answered {ended['response']['status_code']} {_short(ended['response']['body'])}")
    error = ended["error"]
    terminal.say(f"{ended['status']}: {error['node']}: {error['message']}" if error else ended["status"])


def _json(path: Path | None) -> Any:
    from lockhouse.documents import Limits, read_json

    if path is None:
        return None
    limits = Limits(bytes=64 * 1024 * 1024, nodes=5_000_000, depth=200)
    return read_json(read_bytes(path), file=str(path), limits=limits).value


def _clock(text: str) -> Any:
    from lockhouse.clock import utc_now

    if not text:
        return utc_now
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise NotUnderstood(f"--now: {text!r} is no time in ISO 8601") from None
    return lambda: moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _short(value: Any) -> str:
    from lockhouse.jsonata import as_text

    text = as_text(value)
    return text if len(text) <= 200 else f"{text[:200]}…"


@app.command("test")
def run_tests(
    files: Annotated[
        list[Path], typer.Argument(metavar="FILE.test.yaml...", help="Runs, and what is expected of them.")
    ],
    as_json: AsJson = False,
) -> None:
    """Run flows as test files say, and compare with what the files expect.

    Ends with status 1 when one differs.
    """
    from lockhouse.cli.flow_tests import run_file

    results = [result for path in files for result in asyncio.run(run_file(path))]
    if as_json:
        terminal.say_json([result.as_dict() for result in results])
    else:
        for result in results:
            terminal.say(f"{'ok    ' if result.passed else 'FAILED'} {result.file}: {result.name}")
            for difference in result.differences:
                terminal.say(f"       {difference}")
        passed = sum(result.passed for result in results)
        terminal.say(f"{passed} of {len(results)} as expected")
    if not all(result.passed for result in results):
        raise typer.Exit(1)
