"""SQL of what tokens stand on, and of whom they speak for."""

import msgspec
import sqlalchemy as sa

from lockhouse.iam.model import IdentityKind, Subject
from lockhouse.iam.tables import ACCOUNTS, API_KEYS, IDENTITIES, REVOKED_TOKENS, SESSIONS
from lockhouse.storage import Tx
from lockhouse.storage.hot import HotQuery

_SUBJECT_COLUMNS = (
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
    ACCOUNTS.c.disabled.label("account_disabled"),
    sa.or_(IDENTITIES.c.disabled, IDENTITIES.c.state == sa.literal_column("'PENDING'")).label("disabled"),
)
_IN_ACCOUNT = IDENTITIES.join(ACCOUNTS, ACCOUNTS.c.id == IDENTITIES.c.account_id)
_SUBJECT = HotQuery(
    sa.select(*_SUBJECT_COLUMNS)
    .select_from(_IN_ACCOUNT)
    .where(
        IDENTITIES.c.account_id == sa.bindparam("account_id"), IDENTITIES.c.iam_id == sa.bindparam("iam_id")
    )
)
_SUBJECTS_OF_USER = (
    sa.select(*_SUBJECT_COLUMNS)
    .select_from(_IN_ACCOUNT)
    .where(IDENTITIES.c.id == sa.bindparam("iam_id"), IDENTITIES.c.kind == "user")
    .order_by(IDENTITIES.c.created_at, IDENTITIES.c.account_id)
)


class Standing(msgspec.Struct, frozen=True):
    """Everything that a token stands on, as it is now. None where the token has no such thing, or it is
    gone."""

    account_disabled: bool
    account_at: int | None
    account_by: str | None
    owner: bool | None
    kind: IdentityKind | None
    name: str | None
    roles_json: str | None
    identity_disabled: bool | None
    identity_at: int | None
    identity_by: str | None
    apikey_id: str | None
    apikey_disabled: bool | None
    apikey_at: int | None
    apikey_by: str | None
    apikey_expires_at: int | None
    apikey_deleted_at: int | None
    apikey_deleted_by: str | None
    session_id: str | None
    session_at: int | None
    session_by: str | None
    token_at: int | None
    token_by: str | None


# In one look, so that no change can fall between two: the strictest of it decides (standing.py).
STANDING = HotQuery(
    sa.select(
        ACCOUNTS.c.disabled,
        ACCOUNTS.c.disabled_at,
        ACCOUNTS.c.disabled_by,
        (ACCOUNTS.c.owner_iam_id == IDENTITIES.c.iam_id).label("owner"),
        IDENTITIES.c.kind,
        IDENTITIES.c.name,
        IDENTITIES.c.roles_json,
        sa.or_(IDENTITIES.c.disabled, IDENTITIES.c.state == sa.literal_column("'PENDING'")).label("disabled"),
        IDENTITIES.c.disabled_at,
        IDENTITIES.c.disabled_by,
        API_KEYS.c.id,
        API_KEYS.c.disabled,
        API_KEYS.c.disabled_at,
        API_KEYS.c.disabled_by,
        API_KEYS.c.expires_at,
        API_KEYS.c.deleted_at,
        API_KEYS.c.deleted_by,
        SESSIONS.c.id,
        SESSIONS.c.revoked_at,
        SESSIONS.c.revoked_by,
        REVOKED_TOKENS.c.revoked_at,
        REVOKED_TOKENS.c.revoked_by,
    )
    .select_from(
        ACCOUNTS.outerjoin(
            IDENTITIES,
            sa.and_(IDENTITIES.c.account_id == ACCOUNTS.c.id, IDENTITIES.c.iam_id == sa.bindparam("iam_id")),
        )
        .outerjoin(API_KEYS, API_KEYS.c.id == sa.bindparam("apikey_id"))
        .outerjoin(SESSIONS, SESSIONS.c.id == sa.bindparam("session_id"))
        .outerjoin(REVOKED_TOKENS, REVOKED_TOKENS.c.jti == sa.bindparam("jti"))
    )
    .where(ACCOUNTS.c.id == sa.bindparam("account_id"))
)


def subject(tx: Tx, account_id: str, iam_id: str) -> Subject | None:
    """An identity in an account."""
    row = _SUBJECT.first(tx, {"account_id": account_id, "iam_id": iam_id})
    return Subject(*row) if row else None


def subjects_of_user(tx: Tx, iam_id: str) -> list[Subject]:
    """A user in each of his accounts, in the order in which he joined them."""
    return [Subject(*row) for row in tx.execute(_SUBJECTS_OF_USER, {"iam_id": iam_id})]


def standing(tx: Tx, wanted: dict[str, str]) -> Standing | None:
    """What a token stands on, or None when its account is unknown.

    `wanted` has account_id, iam_id, apikey_id, session_id and jti, empty for what the token does not have.
    """
    row = STANDING.first(tx, wanted)
    return Standing(*row) if row else None
