"""Whether what a token stands on still stands: account, identity, key, session, the token itself. The
strictest wins."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import msgspec

from lockhouse.iam import standing_store
from lockhouse.iam.errors import TokenDead
from lockhouse.iam.model import Caller, Visit
from lockhouse.iam.standing_store import Standing
from lockhouse.ids import AccountId, IamId
from lockhouse.storage import Database, Tx
from lockhouse.wire.times import minutes_text

Reason = Literal[
    "account_disabled",
    "identity_disabled",
    "apikey_deleted",
    "apikey_disabled",
    "apikey_expired",
    "signing_key_revoked",
    "token_revoked",
    "token_expired",
]


@dataclass(frozen=True, slots=True)
class Death:
    """Why a token is dead; `by` and `at` (Unix milliseconds) where somebody did it."""

    reason: Reason
    apikey_id: str | None = None
    by: str | None = None
    at: int | None = None

    def as_dict(self) -> dict[str, str]:
        """The fields that introspection adds to `active: false`."""
        told: dict[str, str] = {"reason": self.reason}
        if self.apikey_id:
            told["apikey_id"] = self.apikey_id
        if self.by:
            told["changed_by"] = self.by
        if self.at is not None:
            told["changed_at"] = minutes_text(self.at)
        return told


async def death_of(db: Database, claims: Mapping[str, Any], *, now: int) -> Death | None:
    """Why the token with these (verified) claims is dead, or None. `now` is Unix milliseconds."""
    for wanted in _standings_of(claims):
        row = await db.first(standing_store.STANDING, wanted)
        death = _judge(Standing(*row) if row else None, claims, now)
        if death is not None:
            return death
    return None


def admit(tx: Tx, claims: Mapping[str, Any], visit: Visit) -> Caller:
    """The caller that verified claims name, as he stands in this transaction. Raises TokenDead."""
    rows = [standing_store.standing(tx, wanted) for wanted in _standings_of(claims)]
    death = next((death for row in rows if (death := _judge(row, claims, visit.at)) is not None), None)
    himself = rows[0]
    if death is not None or himself is None or himself.kind is None:
        raise TokenDead(death.reason if death else "identity_disabled")
    return Caller(
        iam_id=IamId(claims["iam_id"]),
        account_id=AccountId(claims["account"]["bss"]),
        name=himself.name or "",
        kind=himself.kind,
        roles=frozenset(msgspec.json.decode(himself.roles_json or "[]")),
        owner=bool(himself.owner),
        visit=visit,
    )


def _standings_of(claims: Mapping[str, Any]) -> list[dict[str, str]]:
    """What to look up for a token; for a trusted profile's also the identity that assumed it."""
    account_id, iam_id = claims["account"]["bss"], claims["iam_id"]
    himself = {
        "account_id": account_id,
        "iam_id": iam_id,
        "apikey_id": claims.get("apikey_id", ""),
        "session_id": claims.get("session_id", ""),
        "jti": claims["jti"],
    }
    authn = claims.get("authn")
    actor = authn.get("iam_id") if isinstance(authn, dict) else None
    if actor is None or actor == iam_id:
        return [himself]
    return [himself, {**himself, "iam_id": actor, "account_id": claims.get("authn_account_id", account_id)}]


def _judge(row: Standing | None, claims: Mapping[str, Any], now: int) -> Death | None:
    apikey_id = claims.get("apikey_id")
    if row is None:
        return Death("account_disabled", apikey_id)
    if row.account_disabled:
        return Death("account_disabled", apikey_id, row.account_by, row.account_at)
    # A deleted key is told before a missing identity: with a user his keys go too, and servers know the key.
    if apikey_id and (row.apikey_id is None or row.apikey_deleted_at is not None):
        return Death("apikey_deleted", apikey_id, row.apikey_deleted_by, row.apikey_deleted_at)
    if row.kind is None or row.identity_disabled:
        return Death("identity_disabled", apikey_id, row.identity_by, row.identity_at)
    return (_death_of_key(row, apikey_id, now) if apikey_id else None) or _death_of_token(row, claims)


def _death_of_key(row: Standing, apikey_id: str, now: int) -> Death | None:
    if row.apikey_disabled:
        return Death("apikey_disabled", apikey_id, row.apikey_by, row.apikey_at)
    if row.apikey_expires_at is not None and row.apikey_expires_at <= now:
        return Death("apikey_expired", apikey_id, None, row.apikey_expires_at)
    return None


def _death_of_token(row: Standing, claims: Mapping[str, Any]) -> Death | None:
    apikey_id = claims.get("apikey_id")
    if row.token_at is not None:
        return Death("token_revoked", apikey_id, row.token_by, row.token_at)
    if claims.get("session_id") and (row.session_id is None or row.session_at is not None):
        return Death("token_revoked", apikey_id, row.session_by, row.session_at)
    return None
