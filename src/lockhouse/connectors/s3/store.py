"""Requests to an object store for one account: signed, repeated where safe, failing in our five words."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from yarl import URL

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable
from lockhouse.connectors.s3.signing import Signer, address, signed
from lockhouse.connectors.session import MOST_ATTEMPTS, Session
from lockhouse.connectors.xml import Element, NotXml, read_xml
from lockhouse.outbound import (
    AddressRefused,
    Answer,
    AnswerRefused,
    OutboundError,
    Request,
    TlsRefused,
    Unreachable,
    fetch,
)
from lockhouse.sealing import Secret

USUAL_REGION = "us-east-1"
_FIRST_WAIT = 0.5
_REGION = re.compile(r"[a-z0-9-]{1,32}")
_AUTH_CODES = {
    "AccessDenied", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken",
    "AccountProblem", "AllAccessDisabled", "RequestTimeTooSkewed", "AuthorizationHeaderMalformed",
    "InvalidSecurity", "NotSignedUp",
}  # fmt: skip
_SLOW_CODES = {
    "SlowDown",
    "Throttling",
    "ThrottlingException",
    "RequestLimitExceeded",
    "TooManyRequestsException",
}


class Store:
    """The object store of an account. `endpoint` may hold `{region}`."""

    def __init__(self, session: Session, endpoint: str) -> None:
        account = session.account.values({})
        region = account.get("region") or USUAL_REGION
        if not _REGION.fullmatch(region):
            raise Rejected("region: expected letters, digits and -, such as eu-central-1")
        token = account.get("sessionToken", "")
        self._session = session
        self._template = account.get("endpointUrl") or endpoint
        self._signer = Signer(
            account.get("accessKeyId", ""),
            Secret(account.get("secretAccessKey", "")),
            region,
            Secret(token) if token else None,
        )

    @property
    def region(self) -> str:
        """The region that is asked."""
        return self._signer.region

    async def send(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: bytes = b"",
    ) -> Answer:
        """Send a request; every one may be repeated, since a second one leaves the store as the first did.

        Raises AuthFailed, NotFound, Rejected, RateLimited, Unavailable.
        """
        pause = _FIRST_WAIT
        for attempt in range(1, MOST_ATTEMPTS + 1):
            try:
                return await self._in_its_region(method, path, query or {}, headers or {}, body)
            except (RateLimited, Unavailable):
                if attempt == MOST_ATTEMPTS:
                    raise
                await self._session.outlet.wait(pause)
                pause *= 2
        raise AssertionError("the loop returns or raises")

    async def listed(self, path: str, query: Mapping[str, str]) -> Element:
        """The XML that a GET answers. Raises the five errors."""
        answer = await self.send("GET", path, query=query)
        try:
            return read_xml(answer.body)
        except NotXml as error:
            raise Unavailable(str(error), status_code=502) from None

    async def _in_its_region(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        answer = await self._once(method, path, query, headers, body)
        region = answer.headers.get("x-amz-bucket-region", "")
        if answer.status in (301, 307, 400) and _REGION.fullmatch(region) and region != self.region:
            # The account names another region than the bucket's; the store tells which.
            self._signer = replace(self._signer, region=region)
            answer = await self._once(method, path, query, headers, body)
        if answer.status >= 300:
            raise _failed(answer)
        return answer

    async def _once(
        self, method: str, path: str, query: Mapping[str, str], headers: Mapping[str, str], body: bytes
    ) -> Answer:
        url = address(self._endpoint(), path, query)
        request = signed(self._signer, Request(method, url, headers, body or None), now=datetime.now(UTC))
        try:
            return await fetch(self._session.outlet.session, request, follow=0)
        except (AddressRefused, TlsRefused, AnswerRefused) as error:
            raise Rejected(str(error)) from None
        except OutboundError as error:
            raise Unavailable(str(error), nothing_sent=isinstance(error, Unreachable)) from None

    def _endpoint(self) -> URL:
        text = self._template.strip().replace("{region}", self._signer.region)
        try:
            url = URL(text if "://" in text else f"https://{text}")
            if url.scheme in ("http", "https") and url.raw_host and url.user is None:
                return url
        except ValueError:
            pass
        raise Rejected("endpointUrl: expected the address of an object store, such as https://s3.example.com")


def _failed(answer: Answer) -> ActionFailed:
    code, told = _told(answer)
    text = f"{code}: {told}" if code and told else code or f"the object store answered {answer.status}"
    if code in _SLOW_CODES or answer.status == 429:
        return RateLimited(text, status_code=answer.status)
    if code in _AUTH_CODES or answer.status in (401, 403):
        return AuthFailed(text, status_code=answer.status)
    if answer.status == 404:
        return NotFound(text)
    if answer.status >= 500:
        return Unavailable(text, status_code=answer.status)
    return Rejected(text, status_code=answer.status if answer.status >= 400 else 502)


def _told(answer: Answer) -> tuple[str, str]:
    try:
        error = read_xml(answer.body)
    except NotXml:
        return "", ""
    return error.value("Code")[:100], error.value("Message")[:400]
