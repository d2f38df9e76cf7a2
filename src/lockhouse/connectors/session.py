"""One call's way to the vendor: requests signed, sent, repeated where that is safe, failing in our five
words.

Declared actions use it, and it is what a Python action is handed.
"""

from collections.abc import Mapping
from copy import copy
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from yarl import URL

from lockhouse.connectors import http
from lockhouse.connectors.auth import Account, Token, sign
from lockhouse.connectors.errors import (
    ActionFailed,
    AuthFailed,
    RateLimited,
    Rejected,
    TokenRefused,
    Unavailable,
)
from lockhouse.connectors.model import STAND_IN_URL, Connector, Credentials, ErrorRules, HttpRequest
from lockhouse.connectors.outlet import Outlet
from lockhouse.connectors.reply import Reply
from lockhouse.connectors.templates import Scope, as_text
from lockhouse.outbound import (
    AddressRefused,
    AnswerRefused,
    OutboundError,
    Request,
    TlsRefused,
    Unreachable,
    fetch,
)

MOST_ATTEMPTS = 3
MOST_WAIT = 10.0
_FIRST_WAIT = 0.5
_PLAIN_ERRORS = ErrorRules()
_KEY = "idempotency key"
_IDEMPOTENCY = "Idempotency-Key"
"""For applications that know the header (draft-ietf-httpapi-idempotency-key-header); others ignore it."""


class Session:
    """The requests of one call, for one account. `now` is the time of the call."""

    def __init__(
        self, connector: Connector, credentials: Credentials, outlet: Outlet, *, now: datetime
    ) -> None:
        self.connector = connector
        self.now = now
        self.account = Account.of(connector, credentials)
        self.outlet = outlet
        self._signs = True
        self.idempotency_key: str | None = None
        self._changes = 0

    async def send(self, name: str, values: Mapping[str, Any] | None = None) -> Reply:
        """Send the request that the manifest declares under `requests` by this name; `values` is its scope.

        Raises AuthFailed, NotFound, Rejected, RateLimited, Unavailable.
        """
        return await self.perform(self.connector.requests[name], values or {})

    async def perform(self, request: HttpRequest, values: Scope) -> Reply:
        """Send a declared request; a refused token is renewed once. Raises the five errors."""
        token = await self._token() if self._signs else None
        values = {**values, _KEY: self._key_of(request)}
        try:
            return await self._repeated(request, values, token)
        except TokenRefused as refused:
            if token is None:
                raise _final(refused) from None
            token = await self._token(refused=token, reason=refused)
        try:
            return await self._repeated(request, values, token)
        except TokenRefused as refused:
            raise _final(refused) from None

    def _key_of(self, request: HttpRequest) -> str:
        """What a request that changes something is known by, the same whenever its call is made again."""
        if self.idempotency_key is None or request.safe or request.method in ("GET", "HEAD"):
            return ""
        self._changes += 1
        return self.idempotency_key if self._changes == 1 else f"{self.idempotency_key}-{self._changes}"

    def unsigned(self) -> "Session":
        """The same session for a request that must not carry the account's credentials."""
        other = copy(self)
        other._signs = False
        return other

    def cached(self, name: str) -> Any:
        """What this account's calls kept under a name, unless it is older than an hour."""
        kept = self.outlet.cached(self.account.key, name)
        return kept[1] if kept is not None and self.now - kept[0] < timedelta(hours=1) else None

    def keep(self, name: str, value: Any) -> None:
        """Keep a value for the account's next calls, for an hour."""
        self.outlet.keep(self.account.key, name, (self.now, value))

    async def _token(self, *, refused: Token | None = None, reason: AuthFailed | None = None) -> Token | None:
        try:
            return await self.outlet.tokens.token(
                self.account, self._fetch_token, now=self.now, refused=refused
            )
        except AuthFailed as failed:
            # When nothing can be renewed, the vendor's own words about the refused token say more than ours.
            raise _final(reason or failed) from None

    async def _fetch_token(self, scope: Scope) -> Any:
        scheme = self.account.scheme.token
        if scheme is None or scheme.request is None:
            raise AuthFailed("the account has no way to get a token")
        request = http.build(scheme.request, scope, http.Signature("", {}, {}), None)
        reply = await self._exchange(request, follow=0)
        failed = http.failure(reply, _PLAIN_ERRORS, scope, self.now)
        if failed is None and reply.status < 300:
            return reply.body
        if isinstance(failed, RateLimited | Unavailable):
            raise failed
        raise AuthFailed(self._without_secrets(_told_by_token_endpoint(reply)))

    async def _repeated(self, request: HttpRequest, values: Scope, token: Token | None) -> Reply:
        waited, pause = 0.0, _FIRST_WAIT
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                return await self._once(request, values, token)
            except (RateLimited, Unavailable) as failed:
                wanted = getattr(failed, "retry_after", None)
                delay = pause if wanted is None else wanted
                if attempt == MOST_ATTEMPTS or waited + delay > MOST_WAIT or not _may_repeat(request, failed):
                    raise
                await self.outlet.wait(delay)
                waited, pause = waited + delay, pause * 2
        raise AssertionError("the loop returns or raises")

    async def _once(self, request: HttpRequest, values: Scope, token: Token | None) -> Reply:
        scope = {
            **values,
            "account": self.outlet.tokens.account_scope(self.account),
            "token": token.answer if token else {},
        }
        signature = sign(self.account, scope) if self._signs else http.Signature("", {}, {})
        built = http.build(request, scope, signature, self.connector.headers)
        if key := scope.get(_KEY):
            built = replace(built, headers={_IDEMPOTENCY: key, **built.headers})
        reply = await self._exchange(built)
        failed = http.failure(reply, self.connector.errors, scope, self.now)
        if failed is not None:
            bearer = token.answer.get("access_token") if token else None
            failed.args = (self._without_secrets(str(failed), bearer),)
            failed.reply = reply
            raise failed
        if reply.status >= 300:
            raise Rejected(f"{reply.status}: the application redirects elsewhere", status_code=502)
        if request.answer == "json" and isinstance(reply.body, str) and _is_page(reply):
            raise Unavailable("the application answered with a page instead of data", status_code=502)
        return reply

    async def _exchange(self, request: Request, *, follow: int = 5) -> Reply:
        stand_in = self.account.credentials.endpoint.get(STAND_IN_URL)
        if stand_in:
            request = replace(request, url=_at_stand_in(stand_in, request.url))
        try:
            return http.read(await fetch(self.outlet.session, request, follow=follow))
        except (AddressRefused, TlsRefused, AnswerRefused) as error:
            raise Rejected(str(error)) from None
        except OutboundError as error:
            raise Unavailable(str(error), nothing_sent=isinstance(error, Unreachable)) from None

    def _without_secrets(self, text: str, bearer: Any = None) -> str:
        if isinstance(bearer, str) and len(bearer) > 3:
            text = text.replace(bearer, "***")
        for field in self.account.scheme.fields.values():
            secret = self.account.credentials.fields.get(field.name)
            if field.secret and secret is not None and len(secret.reveal()) > 3:
                text = text.replace(secret.reveal(), "***")
        return text


def _at_stand_in(address: str, url: URL) -> URL:
    stand_in = URL(address)
    if url.origin() == stand_in.origin():
        return url
    return URL(f"{address.rstrip('/')}/{url.host}{url.raw_path_qs}", encoded=True)


def _final(refused: AuthFailed) -> AuthFailed:
    final = AuthFailed(str(refused), status_code=refused.status_code)
    final.reply = refused.reply
    return final


def _may_repeat(request: HttpRequest, failed: ActionFailed) -> bool:
    # A call that was limited was not carried out; one that never left neither.
    return not request.once and (
        request.safe
        or isinstance(failed, RateLimited)
        or (isinstance(failed, Unavailable) and failed.nothing_sent)
    )


def _is_page(reply: Reply) -> bool:
    return "html" in reply.headers.get("Content-Type", "").lower()


def _told_by_token_endpoint(reply: Reply) -> str:
    # RFC 6749 section 5.2: error and error_description.
    body = reply.body if isinstance(reply.body, dict) else {}
    words = [as_text(body[name]) for name in ("error", "error_description") if body.get(name)]
    told = ": ".join(words)[: http.MOST_TEXT]
    return f"the application gave no token: {told or reply.status}"
