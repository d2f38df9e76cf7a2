"""The HTTP connector: the request is what the flow says, the answer's body is always text for the flow."""

import base64
import re
from typing import Any
from urllib.parse import quote

import msgspec
from yarl import URL

from lockhouse.connectors.errors import ActionFailed, AuthFailed, Rejected
from lockhouse.connectors.model import Body, HttpRequest
from lockhouse.connectors.reply import Reply
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD")
_ABSOLUTE = re.compile(r"(https?)://([^/?#\s]+)", re.IGNORECASE)
_NOT_FOR_FLOWS = frozenset(
    {
        "host",
        "content-length",
        "transfer-encoding",
        "connection",
        "rejectunauthorized",
        "upgrade",
        "te",
        "trailer",
    }
)
_MASKED = frozenset(
    {"authorization", "cookie", "proxy-authorization", "password", "x-api-key", "apikey", "api-key"}
)
_TEXT_TYPES = re.compile(
    r"text/|application/([\w.+-]+\+)?(json|xml|javascript|x-www-form-urlencoded)|charset="
)
_MOST_TEXT = 500


async def invoke(call: ActionCall, session: Session) -> ActionResult:
    """Send the flow's request. With `continue2xx` false the flow goes on after any answer."""
    values = call.input
    method = as_text(values.get("method") or "GET").strip().upper()
    if method not in METHODS:
        raise Rejected(f"method: expected one of {', '.join(METHODS)}")
    address, ours = _address(as_text(values.get("url") or ""), session)
    headers = _headers(values.get("requestHeaders"))
    body = _body(values.get("requestBody"), headers)
    request = HttpRequest(
        method=method,
        path=lambda _scope: address,
        headers=lambda _scope: headers,
        body=body,
        answer="text",
        safe=method in ("GET", "HEAD"),
        once=method not in ("GET", "HEAD"),
    )
    sender = session if ours else session.unsigned()
    try:
        reply = await sender.perform(request, {})
    except ActionFailed as failed:
        if failed.reply is None or values.get("continue2xx") is not False:
            own = any(name.lower() == "authorization" for name in headers)
            known = ours and not own and session.account.scheme.auth_type != "NONE"
            raise _classified(failed, method, address, with_account=known) from None
        reply = failed.reply
    return ActionResult(payload=_payload(values, reply, address, headers), status_code=reply.status)


async def check_host(_call: ActionCall, session: Session) -> ActionResult:
    """Ask the account's host for something; without a host there is nothing to test."""
    address, _ = _address("", session) if _base(session) else ("", False)
    if not address:
        return ActionResult(payload={})
    reply = await _asked("HEAD", address, session)
    if reply is not None and reply.status in (405, 501):
        reply = await _asked("GET", address, session)
    if reply is not None and reply.status in (401, 403, 407):
        raise AuthFailed(f"{reply.status}: the host does not accept the account's credentials")
    return ActionResult(payload={})


async def _asked(method: str, address: str, session: Session) -> Reply | None:
    request = HttpRequest(method=method, path=lambda _scope: address, answer="text", safe=True)
    try:
        return await session.perform(request, {})
    except ActionFailed as failed:
        if failed.reply is None:
            raise
        return failed.reply


def _base(session: Session) -> str:
    """The account's host and base path as an address, or an empty text."""
    endpoint = session.account.credentials.endpoint
    host = endpoint.get("host", "").strip().rstrip("/")
    if not host:
        return ""
    host = host if "://" in host else f"https://{host}"
    path = endpoint.get("basePath", "").strip("/ ")
    return f"{host}/{path}" if path else host


def _address(text: str, session: Session) -> tuple[str, bool]:
    """The address to call, encoded, and whether the account's credentials belong there. Raises Rejected."""
    base, text = _base(session), text.strip()
    if not _ABSOLUTE.match(text):
        if not base:
            raise Rejected("url: expected an absolute address such as https://api.example.com/path")
        text = f"{base}/{text.lstrip('/')}" if text else base
    address = encoded(text)
    ours = not base or URL(address, encoded=True).origin() == URL(encoded(base), encoded=True).origin()
    return address, ours


def encoded(text: str) -> str:
    """An address with what a URL cannot hold percent-encoded; `%xx` and the signs of URLs stay. Raises
    Rejected.
    """
    found = _ABSOLUTE.match(text)
    if found is None:
        raise Rejected("url: expected an absolute address such as https://api.example.com/path")
    rest = text[found.end() :].partition("#")[0]
    rest = quote(rest, safe="%!$&'()*+,/:;=?@[]~-._")
    try:
        origin = URL(f"{found[1].lower()}://{found[2]}")
    except ValueError:
        raise Rejected("url: the host cannot be read") from None
    return str(origin).rstrip("/") + (rest if rest.startswith("/") else f"/{rest}")


def _headers(given: Any) -> dict[str, str]:
    if given in (None, ""):
        return {}
    if not isinstance(given, dict):
        raise Rejected("requestHeaders: expected names with values")
    return {
        name: as_text(value)
        for name, value in given.items()
        if value is not None and name.lower() not in _NOT_FOR_FLOWS
    }


def _body(value: Any, headers: dict[str, str]) -> Body | None:
    if value is None:
        return None
    text = as_text(value)
    kind = next((held for name, held in headers.items() if name.lower() == "content-type"), None)
    if kind is None:
        is_json = not isinstance(value, str) or _reads_as_json(text)
        kind = "application/json" if is_json else "text/plain; charset=utf-8"
    return Body("raw", lambda _scope: {"content": text, "encoding": "Text"}, lambda _scope: kind)


def _reads_as_json(text: str) -> bool:
    try:
        return isinstance(msgspec.json.decode(text), dict | list)
    except msgspec.DecodeError:
        return False


def _classified(failed: ActionFailed, method: str, address: str, *, with_account: bool) -> ActionFailed:
    reply = failed.reply
    if reply is None:
        return failed
    url = URL(address, encoded=True)
    said = reply.content.decode("utf-8", "replace")[:_MOST_TEXT]
    text = f"{method} {url.host}{url.path} answered {reply.status}: {said}".rstrip(": ")
    if isinstance(failed, AuthFailed) and not with_account:
        return Rejected(text, status_code=reply.status)
    failed.args = (text,)
    return failed


def _payload(values: dict[str, Any], reply: Reply, address: str, headers: dict[str, str]) -> dict[str, Any]:
    shown = {name: "***" if name.lower() in _MASKED else value for name, value in headers.items()}
    return {
        "responseBody": _text(reply),
        "responseHeaders": _joined(reply),
        "method": values.get("method"),
        "url": address,
        "requestHeaders": shown,
        "requestBody": values.get("requestBody"),
        "continue2xx": values.get("continue2xx"),
    }


def _text(reply: Reply) -> str:
    kind = reply.headers.get("Content-Type", "").lower()
    charset = re.search(r"charset=\"?([\w-]+)", kind)
    if not reply.content:
        return ""
    try:
        if kind and not _TEXT_TYPES.search(kind):
            return base64.b64encode(reply.content).decode()
        return reply.content.decode(charset[1] if charset else "utf-8")
    except (UnicodeDecodeError, LookupError):
        return base64.b64encode(reply.content).decode()


def _joined(reply: Reply) -> dict[str, str]:
    names = {name.lower() for name in reply.headers}
    return {
        name: ("\n" if name == "set-cookie" else ", ").join(reply.headers.getall(name))
        for name in sorted(names)
    }
