"""A base URL and a session → JSON, or a raised Problem that carries the service's own words."""

import io
from collections.abc import Mapping
from typing import Any

import aiohttp
import msgspec

from lockhouse.errors import LockhouseError

SECONDS = 30.0
"""As long as a call may take, unless the transport was made for longer ones."""
_LARGE = 512 * 1024


class Problem(LockhouseError):
    """A service answered with an error.

    `status` is the HTTP status, `code` the service's stable code (`BXNIM0415E`, `not_found`,
    `account_missing`, …), `body` the whole error document, `retry_after` seconds if the service said so.
    """

    def __init__(
        self, *, status: int, code: str, message: str, body: Any = None, retry_after: float | None = None
    ) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message
        self.body = body
        self.retry_after = retry_after


class Unreachable(Problem):
    """No answer came: the address refuses, does not resolve, or took too long."""

    def __init__(self, url: str) -> None:
        super().__init__(status=0, code="unreachable", message=f"no answer from {url}")


class Transport:
    """JSON over HTTP with one service. Paths begin with `/`; the session is not closed here."""

    def __init__(
        self,
        session: aiohttp.ClientSession,  # noqa: TID251 - named, not made
        base_url: str,
        *,
        seconds: float = SECONDS,
    ) -> None:
        self._session = session
        self._timeout = aiohttp.ClientTimeout(total=seconds, connect=5)
        self.base_url = base_url.rstrip("/")

    async def ask(  # noqa: PLR0913 - what a request has
        self,
        method: str,
        path: str,
        *,
        token: str | None = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        json: Any = None,
        form: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Any:
        """The answer's JSON; None when it has no body. Raises Problem, Unreachable."""
        sent = dict(headers or {})
        if token is not None:
            sent["Authorization"] = f"Bearer {token}"
        if json is not None:
            body, sent["Content-Type"] = msgspec.json.encode(json), "application/json"
        # A large body in one piece would keep the event loop busy: aiohttp reads a stream in pieces.
        data: Any = form if form is not None else body
        if body is not None and len(body) > _LARGE:
            data = io.BytesIO(body)
        try:
            async with self._session.request(
                method,
                self.base_url + path,
                params=query,
                headers=sent,
                data=data,
                timeout=self._timeout,
                allow_redirects=False,
            ) as answer:
                raw = await answer.read()
                if answer.status >= 400:
                    raise _problem(answer.status, raw, answer.headers.get("Retry-After"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(self.base_url) from error
        try:
            return msgspec.json.decode(raw) if raw else None
        except msgspec.DecodeError:
            raise Problem(
                status=answer.status, code="not_json", message=f"{self.base_url} answered no JSON"
            ) from None


def _problem(status: int, raw: bytes, retry_after: str | None) -> Problem:
    try:
        body = msgspec.json.decode(raw)
    except msgspec.DecodeError:
        body = None
    code, message = _words_of(body)
    seconds = float(retry_after) if retry_after and retry_after.isdigit() else None
    return Problem(
        status=status,
        code=code or f"http_{status}",
        message=message or f"HTTP {status}",
        body=body,
        retry_after=seconds,
    )


def _words_of(body: Any) -> tuple[str, str]:
    """Code and message of any of the three envelopes in `wire.problems`."""
    if not isinstance(body, dict):
        return "", ""
    if "errorCode" in body:
        return str(body["errorCode"]), str(body.get("errorMessage", ""))
    errors = body.get("errors")
    error = errors[0] if isinstance(errors, list) and errors else body.get("error")
    if isinstance(error, dict):
        return str(error.get("code", "")), str(error.get("message", ""))
    return "", ""
