"""Authorization header → Principal. The only verifier of access tokens (RFC 7515, 7519, 8725)."""

import base64
import binascii
import json
import re
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from joserfc.errors import JoseError
from joserfc.jwk import RSAKey
from joserfc.jws import JWSRegistry

from lockhouse.clock import Clock
from lockhouse.errors import LockhouseError
from lockhouse.ids import AccountId, ApiKeyId, IamId, is_account_id

LONGEST_TOKEN = 16 * 1024
LEEWAY_SECONDS = 60
"""How far another machine's clock may be ahead of ours (`iat`, `nbf`). A token's end has no leeway."""
LONGEST_LIFE_SECONDS = 24 * 3600
REFETCH_SECONDS = 30.0
REFRESH_SECONDS = 300.0
MOST_CACHED = 2048

_URL_SAFE = bytes.maketrans(b"+/", b"-_")
_RS256 = JWSRegistry.algorithms["RS256"]
_HEADER_NAMES = {"alg", "kid", "typ"}
_BEARER = re.compile(r"(?i:bearer) +([A-Za-z0-9._~+/=-]+)")
_LAST_SECOND = 253_402_300_799 // 10  # far from every calendar's end, so no arithmetic on it can fail


class TokenMissing(LockhouseError):
    """The call has no Authorization header with a bearer token. `challenge` is RFC 6750's."""

    challenge = "Bearer"


class TokenRefused(LockhouseError):
    """The bearer token is not one of ours, or not any more. `reason` is for logs and tests."""

    challenge = 'Bearer error="invalid_token"'

    def __init__(self, reason: str) -> None:
        super().__init__("The provided access token is not valid.")
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Principal:
    """The verified caller. `token` is what he sent, to be handed on; it does not print.

    `apikey_id` is the key that the token was made from, or None. `roles` are those at the time of issue:
    IAM itself looks them up anew. `expires_at` is Unix seconds. `claims` are the token's own.
    """

    iam_id: IamId
    account_id: AccountId
    apikey_id: ApiKeyId | None
    name: str
    email: str
    roles: tuple[str, ...]
    expires_at: int
    token: str = field(repr=False)
    claims: Mapping[str, Any] = field(repr=False, compare=False)


class PublicKeys:
    """The verifying half of a key set, by kid. Keys that are not RSA for signatures are left out."""

    def __init__(self, jwks: Mapping[str, Any]) -> None:
        self._keys: dict[str, RSAKey] = {}
        for jwk in jwks.get("keys", ()):
            if isinstance(jwk, dict) and jwk.get("kty") == "RSA" and jwk.get("use", "sig") == "sig":
                self._keys[str(jwk.get("kid"))] = RSAKey.import_key(
                    {name: jwk[name] for name in ("kty", "n", "e")}
                )

    def __contains__(self, kid: str) -> bool:
        return kid in self._keys

    def verify(self, kid: str, signed: bytes, signature: bytes) -> bool:
        """Whether the key made this RS256 signature."""
        try:
            return bool(_RS256.verify(signed, signature, self._keys[kid]))
        except (JoseError, ValueError):
            return False


@dataclass(frozen=True, slots=True)
class UnverifiedToken:
    """A token's parts, read strictly; nothing is believed yet."""

    kid: str
    signed: bytes
    signature: bytes
    payload: bytes
    text: str = field(repr=False)


def bearer_token(authorization: str | None) -> str:
    """The token of an Authorization header. Raises TokenMissing, TokenRefused."""
    if not authorization or not authorization.strip():
        raise TokenMissing("No authorization header found.")
    if len(authorization) > LONGEST_TOKEN + 16:
        _refuse("too long")
    found = _BEARER.fullmatch(authorization.strip())
    if found is None:
        _refuse("not a bearer token")
    return found[1]


def read_unverified(token: str) -> UnverifiedToken:
    """Take a compact JWS apart. Its header may be `{"alg": "RS256", "kid": …[, "typ": "JWT"]}` and nothing
    else.

    Raises TokenRefused.
    """
    if len(token) > LONGEST_TOKEN:
        _refuse("too long")
    parts = token.split(".")
    if len(parts) != 3:
        _refuse("not three parts")
    header = _json_object(_canonical(parts[0]))
    if set(header) - _HEADER_NAMES or header.get("alg") != "RS256" or header.get("typ", "JWT") != "JWT":
        _refuse("header")
    kid = header.get("kid")
    if not isinstance(kid, str) or not 0 < len(kid) <= 64:
        _refuse("kid")
    return UnverifiedToken(
        kid=kid,
        signed=token.rpartition(".")[0].encode("ascii"),
        signature=_canonical(parts[2]),
        payload=_canonical(parts[1]),
        text=token,
    )


def verified_principal(parts: UnverifiedToken, keys: PublicKeys, *, issuer: str, now: float) -> Principal:
    """Verify signature first, then the claims, all but the token's end. `now` is Unix seconds.

    Raises TokenRefused.
    """
    if parts.kid not in keys:
        _refuse("unknown kid")
    if not keys.verify(parts.kid, parts.signed, parts.signature):
        _refuse("signature")
    claims = _json_object(parts.payload)
    if claims.get("iss") != issuer:
        _refuse("iss")
    issued_at, expires_at = _second(claims, "iat"), _second(claims, "exp")
    not_before = _second(claims, "nbf") if "nbf" in claims else issued_at
    if not 0 < expires_at - issued_at <= LONGEST_LIFE_SECONDS:
        _refuse("life")
    if max(issued_at, not_before) > now + LEEWAY_SECONDS:
        _refuse("not yet")
    return _principal(claims, parts.text, expires_at)


def principal_of(parts: UnverifiedToken, keys: PublicKeys, *, issuer: str, now: float) -> Principal:
    """The same, for a token that has not ended. Raises TokenRefused."""
    principal = verified_principal(parts, keys, issuer=issuer, now=now)
    if principal.expires_at <= now:
        _refuse("expired")
    return principal


class Verifier:
    """Verifies access tokens with keys that are fetched when a kid is unknown, at most once in 30 seconds."""

    def __init__(
        self, fetch_keys: Callable[[], Awaitable[Mapping[str, Any]]], issuer: str, clock: Clock
    ) -> None:
        self._fetch_keys = fetch_keys
        self._issuer = issuer
        self._clock = clock
        self._keys = PublicKeys({})
        self._asked: float | None = None
        self._verified: OrderedDict[str, tuple[str, Principal]] = OrderedDict()

    async def verify(self, authorization: str | None) -> Principal:
        """The caller. Raises TokenMissing, TokenRefused, and what `fetch_keys` raises when IAM is away."""
        token = bearer_token(authorization)
        now = self._clock().timestamp()
        known = self._verified.get(token)
        if known is not None and known[0] in self._keys and known[1].expires_at > now and not self._due():
            return known[1]
        parts = read_unverified(token)
        await self._learn(parts.kid)
        principal = principal_of(parts, self._keys, issuer=self._issuer, now=now)
        self._verified[token] = (parts.kid, principal)
        if len(self._verified) > MOST_CACHED:
            self._verified.popitem(last=False)
        return principal

    def _due(self) -> bool:
        return self._asked is None or time.monotonic() - self._asked > REFRESH_SECONDS

    async def _learn(self, kid: str) -> None:
        # Real time, not the passed clock: it limits how often we call another service.
        waited = None if self._asked is None else time.monotonic() - self._asked
        if waited is not None and waited < (REFETCH_SECONDS if kid not in self._keys else REFRESH_SECONDS):
            return
        before, self._asked = self._asked, time.monotonic()
        try:
            self._keys = PublicKeys(await self._fetch_keys())
        except LockhouseError:
            if kid in self._keys:
                return  # The keys we have are good; IAM is asked again in five minutes.
            self._asked = before
            raise


def _principal(claims: dict[str, Any], token: str, expires_at: int) -> Principal:
    account = claims.get("account")
    account_id = account.get("bss") if isinstance(account, dict) else None
    iam_id, apikey_id, roles = claims.get("iam_id"), claims.get("apikey_id"), claims.get("roles", [])
    if (
        not isinstance(iam_id, str)
        or not iam_id
        or not isinstance(account_id, str)
        or not is_account_id(account_id)
    ):
        _refuse("identity")
    if (
        not isinstance(claims.get("jti"), str)
        or not isinstance(apikey_id, str | None)
        or not isinstance(roles, list)
    ):
        _refuse("claims")
    return Principal(
        iam_id=IamId(iam_id),
        account_id=AccountId(account_id),
        apikey_id=ApiKeyId(apikey_id) if apikey_id else None,
        name=str(claims.get("name", "")),
        email=str(claims.get("email", "")),
        roles=tuple(str(role) for role in roles),
        expires_at=expires_at,
        token=token,
        claims=claims,
    )


def base64url(raw: bytes) -> bytes:
    """Base64url without padding."""
    return binascii.b2a_base64(raw, newline=False).translate(_URL_SAFE).rstrip(b"=")


def _canonical(text: str) -> bytes:
    """Base64url without padding, and only the one spelling of it (RFC 8725 §3.11 by way of ASVS V9)."""
    try:
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        _refuse("base64")
    if base64url(raw) != text.encode():
        _refuse("base64")
    return raw


def _json_object(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw.decode("utf-8"), object_pairs_hook=_without_duplicates, parse_constant=_refuse)
    except (ValueError, RecursionError):
        _refuse("json")
    if not isinstance(value, dict):
        _refuse("json")
    return value


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    value = dict(pairs)
    if len(value) != len(pairs):
        _refuse("duplicate")
    return value


def _second(claims: Mapping[str, Any], name: str) -> int:
    value = claims.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < _LAST_SECOND:
        _refuse(name)
    return value


def _refuse(reason: str) -> NoReturn:
    raise TokenRefused(reason)
