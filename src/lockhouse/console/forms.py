"""What a browser posted: read once, proved to be ours, then values by field."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.enums import RequestEncodingType

from lockhouse.errors import LockhouseError
from lockhouse.sealing import Secret, same

MOST_BYTES = 64 * 1024
_MOST_FIELDS = 50
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class FormForged(LockhouseError):
    """A form came from another site, without its proof, or with that of another session."""


class FormUnreadable(LockhouseError):
    """The body is no form, or too large for one."""


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a form that our own page posted in this session."""

    _fields: Mapping[str, str] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """A field's text without blanks around it; empty when it is not there."""
        return self._fields.get(name, "").strip()

    def secret(self, name: str) -> Secret:
        """A field's text exactly as it was typed."""
        return Secret(self._fields.get(name, ""))


async def read_form(request: Request[Any, Any, Any], *, csrf: str, home: str) -> Form:
    """The form that was posted to the console at `home` (host and port); an empty one when nothing was.

    `csrf` is what the session's forms carry. Raises FormForged, FormUnreadable.
    """
    if request.method in _SAFE_METHODS:
        return Form()
    _check_origin(request, home)
    if request.content_type[0] != RequestEncodingType.URL_ENCODED:
        raise FormUnreadable("expected a form")
    # Not `request.form()`: Litestar keeps the bodies of the last 1,024 forms, passwords and all, in a cache.
    body = await request.body()
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise FormUnreadable("the form cannot be read") from None
    fields = dict(pairs)
    if not same(fields.get("csrf", ""), csrf):
        raise FormForged("the form is not of this session")
    return Form(fields)


def _check_origin(request: Request[Any, Any, Any], home: str) -> None:
    # A browser says where a post comes from. A program that does not still needs the form's own proof.
    site = request.headers.get("Sec-Fetch-Site", "same-origin")
    scheme, _, place = request.headers.get("Origin", f"http://{home}").partition("://")
    ours = scheme in ("http", "https") and place in (home, request.headers.get("Host"))
    if site not in ("same-origin", "none") or not ours:
        raise FormForged("the form came from another site")


def local_path(text: str) -> str:
    """A path of our own to go to after logging in; `/` for whatever else somebody put there."""
    plain = all("!" <= letter <= "~" for letter in text) and "\\" not in text
    return text if plain and text.startswith("/") and not text.startswith("//") else "/"
