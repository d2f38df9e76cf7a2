"""Introspection (RFC 7662) and revocation (RFC 7009) of tokens."""

from collections.abc import Mapping
from typing import Any

from lockhouse.iam import audit_store, standing_store, token_store
from lockhouse.iam.errors import TokenDead
from lockhouse.iam.model import Event, Visit
from lockhouse.iam.room import Room
from lockhouse.iam.standing import Death, death_of
from lockhouse.sealing import Secret
from lockhouse.storage import Tx
from lockhouse.web.bearer import (
    Principal,
    TokenRefused,
    bearer_token,
    read_unverified,
    verified_principal,
)

_NOT_ACTIVE: dict[str, Any] = {"active": False}


async def introspect(room: Room, token: str) -> dict[str, Any]:
    """The claims with `active: true`; or `active: false`, with the reason if the token was truly ours."""
    now = room.now
    await room.fresh_keys(now)
    issuer, seconds = room.settings.token_issuer, now / 1000
    try:
        principal = room.keys.verified(token, issuer=issuer, now=seconds)
    except TokenRefused:
        return _signed_by_revoked(room, token, issuer=issuer, now=seconds)
    death = await death_of(room.db, principal.claims, now=now)
    if death is None and principal.expires_at <= seconds:
        death = Death("token_expired", principal.apikey_id, None, principal.expires_at * 1000)
    if death is not None:
        return _NOT_ACTIVE | death.as_dict()
    return {**principal.claims, "active": True}


async def live_claims(room: Room, authorization: str) -> dict[str, Any]:
    """The claims of the live token in a header. Raises TokenMissing, TokenRefused, TokenDead."""
    answer = await introspect(room, bearer_token(authorization))
    if not answer["active"]:
        raise TokenDead(answer.get("reason", "unknown"))
    return answer


async def revoke(room: Room, token: Secret, client_id: str, visit: Visit) -> None:
    """End a refresh token's session with all its access tokens, or an access token. Unknown ones change
    nothing."""
    await room.db.write(lambda tx: _revoke(room, tx, token, client_id, visit))


def _signed_by_revoked(room: Room, token: str, *, issuer: str, now: float) -> dict[str, Any]:
    try:
        parts = read_unverified(token)
        principal = verified_principal(parts, room.keys.revoked, issuer=issuer, now=now)
    except TokenRefused:
        return _NOT_ACTIVE
    at, by = room.keys.revocation(parts.kid)
    return _NOT_ACTIVE | Death("signing_key_revoked", principal.apikey_id, by, at).as_dict()


def _revoke(room: Room, tx: Tx, token: Secret, client_id: str, visit: Visit) -> None:
    now = visit.at
    found = token_store.refresh_token(tx, room.keyring.digest(token))
    if found is not None:
        session = found[2]
        if session.client_id == client_id and session.revoked_at is None:
            token_store.end_session(tx, session.id, at=now, by=session.iam_id)
            _tell(tx, session.account_id, session.iam_id, session.id, visit)
        return
    principal = _live_principal(room, tx, token, now)
    if principal is not None:
        token_store.revoke_token(
            tx, principal.claims["jti"], expires_at=principal.expires_at * 1000, at=now, by=principal.iam_id
        )
        _tell(tx, principal.account_id, principal.iam_id, principal.claims["jti"], visit)


def _live_principal(room: Room, tx: Tx, token: Secret, now: int) -> Principal | None:
    room.refresh_keys(tx, now=now)
    try:
        principal = room.keys.verified(token.reveal(), issuer=room.settings.token_issuer, now=now / 1000)
    except TokenRefused:
        return None
    return principal if _is_stored(tx, principal.claims) else None


def _is_stored(tx: Tx, claims: Mapping[str, Any]) -> bool:
    return standing_store.subject(tx, claims["account"]["bss"], claims["iam_id"]) is not None


def _tell(tx: Tx, account_id: str, iam_id: str, target: str, visit: Visit) -> None:
    event = Event(
        at=visit.at,
        account_id=account_id,
        action="iam-identity.user-token.revoke",
        actor=iam_id,
        actor_account=account_id,
        target=target,
        visit=visit,
    )
    audit_store.insert(tx, [event])
