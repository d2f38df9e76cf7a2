"""Signing keys: one signs, the next is published before it does, old ones stay for a token's life; JWKS."""

from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec
from joserfc.jwk import RSAKey

from lockhouse.errors import LockhouseError
from lockhouse.iam import token_store
from lockhouse.iam.token_store import SigningKeyRow
from lockhouse.sealing import Keyring, new_rsa_private_key, rs256_signer
from lockhouse.storage import Tx
from lockhouse.web.bearer import (
    LONGEST_LIFE_SECONDS,
    Principal,
    PublicKeys,
    base64url,
    read_unverified,
    verified_principal,
)

RELOAD_MS = 5000
"""Each process looks at the table so often: a rotation in another process is seen within this time."""
PUBLISHED_MS = 60_000
"""A key is in the JWKS at least so long before it signs."""
_MOST_VERIFIED = 2048
_KEEP_MS = LONGEST_LIFE_SECONDS * 1000


class NoSigningKey(LockhouseError):
    """The store has no key to sign tokens with: it was not initialised."""


@dataclass(frozen=True, slots=True)
class _Signer:
    header: bytes
    sign: Callable[[bytes], bytes]


def make_signing_key(tx: Tx, keyring: Keyring, *, now: int, signs_from: int | None) -> SigningKeyRow:
    """Make and store an RSA-2048 key; `signs_from` is None for the next key, which waits for its turn."""
    taken = {row.kid for row in token_store.signing_keys(tx)}
    minute = now
    while (kid := datetime.fromtimestamp(minute / 1000, UTC).strftime("%Y%m%d%H%M")) in taken:
        minute += 60_000
    private = new_rsa_private_key()
    public = RSAKey.import_key(private.reveal()).as_dict(private=False)
    public_json = msgspec.json.encode(
        {"kty": "RSA", "n": public["n"], "e": public["e"], "alg": "RS256", "use": "sig", "kid": kid}
    ).decode()
    row = SigningKeyRow(
        kid, keyring.seal(private, purpose=f"signing-key:{kid}"), public_json, now, signs_from, None, None
    )
    token_store.insert_signing_key(tx, row)
    return row


class SigningKeys:
    """The signing keys as this process last saw them, with the one that signs in memory."""

    def __init__(self, keyring: Keyring) -> None:
        self._keyring = keyring
        self._rows: Sequence[SigningKeyRow] = ()
        self._read_at: int | None = None
        self._signers: dict[str, _Signer] = {}
        self._turn: tuple[int, int, _Signer | None] = (0, 0, None)
        self._public = PublicKeys({})
        self._revoked = PublicKeys({})
        self._verified: OrderedDict[str, Principal] = OrderedDict()

    def stale(self, now: int) -> bool:
        """Whether the table is to be looked at again."""
        return self._read_at is None or not 0 <= now - self._read_at < RELOAD_MS

    def load(self, tx: Tx, *, now: int) -> None:
        """Look at the table."""
        rows = token_store.signing_keys(tx)
        self._read_at = now
        if rows == self._rows:
            return
        self._rows = rows
        self._turn = (0, 0, None)
        self._verified.clear()
        self._public = PublicKeys({"keys": [_jwk(row) for row in rows if row.revoked_at is None]})
        self._revoked = PublicKeys({"keys": [_jwk(row) for row in rows if row.revoked_at is not None]})

    @property
    def public(self) -> PublicKeys:
        """The keys whose signatures are good."""
        return self._public

    @property
    def revoked(self) -> PublicKeys:
        """The keys whose signatures were good once."""
        return self._revoked

    def verified(self, token: str, *, issuer: str, now: float) -> Principal:
        """Whom a token names, be it over or not; its signature is verified once. Raises TokenRefused."""
        known = self._verified.get(token)
        if known is None:
            known = verified_principal(read_unverified(token), self._public, issuer=issuer, now=now)
            self._verified[token] = known
            if len(self._verified) > _MOST_VERIFIED:
                self._verified.popitem(last=False)
        return known

    def revocation(self, kid: str) -> tuple[int | None, str | None]:
        """When and by whom a key was revoked."""
        return next(((row.revoked_at, row.revoked_by) for row in self._rows if row.kid == kid), (None, None))

    def jwks(self, *, now: int) -> dict[str, Any]:
        """The published set: what signs, what will sign, and what signed within the longest life of a
        token."""
        current = current_key(self._rows, now)
        kept = [
            row
            for row in self._rows
            if row.revoked_at is None and not (row.signs_from and self._followed_since(row) < now - _KEEP_MS)
        ]
        return {"keys": [_jwk(row) for row in sorted(kept, key=lambda row: row is not current)]}

    def sign(self, claims: dict[str, Any], *, now: int) -> str:
        """A compact RS256 token of these claims. Raises NoSigningKey."""
        signer = self._signing(now)
        signed = signer.header + base64url(msgspec.json.encode(claims))
        return (signed + b"." + base64url(signer.sign(signed))).decode()

    def warm(self, *, now: int) -> None:
        """Open the signing key now rather than at the first token."""
        self._signing(now)

    def _signing(self, now: int) -> _Signer:
        """The signer of the present key; looked for anew only when another key's turn may have come."""
        begins, ends, signer = self._turn
        if signer is None or not begins <= now < ends:
            row = current_key(self._rows, now)
            later = [other.signs_from for other in self._rows if other.signs_from and other.signs_from > now]
            signer = self._signer(row)
            self._turn = (min(row.signs_from or 0, now), min(later, default=1 << 62), signer)
        return signer

    def signing_since(self, now: int) -> int:
        """Since when the present key signs."""
        return current_key(self._rows, now).signs_from or 0

    def _followed_since(self, row: SigningKeyRow) -> int:
        """When a later key took over from this one; the far future while none has."""
        later = [
            other.signs_from
            for other in self._rows
            if other.signs_from and other.signs_from > (row.signs_from or 0)
        ]
        return min(later, default=1 << 62)

    def _signer(self, row: SigningKeyRow) -> _Signer:
        found = self._signers.get(row.kid)
        if found is None:
            pem = self._keyring.open(row.sealed_private_key, purpose=f"signing-key:{row.kid}")
            header = msgspec.json.encode({"kid": row.kid, "alg": "RS256"})
            found = self._signers[row.kid] = _Signer(base64url(header) + b".", rs256_signer(pem))
        return found


def current_key(rows: Sequence[SigningKeyRow], now: int) -> SigningKeyRow:
    """The key that signs now: the one that began last. Raises NoSigningKey."""
    signing = [row for row in rows if row.revoked_at is None and row.signs_from is not None]
    begun = [row for row in signing if (row.signs_from or 0) <= now]
    if not signing:
        raise NoSigningKey("there is no key to sign tokens with")
    return max(begun or signing, key=lambda row: (row.signs_from or 0, row.kid))


def _jwk(row: SigningKeyRow) -> dict[str, Any]:
    jwk: dict[str, Any] = msgspec.json.decode(row.public_json)
    return jwk
