"""SQL of API keys."""

from dataclasses import dataclass
from functools import lru_cache, partial
from typing import Any

import msgspec
import sqlalchemy as sa

from lockhouse.iam.filters import Filter
from lockhouse.iam.list_store import Shape, condition, page_statement, read_page, shape_of
from lockhouse.iam.model import ApiKey, Subject
from lockhouse.iam.paging import Page, PageRequest
from lockhouse.iam.tables import ACCOUNTS, API_KEYS, IDENTITIES
from lockhouse.storage import Tx
from lockhouse.storage.hot import HotInsert, HotQuery

SORTS = ("created_at", "name", "description", "created_by")
FILTERED = {name: API_KEYS.c[name] for name in ("name", "description", "id", "iam_id", "created_by")}


@dataclass(frozen=True, slots=True)
class KeyList:
    """Which keys a list holds: of one identity, or all of the account, of one kind, of one service ID
    group."""

    account_id: str
    iam_id: str | None = None
    kind: str | None = None
    group_id: str | None = None
    filter: Filter | None = None


_KEY = tuple(API_KEYS.c[name] for name in ApiKey.__struct_fields__)
_ALIVE = API_KEYS.c.deleted_at.is_(None)

_BY_ID = HotQuery(sa.select(*_KEY).where(API_KEYS.c.id == sa.bindparam("id"), _ALIVE))
_BY_DIGEST = HotQuery(sa.select(*_KEY).where(API_KEYS.c.digest == sa.bindparam("digest"), _ALIVE))
_OF_IDENTITY = (
    sa.select(*_KEY)
    .where(
        API_KEYS.c.account_id == sa.bindparam("account_id"),
        API_KEYS.c.iam_id == sa.bindparam("iam_id"),
        _ALIVE,
    )
    .order_by(API_KEYS.c.created_at, API_KEYS.c.id)
)
_COUNT = HotQuery(
    sa.select(sa.func.count()).select_from(
        sa.select(API_KEYS.c.id)
        .where(
            API_KEYS.c.account_id == sa.bindparam("account_id"),
            API_KEYS.c.iam_id == sa.bindparam("iam_id"),
            _ALIVE,
        )
        .limit(sa.bindparam("most"))
        .subquery()
    )
)
EXCHANGE = HotQuery(
    sa.select(
        API_KEYS.c.id,
        API_KEYS.c.disabled,
        API_KEYS.c.expires_at,
        API_KEYS.c.support_sessions,
        IDENTITIES.c.account_id,
        IDENTITIES.c.iam_id,
        IDENTITIES.c.id,
        IDENTITIES.c.kind,
        IDENTITIES.c.name,
        IDENTITIES.c.email,
        IDENTITIES.c.given_name,
        IDENTITIES.c.family_name,
        IDENTITIES.c.roles_json,
        (ACCOUNTS.c.owner_iam_id == IDENTITIES.c.iam_id).label("owner"),
        ACCOUNTS.c.settings_json,
        ACCOUNTS.c.disabled,
        IDENTITIES.c.disabled,
    )
    .select_from(
        API_KEYS.join(ACCOUNTS, ACCOUNTS.c.id == API_KEYS.c.account_id).join(
            IDENTITIES,
            sa.and_(
                IDENTITIES.c.account_id == API_KEYS.c.account_id, IDENTITIES.c.iam_id == API_KEYS.c.iam_id
            ),
        )
    )
    .where(API_KEYS.c.digest == sa.bindparam("digest"), _ALIVE)
)
_INSERTED = tuple(column.name for column in API_KEYS.columns if not column.name.startswith("deleted_"))
_INSERT = HotInsert(API_KEYS, *_INSERTED)
_UPDATE = (
    sa.update(API_KEYS)
    .where(API_KEYS.c.id == sa.bindparam("key_id"))
    .values(
        {
            name: sa.bindparam(name)
            for name in (
                "name",
                "description",
                "support_sessions",
                "action_when_leaked",
                "expires_text",
                "expires_at",
                "locked",
                "disabled",
                "entity_tag",
                "modified_at",
            )
        }
    )
)
_SET_DISABLED = (
    sa.update(API_KEYS)
    .where(API_KEYS.c.id == sa.bindparam("key_id"))
    .values(disabled_at=sa.bindparam("at"), disabled_by=sa.bindparam("by"))
)
_BURY = (
    sa.update(API_KEYS)
    .where(API_KEYS.c.id == sa.bindparam("key_id"), _ALIVE)
    .values(deleted_at=sa.bindparam("at"), deleted_by=sa.bindparam("by"), sealed_value=None)
)


def by_id(tx: Tx, key_id: str) -> ApiKey | None:
    """The live key with this id."""
    row = _BY_ID.first(tx, {"id": key_id})
    return ApiKey(*row) if row else None


def by_digest(tx: Tx, digest: bytes) -> ApiKey | None:
    """The live key with this value."""
    row = _BY_DIGEST.first(tx, {"digest": digest})
    return ApiKey(*row) if row else None


def of_identity(tx: Tx, account_id: str, iam_id: str) -> list[ApiKey]:
    """All live keys of an identity, oldest first."""
    return [ApiKey(*row) for row in tx.execute(_OF_IDENTITY, {"account_id": account_id, "iam_id": iam_id})]


def count_of_identity(tx: Tx, account_id: str, iam_id: str, *, most: int) -> int:
    """How many live keys an identity has; not counted beyond `most`."""
    row = _COUNT.first(tx, {"account_id": account_id, "iam_id": iam_id, "most": most})
    return int(row[0]) if row else 0


def exchanged(row: tuple[Any, ...] | None) -> tuple[str, bool, int | None, bool, Subject] | None:
    """A row of EXCHANGE: id, disabled, expires_at, support_sessions of the live key, and whom it is for."""
    if row is None:
        return None
    key_id, disabled, expires_at, support_sessions, *subject = row
    return key_id, disabled, expires_at, support_sessions, Subject(*subject)


def insert(tx: Tx, key: ApiKey, digest: bytes) -> None:
    """Add a key."""
    values = msgspec.structs.asdict(key)
    values["digest"] = digest
    values["disabled_at"] = key.created_at if key.disabled else None
    values["disabled_by"] = key.created_by if key.disabled else None
    _INSERT.many(tx, [tuple(values[name] for name in _INSERTED)])


def update(tx: Tx, key: ApiKey) -> None:
    """Write what of a key can change."""
    tx.execute(
        _UPDATE,
        {
            "key_id": key.id,
            "name": key.name,
            "description": key.description,
            "support_sessions": key.support_sessions,
            "action_when_leaked": key.action_when_leaked,
            "expires_text": key.expires_text,
            "expires_at": key.expires_at,
            "locked": key.locked,
            "disabled": key.disabled,
            "entity_tag": key.entity_tag,
            "modified_at": key.modified_at,
        },
    )


def note_disabled(tx: Tx, key_id: str, *, at: int, by: str) -> None:
    """Remember who disabled or enabled a key."""
    tx.execute(_SET_DISABLED, {"key_id": key_id, "at": at, "by": by})


def bury(tx: Tx, key_id: str, *, at: int, by: str) -> None:
    """Delete a key: no API shows it any more."""
    tx.execute(_BURY, {"key_id": key_id, "at": at, "by": by})


def page(tx: Tx, request: PageRequest, wanted: KeyList) -> Page:
    """A page of live keys; its rows are ApiKey."""
    what = (wanted.iam_id is not None, wanted.kind, wanted.group_id is not None)
    values = {"account_id": wanted.account_id}
    values |= {"iam_id": wanted.iam_id} if wanted.iam_id is not None else {}
    values |= {"group_id": wanted.group_id} if wanted.group_id is not None else {}
    if wanted.filter is None:
        return read_page(partial(_page_query(shape_of(request), what).all, tx), request, values, ApiKey)
    statement = _page_statement(shape_of(request), what, wanted.filter)
    return read_page(lambda bound: tx.execute(statement, bound).all(), request, values, ApiKey)


_What = tuple[bool, str | None, bool]


@lru_cache(256)
def _page_query(shape: Shape, what: _What) -> HotQuery:
    return HotQuery(_page_statement(shape, what, None))


def _page_statement(shape: Shape, what: _What, tree: Filter | None) -> sa.Select[Any]:
    of_identity, kind, in_group = what
    rows = sa.select(*_KEY).where(_ALIVE, API_KEYS.c.account_id == sa.bindparam("account_id"))
    if of_identity:
        rows = rows.where(API_KEYS.c.iam_id == sa.bindparam("iam_id"))
    if kind is not None:
        of_service = API_KEYS.c.iam_id.startswith("iam-ServiceId-", autoescape=True)
        rows = rows.where(of_service if kind == "serviceid" else sa.not_(of_service))
    if in_group:
        rows = rows.where(sa.or_(~API_KEYS.c.iam_id.startswith("iam-", autoescape=True), _IN_GROUP))
    if tree is not None:
        rows = rows.where(condition(tree, FILTERED))
    return page_statement(rows, shape, sort=API_KEYS.c[shape.sort], tie=API_KEYS.c.id)


_IN_GROUP = sa.exists().where(
    IDENTITIES.c.account_id == API_KEYS.c.account_id,
    IDENTITIES.c.iam_id == API_KEYS.c.iam_id,
    IDENTITIES.c.group_id == sa.bindparam("group_id"),
)
