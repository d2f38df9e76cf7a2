"""`lockhouse apikey rotate`: a new key takes the place of another, and the other ends by evidence, if at all.

Both keys work while the servers move, so no call fails; what could not be moved is told and keeps the old
key alive.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from lockhouse.cli import terminal
from lockhouse.cli.apikey import Key, id_of
from lockhouse.cli.options import ApikeyFile, AsJson, NotUnderstood, Yes
from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from lockhouse.cli.connection import Connection
    from lockhouse.wire.servers import Configuration

_KEPT = ("name", "description", "action_when_leaked", "support_sessions", "iam_id", "account_id")
_TYPE = "apikey"


class KeyStillNeeded(LockhouseError):
    """The old key stays: something that carries it did not move to the new one. Both work."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What a rotation does: the key that goes, what carries it and can be changed, and what cannot."""

    old: dict[str, Any]
    movable: "Sequence[Configuration]"
    fixed: "Sequence[Configuration]"

    @property
    def servers(self) -> list[str]:
        """The servers that start anew with the new key."""
        return sorted({server for one in self.movable for server in one.status.used_by})


def rotate(
    key: Key,
    file: Annotated[
        Path, typer.Option("--file", help="Write the new key's apiKey.json there.", dir_okay=False)
    ],
    retire: Annotated[
        Literal["keep", "disable", "delete"],
        typer.Option(help="What becomes of the old key once every server has moved."),
    ] = "keep",
    expires_at: Annotated[
        str | None,
        typer.Option(
            "--expires-at", metavar="TIME", help="When the new key ends; without, when the old one does."
        ),
    ] = None,
    timeout: Annotated[
        int, typer.Option(help="How many seconds each server may take to become ready.", min=1)
    ] = 60,
    force: Annotated[
        bool, typer.Option("--force", help="Replace the file of --file if there is one.")
    ] = False,
    yes: Yes = False,
    apikey_file: ApikeyFile = None,
    as_json: AsJson = False,
) -> None:
    """Replace a key by a new one, without a failed call.

    A key of the same name, description and owner is made; every configuration of type apikey that carries the
    old key gets the new one; the servers that use it start anew, and keep serving meanwhile. Only when all of
    them are ready is the old key retired. When anything goes wrong both keys work, and the old one stays.
    """
    from lockhouse.cli import keyfile
    from lockhouse.cli.connection import ask_platform

    async def work(platform: "Connection") -> dict[str, Any]:
        plan = await _plan(platform, await id_of(platform, key))
        _check(plan, retire)
        question = f"Rotate API key {plan.old['id']}? These servers start anew: {_listed(plan.servers)}."
        terminal.confirm(question, yes=yes)
        made = await _make(platform, plan.old, expires_at)
        write(made)
        if not as_json:
            terminal.say(f"Made API key '{made['name']}', {made['id']}; its value is in {file}.")
        await _move(platform, plan, made, seconds=timeout, quiet=as_json)
        old = await platform.iam.get_api_key(await platform.token(), plan.old["id"], include_activity="true")
        await _retire(platform, old["id"], retire)
        return {
            "apikey": made | {"apikey": ""},
            "old": {"id": old["id"], "retired": retire, "activity": old["activity"]},
            "configurations": [one.metadata.name for one in plan.movable],
            "servers": plan.servers,
            "not_moved": [one.metadata.name for one in plan.fixed],
        }

    with keyfile.reserved(file, replace=force) as write:
        done = ask_platform(work, apikey_file=apikey_file)
    if as_json:
        terminal.say_json(done)
    else:
        _tell_end(done["old"], retire)


async def _plan(platform: "Connection", key_id: str) -> Plan:
    from lockhouse.client.uses import carriers_of

    old = await platform.iam.get_api_key(await platform.token(), key_id)
    carriers = carriers_of(await platform.runtime.configurations(), {key_id})
    return Plan(
        old,
        movable=[one for one in carriers if one.spec.type == _TYPE],
        fixed=[one for one in carriers if one.spec.type != _TYPE],
    )


def _check(plan: Plan, retire: str) -> None:
    """Raise, before anything is done, what would keep the old key from being retired at the end."""
    if retire == "keep":
        return
    if plan.fixed:
        names = _listed([one.metadata.name for one in plan.fixed])
        raise KeyStillNeeded(
            f"configurations {names} carry the key beside other things, and their content is sealed: rotate "
            "with --retire keep, put the new value into them yourself, then end the old key"
        )
    if plan.old["locked"]:
        raise NotUnderstood("the key is locked: unlock it first, or rotate with --retire keep")


async def _make(platform: "Connection", old: Mapping[str, Any], expires_at: str | None) -> dict[str, Any]:
    wanted = {name: old[name] for name in _KEPT if old.get(name) not in (None, "")}
    ends = expires_at or old.get("expires_at")
    if ends:
        wanted["expires_at"] = ends
    return await platform.iam.create_api_key(await platform.token(), wanted, locked=bool(old["locked"]))


async def _move(
    platform: "Connection", plan: Plan, made: Mapping[str, Any], *, seconds: int, quiet: bool
) -> None:
    """Hand the new key to every configuration and wait for the servers. Raises KeyStillNeeded."""
    from lockhouse.cli.deployment import settled
    from lockhouse.wire.apikey_file import write_apikey_file

    content = write_apikey_file(made).encode()
    for one in plan.movable:
        await platform.runtime.put_configuration(
            one.metadata.name, kind=_TYPE, content=content, description=one.spec.description
        )
    late = []
    for name in plan.servers:
        server = await platform.runtime.server(name)
        server = await settled(platform.runtime, server, seconds=seconds)
        if server.status.phase != "Ready":
            late.append(f"{name} ({server.status.phase})")
        elif not quiet:
            terminal.say(f"Server {name} runs with the new key.")
    if late:
        raise KeyStillNeeded(
            f"these servers are not ready with the new key: {', '.join(late)}. Both keys work; see "
            f"`lockhouse server show`, then end the old key {plan.old['id']} yourself"
        )
    if plan.fixed and not quiet:
        names = _listed([one.metadata.name for one in plan.fixed])
        terminal.say(f"Not moved: {names}. Their content is sealed; put the new value in yourself.")


async def _retire(platform: "Connection", key_id: str, retire: str) -> None:
    if retire == "disable":
        await platform.iam.disable_api_key(await platform.token(), key_id)
    elif retire == "delete":
        await platform.iam.delete_api_key(await platform.token(), key_id)


def _tell_end(old: Mapping[str, Any], retire: str) -> None:
    key_id, activity = old["id"], old["activity"]
    last = activity.get("last_authn")
    used = f"it was last used on {last}" if last else "it was never used"
    if retire == "delete":
        terminal.say(f"Deleted the old key {key_id}; {used}.")
    elif retire == "disable":
        terminal.say(f"Disabled the old key {key_id}; {used}. Undo: lockhouse apikey enable {key_id}")
    else:
        terminal.say(f"The old key {key_id} still works; {used}. When nothing uses it any more:")
        terminal.say(f"  lockhouse apikey disable {key_id}")


def _listed(names: Sequence[str]) -> str:
    return ", ".join(names) or "none"
