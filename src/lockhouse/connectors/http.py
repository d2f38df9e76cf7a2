"""A declared request becomes bytes on the wire, and an answer becomes a value or one of the five errors."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import quote

import msgspec
from multidict import CIMultiDictProxy
from yarl import URL

from lockhouse.connectors import bodies
from lockhouse.connectors.errors import (
    ActionFailed,
    AuthFailed,
    NotFound,
    RateLimited,
    Rejected,
    TokenRefused,
    Unavailable,
)
from lockhouse.connectors.model import ErrorRule, ErrorRules, HttpRequest
from lockhouse.connectors.reply import Reply
from lockhouse.connectors.templates import MissingPlace, Scope, Template, as_text
from lockhouse.outbound import Answer, Request

MOST_TEXT = 500
_NOT_ON_ONE_LINE = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Signature:
    """What every request of an account carries: headers, query parameters, and where the application is."""

    base_url: str
    headers: Mapping[str, str]
    query: Mapping[str, str]


def build(request: HttpRequest, scope: Scope, signature: Signature, general: Template | None) -> Request:
    """The request on the wire. Raises Rejected when the call lacks what the address or a header needs."""
    base = as_text(request.base_url(scope)) if request.base_url else signature.base_url
    try:
        url = join(base, request.path(scope))
    except MissingPlace as missing:
        raise Rejected(f"{missing.args[0]} is needed to place the call, and it is empty") from None
    query = {**(request.query(scope) if request.query else {}), **signature.query}
    headers = {**(general(scope) if general else {}), **(request.headers(scope) if request.headers else {})}
    body = None
    if request.body is not None:
        content_type, body = bodies.encode(request.body, scope)
        headers.setdefault("Content-Type", content_type)
    texts = {name: header_text(name, value) for name, value in headers.items()}
    own = {name.lower() for name in texts}
    texts |= {name: text for name, text in signature.headers.items() if name.lower() not in own}
    return Request(request.method, with_query(url, query), texts, body)


def join(base: str, path: str) -> str:
    """A path behind a base address; an absolute address stays as it is."""
    if path.startswith(("https://", "http://")):
        return path
    segments = f"{base}/{path}".split("?", 1)[0].split("/")
    if "." in segments or ".." in segments:
        raise Rejected("a value in the address is not allowed there: `.` or `..`")
    return base.rstrip("/") + path


def with_query(url: str, query: Mapping[str, Any]) -> URL:
    """The address with query parameters; lists repeat, nothing is left out."""
    if query:
        told = [f"{quote(name, safe='')}={quote(text, safe='')}" for name, text in pairs_of(query)]
        url += ("&" if "?" in url else "?") + "&".join(told) if told else ""
    try:
        return URL(url, encoded=True)
    except ValueError:
        raise Rejected("the application's address cannot be read") from None


def pairs_of(values: Mapping[str, Any]) -> Iterable[tuple[str, str]]:
    """Names and texts of a query or form."""
    for name, value in values.items():
        for one in value if isinstance(value, list) else (value,):
            if one is not None:
                yield name, as_text(one)


def header_text(name: str, value: Any) -> str:
    """A header's value as text. Raises Rejected for one that would begin another header."""
    text = as_text(value)
    if _NOT_ON_ONE_LINE.search(text) or _NOT_ON_ONE_LINE.search(name):
        raise Rejected(f"the header {name!r} must be one line of text")
    return text


def read(answer: Answer) -> Reply:
    """An answer's body as a value: JSON where it is JSON, else text, else None."""
    body: Any = None
    if answer.body:
        try:
            body = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, UnicodeDecodeError):
            body = answer.body.decode("utf-8", "replace")
    return Reply(answer.status, answer.headers, body, answer.body, answer.url)


def failure(reply: Reply, rules: ErrorRules, scope: Scope, now: datetime) -> ActionFailed | None:
    """The error that an answer is, or None when it is none."""
    good = 200 <= reply.status < 300
    if good and rules.failed is None:
        return None
    told = dict(scope) | {"body": reply.body, "status": reply.status, "headers": lowered(reply.headers)}
    if good and _read_from(rules.failed, told) is not True:
        return None
    code = _read_from(rules.code, told)
    told["code"] = code
    for rule in rules.rules:
        if _holds(rule, reply.status, code, told):
            return _error(rule.word, reply, _text(rules, told, reply), _wait(rule, told, reply, now))
    return _error(_word_of(reply.status), reply, _text(rules, told, reply), _wait(None, told, reply, now))


def lowered(headers: CIMultiDictProxy[str]) -> dict[str, str]:
    """Headers by their names in lower case."""
    return {name.lower(): value for name, value in headers.items()}


def _holds(rule: ErrorRule, status: int, code: Any, told: Scope) -> bool:
    if rule.statuses and status not in rule.statuses:
        return False
    if rule.codes:
        codes = code if isinstance(code, list) else [code]
        if not any(as_text(one) in rule.codes for one in codes if one is not None):
            return False
    return rule.when is None or _read_from(rule.when, told) is True


def _read_from(template: Template | None, told: Scope) -> Any:
    """What an expression reads from an answer, None when the answer is not formed as it expects."""
    try:
        return template(told) if template is not None else None
    except Rejected:
        return None


def _word_of(status: int) -> str:
    usual = {
        401: "token-refused",
        403: "auth-failed",
        404: "not-found",
        410: "not-found",
        429: "rate-limited",
    }
    if status in usual:
        return usual[status]
    return "unavailable" if status >= 500 or status in (408, 425) else "rejected"


def _text(rules: ErrorRules, told: Scope, reply: Reply) -> str:
    said = _read_from(rules.text, told) if reply.body is not None else None
    if isinstance(said, str) and said.strip(" :"):
        return " ".join(said.split())[:MOST_TEXT]
    text = "" if reply.body is None else " ".join(as_text(reply.body).split())[:MOST_TEXT]
    return f"{reply.status}: {text}" if text else f"the application answered with status {reply.status}"


def _wait(rule: ErrorRule | None, told: Scope, reply: Reply, now: datetime) -> float | None:
    if rule is not None and rule.retry_after is not None:
        value = _read_from(rule.retry_after, told)
        return float(value) if isinstance(value, int | float) else None
    return seconds_of(reply.headers.get("Retry-After"), now)


def seconds_of(text: str | None, now: datetime) -> float | None:
    """A Retry-After header (RFC 9110 10.2.3) in seconds, or None when there is none that can be read."""
    if not text:
        return None
    if text.strip().isdigit():
        return float(text[:9])
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (moment - now).total_seconds())


def _error(word: str, reply: Reply, text: str, retry_after: float | None) -> ActionFailed:
    status = reply.status if reply.status >= 400 else 0
    if word == "rate-limited":
        return RateLimited(text, status_code=status, retry_after=retry_after)
    return WORDS[word](text, status_code=status)


WORDS: Mapping[str, Callable[..., ActionFailed]] = {
    "auth-failed": AuthFailed,
    "token-refused": TokenRefused,
    "not-found": NotFound,
    "rejected": Rejected,
    "rate-limited": RateLimited,
    "unavailable": Unavailable,
}
