"""`lockhouse signing-key`: the keys that sign access tokens, for those who look after the platform."""

from typing import TYPE_CHECKING, Annotated, Any

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ApikeyFile, AsJson, Yes

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection

app = typer.Typer(
    help="The keys that sign access tokens: rotated without a failed request.", no_args_is_help=True
)


@app.command("list")
def list_signing_keys(apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """List the signing keys: which waits, which signs, which has signed."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> list[dict[str, Any]]:
        return await platform.iam.list_signing_keys(await platform.token())

    _tell(ask_platform(work, apikey_file=apikey_file), as_json=as_json)


@app.command("rotate")
def rotate(apikey_file: ApikeyFile = None, as_json: AsJson = False) -> None:
    """Let the next key sign. It does so within a minute; the old one is kept."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> list[dict[str, Any]]:
        return await platform.iam.rotate_signing_key(await platform.token())

    _tell(ask_platform(work, apikey_file=apikey_file), as_json=as_json)


@app.command("revoke")
def revoke(
    kid: Annotated[str, typer.Argument(metavar="KID", help="Which key, as `list` shows it.")],
    yes: Yes = False,
    apikey_file: ApikeyFile = None,
) -> None:
    """Refuse every token that a key signed, from now on. For a key whose private half others may know."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> None:
        terminal.confirm(f"Refuse every token that {kid} signed? Everybody needs a new one.", yes=yes)
        await platform.iam.revoke_signing_key(await platform.token(), kid)

    ask_platform(work, apikey_file=apikey_file)
    terminal.say(f"Revoked {kid}.")


def _tell(keys: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        terminal.say_json(keys)
        return
    rows = [(key["kid"], key["state"], key["created_at"], key.get("signs_from")) for key in keys]
    terminal.say_table(("KID", "STATE", "CREATED", "SIGNS FROM"), rows, empty="There are no signing keys.")
