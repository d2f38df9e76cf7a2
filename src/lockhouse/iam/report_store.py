"""SQL of reports: of inactivity, and of MFA."""

from dataclasses import asdict, dataclass, fields

import sqlalchemy as sa

from lockhouse.iam.tables import ACTIVITY, API_KEYS, IDENTITIES, REPORTS
from lockhouse.storage import Tx

MFA_HOURS = 0


@dataclass(frozen=True, slots=True)
class ReportRow:
    """A report that was asked for, about so many hours before; one of MFA is about none."""

    reference: str
    account_id: str
    created_at: int
    created_by: str
    hours: int


@dataclass(frozen=True, slots=True)
class Inactive:
    """An identity, or a key with its identity, that was not used since; `last_authn` None: never."""

    key_id: str | None
    key_name: str | None
    iam_id: str
    id: str
    kind: str
    name: str
    email: str | None
    last_authn: int | None


_OF_ACCOUNT = (
    sa.select(*(REPORTS.c[field.name] for field in fields(ReportRow)))
    .where(REPORTS.c.account_id == sa.bindparam("account_id"))
    .order_by(REPORTS.c.created_at.desc(), REPORTS.c.reference)
)
_SINCE = sa.or_(ACTIVITY.c.last_authn.is_(None), ACTIVITY.c.last_authn < sa.bindparam("since"))
_ACTIVITY_ID = sa.case(
    (IDENTITIES.c.kind == "user", IDENTITIES.c.account_id + ":" + IDENTITIES.c.id), else_=IDENTITIES.c.id
)
_IDENTITIES = (
    sa.select(
        sa.null(),
        sa.null(),
        IDENTITIES.c.iam_id,
        IDENTITIES.c.id,
        IDENTITIES.c.kind,
        IDENTITIES.c.name,
        IDENTITIES.c.email,
        ACTIVITY.c.last_authn,
    )
    .select_from(IDENTITIES.outerjoin(ACTIVITY, ACTIVITY.c.entity_id == _ACTIVITY_ID))
    .where(IDENTITIES.c.account_id == sa.bindparam("account_id"), _SINCE)
    .order_by(IDENTITIES.c.created_at, IDENTITIES.c.iam_id)
)
_KEYS = (
    sa.select(
        API_KEYS.c.id,
        API_KEYS.c.name,
        IDENTITIES.c.iam_id,
        IDENTITIES.c.id,
        IDENTITIES.c.kind,
        IDENTITIES.c.name,
        IDENTITIES.c.email,
        ACTIVITY.c.last_authn,
    )
    .select_from(
        API_KEYS.join(
            IDENTITIES,
            sa.and_(
                IDENTITIES.c.account_id == API_KEYS.c.account_id, IDENTITIES.c.iam_id == API_KEYS.c.iam_id
            ),
        ).outerjoin(ACTIVITY, ACTIVITY.c.entity_id == API_KEYS.c.id)
    )
    .where(API_KEYS.c.account_id == sa.bindparam("account_id"), API_KEYS.c.deleted_at.is_(None), _SINCE)
    .order_by(API_KEYS.c.created_at, API_KEYS.c.id)
)


_USERS = (
    sa.select(IDENTITIES.c.iam_id, IDENTITIES.c.name, IDENTITIES.c.email)
    .where(IDENTITIES.c.account_id == sa.bindparam("account_id"), IDENTITIES.c.kind == "user")
    .order_by(IDENTITIES.c.created_at, IDENTITIES.c.iam_id)
)


def users(tx: Tx, account_id: str) -> list[tuple[str, str, str]]:
    """iam_id, name and e-mail of every user of an account."""
    found = tx.execute(_USERS, {"account_id": account_id})
    return [(iam_id, name, email or "") for iam_id, name, email in found]


def of_account(tx: Tx, account_id: str) -> list[ReportRow]:
    """The reports of an account that are kept, newest first."""
    return [ReportRow(*row) for row in tx.execute(_OF_ACCOUNT, {"account_id": account_id})]


def insert(tx: Tx, report: ReportRow) -> None:
    """Add a report."""
    tx.execute(sa.insert(REPORTS), asdict(report))


def delete_older(tx: Tx, account_id: str, *, than: int) -> None:
    """Remove old reports of an account."""
    tx.execute(sa.delete(REPORTS).where(REPORTS.c.account_id == account_id, REPORTS.c.created_at < than))


def inactive_identities(tx: Tx, account_id: str, *, since: int) -> list[Inactive]:
    """The identities for which no token was issued since."""
    values = {"account_id": account_id, "since": since}
    return [Inactive(*row) for row in tx.execute(_IDENTITIES, values)]


def inactive_keys(tx: Tx, account_id: str, *, since: int) -> list[Inactive]:
    """The keys for which no token was issued since."""
    values = {"account_id": account_id, "since": since}
    return [Inactive(*row) for row in tx.execute(_KEYS, values)]
