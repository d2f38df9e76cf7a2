"""Deploying a server: everything is looked up and judged first, then stored if nothing changed meanwhile."""

import asyncio
import uuid
from dataclasses import replace

from lockhouse.client.transport import Problem
from lockhouse.errors import Mistake, Mistakes
from lockhouse.runtime import bar_store, configuration_store, server_store
from lockhouse.runtime.cloud import EXCHANGE_REASONS, Refusal
from lockhouse.runtime.configuration_types import ProvidedKey
from lockhouse.runtime.configurations import claims_of, provided_by
from lockhouse.runtime.errors import DeploymentOvertaken, PlatformAway
from lockhouse.runtime.model import Plan, StoredServer
from lockhouse.runtime.preflight import Found, asks_instance, judge
from lockhouse.runtime.room import Room
from lockhouse.runtime.servers import store_deployed
from lockhouse.storage import Tx
from lockhouse.web.callers import Caller
from lockhouse.wire.names import check_name
from lockhouse.wire.servers import IntegrationServer, ServerSpec


async def deploy(room: Room, caller: Caller, name: str, spec: ServerSpec) -> tuple[IntegrationServer, bool]:
    """Make or change a server; the server, and whether it is new.

    Raises Mistakes (all that stands against it), DeploymentOvertaken, PlatformAway; then nothing was stored.
    """
    check_name("server", name)
    found = await room.db.read(lambda tx: _look_up(room, tx, caller, spec))
    if asks_instance(spec, found):
        found = await _with_instance(room, caller, found)
    plan, mistakes = _judged(room, spec, found)
    if plan is None or plan.mode == "all":
        keys = [key for one in found.provided.values() for key in one.keys]
        mistakes += await _key_mistakes(room, caller, keys)
    if plan is None or mistakes:
        raise Mistakes(mistakes)
    now = room.now

    def write(tx: Tx) -> tuple[IntegrationServer, bool]:
        if _changed(tx, caller, found):
            raise DeploymentOvertaken
        known = server_store.server(tx, caller.account_id, name)
        server = StoredServer(
            id=known.id if known else str(uuid.uuid4()),
            account_id=caller.account_id,
            name=name,
            spec=spec,
            plan=plan,
            revision=server_store.next_generation(tx),
            bars=tuple((bar, found.bars[bar].digest) for bar in spec.bars),
        )
        shown = store_deployed(tx, caller, server, now=now, new=known is None)
        bar_store.delete_unused_contents(tx, caller.account_id)
        return shown, known is None

    return await room.db.write(write)


def _look_up(room: Room, tx: Tx, caller: Caller, spec: ServerSpec) -> Found:
    account_id = caller.account_id
    bars = {bar.name: bar for bar in bar_store.bars(tx, account_id)}
    configurations = {one.name: one for one in configuration_store.configurations(tx, account_id)}
    listed = {name: configurations[name] for name in spec.configurations if name in configurations}
    return Found(
        bars={name: bars[name] for name in spec.bars if name in bars},
        configurations=listed,
        provided={name: provided_by(room, tx, account_id, one) for name, one in listed.items()},
        known_bars=list(bars),
        known_configurations=list(configurations),
    )


async def _with_instance(room: Room, caller: Caller, found: Found) -> Found:
    """What was found, with the accounts of the instance, asked by the wire with the caller's own token."""
    try:
        instance = await room.instance_of(caller)
        if instance is None:
            return found
        cloud: dict[str, list[str]] = {}
        for account in await instance.accounts():
            cloud.setdefault(account.connector, []).append(account.name)
    except Problem:
        raise PlatformAway("the App Connect instance") from None
    return replace(found, cloud=cloud, instance_id=instance.instance_id)


def _judged(room: Room, spec: ServerSpec, found: Found) -> tuple[Plan | None, list[Mistake]]:
    try:
        return judge(spec, found, room.catalogue), []
    except Mistakes as error:
        return None, list(error.mistakes)


async def _key_mistakes(room: Room, caller: Caller, keys: list[ProvidedKey]) -> list[Mistake]:
    """What is wrong with the keys that the server would use: refused by IAM, or of another account."""
    return [one for one in await asyncio.gather(*(_key_mistake(room, caller, key) for key in keys)) if one]


async def _key_mistake(room: Room, caller: Caller, key: ProvidedKey) -> Mistake | None:
    try:
        token = await room.iam.apikey_token(key.value)
    except Problem as problem:
        if problem.status not in (400, 401, 403, 404):
            raise PlatformAway("the identity service") from None
        refusal = Refusal(EXCHANGE_REASONS.get(problem.code, "rejected"), key.apikey_id)
        return Mistake("cloud_key_rejected", refusal.told(key.configuration), key.configuration)
    account = claims_of(token.access_token).get("account")
    if not isinstance(account, dict) or account.get("bss") != caller.account_id:
        message = (
            f"the API key of configuration '{key.configuration}' belongs to another account than the server"
        )
        return Mistake("cloud_instance_forbidden", message, key.configuration)
    return None


def _changed(tx: Tx, caller: Caller, found: Found) -> bool:
    """Whether a BAR or configuration is not any more what the deployment was judged with."""
    bars = {bar.name: bar.digest for bar in bar_store.bars(tx, caller.account_id)}
    if any(bars.get(name) != bar.digest for name, bar in found.bars.items()):
        return True
    configurations = {one.name: one for one in configuration_store.configurations(tx, caller.account_id)}
    return any(configurations.get(name) != one for name, one in found.configurations.items())
