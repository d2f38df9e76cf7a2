"""What a request carries, as bytes: JSON, form, multipart, raw content; and content as App Connect hands it
over.
"""

import base64
import binascii
import secrets
from typing import Any
from urllib.parse import quote_plus

import msgspec

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.model import Body
from lockhouse.connectors.templates import Scope, as_text

_JSON = "application/json"


def encode(body: Body, scope: Scope) -> tuple[str, bytes | None]:
    """Content type and bytes of a body. Raises Rejected for content that is not what it should be."""
    content = body.content(scope)
    if body.kind == "json":
        return _typed(body, scope, _JSON), msgspec.json.encode({} if content is None else content)
    if body.kind == "form":
        return "application/x-www-form-urlencoded", form(content or {})
    if body.kind == "multipart":
        parts = content or []
        subtype = "form-data" if any("name" in part for part in parts) else "related"
        return multipart(parts, boundary=secrets.token_hex(16), subtype=subtype)
    raw = as_bytes(content.get("content"), content.get("encoding"))
    return _typed(body, scope, "application/octet-stream"), raw


def _typed(body: Body, scope: Scope, usual: str) -> str:
    value = body.content_type(scope) if body.content_type else None
    return as_text(value) if value else usual


def form(values: dict[str, Any]) -> bytes:
    """An application/x-www-form-urlencoded body; lists repeat, nothing is left out."""
    pairs = [
        f"{quote_plus(name)}={quote_plus(as_text(one))}"
        for name, value in values.items()
        for one in (value if isinstance(value, list) else [value])
        if one is not None
    ]
    return "&".join(pairs).encode()


def multipart(parts: list[dict[str, Any]], *, boundary: str, subtype: str = "form-data") -> tuple[str, bytes]:
    """A multipart body (RFC 7578). A part has `name`, `filename`, `type`, and `json` or `content`."""
    chunks: list[bytes] = []
    for part in parts:
        head = []
        if "name" in part:
            name = f'form-data; name="{_quoted(part["name"])}"'
            head.append("Content-Disposition: " + name + _filename(part))
        is_json = "json" in part
        kind = part.get("type") or (_JSON if is_json else "")
        if kind:
            head.append(f"Content-Type: {' '.join(as_text(kind).split())}")
        given = part.get("content"), part.get("encoding")
        content = msgspec.json.encode(part["json"]) if is_json else as_bytes(*given)
        lines = [f"--{boundary}", *head, ""]
        chunks.append("".join(f"{line}\r\n" for line in lines).encode() + content + b"\r\n")
    chunks.append(f"--{boundary}--\r\n".encode())
    return f"multipart/{subtype}; boundary={boundary}", b"".join(chunks)


def _filename(part: dict[str, Any]) -> str:
    return f'; filename="{_quoted(part["filename"])}"' if part.get("filename") else ""


def _quoted(text: Any) -> str:
    # What browsers do (WHATWG HTML, "multipart form data"): three characters are percent-encoded.
    return as_text(text).replace('"', "%22").replace("\r", "%0D").replace("\n", "%0A")


def as_bytes(content: Any, encoding: Any) -> bytes:
    """The bytes of a file's content. `Text` is UTF-8; `Binary` must be base64; `auto` is base64 only if it is
    clean.

    Objects and lists become JSON text, whatever the encoding; nothing is an empty file. Raises Rejected.
    """
    if content is None:
        return b""
    if isinstance(content, bytes):
        return content
    if not isinstance(content, str):
        return as_text(content).encode()
    wanted = as_text(encoding or "Text").lower()
    if wanted.startswith("text"):
        return content.encode()
    decoded = from_base64(content)
    if decoded is not None:
        return decoded
    if wanted == "auto":
        return content.encode()
    raise Rejected("the content must be base64, as its type says that it is binary")


def from_base64(text: str) -> bytes | None:
    """The bytes of a base64 text, line breaks allowed, or None when it is none."""
    joined = "".join(text.split())
    if len(joined) % 4:
        return None
    try:
        return base64.b64decode(joined, validate=True)
    except (binascii.Error, ValueError):
        return None


def as_content(content: bytes, encoding: Any) -> str:
    """A downloaded file as App Connect hands it over: text for `Text…`, else base64."""
    if as_text(encoding or "Binary").lower().startswith("text"):
        return content.decode("utf-8", "replace")
    return base64.b64encode(content).decode()
