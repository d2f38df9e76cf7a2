"""`lockhouse account import` and `export`: all accounts of an accounts.yaml in, all of an instance out."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from lockhouse.cli import terminal
from lockhouse.cli.options import ApikeyFile, AsJson, Instance, read_text
from lockhouse.errors import Mistake, Mistakes

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection
    from lockhouse.client.appconnect import AppConnectClient
    from lockhouse.client.transport import Problem
    from lockhouse.wire.accounts import ConnectorAccount


def import_accounts(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="An accounts.yaml; `-` reads standard input.")],
    replace: Annotated[
        bool, typer.Option("--replace", help="Replace the credentials of accounts that are there already.")
    ] = False,
    instance: Instance = None,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Store every account of an accounts.yaml in the instance. The file is checked whole first.

    Each account stands for itself: of those that the instance refuses all mistakes are told, the others are
    stored.
    """
    from lockhouse.cli.connection import ask_platform
    from lockhouse.wire.accounts import read_accounts

    accounts = read_accounts(read_text(file), file=str(file))

    async def work(platform: "Connection") -> tuple[list[str], list[Mistake]]:
        appconnect = await platform.instance(instance)
        known = {(one.connector, one.name) for one in await appconnect.accounts()}
        connectors = {one.name for one in await appconnect.connectors()}
        _check(accounts, file=str(file), known=set() if replace else known, connectors=connectors)
        return await _store(appconnect, accounts, known=known, file=str(file))

    stored, mistakes = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(stored)
    else:
        for line in stored:
            terminal.say(f"Stored {line}.")
    if mistakes:
        raise Mistakes(mistakes)


def export_accounts(
    file: Annotated[
        Path,
        typer.Option("--file", help="Write the accounts.yaml there, readable by you alone.", dir_okay=False),
    ],
    email: Annotated[
        str, typer.Option("--email", help="Who signs in; without, the user whose API key you use.")
    ] = "",
    password_file: Annotated[
        Path | None,
        typer.Option(
            "--password-file",
            metavar="FILE",
            help="Read his password there, one line. - is standard input. Without it you are asked.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file of --file if there is one.")
    ] = False,
    instance: Instance = None,
    apikey_file: ApikeyFile = None,
) -> None:
    """Write every account of the instance to an accounts.yaml, credentials and all.

    For a server with local connectors, or another platform. An API key alone gets no credentials: an
    administrator of the account signs in with his password. Each account that leaves is in the audit trail.
    """
    from lockhouse.cli import keyfile
    from lockhouse.cli.connection import ask_platform
    from lockhouse.cli.password import asked_password
    from lockhouse.sealing import Secret

    password = asked_password("Password", password_file)

    async def work(platform: "Connection") -> dict[str, Any]:
        claims = await platform.iam.introspect(await platform.token())
        who = email or str(claims.get("email", ""))
        known = await platform.instance(instance)
        pair = await platform.iam.password_token(who, password, account=str(claims["account"]["bss"]))
        try:
            taken = await platform.instance_for(pair.access_token, known.instance_id).export_accounts()
        finally:
            await platform.iam.revoke(Secret(pair.refresh_token))
        return {"accounts": taken.accounts}

    with keyfile.reserved(file, replace=force, text_of=_yaml) as write:
        taken = ask_platform(work, apikey_file=apikey_file)
        write(taken)
    count = sum(len(entries) for entries in taken["accounts"].values())
    terminal.say(f"Wrote {count} accounts to {file}. It holds their credentials as they are: keep it safe.")


def _yaml(taken: Mapping[str, Any]) -> str:
    """An accounts.yaml; JSON is YAML, too."""
    return json.dumps(taken, indent=2, ensure_ascii=False) + "\n"


def _check(
    accounts: "Sequence[ConnectorAccount]",
    *,
    file: str,
    known: set[tuple[str, str]],
    connectors: set[str],
) -> None:
    """Raise Mistakes for what can be seen before anything is stored."""
    from lockhouse.wire.names import meant

    mistakes = []
    for one in accounts:
        if one.connector not in connectors:
            message = f"there is no connector '{one.connector}'{meant(one.connector, connectors)}"
            mistakes.append(_mistake(one, "unknown_connector", message, file))
        elif (one.connector, one.name) in known:
            message = f"{one.connector} has an account '{one.name}' already; --replace replaces it"
            mistakes.append(_mistake(one, "account_exists", message, file))
    if mistakes:
        raise Mistakes(mistakes)


async def _store(
    appconnect: "AppConnectClient",
    accounts: "Sequence[ConnectorAccount]",
    *,
    known: set[tuple[str, str]],
    file: str,
) -> tuple[list[str], list[Mistake]]:
    from lockhouse.client.transport import Problem

    stored, mistakes = [], []
    for one in accounts:
        try:
            await _store_one(appconnect, one, new=(one.connector, one.name) not in known)
            stored.append(f"{one.connector} '{one.name}'")
        except Problem as problem:
            mistakes += _mistakes_of(one, problem, file)
    return stored, mistakes


async def _store_one(appconnect: "AppConnectClient", one: "ConnectorAccount", *, new: bool) -> None:
    from lockhouse.wire.instances import AccountCredentials, NewAccount

    credentials: dict[str, Any] = {name: secret.reveal() for name, secret in one.credentials.items()}
    endpoint = dict(one.endpoint)
    if new:
        account = NewAccount(
            connector=one.connector,
            name=one.name,
            credentials=credentials,
            endpoint=endpoint,
            auth_type=one.auth_type,
        )
        await appconnect.create_account(account)
        return
    given = AccountCredentials(credentials=credentials, endpoint=endpoint, auth_type=one.auth_type)
    await appconnect.replace_credentials(one.connector, one.name, given)


def _mistakes_of(one: "ConnectorAccount", problem: "Problem", file: str) -> list[Mistake]:
    """What the instance says against an entry, at the entry's place. Raises what is no word on it."""
    if problem.status not in (400, 409, 422):
        raise problem
    error = problem.body.get("error") if isinstance(problem.body, Mapping) else None
    listed = error.get("mistakes") if isinstance(error, Mapping) else None
    told = [entry for entry in listed or [] if isinstance(entry, Mapping)]
    if not told:
        return [_mistake(one, problem.code, problem.message, file)]
    return [
        _mistake(
            one, str(entry.get("code", "")), str(entry.get("message", "")), file, str(entry.get("field", ""))
        )
        for entry in told
    ]


def _mistake(one: "ConnectorAccount", code: str, message: str, file: str, field: str = "") -> Mistake:
    place = f"accounts.{one.connector}.{one.name}" + (f".{field}" if field else "")
    return Mistake(code, message, file, one.line, one.column, place)
