"""How an account's requests are signed, and its tokens: fetched when needed, renewed once when refused.

A token is kept as long as its process (tokens outlive calls, not restarts). For one account only one renewal
runs at a time: those who come meanwhile wait for its token, since some vendors let a refresh token be used
only once.
"""

import asyncio
import base64
import hashlib
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from lockhouse.connectors.errors import AuthFailed
from lockhouse.connectors.http import Signature
from lockhouse.connectors.model import AuthScheme, Connector, Credentials
from lockhouse.connectors.templates import Scope, as_text
from lockhouse.sealing import Secret

MOST_KEPT = 10_000
_EARLY = timedelta(seconds=30)

Fetch = Callable[[Scope], Awaitable[Any]]
"""Sends the scheme's token request for a scope and gives the decoded answer; raises AuthFailed and the
others.
"""
Renewed = Callable[[str, Credentials], Awaitable[None]]
"""Told the connector's name and an account's new credentials, before anybody uses the new token."""
Newest = Callable[[str], Awaitable[Credentials | None]]
"""Asked, by the connector's name, for the credentials that are kept of the call's account by now."""


@dataclass(frozen=True, slots=True)
class Token:
    """A token as the vendor answered it. `ends_at` is None when nobody said how long it lives."""

    answer: Mapping[str, Any]
    ends_at: datetime | None = None

    def lives(self, now: datetime) -> bool:
        """Whether it may still be used at this moment, as far as is known."""
        return self.ends_at is None or now < self.ends_at


class _Kept:
    """What is known of one account: its newest token, and credentials newer than those it was given with."""

    __slots__ = ("lock", "newer", "token")

    def __init__(self) -> None:
        self.lock = asyncio.Lock()
        self.token: Token | None = None
        self.newer: dict[str, Secret] = {}


class Tokens:
    """The tokens of the accounts that one process uses."""

    def __init__(self, renewed: Renewed | None = None, newest: Newest | None = None) -> None:
        self._kept: dict[bytes, _Kept] = {}
        self._renewed = renewed
        self._newest = newest

    async def token(
        self, account: "Account", fetch: Fetch, *, now: datetime, refused: Token | None = None
    ) -> Token | None:
        """A token that may be used, None for accounts that need none. `refused` is one that the vendor
        refused.

        Raises AuthFailed when the account cannot get one, and what `fetch` raises.
        """
        scheme = account.scheme.token
        if scheme is None:
            return None
        kept = self._of(account)
        if kept.token is not None and kept.token is not refused and kept.token.lives(now):
            return kept.token
        async with kept.lock:
            if kept.token is not None and kept.token is not refused and kept.token.lives(now):
                return kept.token
            first = scheme.first(account.scope(kept.newer)) if scheme.first and kept.token is None else None
            if first and refused is None:
                kept.token = Token({"access_token": first})
            else:
                kept.token = await self._renewal(account, kept, fetch, now=now)
        return kept.token

    def account_scope(self, account: "Account") -> dict[str, str]:
        """What `$account` is: the account's fields with the newest values known."""
        kept = self._kept.get(account.key)
        return account.values(kept.newer if kept else {})

    async def _renewal(self, account: "Account", kept: _Kept, fetch: Fetch, *, now: datetime) -> Token:
        """A new token. What this process knows of the account may be old: another may have renewed it."""
        before = account.values(kept.newer)
        try:
            return await self._fetched(account, kept, fetch, now=now)
        except AuthFailed:
            newest = await self._newest(account.connector.name) if self._newest is not None else None
            if newest is None or newest.auth_type != account.credentials.auth_type:
                raise
            kept.newer |= newest.fields
            if account.values(kept.newer) == before:
                raise
            scheme = account.scheme.token
            first = scheme.first(account.scope(kept.newer)) if scheme is not None and scheme.first else None
            if first and first not in before.values():
                return Token({"access_token": first})
            return await self._fetched(account, kept, fetch, now=now)

    async def _fetched(self, account: "Account", kept: _Kept, fetch: Fetch, *, now: datetime) -> Token:
        scheme = account.scheme.token
        values = account.values(kept.newer)
        if scheme is None or scheme.request is None or any(not values.get(name) for name in scheme.needs):
            raise AuthFailed("the application does not accept the account's token, and it cannot be renewed")
        answer = await fetch({"account": values})
        if not isinstance(answer, dict) or not answer.get("access_token"):
            raise AuthFailed("the application gave no access token")
        newer = {
            name: Secret(as_text(answer[told])) for told, name in scheme.keep.items() if answer.get(told)
        }
        if any(values.get(name) != secret.reveal() for name, secret in newer.items()):
            kept.newer |= newer
            renewed = replace(account.credentials, fields={**account.credentials.fields, **kept.newer})
            # Calls that will read the newly sealed account are of the same account, and wait for its lock.
            self._keep(_fingerprint(account.connector, renewed), kept)
            if self._renewed is not None:
                await self._renewed(account.connector.name, renewed)
        return Token(answer, _end(answer.get("expires_in"), now))

    def _of(self, account: "Account") -> _Kept:
        kept = self._kept.get(account.key)
        if kept is None:
            kept = _Kept()
            self._keep(account.key, kept)
        return kept

    def _keep(self, key: bytes, kept: _Kept) -> None:
        if len(self._kept) >= MOST_KEPT:
            self._kept.pop(next(iter(self._kept)))
        self._kept[key] = kept


@dataclass(frozen=True, slots=True)
class Account:
    """A connector's account in use: its credentials with the scheme they belong to."""

    connector: Connector
    scheme: AuthScheme
    credentials: Credentials
    key: bytes

    @classmethod
    def of(cls, connector: Connector, credentials: Credentials) -> "Account":
        """The account of these credentials. Raises AuthFailed when the connector knows no such auth type."""
        scheme = connector.auth.get(credentials.auth_type)
        if scheme is None:
            known = ", ".join(connector.auth)
            raise AuthFailed(f"{connector.name} accounts are of type {known}, not {credentials.auth_type}")
        return cls(connector, scheme, credentials, _fingerprint(connector, credentials))

    def values(self, newer: Mapping[str, Secret]) -> dict[str, str]:
        """The account's fields and endpoint by name, revealed, for the request that is being built."""
        values = {known.name: known.default for known in self.scheme.fields.values() if known.default}
        values |= {name: text.rstrip("/") for name, text in self.credentials.endpoint.items() if text}
        secrets = {**self.credentials.fields, **newer}
        return values | {name: secret.reveal() for name, secret in secrets.items()}

    def scope(self, newer: Mapping[str, Secret]) -> Scope:
        """A scope that holds nothing but the account."""
        return {"account": self.values(newer)}


def sign(account: Account, scope: Scope) -> Signature:
    """What every request of the account carries. Raises AuthFailed for credentials no header can hold."""
    scheme = account.scheme
    base = (scheme.base_url or account.connector.base_url)(scope)
    headers: dict[str, str] = {}
    if scheme.bearer is not None and (token := scheme.bearer(scope)):
        headers["Authorization"] = f"Bearer {as_text(token)}"
    if scheme.basic is not None:
        user, password = (as_text(part(scope) or "") for part in scheme.basic)
        if user or password:
            headers["Authorization"] = "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()
    if scheme.headers is not None:
        headers |= {name: as_text(value) for name, value in scheme.headers(scope).items() if name}
    for name, text in headers.items():
        if not (name + text).isprintable():
            raise AuthFailed(f"the account's credentials hold characters that the header {name} cannot carry")
    query = {name: as_text(value) for name, value in scheme.query(scope).items()} if scheme.query else {}
    return Signature(as_text(base) if base else "", headers, query)


def _fingerprint(connector: Connector, credentials: Credentials) -> bytes:
    # Accounts with the same credentials share a token; a changed password is another account. Never leaves
    # memory.
    known = credentials.fingerprints.get(connector.name)
    if known is not None:
        return known
    digest = hashlib.blake2b(f"{connector.name}\0{credentials.auth_type}".encode(), digest_size=32)
    for name in sorted(credentials.fields):
        digest.update(f"\0{name}\0{credentials.fields[name].reveal()}".encode())
    for name in sorted(credentials.endpoint):
        digest.update(f"\0\0{name}\0{credentials.endpoint[name]}".encode())
    made = credentials.fingerprints[connector.name] = digest.digest()
    return made


def _end(expires_in: Any, now: datetime) -> datetime | None:
    try:
        life = timedelta(seconds=float(expires_in))
    except (TypeError, ValueError, OverflowError):
        return None
    return now + max(life - _EARLY, life / 2)
