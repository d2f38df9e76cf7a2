"""`lockhouse account`: the connector accounts of an App Connect instance."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockhouse.cli import account_file, terminal
from lockhouse.cli.options import ApikeyFile, AsJson, Instance, Yes, read_text
from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection
    from lockhouse.client.appconnect import AppConnectClient
    from lockhouse.wire.instances import AccountTest, ConnectorAccount

app = typer.Typer(
    help="Connector accounts: the credentials with which flows reach applications.", no_args_is_help=True
)

Name = Annotated[str, typer.Argument(help="The account's name, as flows say it.")]
Connector = Annotated[
    str | None, typer.Option("--connector", "-c", help="Its application, where two accounts share the name.")
]


Credentials = Annotated[
    Path,
    typer.Option(
        metavar="FILE",
        help="YAML or JSON: the fields themselves, or an entry of accounts.yaml (authType, credentials, "
        "endpoint), or an accounts.yaml that holds it. `-` reads standard input.",
        dir_okay=False,
    ),
]
AuthType = Annotated[
    str, typer.Option("--auth-type", help="How to sign in, where the application knows several ways.")
]


class AccountNotFound(LockhouseError):
    """No account has the name, or several have it."""


class AccountRefused(LockhouseError):
    """The application did not let the account in."""


@app.command("create")
def create(
    name: Name,
    connector: Annotated[str, typer.Option("--connector", "-c", help="The application, such as salesforce.")],
    credentials: Credentials,
    auth_type: AuthType = "",
    instance: Instance = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Store an account's credentials, sealed. They are never shown again; `export` takes them out."""
    from lockhouse.cli.connection import ask_platform
    from lockhouse.cli.credentials import placed, read_entry

    entry = read_entry(read_text(credentials), file=str(credentials), connector=connector, name=name)

    async def work(platform: "Connection") -> "ConnectorAccount":
        appconnect = await platform.instance(instance)
        form = await appconnect.connector(connector)
        return await appconnect.create_account(placed(entry, form, name=name, auth_type=auth_type))

    made = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(made)
    else:
        terminal.say(
            f"Stored account '{made.name}' of {made.connector}. Try it: lockhouse account test '{made.name}'"
        )


@app.command("list")
def list_accounts(
    connector: Annotated[
        str | None, typer.Option("--connector", "-c", help="Only those of one application.")
    ] = None,
    instance: Instance = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """List the accounts, without secrets."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "list[ConnectorAccount]":
        return await (await platform.instance(instance)).accounts()

    found = ask_platform(work, apikey_file=apikey_file)
    accounts = [account for account in found if connector in (None, account.connector)]
    if as_json:
        terminal.say_json(accounts)
        return
    rows = [(one.connector, one.name, one.auth_type, one.state, one.reason) for one in accounts]
    terminal.say_table(
        ("CONNECTOR", "NAME", "AUTH TYPE", "STATE", "REASON"), rows, empty="There are no accounts."
    )


@app.command("test")
def try_account(
    name: Name,
    connector: Connector = None,
    instance: Instance = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Make one harmless call to the application with the account."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "tuple[ConnectorAccount, AccountTest]":
        appconnect = await platform.instance(instance)
        account = await _find(appconnect, connector, name)
        return account, await appconnect.test_account(account.connector, account.name)

    account, outcome = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(outcome)
    if outcome.ok is False:
        raise AccountRefused(f"{account.connector} did not let account '{account.name}' in: {outcome.reason}")
    if not as_json:
        let_in = f"{account.connector} let account '{account.name}' in."
        terminal.say(
            let_in if outcome.ok else f"{account.connector} has no harmless call to try an account with."
        )


@app.command("delete")
def delete(
    name: Name,
    connector: Connector = None,
    yes: Yes = False,
    instance: Instance = None,
    apikey_file: ApikeyFile = None,
) -> None:
    """Delete an account. Flows that name it fail from then on; their servers are named first."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "ConnectorAccount":
        appconnect = await platform.instance(instance)
        account = await _find(appconnect, connector, name)
        await _tell_users(platform, appconnect, account)
        terminal.confirm(f"Delete account '{account.name}' of {account.connector}?", yes=yes)
        await appconnect.delete_account(account.connector, account.name)
        return account

    account = ask_platform(work, apikey_file=apikey_file)
    terminal.say(f"Deleted account '{account.name}' of {account.connector}.")


@app.command("rename")
def rename(
    name: Name,
    new_name: Annotated[str, typer.Argument(metavar="NEW_NAME", help="What to call it from now on.")],
    connector: Connector = None,
    yes: Yes = False,
    instance: Instance = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Give an account another name. Flows that say the old one fail; their servers are named first."""
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> "ConnectorAccount":
        appconnect = await platform.instance(instance)
        account = await _find(appconnect, connector, name)
        if not as_json:
            await _tell_users(platform, appconnect, account)
        terminal.confirm(f"Rename account '{account.name}' of {account.connector}?", yes=yes)
        return await appconnect.rename_account(account.connector, account.name, new_name)

    account = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(account)
    else:
        terminal.say(f"The account of {account.connector} is called '{account.name}' now.")


@app.command("replace-credentials")
def replace_credentials(
    name: Name,
    credentials: Credentials,
    connector: Connector = None,
    auth_type: AuthType = "",
    instance: Instance = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Replace an account's credentials, all of them. The next call of a flow takes the new ones."""
    from lockhouse.cli.connection import ask_platform
    from lockhouse.cli.credentials import placed, read_entry
    from lockhouse.wire.instances import AccountCredentials

    text = read_text(credentials)

    async def work(platform: "Connection") -> "ConnectorAccount":
        appconnect = await platform.instance(instance)
        known = await _find(appconnect, connector, name)
        entry = read_entry(text, file=str(credentials), connector=known.connector, name=known.name)
        form = await appconnect.connector(known.connector)
        given = placed(entry, form, name=known.name, auth_type=auth_type)
        replacing = AccountCredentials(
            credentials=given.credentials, endpoint=given.endpoint, auth_type=given.auth_type
        )
        return await appconnect.replace_credentials(known.connector, known.name, replacing)

    account = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(account)
    else:
        terminal.say(f"Replaced the credentials of account '{account.name}' of {account.connector}.")


app.command("import")(account_file.import_accounts)
app.command("export")(account_file.export_accounts)


async def _tell_users(
    platform: "Connection", appconnect: "AppConnectClient", account: "ConnectorAccount"
) -> None:
    """Say which servers call with an account."""
    from lockhouse.client.uses import servers_calling_with

    names = [one.name for one in await appconnect.accounts() if one.connector == account.connector]
    servers = servers_calling_with(
        await platform.runtime.servers(), account.connector, account.name, of_connector=names
    )
    if servers:
        terminal.say(f"Flows of these servers call {account.connector} with it: {', '.join(servers)}.")


async def _find(appconnect: "AppConnectClient", connector: str | None, name: str) -> "ConnectorAccount":
    """The account of that name. Raises AccountNotFound, Problem `account_missing`."""
    if connector is not None:
        return await appconnect.account(connector, name)
    accounts = await appconnect.accounts()
    named = [account for account in accounts if account.name == name]
    if len(named) == 1:
        return named[0]
    if named:
        raise AccountNotFound(
            f"several accounts are called '{name}'; add --connector with one of: "
            + ", ".join(account.connector for account in named)
        )
    known = ", ".join(f"'{account.name}' ({account.connector})" for account in accounts) or "none"
    raise AccountNotFound(f"no account is called '{name}'; there are: {known}")
