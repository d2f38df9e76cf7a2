"""`lockhouse audit`: what was done, by whom, when, from where."""

from collections.abc import AsyncIterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any, Literal
from urllib.parse import parse_qsl, urlsplit

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ApikeyFile, NotUnderstood
from lockhouse.cli.whoami import signed_in

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection

app = typer.Typer(help="The audit trail: every change and every token issue.", no_args_is_help=True)
_AT_ONCE, _USUALLY = 1000, 100


@app.command("list")
def list_events(
    action: Annotated[
        str | None,
        typer.Option("--action", help="An action or its beginning, such as iam-identity.user-apikey."),
    ] = None,
    actor: Annotated[str | None, typer.Option("--actor", help="Who did it: an iam_id.")] = None,
    target: Annotated[str | None, typer.Option("--target", help="To what: an id.")] = None,
    outcome: Annotated[
        Literal["success", "failure"] | None, typer.Option("--outcome", help="How it ended.")
    ] = None,
    since: Annotated[str | None, typer.Option("--from", metavar="TIME", help="Not before this time.")] = None,
    until: Annotated[str | None, typer.Option("--to", metavar="TIME", help="Before this time.")] = None,
    oldest_first: Annotated[bool, typer.Option("--oldest-first", help="The oldest first.")] = False,
    most: Annotated[
        int | None,
        typer.Option("--limit", help="At most so many events: 100, with --json-lines all.", min=1),
    ] = None,
    apikey_file: ApikeyFile = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON list, for scripts.")] = False,
    json_lines: Annotated[
        bool, typer.Option("--json-lines", help="Print each event as a line of JSON, as they come.")
    ] = False,
) -> None:
    """List events, newest first. Times are like 2026-01-31T12:00+0000.

    `--json-lines` takes all that fit, page by page, whatever their number: to keep or to feed to others.
    The platform itself writes such lines as they happen, with LOCKHOUSE_AUDIT_FILE.
    """
    from lockhouse.cli.connection import ask_platform

    if as_json and json_lines:
        raise NotUnderstood("--json and --json-lines do not go together")

    filters = {
        "action": action,
        "actor": actor,
        "target": target,
        "outcome": outcome,
        "from": since,
        "to": until,
        "order": "asc" if oldest_first else None,
    }
    query = {name: value for name, value in filters.items() if value is not None}

    async def listed(platform: "Connection") -> list[dict[str, Any]]:
        return [event async for event in _events(platform, query, most=most or _USUALLY)]

    async def streamed(platform: "Connection") -> None:
        async for event in _events(platform, query, most=most):
            terminal.say_json_line(event)

    if json_lines:
        ask_platform(streamed, apikey_file=apikey_file)
        return
    events = ask_platform(listed, apikey_file=apikey_file)
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


async def _events(
    platform: "Connection", query: Mapping[str, str], *, most: int | None
) -> AsyncIterator[dict[str, Any]]:
    """So many events (None: all), a page at a time. Raises Problem, Unreachable."""
    token, account_id = await signed_in(platform)
    wanted = {**query, "limit": str(min(most or _AT_ONCE, _AT_ONCE))}
    said = 0
    while True:
        page = await platform.iam.list_events(token, account_id, **wanted)
        for event in page["events"]:
            if said == most:
                return
            yield event
            said += 1
        if not page.get("next"):
            return
        wanted, token = dict(parse_qsl(urlsplit(page["next"]).query)), await platform.token()
