"""SQL of integration servers. Every function stands inside a transaction of its caller."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from lockhouse.runtime.bar_store import delete_unused_contents
from lockhouse.runtime.model import Plan, StoredServer
from lockhouse.runtime.tables import GENERATION, SERVER_BARS, SERVER_CONFIGURATIONS, SERVERS
from lockhouse.storage import Tx
from lockhouse.wire.servers import ServerSpec

_A: sa.BindParameter[str] = bindparam("a")
_N: sa.BindParameter[str] = bindparam("n")

_SERVERS = sa.select(
    SERVERS.c.id, SERVERS.c.account_id, SERVERS.c.name, SERVERS.c.spec, SERVERS.c.plan, SERVERS.c.revision
)
_SERVERS_OF_ACCOUNT = _SERVERS.where(SERVERS.c.account_id == _A)
_SERVER = _SERVERS_OF_ACCOUNT.where(SERVERS.c.name == _N)
_SERVER_BY_ID = _SERVERS.where(SERVERS.c.id == bindparam("i"))
_EVERY_SERVER = sa.select(SERVERS.c.id, SERVERS.c.account_id, SERVERS.c.name, SERVERS.c.revision)
_DELETE_SERVER = sa.delete(SERVERS).where(SERVERS.c.id == bindparam("i"))
_CHANGE_SERVER = (
    sa.update(SERVERS)
    .where(SERVERS.c.id == bindparam("i"))
    .values(
        spec=bindparam("spec"),
        plan=bindparam("plan"),
        revision=bindparam("revision"),
        modified_at=bindparam("modified_at"),
    )
)
_BARS_OF_SERVER = (
    sa.select(SERVER_BARS.c.name, SERVER_BARS.c.digest)
    .where(SERVER_BARS.c.server_id == bindparam("i"))
    .order_by(SERVER_BARS.c.position)
)
_DELETE_SERVER_BARS = sa.delete(SERVER_BARS).where(SERVER_BARS.c.server_id == bindparam("i"))
_DELETE_SERVER_CONFIGURATIONS = sa.delete(SERVER_CONFIGURATIONS).where(
    SERVER_CONFIGURATIONS.c.server_id == bindparam("i")
)
_TOUCH = sa.update(SERVERS).where(SERVERS.c.id == bindparam("i")).values(revision=bindparam("revision"))
_SERVERS_WITH_CONFIGURATION = sa.select(SERVER_CONFIGURATIONS.c.server_id).where(
    SERVER_CONFIGURATIONS.c.account_id == _A, SERVER_CONFIGURATIONS.c.name == _N
)
_GENERATION = sa.select(GENERATION.c.value)
_NEXT_GENERATION = sa.update(GENERATION).values(value=GENERATION.c.value + 1)


def servers(tx: Tx, account_id: str) -> list[StoredServer]:
    """All servers of an account, sorted by name."""
    rows = tx.execute(_SERVERS_OF_ACCOUNT, {"a": account_id}).all()
    return sorted((_server(tx, row) for row in rows), key=lambda server: server.name)


def server(tx: Tx, account_id: str, name: str) -> StoredServer | None:
    """One server."""
    row = tx.execute(_SERVER, {"a": account_id, "n": name}).first()
    return _server(tx, row) if row else None


def server_by_id(tx: Tx, server_id: str) -> StoredServer | None:
    """One server of whatever account: for the supervisors' door only."""
    row = tx.execute(_SERVER_BY_ID, {"i": server_id}).first()
    return _server(tx, row) if row else None


def every_server(tx: Tx) -> Sequence[Any]:
    """(id, account_id, name, revision) of all servers of all accounts: for the supervisors' door only."""
    return tx.execute(_EVERY_SERVER).all()


def put_server(tx: Tx, server: StoredServer, *, now: int, new: bool) -> None:
    """Store a server, new or in place of what it was."""
    change = {
        "spec": _json(server.spec),
        "plan": _json(server.plan),
        "revision": server.revision,
        "modified_at": now,
    }
    if new:
        row = {"id": server.id, "account_id": server.account_id, "name": server.name, "created_at": now}
        tx.execute(SERVERS.insert(), row | change)
    else:
        tx.execute(_CHANGE_SERVER, change | {"i": server.id})
        tx.execute(_DELETE_SERVER_BARS, {"i": server.id})
        tx.execute(_DELETE_SERVER_CONFIGURATIONS, {"i": server.id})
    shared = {"server_id": server.id, "account_id": server.account_id}
    for position, (name, digest) in enumerate(server.bars):
        tx.execute(SERVER_BARS.insert(), shared | {"position": position, "name": name, "digest": digest})
    for position, name in enumerate(server.spec.configurations):
        tx.execute(SERVER_CONFIGURATIONS.insert(), shared | {"position": position, "name": name})
    delete_unused_contents(tx, server.account_id)


def delete_server(tx: Tx, server: StoredServer) -> None:
    """Forget a server with everything that refers to it."""
    tx.execute(_DELETE_SERVER_BARS, {"i": server.id})
    tx.execute(_DELETE_SERVER_CONFIGURATIONS, {"i": server.id})
    tx.execute(_DELETE_SERVER, {"i": server.id})
    delete_unused_contents(tx, server.account_id)


def touch_server(tx: Tx, server_id: str, revision: int) -> None:
    """Ask for a new process of a server."""
    tx.execute(_TOUCH, {"i": server_id, "revision": revision})


def servers_with_configuration(tx: Tx, account_id: str, name: str) -> list[str]:
    """Ids of the servers that list a configuration."""
    return list(tx.execute(_SERVERS_WITH_CONFIGURATION, {"a": account_id, "n": name}).scalars())


def generation(tx: Tx) -> int:
    """The number of changes so far of what should run."""
    return int(tx.execute(_GENERATION).scalar_one())


def next_generation(tx: Tx) -> int:
    """Count one more change; the new number serves as a revision."""
    tx.execute(_NEXT_GENERATION)
    return generation(tx)


def _server(tx: Tx, row: Any) -> StoredServer:
    pairs = tx.execute(_BARS_OF_SERVER, {"i": row.id})
    return StoredServer(
        id=row.id,
        account_id=row.account_id,
        name=row.name,
        spec=msgspec.json.decode(row.spec, type=ServerSpec),
        plan=msgspec.json.decode(row.plan, type=Plan),
        revision=row.revision,
        bars=tuple((pair.name, pair.digest) for pair in pairs),
    )


def _json(value: Any) -> str:
    return msgspec.json.encode(value).decode()
