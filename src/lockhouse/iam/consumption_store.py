"""SQL of how many there are of what an account may have."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lockhouse.iam.tables import (
    API_KEYS,
    IDENTITIES,
    PROFILE_LINKS,
    PROFILE_RULES,
    SERVICE_ID_GROUPS,
)
from lockhouse.storage import Tx

_ACCOUNT: sa.BindParameter[str] = sa.bindparam("account_id")
_OF_PROFILES = sa.select(IDENTITIES.c.id).where(
    IDENTITIES.c.account_id == _ACCOUNT, IDENTITIES.c.kind == "profile"
)
_LINKS = PROFILE_LINKS.c.profile_id.in_(_OF_PROFILES)
_CR_RULES = sa.and_(PROFILE_RULES.c.profile_id.in_(_OF_PROFILES), PROFILE_RULES.c.type == "Profile-CR")
_SAML_RULES = sa.and_(PROFILE_RULES.c.profile_id.in_(_OF_PROFILES), PROFILE_RULES.c.type == "Profile-SAML")

_WHOLE: Mapping[str, sa.Select[Any]] = {
    "serviceid_groups": sa.select(sa.func.count()).where(SERVICE_ID_GROUPS.c.account_id == _ACCOUNT),
    "profiles": sa.select(sa.func.count()).where(
        IDENTITIES.c.account_id == _ACCOUNT, IDENTITIES.c.kind == "profile"
    ),
    "cr_links": sa.select(sa.func.count()).select_from(PROFILE_LINKS).where(_LINKS),
    "cr_rules": sa.select(sa.func.count()).select_from(PROFILE_RULES).where(_CR_RULES),
}


def _by(column: sa.ColumnElement[Any], condition: sa.ColumnElement[bool]) -> sa.Select[Any]:
    wanted = column.in_(sa.bindparam("ids", expanding=True))
    return sa.select(column, sa.func.count()).where(condition, wanted).group_by(column)


_EACH: Mapping[str, sa.Select[Any]] = {
    "serviceids_per_group": _by(
        IDENTITIES.c.group_id, sa.and_(IDENTITIES.c.account_id == _ACCOUNT, IDENTITIES.c.kind == "serviceid")
    ),
    "apikeys_per_identity": _by(
        API_KEYS.c.iam_id, sa.and_(API_KEYS.c.account_id == _ACCOUNT, API_KEYS.c.deleted_at.is_(None))
    ),
    "claim_rules_per_profile": _by(PROFILE_RULES.c.profile_id, _SAML_RULES),
    "cr_rules_per_profile": _by(PROFILE_RULES.c.profile_id, _CR_RULES),
    "cr_links_per_profile": _by(PROFILE_LINKS.c.profile_id, _LINKS),
}


def whole(tx: Tx, account_id: str, name: str) -> int:
    """How many an account has of what a flag names; none of what the platform does not have."""
    statement = _WHOLE.get(name)
    return 0 if statement is None else int(tx.scalar(statement, {"account_id": account_id}) or 0)


def each(tx: Tx, account_id: str, name: str, ids: Sequence[str]) -> dict[str, int]:
    """How many each of these has of what a list names; zero for the unknown."""
    counts = dict.fromkeys(ids, 0)
    statement = _EACH.get(name)
    if statement is not None and ids:
        found = tx.execute(statement, {"account_id": account_id, "ids": list(counts)})
        counts |= {row[0]: row[1] for row in found}
    return counts
