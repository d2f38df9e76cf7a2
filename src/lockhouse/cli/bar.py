"""`lockhouse bar`: BARs, made from exported flows, and what is in one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import AsJson, read_bytes, write_whole
from lockhouse.errors import Mistake, Mistakes

if TYPE_CHECKING:
    from lockhouse.flows.document import Flow

app = typer.Typer(help="BARs: exported flows, packed for an integration server.", no_args_is_help=True)


@app.command("create")
def create(
    flows: Annotated[
        list[Path],
        typer.Argument(metavar="FLOW.yaml", help="Flow documents, as exported.", exists=True, dir_okay=False),
    ],
    output: Annotated[Path, typer.Option("--output", "-o", help="The BAR to write.", dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Pack flows into a BAR. Every mistake in a flow is told, and then no BAR is written."""
    content = _packed(flows)
    write_whole(output, content)
    bar = _described(content, file=str(output))
    if as_json:
        terminal.say_json(bar)
        return
    names = ", ".join(f"'{flow['name']}'" for flow in bar["flows"])
    terminal.say(f"Wrote {output}, {len(content)} bytes, with {names}.")


@app.command("show")
def show(
    bar: Annotated[Path, typer.Argument(metavar="X.bar", help="The BAR.", exists=True, dir_okay=False)],
    as_json: AsJson = False,
) -> None:
    """Show what is in a BAR: its flows, what starts them, and what they call."""
    content = read_bytes(bar)
    described = _described(content, file=bar.name)
    if as_json:
        terminal.say_json(described)
        return
    terminal.say_facts([("Size", f"{len(content)} bytes"), ("Digest", described["digest"])])
    for flow in described["flows"]:
        terminal.say(f"Flow '{flow['name']}' ({flow['trigger'] or flow['kind']})")
        for operation in flow["operations"]:
            terminal.say(f"  answers {operation['method']} {operation['path']}")
        for action in flow["actions"]:
            terminal.say(f"  calls {action}")
        for account in flow["accounts"]:
            terminal.say(f"  uses {account['connector']} account '{account['account_name'] or 'default'}'")
    for entry in described["entries"]:
        terminal.say(f"  {entry['size']:>9}  {entry['name']}")


def _packed(paths: list[Path]) -> bytes:
    """The BAR of these documents, each under its flow's name. Raises Mistakes: those of every document."""
    from lockhouse.flows.bar import write_bar
    from lockhouse.flows.load import read_flow

    texts: dict[str, str] = {}
    mistakes: list[Mistake] = []
    for path in paths:
        content = read_bytes(path)
        try:
            name = read_flow(content, file=path.name).name
        except Mistakes as error:
            mistakes += error.mistakes
            continue
        if name in texts:
            mistakes.append(Mistake("flow_twice", f"another document is the flow '{name}' too", path.name))
        texts[name] = content.decode("utf-8-sig")
    if mistakes:
        raise Mistakes(mistakes)
    return write_bar(texts)


def _described(content: bytes, *, file: str) -> dict[str, Any]:
    """What is in a BAR, for scripts. Raises Mistakes."""
    from lockhouse.flows.bar import read_bar
    from lockhouse.flows.load import read_flow

    bar = read_bar(content, file=file)
    flows: list[dict[str, Any]] = []
    mistakes: list[Mistake] = []
    for flow in bar.flows:
        try:
            flows.append(_flow(flow.name, read_flow(flow.text, file=f"{file}/{flow.name}.yaml")))
        except Mistakes as error:
            mistakes += error.mistakes
    if mistakes:
        raise Mistakes(mistakes)
    return {
        "digest": f"sha256:{bar.digest}",
        "flows": flows,
        "instance_id": bar.instance_id,
        "instance_url": bar.instance_url,
        "entries": [{"name": entry.name, "size": entry.size} for entry in bar.entries],
    }


def _flow(name: str, flow: "Flow") -> dict[str, Any]:
    return {
        "name": name,
        "kind": "api" if flow.operations else "event",
        "trigger": flow.event.way if flow.event else "",
        "operations": [
            {"name": one.name, "method": one.method, "path": one.paths[0]} for one in flow.operations
        ],
        "actions": ["|".join(action) for action in flow.actions],
        "accounts": [
            {"connector": connector, "account_name": account or ""} for connector, account in flow.accounts
        ],
        "warnings": [warning.as_dict() for warning in flow.warnings],
    }
