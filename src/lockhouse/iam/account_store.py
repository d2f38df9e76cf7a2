"""SQL of accounts, their settings, and users with their passwords."""

from dataclasses import asdict, dataclass, field

import sqlalchemy as sa

from lockhouse.iam.tables import ACCOUNTS, IDENTITIES, INVITATIONS, USERS
from lockhouse.ids import AccountId, IamId
from lockhouse.storage import Tx


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """An account. `first` is the one that the store was made with."""

    id: AccountId
    name: str
    owner_iam_id: IamId
    created_at: int
    first: bool = False
    disabled: bool = False
    settings_json: str
    settings_tag: str


@dataclass(frozen=True, slots=True)
class User:
    """A person; `email` is lower case. Without a hash he cannot sign in yet."""

    iam_id: IamId
    email: str
    password_hash: str | None = field(repr=False)
    password_changed_at: int | None
    created_at: int


_ACCOUNT_COLUMNS = (
    ACCOUNTS.c.id,
    ACCOUNTS.c.name,
    ACCOUNTS.c.owner_iam_id,
    ACCOUNTS.c.created_at,
    ACCOUNTS.c.first,
    ACCOUNTS.c.disabled,
    ACCOUNTS.c.settings_json,
    ACCOUNTS.c.settings_tag,
)
_ACCOUNT = sa.select(*_ACCOUNT_COLUMNS).where(ACCOUNTS.c.id == sa.bindparam("id"))
_SETTINGS = sa.select(ACCOUNTS.c.settings_json).where(ACCOUNTS.c.id == sa.bindparam("id"))
_ACCOUNTS = sa.select(*_ACCOUNT_COLUMNS).order_by(ACCOUNTS.c.created_at, ACCOUNTS.c.id)
_USER = sa.select(USERS)
_USER_BY_EMAIL = _USER.where(USERS.c.email == sa.bindparam("email"))
_USER_BY_ID = _USER.where(USERS.c.iam_id == sa.bindparam("iam_id"))
_ACCOUNTS_OF_USER = sa.select(IDENTITIES.c.account_id).where(
    IDENTITIES.c.id == sa.bindparam("iam_id"), IDENTITIES.c.kind == "user"
)
_SET_SETTINGS = (
    sa.update(ACCOUNTS)
    .where(ACCOUNTS.c.id == sa.bindparam("account"))
    .values(settings_json=sa.bindparam("settings"), settings_tag=sa.bindparam("tag"))
)
_SET_DISABLED = (
    sa.update(ACCOUNTS)
    .where(ACCOUNTS.c.id == sa.bindparam("account"))
    .values(disabled=sa.bindparam("off"), disabled_at=sa.bindparam("at"), disabled_by=sa.bindparam("by"))
)
_SET_PASSWORD = (
    sa.update(USERS)
    .where(USERS.c.iam_id == sa.bindparam("user"))
    .values(password_hash=sa.bindparam("hash"), password_changed_at=sa.bindparam("at"))
)
_INVITATION = sa.select(INVITATIONS.c.account_id, INVITATIONS.c.iam_id, INVITATIONS.c.expires_at).where(
    INVITATIONS.c.digest == sa.bindparam("digest")
)


def account(tx: Tx, account_id: str) -> Account | None:
    """An account."""
    row = tx.execute(_ACCOUNT, {"id": account_id}).mappings().first()
    return Account(**row) if row else None


def settings(tx: Tx, account_id: str) -> str:
    """The settings of an account that exists, as JSON text."""
    return str(tx.scalar(_SETTINGS, {"id": account_id}))


def accounts(tx: Tx) -> list[Account]:
    """Every account, oldest first."""
    return [Account(**row) for row in tx.execute(_ACCOUNTS).mappings()]


def insert_account(tx: Tx, made: Account) -> None:
    """Add an account."""
    tx.execute(sa.insert(ACCOUNTS), asdict(made))


def set_settings(tx: Tx, account_id: str, settings_json: str, settings_tag: str) -> None:
    """Write an account's settings."""
    tx.execute(_SET_SETTINGS, {"account": account_id, "settings": settings_json, "tag": settings_tag})


def set_disabled(tx: Tx, account_id: str, *, disabled: bool, at: int, by: str) -> None:
    """Disable or enable an account, and remember who did."""
    tx.execute(_SET_DISABLED, {"account": account_id, "off": disabled, "at": at, "by": by})


def user_by_email(tx: Tx, email: str) -> User | None:
    """The user with this address (lower case)."""
    row = tx.execute(_USER_BY_EMAIL, {"email": email}).mappings().first()
    return User(**row) if row else None


def user(tx: Tx, iam_id: str) -> User | None:
    """A user."""
    row = tx.execute(_USER_BY_ID, {"iam_id": iam_id}).mappings().first()
    return User(**row) if row else None


def insert_user(tx: Tx, made: User) -> None:
    """Add a user."""
    tx.execute(sa.insert(USERS), asdict(made))


def accounts_of_user(tx: Tx, iam_id: str) -> list[str]:
    """The ids of the accounts that a user is in."""
    return list(tx.scalars(_ACCOUNTS_OF_USER, {"iam_id": iam_id}))


def delete_user(tx: Tx, iam_id: str) -> None:
    """Remove a user who is in no account."""
    tx.execute(sa.delete(USERS).where(USERS.c.iam_id == iam_id))


def set_password(tx: Tx, iam_id: str, password_hash: str, *, at: int) -> None:
    """Write a user's password hash."""
    tx.execute(_SET_PASSWORD, {"user": iam_id, "hash": password_hash, "at": at})


def insert_invitation(tx: Tx, digest: bytes, account_id: str, iam_id: str, expires_at: int) -> None:
    """Add a code with which a user sets his password, once."""
    values = {"digest": digest, "account_id": account_id, "iam_id": iam_id, "expires_at": expires_at}
    tx.execute(sa.insert(INVITATIONS), values)


def invitation(tx: Tx, digest: bytes) -> tuple[str, str, int] | None:
    """Account, user and end of a code."""
    row = tx.execute(_INVITATION, {"digest": digest}).first()
    return (row[0], row[1], row[2]) if row else None


def delete_invitations(tx: Tx, iam_id: str) -> None:
    """Remove every code of a user."""
    tx.execute(sa.delete(INVITATIONS).where(INVITATIONS.c.iam_id == iam_id))
