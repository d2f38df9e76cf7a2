"""BAR files: read whole before they are kept, known by their digest."""

import asyncio

from lockhouse.flows.bar import read_bar
from lockhouse.runtime import bar_store as store
from lockhouse.runtime.errors import BarInUse, BarNotFound
from lockhouse.runtime.flow_facts import facts_of, load_flows
from lockhouse.runtime.model import BarContent, StoredBar
from lockhouse.runtime.room import Room, tell
from lockhouse.storage import Tx
from lockhouse.web.callers import Caller
from lockhouse.wire.names import check_name
from lockhouse.wire.servers import BarFile, BarFileStatus, Metadata, time_text

MOST_BYTES = 16 * 1024 * 1024


def read_content(name: str, data: bytes) -> BarContent:
    """Read a BAR and every flow in it. Raises Mistakes, all of them."""
    bar = read_bar(data, file=name)
    flows = load_flows(bar, bar_name=name)
    return BarContent(f"sha256:{bar.digest}", data, tuple(facts_of(flow) for flow in flows))


async def put(room: Room, caller: Caller, name: str, data: bytes) -> BarFile:
    """Store a BAR, in place of one of that name. Servers go on with what they were deployed with.

    Raises Mistakes; then nothing was stored.
    """
    check_name("bar", name)
    content = await asyncio.to_thread(read_content, name, data)
    now = room.now

    def write(tx: Tx) -> BarFile:
        known = store.bar(tx, caller.account_id, name)
        store.put_bar(tx, caller.account_id, name, content, now=now)
        action = "bar-file.update" if known else "bar-file.create"
        tell(tx, caller, action, name, now=now, digest=content.digest)
        return _known(tx, caller, name)

    return await room.db.write(write)


async def show_all(room: Room, caller: Caller) -> list[BarFile]:
    """All BARs of the caller's account."""

    def read(tx: Tx) -> list[BarFile]:
        users = store.bar_users(tx, caller.account_id)
        return [_shown(bar, users.get(bar.name, [])) for bar in store.bars(tx, caller.account_id)]

    return await room.db.read(read)


async def show(room: Room, caller: Caller, name: str) -> BarFile:
    """One BAR. Raises BarNotFound."""
    return await room.db.read(lambda tx: _known(tx, caller, name))


async def delete(room: Room, caller: Caller, name: str) -> None:
    """Forget a BAR. Raises BarNotFound, BarInUse."""
    now = room.now

    def write(tx: Tx) -> None:
        users = _known(tx, caller, name).status.used_by
        if users:
            raise BarInUse(name, users)
        store.delete_bar(tx, caller.account_id, name)
        tell(tx, caller, "bar-file.delete", name, now=now)

    await room.db.write(write)


def _known(tx: Tx, caller: Caller, name: str) -> BarFile:
    bar = store.bar(tx, caller.account_id, name)
    if bar is None:
        raise BarNotFound(name)
    return _shown(bar, store.bar_users(tx, caller.account_id).get(name, []))


def _shown(bar: StoredBar, users: list[str]) -> BarFile:
    status = BarFileStatus(
        digest=bar.digest,
        size=bar.size,
        flows=list(bar.flows),
        used_by=users,
        modified_at=time_text(bar.modified_at),
    )
    return BarFile(metadata=Metadata(name=bar.name), status=status)
