"""`lockhouse audit`: what was done, by whom, when, from where."""

from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import parse_qsl, urlsplit

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ApikeyFile, AsJson
from lockhouse.cli.whoami import signed_in

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection

app = typer.Typer(help="The audit trail: every change and every token issue.", no_args_is_help=True)
_AT_ONCE = 1000


@app.command("list")
def list_events(
    action: Annotated[
        str | None,
        typer.Option("--action", help="An action or its beginning, such as iam-identity.user-apikey."),
    ] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Who did it: an iam_id.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="To what: an id.")] = None,
    outcome: Annotated[str | None, typer.Option("--outcome", help="success or failure.")] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Not before this time.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Before this time.")] = None,
    most: Annotated[int, typer.Option("--limit", help="At most so many events.", min=1)] = 100,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List events, newest first. Times are like 2026-01-31T12:00+0000."""
    from lockhouse.cli.connection import ask_platform

    filters = {
        "action": action,
        "actor": actor,
        "target": target,
        "outcome": outcome,
        "from": since,
        "to": until,
    }
    query = {name: value for name, value in filters.items() if value is not None}

    async def work(platform: "Connection") -> list[dict[str, Any]]:
        token, account_id = await signed_in(platform)
        page = await platform.iam.list_events(token, account_id, **query, limit=str(min(most, _AT_ONCE)))
        events: list[dict[str, Any]] = list(page["events"])
        while len(events) < most and page.get("next"):
            following = dict(parse_qsl(urlsplit(page["next"]).query))
            page = await platform.iam.list_events(token, account_id, **following)
            events += page["events"]
        return events[:most]

    events = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(events)
        return
    rows = [
        (
            event["eventTime"],
            event["action"],
            event["outcome"],
            event["initiator"]["id"],
            event["initiator"]["host"]["address"],
            event["target"]["id"],
        )
        for event in events
    ]
    terminal.say_table(
        ("TIME", "ACTION", "OUTCOME", "ACTOR", "ADDRESS", "TARGET"), rows, empty="There are no events."
    )
