"""What an API flow tells of itself: `<flow>/openapi.json`, and at `<flow>/` a page to try it.

The page is one file for all flows; it reads the document beside it. A route of the flow itself comes first.
"""

import base64
import functools
import hashlib
import re
from dataclasses import dataclass
from importlib.resources import files
from urllib.parse import quote

import msgspec

from lockhouse.flows.openapi import openapi_document
from lockhouse.flows.operations import MethodNotAllowed, NoSuchPath, find_operation
from lockhouse.runtime.flow_facts import LoadedFlow

DOCUMENT = "openapi.json"
Headers = list[tuple[bytes, bytes]]
_HOST = re.compile(rb"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
_INLINE = re.compile(rb"<(script|style)>(.*?)</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Shown:
    """An answer that no flow gave."""

    status: int
    body: bytes
    headers: Headers


def shown(loaded: LoadedFlow, path: str, *, slash: bool, scheme: str, host: bytes) -> Shown | None:
    """What GET answers for a path below the flow's address; None when it is for the flow.

    `slash` says whether one follows the flow's name; `host` is the Host header, empty when there is none.
    """
    if path not in ("", DOCUMENT) or _is_the_flow_s(loaded, path):
        return None
    name = quote(loaded.name, safe="")
    if path == DOCUMENT:
        base = f"{scheme}://{host.decode()}/{name}" if _HOST.fullmatch(host) else f"../{name}"
        document = openapi_document(loaded.flow, server_url=base)
        return Shown(200, msgspec.json.encode(document), [(b"content-type", b"application/json")])
    if not slash:
        return Shown(307, b"", [(b"location", f"./{name}/".encode())])
    return _page()


def _is_the_flow_s(loaded: LoadedFlow, path: str) -> bool:
    try:
        find_operation(loaded.flow, "GET", path)
    except NoSuchPath:
        return False
    except MethodNotAllowed:
        return True
    return True


@functools.cache
def _page() -> Shown:
    """The page. What runs and how it looks are inside and named by their hashes; it asks its own server
    only."""
    body = files("lockhouse.runtime").joinpath("flow_page.html").read_bytes()
    hashes = {kind.decode(): _hash(content) for kind, content in _INLINE.findall(body)}
    policy = (
        f"default-src 'none'; script-src {hashes['script']}; style-src {hashes['style']}; "
        "connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )
    headers = [
        (b"content-type", b"text/html; charset=utf-8"),
        (b"content-security-policy", policy.encode()),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]
    return Shown(200, body, headers)


def _hash(content: bytes) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(content).digest()).decode()}'"
