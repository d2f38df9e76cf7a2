"""What a token says: claims of a user, a service ID, a trusted profile (iam-identity-api.md 3.3)."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

import msgspec

from lockhouse.iam.account_settings import seconds
from lockhouse.iam.model import Subject
from lockhouse.ids import new_uuid
from lockhouse.sealing import Secret
from lockhouse.wire.tokens import NO_REFRESH_TOKEN, SCOPE, TokenPair


class Client(msgspec.Struct, frozen=True):
    """Who asks at the token door: an id, and a secret if it named one."""

    id: str
    secret: Secret | None = None


class TokenOrder(msgspec.Struct, frozen=True):
    """What is to be issued. `seconds` is the access token's life; `now` Unix milliseconds."""

    subject: Subject
    grant_type: str
    client: Client
    seconds: int
    now: int
    apikey_id: str | None = None
    session_id: str | None = None
    assumed_by: Mapping[str, Any] | None = None
    """The claims of the token with which a trusted profile was assumed."""


def access_seconds(settings_json: str, most: int) -> int:
    """The life of access tokens in an account with these settings, and at most what the platform allows."""
    return min(seconds(settings_json, "system_access_token_expiration_in_seconds"), most)


def claims_of(order: TokenOrder, *, issuer: str) -> dict[str, Any]:
    """The claims of an access token. `iat` is a floor, so it never lies in a client's future by rounding."""
    subject = order.subject
    issued_at = order.now // 1000
    claims = _identity_claims(subject)
    claims |= {
        "jti": new_uuid(),
        "account": {"valid": True, "bss": subject.account_id, "frozen": True},
        "iat": issued_at,
        "exp": issued_at + order.seconds,
        "iss": issuer,
        "grant_type": order.grant_type,
        "scope": SCOPE,
        "client_id": order.client.id,
        "acr": 1,
        "amr": ["pwd"],
        "roles": _roles(subject.roles, subject.owner),
    }
    if order.apikey_id:
        claims["apikey_id"] = order.apikey_id
    if order.session_id:
        claims["session_id"] = order.session_id
    if order.assumed_by:
        # What a profile's token stands on beside the profile: who assumed it, and that one's account.
        claims["authn"] = order.assumed_by["authn"]
        claims["authn_account_id"] = order.assumed_by["account"]["bss"]
    return claims


def token_pair(token: str, claims: dict[str, Any], refresh_token: str | None = None) -> TokenPair:
    """The answer: its `expiration` is the token's `exp`."""
    return TokenPair(
        access_token=token,
        refresh_token=refresh_token or NO_REFRESH_TOKEN,
        token_type="Bearer",  # noqa: S106 - the type's name
        expires_in=claims["exp"] - claims["iat"],
        expiration=claims["exp"],
        scope=SCOPE,
        session_id=claims.get("session_id", ""),
    )


def _identity_claims(subject: Subject) -> dict[str, Any]:
    if subject.kind != "user":
        word = "ServiceId" if subject.kind == "serviceid" else "Profile"
        authn = {"sub": subject.id, "iam_id": subject.iam_id, "sub_type": word, "name": subject.name}
        return {
            "iam_id": subject.iam_id,
            "id": subject.iam_id,
            "realmid": "iam",
            "identifier": subject.id,
            "name": subject.name,
            "sub": subject.id,
            "sub_type": word,
            "authn": authn,
        }
    person = {
        "name": subject.name,
        "given_name": subject.given_name or "",
        "family_name": subject.family_name or "",
        "email": subject.email or "",
    }
    sub = subject.email or subject.iam_id
    return {
        "iam_id": subject.iam_id,
        "id": subject.iam_id,
        "realmid": "IBMid",
        "identifier": subject.iam_id.removeprefix("IBMid-"),
        **person,
        "sub": sub,
        "authn": {"sub": sub, "iam_id": subject.iam_id, **person},
    }


@lru_cache(512)
def _roles(roles_json: str, owner: bool) -> tuple[str, ...]:
    roles = tuple(msgspec.json.decode(roles_json))
    return ("Owner", *roles) if owner else roles
