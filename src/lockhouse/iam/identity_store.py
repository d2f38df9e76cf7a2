"""SQL of identities: users in accounts, service IDs, trusted profiles."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import msgspec
import sqlalchemy as sa

from lockhouse.iam.filters import Filter
from lockhouse.iam.list_store import condition, page_statement, read_page, shape_of
from lockhouse.iam.model import IdentityKind
from lockhouse.iam.paging import Page, PageRequest
from lockhouse.iam.tables import IDENTITIES
from lockhouse.ids import AccountId, IamId
from lockhouse.storage import Tx
from lockhouse.storage.hot import HotQuery


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """A user in an account, a service ID, or a trusted profile.

    `state` is ACTIVE, or PENDING for a user who was invited. `details` holds what only its kind has:
    `unique_instance_crns` of service IDs, `email` of profiles, `phonenumber` of users.
    """

    account_id: AccountId
    iam_id: IamId
    id: str
    kind: IdentityKind
    name: str
    description: str = ""
    email: str | None = None
    given_name: str | None = None
    family_name: str | None = None
    roles: tuple[str, ...] = ()
    state: str = "ACTIVE"
    locked: bool = False
    disabled: bool = False
    group_id: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)
    entity_tag: str
    created_at: int
    created_by: str
    modified_at: int

    @property
    def activity_id(self) -> str:
        """Under what name its token issues are counted: a user may be in several accounts."""
        return activity_id(self.kind, self.account_id, self.id)


def activity_id(kind: IdentityKind, account_id: str, identity: str) -> str:
    """Under what name an identity's token issues are counted."""
    return f"{account_id}:{identity}" if kind == "user" else identity


@dataclass(frozen=True, slots=True)
class IdentityList:
    """Which identities a list holds.

    `made_by` limits it to one creator's, `shown_to` to an identity and those that it made; `equal` names
    columns.
    """

    account_id: str
    kind: IdentityKind
    name: str | None = None
    group_id: str | None = None
    made_by: str | None = None
    shown_to: str | None = None
    equal: Mapping[str, str] = field(default_factory=dict)
    filter: Filter | None = None


SORTS = ("created_at", "name", "description", "modified_at")
FILTERED = {name: IDENTITIES.c[name] for name in ("name", "description", "id", "iam_id", "created_by")}

_NAMES = (
    "account_id",
    "iam_id",
    "id",
    "kind",
    "name",
    "description",
    "email",
    "given_name",
    "family_name",
    "roles_json",
    "state",
    "locked",
    "disabled",
    "group_id",
    "details_json",
    "entity_tag",
    "created_at",
    "created_by",
    "modified_at",
)
_COLUMNS = tuple(IDENTITIES.c[name] for name in _NAMES)
_IN_ACCOUNT = (
    IDENTITIES.c.account_id == sa.bindparam("account_id"),
    IDENTITIES.c.iam_id == sa.bindparam("iam_id"),
)
_BY_ID = sa.select(*_COLUMNS).where(IDENTITIES.c.id == sa.bindparam("id"))
_BY_IAM_ID = sa.select(*_COLUMNS).where(*_IN_ACCOUNT)
_BY_NAME = sa.select(*_COLUMNS).where(
    IDENTITIES.c.account_id == sa.bindparam("account_id"),
    IDENTITIES.c.kind == sa.bindparam("kind"),
    IDENTITIES.c.name == sa.bindparam("name"),
)
_CREATOR = HotQuery(sa.select(IDENTITIES.c.created_by).where(*_IN_ACCOUNT))
_COUNT = sa.select(sa.func.count()).where(
    IDENTITIES.c.account_id == sa.bindparam("account_id"), IDENTITIES.c.kind == sa.bindparam("kind")
)
_INSERT = sa.insert(IDENTITIES)
_CHANGING = (
    "name",
    "description",
    "email",
    "given_name",
    "family_name",
    "roles_json",
    "state",
    "locked",
    "group_id",
    "details_json",
    "entity_tag",
    "modified_at",
)
_UPDATE = (
    sa.update(IDENTITIES)
    .where(
        IDENTITIES.c.account_id == sa.bindparam("of_account"),
        IDENTITIES.c.iam_id == sa.bindparam("of_iam_id"),
    )
    .values({name: sa.bindparam(name) for name in _CHANGING})
)
_SET_DISABLED = (
    sa.update(IDENTITIES)
    .where(
        IDENTITIES.c.account_id == sa.bindparam("of_account"),
        IDENTITIES.c.iam_id == sa.bindparam("of_iam_id"),
    )
    .values(disabled=sa.bindparam("off"), disabled_at=sa.bindparam("at"), disabled_by=sa.bindparam("by"))
)
_DELETE = sa.delete(IDENTITIES).where(*_IN_ACCOUNT)


def by_id(tx: Tx, entity_id: str) -> Identity | None:
    """A service ID or profile (users have one row in each of their accounts: `in_account`)."""
    return _first(tx, _BY_ID, {"id": entity_id})


def in_account(tx: Tx, account_id: str, iam_id: str) -> Identity | None:
    """An identity in an account."""
    return _first(tx, _BY_IAM_ID, {"account_id": account_id, "iam_id": iam_id})


def by_name(tx: Tx, account_id: str, kind: IdentityKind, name: str) -> Identity | None:
    """The first identity of a kind with this name."""
    return _first(tx, _BY_NAME, {"account_id": account_id, "kind": kind, "name": name})


def creator(tx: Tx, account_id: str, iam_id: str) -> str | None:
    """Who made an identity."""
    row = _CREATOR.first(tx, {"account_id": account_id, "iam_id": iam_id})
    return row[0] if row else None


def count(tx: Tx, account_id: str, kind: IdentityKind) -> int:
    """How many identities of a kind an account has."""
    return int(tx.scalar(_COUNT, {"account_id": account_id, "kind": kind}) or 0)


def page(tx: Tx, request: PageRequest, wanted: IdentityList) -> Page:
    """A page of identities; its rows are Identity."""
    rows = _listed(sa.select(*_COLUMNS), wanted)
    shape = shape_of(request)
    statement = page_statement(rows, shape, sort=IDENTITIES.c[shape.sort], tie=IDENTITIES.c.iam_id)
    return read_page(
        lambda values: tx.execute(statement, values).all(), request, {}, lambda *row: _identity(row)
    )


def count_list(tx: Tx, wanted: IdentityList) -> int:
    """How many identities a list holds."""
    return int(tx.scalar(_listed(sa.select(sa.func.count()), wanted)) or 0)


def _listed(rows: sa.Select[Any], wanted: IdentityList) -> sa.Select[Any]:
    rows = rows.where(IDENTITIES.c.account_id == wanted.account_id, IDENTITIES.c.kind == wanted.kind)
    for column, value in (
        ("name", wanted.name),
        ("group_id", wanted.group_id),
        ("created_by", wanted.made_by),
    ):
        if value is not None:
            rows = rows.where(IDENTITIES.c[column] == value)
    if wanted.filter is not None:
        rows = rows.where(condition(wanted.filter, FILTERED))
    if wanted.shown_to is not None:
        rows = rows.where(
            sa.or_(IDENTITIES.c.iam_id == wanted.shown_to, IDENTITIES.c.created_by == wanted.shown_to)
        )
    for column, value in wanted.equal.items():
        rows = rows.where(IDENTITIES.c[column] == value)
    return rows


def insert_identity(tx: Tx, identity: Identity) -> None:
    """Add an identity."""
    tx.execute(_INSERT, _values(identity))


def update(tx: Tx, identity: Identity) -> None:
    """Write what of an identity can change; not whether it is disabled."""
    values = _values(identity)
    # Only these: SQLAlchemy writes whatever else is named like a column too.
    changing = {name: values[name] for name in _CHANGING}
    tx.execute(_UPDATE, changing | {"of_account": identity.account_id, "of_iam_id": identity.iam_id})


def set_disabled(tx: Tx, identity: Identity, *, disabled: bool, at: int, by: str) -> None:
    """Disable or enable an identity, and remember who did."""
    values = {
        "of_account": identity.account_id,
        "of_iam_id": identity.iam_id,
        "off": disabled,
        "at": at,
        "by": by,
    }
    tx.execute(_SET_DISABLED, values)


def delete(tx: Tx, identity: Identity) -> None:
    """Remove an identity from its account."""
    tx.execute(_DELETE, {"account_id": identity.account_id, "iam_id": identity.iam_id})


def _first(tx: Tx, statement: sa.Select[Any], values: dict[str, str]) -> Identity | None:
    row = tx.execute(statement, values).first()
    return _identity(tuple(row)) if row else None


def _identity(row: tuple[Any, ...]) -> Identity:
    values = dict(zip(_NAMES, row, strict=True))
    roles = tuple(msgspec.json.decode(values.pop("roles_json")))
    details = msgspec.json.decode(values.pop("details_json"))
    return Identity(**values, roles=roles, details=details)


def _values(identity: Identity) -> dict[str, Any]:
    return {
        "account_id": identity.account_id,
        "iam_id": identity.iam_id,
        "id": identity.id,
        "kind": identity.kind,
        "name": identity.name,
        "description": identity.description,
        "email": identity.email,
        "given_name": identity.given_name,
        "family_name": identity.family_name,
        "roles_json": msgspec.json.encode(identity.roles).decode(),
        "state": identity.state,
        "locked": identity.locked,
        "disabled": identity.disabled,
        "group_id": identity.group_id,
        "details_json": msgspec.json.encode(identity.details).decode(),
        "entity_tag": identity.entity_tag,
        "created_at": identity.created_at,
        "created_by": identity.created_by,
        "modified_at": identity.modified_at,
    }
