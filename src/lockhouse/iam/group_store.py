"""SQL of service ID groups."""

from dataclasses import asdict, dataclass, fields

import sqlalchemy as sa

from lockhouse.iam.tables import IDENTITIES, SERVICE_ID_GROUPS
from lockhouse.ids import AccountId
from lockhouse.storage import Tx

DEFAULT_GROUP = "default"
"""Where service IDs are that were made without a group. It is no group that can be changed."""


@dataclass(frozen=True, slots=True)
class Group:
    """A service ID group."""

    id: str
    account_id: AccountId
    name: str
    description: str
    entity_tag: str
    created_at: int
    created_by: str
    modified_at: int


_GROUP = sa.select(*(SERVICE_ID_GROUPS.c[field.name] for field in fields(Group)))
_BY_ID = _GROUP.where(SERVICE_ID_GROUPS.c.id == sa.bindparam("id"))
_BY_NAME = _GROUP.where(
    SERVICE_ID_GROUPS.c.account_id == sa.bindparam("account_id"),
    SERVICE_ID_GROUPS.c.name == sa.bindparam("name"),
)
_OF_ACCOUNT = _GROUP.where(SERVICE_ID_GROUPS.c.account_id == sa.bindparam("account_id")).order_by(
    SERVICE_ID_GROUPS.c.name
)
_MEMBER = (
    sa.select(IDENTITIES.c.iam_id)
    .where(
        IDENTITIES.c.account_id == sa.bindparam("account_id"),
        IDENTITIES.c.group_id == sa.bindparam("group_id"),
    )
    .limit(1)
)
_CHANGING = ("name", "description", "entity_tag", "modified_at")
_INSERT = sa.insert(SERVICE_ID_GROUPS)
_UPDATE = (
    sa.update(SERVICE_ID_GROUPS)
    .where(SERVICE_ID_GROUPS.c.id == sa.bindparam("group"))
    .values({name: sa.bindparam(name) for name in _CHANGING})
)


def by_id(tx: Tx, group_id: str) -> Group | None:
    """A group."""
    row = tx.execute(_BY_ID, {"id": group_id}).first()
    return Group(*row) if row else None


def by_name(tx: Tx, account_id: str, name: str) -> Group | None:
    """The group of an account with this name."""
    row = tx.execute(_BY_NAME, {"account_id": account_id, "name": name}).first()
    return Group(*row) if row else None


def of_account(tx: Tx, account_id: str) -> list[Group]:
    """All groups of an account, by name."""
    return [Group(*row) for row in tx.execute(_OF_ACCOUNT, {"account_id": account_id})]


def has_members(tx: Tx, account_id: str, group_id: str) -> bool:
    """Whether a service ID is in the group."""
    return tx.execute(_MEMBER, {"account_id": account_id, "group_id": group_id}).first() is not None


def insert(tx: Tx, group: Group) -> None:
    """Add a group."""
    tx.execute(_INSERT, asdict(group))


def update(tx: Tx, group: Group) -> None:
    """Write what of a group can change."""
    tx.execute(_UPDATE, {name: getattr(group, name) for name in _CHANGING} | {"group": group.id})


def delete(tx: Tx, group_id: str) -> None:
    """Remove a group."""
    tx.execute(sa.delete(SERVICE_ID_GROUPS).where(SERVICE_ID_GROUPS.c.id == group_id))
