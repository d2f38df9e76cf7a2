"""`lockhouse run`: events handed to a server's flows, and the runs that failed for good."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ApikeyFile, AsJson, NotUnderstood, Yes, read_bytes

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection
    from lockhouse.wire.runs import DeadLetter, DeadLetters, EventAccepted, Replayed

app = typer.Typer(
    help="Runs of event flows: hand in an event; list, look at, replay and drop dead letters.",
    no_args_is_help=True,
)

Server = Annotated[str, typer.Argument(help="The server's name.")]
RunId = Annotated[str, typer.Argument(metavar="ID", help="The dead letter's id.")]
OfFlow = Annotated[str, typer.Option("--flow", metavar="NAME", help="Only those of this flow.")]


@app.command("send")
def send(
    server: Server,
    flow: Annotated[str, typer.Argument(help="The flow's name.")],
    event: Annotated[
        Path,
        typer.Option("--event", metavar="EVENT.json", help="The payload, JSON; `-` is standard input."),
    ],
    event_id: Annotated[str, typer.Option("--id", help="The event's id: two of one id are one event.")] = "",
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Hand a flow an event, as if its application had sent it. It is on disk when this ends."""
    from lockhouse.cli.connection import ask_platform

    payload = read_bytes(event)

    async def work(platform: "Connection") -> "EventAccepted":
        return await platform.runtime.send_event(server, flow, payload, event_id=event_id)

    accepted = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(accepted)
    elif accepted.is_new:
        terminal.say(f"Event '{accepted.event_id}' was accepted for flow '{accepted.flow}'.")
    else:
        terminal.say(f"Event '{accepted.event_id}' of flow '{accepted.flow}' had been accepted before.")


@app.command("list")
def list_dead_letters(
    server: Server,
    flow: OfFlow = "",
    limit: Annotated[int, typer.Option(help="How many at most, the oldest.", min=1, max=1000)] = 100,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List the dead letters of a server: the runs that failed for good, the oldest first."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "DeadLetters":
        return await platform.runtime.dead_letters(server, flow=flow, limit=limit)

    found = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(found.dead_letters)
        return
    rows = [
        (one.id, one.flow, one.failed_at, one.problem.get("code", ""), one.problem.get("message", ""))
        for one in found.dead_letters
    ]
    terminal.say_table(("ID", "FLOW", "FAILED", "CODE", "MESSAGE"), rows, empty="There are no dead letters.")
    if found.total > len(rows):
        terminal.warn(f"{len(rows)} of {found.total} are shown; see --limit.")


@app.command("show")
def show(server: Server, run_id: RunId, apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """Show a dead letter: its event, why it failed, and what its calls had come to."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "DeadLetter":
        return await platform.runtime.dead_letter(server, run_id)

    letter = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(letter)
        return
    facts: list[tuple[str, object]] = [
        ("flow", letter.flow),
        ("event", letter.event_id),
        ("accepted", letter.accepted_at),
        ("failed", letter.failed_at),
        ("why", f"{letter.problem.get('message', '')} [{letter.problem.get('code', '')}]"),
        ("node", letter.problem.get("nodeName", "")),
        ("payload", json.dumps(letter.payload, ensure_ascii=False)),
    ]
    facts += [
        (f"call {one.place}", f"{_came_to(one.failed, one.outcome)}, {one.tries} tries")
        for one in letter.calls
    ]
    terminal.say_facts(facts)


@app.command("replay")
def replay(
    server: Server,
    run_id: Annotated[str, typer.Argument(metavar="[ID]", help="The dead letter's id.")] = "",
    every: Annotated[
        bool, typer.Option("--all", help="All of them, or with --flow those of a flow.")
    ] = False,
    flow: OfFlow = "",
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Run a dead letter again, from its last finished call: finished calls are not repeated."""
    from lockhouse.cli.connection import ask_platform

    if bool(run_id) == every:
        raise NotUnderstood("say which dead letter, or --all")

    async def work(platform: "Connection") -> "Replayed":
        if every:
            return await platform.runtime.replay_all(server, flow=flow)
        return await platform.runtime.replay(server, run_id)

    replayed = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(replayed)
    else:
        terminal.say(f"{replayed.replayed} dead letter(s) of server '{server}' run again.")


@app.command("drop")
def drop(server: Server, run_id: RunId, yes: Yes = False, apikey_file: ApikeyFile = None) -> None:
    """Give a dead letter up: its event is not run any more."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        terminal.confirm(f"Give dead letter '{run_id}' up?", yes=yes)
        await platform.runtime.drop(server, run_id)

    ask_platform(work, apikey_file=apikey_file)
    terminal.say(f"Dropped '{run_id}'.")


def _came_to(failed: bool, outcome: object) -> str:
    if outcome is None:
        return "to be tried again"
    if failed and isinstance(outcome, dict):
        return f"failed: {outcome.get('message', '')} [{outcome.get('code', '')}]"
    return "done"
