"""`lockhouse account import` and `export`: all accounts of an accounts.yaml in, all of an instance out."""

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
