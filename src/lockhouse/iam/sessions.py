"""Sessions: logins that are renewed with a refresh token, spent at each use."""

from dataclasses import replace

from lockhouse.iam import standing_store, token_store
from lockhouse.iam.account_settings import most_sessions, seconds
from lockhouse.iam.errors import (
    AccountDisabled,
    IdentityDisabled,
    RefreshTokenExpired,
    RefreshTokenInvalid,
    SessionEnded,
)
from lockhouse.iam.model import Subject
from lockhouse.iam.token_store import Session
from lockhouse.iam.tokens import Client, TokenOrder
from lockhouse.ids import new_entity_id
from lockhouse.sealing import Keyring, Secret, new_token_value, same
from lockhouse.storage import Tx

GRACE_MS = 30_000
"""A spent refresh token is taken again for so long: two threads, or an answer that got lost."""


def start(tx: Tx, keyring: Keyring, order: TokenOrder, *, seconds: int) -> tuple[Session, Secret]:
    """Begin a session of so many seconds; its refresh token comes back, this once."""
    client, now = order.client, order.now
    session = Session(
        id=new_entity_id("C"),
        account_id=order.subject.account_id,
        iam_id=order.subject.iam_id,
        apikey_id=order.apikey_id,
        grant_type=order.grant_type,
        client_id=client.id,
        client_digest=keyring.digest(client.secret) if client.secret else None,
        created_at=now,
        used_at=now,
        expires_at=now + seconds * 1000,
        revoked_at=None,
        revoked_by=None,
    )
    _end_oldest(tx, order, session)
    token_store.insert_session(tx, session)
    return session, _new_refresh_token(tx, keyring, session)


def renew(
    tx: Tx, keyring: Keyring, value: Secret, client: Client, *, now: int
) -> tuple[Session, Subject, Secret]:
    """Spend a refresh token for the next one. Raises RefreshTokenInvalid, RefreshTokenExpired, SessionEnded,
    IdentityDisabled, AccountDisabled."""
    session, subject = found(tx, keyring, value, client, now=now)
    token_store.spend_refresh_token(tx, keyring.digest(value), at=now)
    token_store.touch_session(tx, session.id, at=now)
    return replace(session, used_at=now), subject, _new_refresh_token(tx, keyring, session)


def found(tx: Tx, keyring: Keyring, value: Secret, client: Client, *, now: int) -> tuple[Session, Subject]:
    """The live session of a refresh token, and for whom it is. Raises RefreshTokenInvalid,
    RefreshTokenExpired, SessionEnded, IdentityDisabled, AccountDisabled."""
    stored = token_store.refresh_token(tx, keyring.digest(value))
    if stored is None or not _is_client(keyring, stored[2], client):
        raise RefreshTokenInvalid
    expires_at, spent_at, session = stored
    if session.revoked_at is not None:
        raise SessionEnded
    if expires_at <= now:
        raise RefreshTokenExpired
    if spent_at is not None and spent_at + GRACE_MS < now:
        # Somebody else has the token too, and we cannot tell which of them is the owner.
        raise RefreshTokenInvalid
    subject = standing_store.subject(tx, session.account_id, session.iam_id)
    if subject is None or subject.disabled:
        raise IdentityDisabled
    if subject.account_disabled:
        raise AccountDisabled
    if session.used_at + seconds(subject.settings, "session_invalidation_in_seconds") * 1000 < now:
        raise SessionEnded
    return session, subject


def _end_oldest(tx: Tx, order: TokenOrder, session: Session) -> None:
    """Make room for one more where the account limits sessions."""
    most = most_sessions(order.subject.settings)
    if most is None:
        return
    live = token_store.live_sessions(tx, session.account_id, session.iam_id, now=session.created_at)
    for oldest in live[: max(0, len(live) + 1 - most)]:
        token_store.end_session(tx, oldest, at=session.created_at, by=session.iam_id)


def _new_refresh_token(tx: Tx, keyring: Keyring, session: Session) -> Secret:
    value = new_token_value(48)
    token_store.insert_refresh_token(tx, keyring.digest(value), session.id, expires_at=session.expires_at)
    return value


def _is_client(keyring: Keyring, session: Session, client: Client) -> bool:
    if session.client_id != client.id or client.secret is None or session.client_digest is None:
        return False
    return same(session.client_digest.hex(), keyring.digest(client.secret).hex())
