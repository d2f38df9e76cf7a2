"""SQL of BAR files. Every function stands inside a transaction of its caller."""

from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy import bindparam

from lockhouse.runtime.model import BarContent, StoredBar
from lockhouse.runtime.tables import BAR_CONTENTS, BARS, SERVER_BARS, SERVERS
from lockhouse.storage import Tx
from lockhouse.wire.servers import FlowStatus

_A: sa.BindParameter[str] = bindparam("a")
_N: sa.BindParameter[str] = bindparam("n")

_BARS = (
    sa.select(BARS.c.name, BARS.c.digest, BAR_CONTENTS.c.size, BAR_CONTENTS.c.flows, BARS.c.modified_at)
    .join(
        BAR_CONTENTS,
        (BAR_CONTENTS.c.account_id == BARS.c.account_id) & (BAR_CONTENTS.c.digest == BARS.c.digest),
    )
    .where(BARS.c.account_id == _A)
)
_BAR = _BARS.where(BARS.c.name == _N)
_DELETE_BAR = sa.delete(BARS).where(BARS.c.account_id == _A, BARS.c.name == _N)
_HAS_CONTENT = sa.select(BAR_CONTENTS.c.size).where(
    BAR_CONTENTS.c.account_id == _A, BAR_CONTENTS.c.digest == bindparam("d")
)
_CONTENT = sa.select(BAR_CONTENTS.c.content).where(
    BAR_CONTENTS.c.account_id == _A, BAR_CONTENTS.c.digest == bindparam("d")
)
_DELETE_UNUSED_CONTENTS = sa.delete(BAR_CONTENTS).where(
    BAR_CONTENTS.c.account_id == _A,
    ~sa.exists().where(BARS.c.account_id == _A, BARS.c.digest == BAR_CONTENTS.c.digest),
    ~sa.exists().where(SERVER_BARS.c.account_id == _A, SERVER_BARS.c.digest == BAR_CONTENTS.c.digest),
)
_BAR_USERS = (
    sa.select(SERVER_BARS.c.name, SERVERS.c.name.label("server"))
    .join(SERVERS, SERVERS.c.id == SERVER_BARS.c.server_id)
    .where(SERVER_BARS.c.account_id == _A)
)


def bars(tx: Tx, account_id: str) -> list[StoredBar]:
    """All BARs of an account, sorted by name."""
    return sorted((_bar(row) for row in tx.execute(_BARS, {"a": account_id})), key=lambda bar: bar.name)


def bar(tx: Tx, account_id: str, name: str) -> StoredBar | None:
    """One BAR."""
    row = tx.execute(_BAR, {"a": account_id, "n": name}).first()
    return _bar(row) if row else None


def bar_content(tx: Tx, account_id: str, digest: str) -> bytes:
    """The bytes of a BAR that a name or a server refers to."""
    return bytes(tx.execute(_CONTENT, {"a": account_id, "d": digest}).scalar_one())


def put_bar(tx: Tx, account_id: str, name: str, content: BarContent, *, now: int) -> None:
    """Store a BAR under a name, in place of one that has it."""
    if tx.execute(_HAS_CONTENT, {"a": account_id, "d": content.digest}).first() is None:
        row = {
            "account_id": account_id,
            "digest": content.digest,
            "size": len(content.content),
            "flows": msgspec.json.encode(content.flows).decode(),
            "content": content.content,
        }
        tx.execute(BAR_CONTENTS.insert(), row)
    tx.execute(_DELETE_BAR, {"a": account_id, "n": name})
    row = {"account_id": account_id, "name": name, "digest": content.digest, "modified_at": now}
    tx.execute(BARS.insert(), row)
    tx.execute(_DELETE_UNUSED_CONTENTS, {"a": account_id})


def delete_unused_contents(tx: Tx, account_id: str) -> None:
    """Forget the bytes that neither a name nor a server refers to."""
    tx.execute(_DELETE_UNUSED_CONTENTS, {"a": account_id})


def delete_bar(tx: Tx, account_id: str, name: str) -> None:
    """Forget a BAR, and its bytes if no server runs them."""
    tx.execute(_DELETE_BAR, {"a": account_id, "n": name})
    tx.execute(_DELETE_UNUSED_CONTENTS, {"a": account_id})


def bar_users(tx: Tx, account_id: str) -> dict[str, list[str]]:
    """BAR name → names of the servers that were deployed with it, sorted."""
    return users_by_name(tx.execute(_BAR_USERS, {"a": account_id}))


def users_by_name(rows: Any) -> dict[str, list[str]]:
    """Rows of (name, server) → name: the servers, sorted."""
    users: dict[str, set[str]] = {}
    for row in rows:
        users.setdefault(row.name, set()).add(row.server)
    return {name: sorted(servers) for name, servers in users.items()}


def _bar(row: Any) -> StoredBar:
    return StoredBar(
        name=row.name,
        digest=row.digest,
        size=row.size,
        flows=msgspec.json.decode(row.flows, type=tuple[FlowStatus, ...]),
        modified_at=row.modified_at,
    )
