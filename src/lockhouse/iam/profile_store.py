"""SQL of what belongs to trusted profiles: claim rules, links, identities."""

from dataclasses import asdict, dataclass, fields

import msgspec
import sqlalchemy as sa

from lockhouse.iam.tables import PROFILE_IDENTITIES, PROFILE_LINKS, PROFILE_RULES
from lockhouse.storage import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A claim rule. `conditions_json` is a JSON list of claim, operator, value."""

    id: str
    profile_id: str
    name: str
    type: str
    realm_name: str
    cr_type: str
    expiration: int
    conditions_json: str
    entity_tag: str
    created_at: int
    modified_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link to a compute resource; `link_json` is its target."""

    id: str
    profile_id: str
    name: str
    cr_type: str
    link_json: str
    is_cross_account: bool
    entity_tag: str
    created_at: int
    modified_at: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumer:
    """An identity that may assume a profile."""

    profile_id: str
    type: str
    identifier: str
    iam_id: str
    accounts: tuple[str, ...] = ()
    description: str = ""


_RULES = (
    sa.select(*(PROFILE_RULES.c[field.name] for field in fields(Rule)))
    .where(PROFILE_RULES.c.profile_id == sa.bindparam("profile_id"))
    .order_by(PROFILE_RULES.c.created_at, PROFILE_RULES.c.id)
)
_LINKS = (
    sa.select(*(PROFILE_LINKS.c[field.name] for field in fields(Link)))
    .where(PROFILE_LINKS.c.profile_id == sa.bindparam("profile_id"))
    .order_by(PROFILE_LINKS.c.created_at, PROFILE_LINKS.c.id)
)
_ASSUMERS = (
    sa.select(
        PROFILE_IDENTITIES.c.profile_id,
        PROFILE_IDENTITIES.c.type,
        PROFILE_IDENTITIES.c.identifier,
        PROFILE_IDENTITIES.c.iam_id,
        PROFILE_IDENTITIES.c.accounts_json,
        PROFILE_IDENTITIES.c.description,
    )
    .where(PROFILE_IDENTITIES.c.profile_id == sa.bindparam("profile_id"))
    .order_by(PROFILE_IDENTITIES.c.type, PROFILE_IDENTITIES.c.identifier)
)
_CHANGING_OF_RULES = (
    "name",
    "type",
    "realm_name",
    "cr_type",
    "expiration",
    "conditions_json",
    "entity_tag",
    "modified_at",
)
_UPDATE_RULE = (
    sa.update(PROFILE_RULES)
    .where(PROFILE_RULES.c.id == sa.bindparam("rule"))
    .values({name: sa.bindparam(name) for name in _CHANGING_OF_RULES})
)


def rules(tx: Tx, profile_id: str) -> list[Rule]:
    """The claim rules of a profile, oldest first."""
    return [Rule(**row) for row in tx.execute(_RULES, {"profile_id": profile_id}).mappings()]


def insert_rule(tx: Tx, rule: Rule) -> None:
    """Add a claim rule."""
    tx.execute(sa.insert(PROFILE_RULES), asdict(rule))


def update_rule(tx: Tx, rule: Rule) -> None:
    """Write a claim rule."""
    values = asdict(rule)
    tx.execute(_UPDATE_RULE, {name: values[name] for name in _CHANGING_OF_RULES} | {"rule": rule.id})


def delete_rule(tx: Tx, rule_id: str) -> None:
    """Remove a claim rule."""
    tx.execute(sa.delete(PROFILE_RULES).where(PROFILE_RULES.c.id == rule_id))


def links(tx: Tx, profile_id: str) -> list[Link]:
    """The links of a profile, oldest first."""
    return [Link(**row) for row in tx.execute(_LINKS, {"profile_id": profile_id}).mappings()]


def insert_link(tx: Tx, link: Link) -> None:
    """Add a link."""
    tx.execute(sa.insert(PROFILE_LINKS), asdict(link))


def delete_link(tx: Tx, link_id: str) -> None:
    """Remove a link."""
    tx.execute(sa.delete(PROFILE_LINKS).where(PROFILE_LINKS.c.id == link_id))


def assumers(tx: Tx, profile_id: str) -> list[Assumer]:
    """Who may assume a profile."""
    return [
        Assumer(
            profile_id=row.profile_id,
            type=row.type,
            identifier=row.identifier,
            iam_id=row.iam_id,
            accounts=tuple(msgspec.json.decode(row.accounts_json)),
            description=row.description,
        )
        for row in tx.execute(_ASSUMERS, {"profile_id": profile_id})
    ]


def insert_assumer(tx: Tx, assumer: Assumer) -> None:
    """Add one who may assume a profile."""
    tx.execute(
        sa.insert(PROFILE_IDENTITIES),
        {
            "profile_id": assumer.profile_id,
            "type": assumer.type,
            "identifier": assumer.identifier,
            "iam_id": assumer.iam_id,
            "accounts_json": msgspec.json.encode(assumer.accounts).decode(),
            "description": assumer.description,
        },
    )


def delete_assumer(tx: Tx, assumer: Assumer) -> None:
    """Remove one who may assume a profile."""
    tx.execute(
        sa.delete(PROFILE_IDENTITIES).where(
            PROFILE_IDENTITIES.c.profile_id == assumer.profile_id,
            PROFILE_IDENTITIES.c.type == assumer.type,
            PROFILE_IDENTITIES.c.identifier == assumer.identifier,
        )
    )


def delete_parts(tx: Tx, profile_id: str) -> None:
    """Remove everything that belongs to a profile."""
    for table in (PROFILE_RULES, PROFILE_LINKS, PROFILE_IDENTITIES):
        tx.execute(sa.delete(table).where(table.c.profile_id == profile_id))


def forget_identity(tx: Tx, iam_id: str, profile_ids: list[str]) -> None:
    """Remove an identity from these profiles."""
    tx.execute(
        sa.delete(PROFILE_IDENTITIES).where(
            PROFILE_IDENTITIES.c.iam_id == iam_id, PROFILE_IDENTITIES.c.profile_id.in_(profile_ids)
        )
    )
