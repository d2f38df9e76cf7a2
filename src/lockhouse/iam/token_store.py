"""SQL of signing keys, sessions, refresh tokens and revoked tokens."""

from dataclasses import dataclass, field, fields
from typing import Any

import sqlalchemy as sa

from lockhouse.iam.tables import INVITATIONS, REFRESH_TOKENS, REVOKED_TOKENS, SESSIONS, SIGNING_KEYS
from lockhouse.sealing import Sealed
from lockhouse.storage import Tx


@dataclass(frozen=True, slots=True)
class SigningKeyRow:
    """A signing key as stored. `signs_from` is None for the next key."""

    kid: str
    sealed_private_key: Sealed = field(repr=False)
    public_json: str
    created_at: int
    signs_from: int | None
    revoked_at: int | None
    revoked_by: str | None


@dataclass(frozen=True, slots=True)
class Session:
    """A login that can be renewed: of the console, or of a client with a secret."""

    id: str
    account_id: str
    iam_id: str
    apikey_id: str | None
    grant_type: str
    client_id: str
    client_digest: bytes | None
    created_at: int
    used_at: int
    expires_at: int
    revoked_at: int | None
    revoked_by: str | None


_SIGNING_KEYS = sa.select(*(SIGNING_KEYS.c[column.name] for column in fields(SigningKeyRow))).order_by(
    SIGNING_KEYS.c.created_at, SIGNING_KEYS.c.kid
)
_REFRESH = (
    sa.select(
        REFRESH_TOKENS.c.expires_at,
        REFRESH_TOKENS.c.spent_at,
        *(SESSIONS.c[column.name] for column in fields(Session)),
    )
    .select_from(REFRESH_TOKENS.join(SESSIONS))
    .where(REFRESH_TOKENS.c.digest == sa.bindparam("digest"))
)
_SPEND = (
    sa.update(REFRESH_TOKENS)
    .where(REFRESH_TOKENS.c.digest == sa.bindparam("token_digest"), REFRESH_TOKENS.c.spent_at.is_(None))
    .values(spent_at=sa.bindparam("at"))
)
_TOUCH = (
    sa.update(SESSIONS).where(SESSIONS.c.id == sa.bindparam("session")).values(used_at=sa.bindparam("at"))
)
_END = (
    sa.update(SESSIONS)
    .where(SESSIONS.c.id == sa.bindparam("session"), SESSIONS.c.revoked_at.is_(None))
    .values(revoked_at=sa.bindparam("at"), revoked_by=sa.bindparam("by"))
)
_LIVE_SESSIONS = (
    sa.select(SESSIONS.c.id)
    .where(
        SESSIONS.c.account_id == sa.bindparam("account_id"),
        SESSIONS.c.iam_id == sa.bindparam("iam_id"),
        SESSIONS.c.revoked_at.is_(None),
        SESSIONS.c.expires_at > sa.bindparam("now"),
    )
    .order_by(SESSIONS.c.used_at, SESSIONS.c.id)
)
_INSERT_SESSION = sa.insert(SESSIONS)
_INSERT_REFRESH = sa.insert(REFRESH_TOKENS)


def signing_keys(tx: Tx) -> list[SigningKeyRow]:
    """Every signing key that is kept, oldest first."""
    return [SigningKeyRow(*row) for row in tx.execute(_SIGNING_KEYS)]


def insert_signing_key(tx: Tx, row: SigningKeyRow) -> None:
    """Add a signing key."""
    tx.execute(sa.insert(SIGNING_KEYS), {column.name: getattr(row, column.name) for column in fields(row)})


def promote_signing_key(tx: Tx, kid: str, *, signs_from: int) -> None:
    """Set from when a key signs."""
    tx.execute(sa.update(SIGNING_KEYS).where(SIGNING_KEYS.c.kid == kid).values(signs_from=signs_from))


def revoke_signing_key(tx: Tx, kid: str, *, at: int, by: str) -> None:
    """Note that a key's signatures are refused."""
    tx.execute(sa.update(SIGNING_KEYS).where(SIGNING_KEYS.c.kid == kid).values(revoked_at=at, revoked_by=by))


def delete_signing_key(tx: Tx, kid: str) -> None:
    """Remove a key."""
    tx.execute(sa.delete(SIGNING_KEYS).where(SIGNING_KEYS.c.kid == kid))


def insert_session(tx: Tx, session: Session) -> None:
    """Add a session."""
    tx.execute(_INSERT_SESSION, {column.name: getattr(session, column.name) for column in fields(session)})


def insert_refresh_token(tx: Tx, digest: bytes, session_id: str, *, expires_at: int) -> None:
    """Add a refresh token of a session."""
    tx.execute(
        _INSERT_REFRESH,
        {"digest": digest, "session_id": session_id, "expires_at": expires_at, "spent_at": None},
    )


def refresh_token(tx: Tx, digest: bytes) -> tuple[int, int | None, Session] | None:
    """expires_at and spent_at of a refresh token, and its session."""
    row = tx.execute(_REFRESH, {"digest": digest}).first()
    return (row[0], row[1], Session(*row[2:])) if row else None


def spend_refresh_token(tx: Tx, digest: bytes, *, at: int) -> bool:
    """Mark a refresh token as used; False when somebody was faster."""
    return tx.execute(_SPEND, {"token_digest": digest, "at": at}).rowcount == 1


def touch_session(tx: Tx, session_id: str, *, at: int) -> None:
    """Note that a session was used."""
    tx.execute(_TOUCH, {"session": session_id, "at": at})


def live_sessions(tx: Tx, account_id: str, iam_id: str, *, now: int) -> list[str]:
    """The ids of an identity's sessions that have not ended, oldest first."""
    rows = tx.scalars(_LIVE_SESSIONS, {"account_id": account_id, "iam_id": iam_id, "now": now})
    return list(rows)


def end_session(tx: Tx, session_id: str, *, at: int, by: str) -> None:
    """End a session, and with it the tokens that came of it."""
    tx.execute(_END, {"session": session_id, "at": at, "by": by})


def revoke_token(tx: Tx, jti: str, *, expires_at: int, at: int, by: str) -> None:
    """Remember until its end that an access token is revoked."""
    known = tx.scalar(sa.select(REVOKED_TOKENS.c.jti).where(REVOKED_TOKENS.c.jti == jti))
    if known is None:
        values: dict[str, Any] = {"jti": jti, "expires_at": expires_at, "revoked_at": at, "revoked_by": by}
        tx.execute(sa.insert(REVOKED_TOKENS), values)


def forget_expired(tx: Tx, *, before: int) -> None:
    """Remove what ended before a moment, so long ago that no living token refers to it."""
    tx.execute(sa.delete(REVOKED_TOKENS).where(REVOKED_TOKENS.c.expires_at < before))
    tx.execute(sa.delete(SESSIONS).where(SESSIONS.c.expires_at < before))
    tx.execute(sa.delete(INVITATIONS).where(INVITATIONS.c.expires_at < before))
