"""What a browser posted: read once, proved to be ours, then values by field."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from litestar import Request
from litestar.datastructures import UploadFile
from litestar.enums import RequestEncodingType
from litestar.exceptions import ClientException
from litestar.exceptions.http_exceptions import RequestEntityTooLarge

from lockhouse.errors import LockhouseError
from lockhouse.sealing import Secret, same

MOST_BYTES = 64 * 1024
_MOST_FIELDS = 200
_SAFE_METHODS = ("GET", "HEAD", "OPTIONS")


class FormForged(LockhouseError):
    """A form came from another site, without its proof, or with that of another session."""


class FormUnreadable(LockhouseError):
    """The body is no form, or too large for one."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that was sent along: the name it had there, which proves nothing, and what is in it."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields and files of a form that our own page posted in this session."""

    _fields: Mapping[str, Sequence[str]] = field(default_factory=dict, repr=False)
    _files: Mapping[str, Sequence[Upload]] = field(default_factory=dict, repr=False)

    def text(self, name: str) -> str:
        """A field's text without blanks around it; empty when it is not there."""
        return self._raw(name).strip()

    def texts(self, name: str) -> list[str]:
        """Every value of a field that may be there several times; empty ones are none."""
        return [value for value in self._fields.get(name, ()) if value]

    def secret(self, name: str) -> Secret:
        """A field's text exactly as it was typed."""
        return Secret(self._raw(name))

    def files(self, name: str) -> list[Upload]:
        """The files of a field."""
        return list(self._files.get(name, ()))

    def _raw(self, name: str) -> str:
        return self._fields.get(name, ("",))[-1]


async def read_form(request: Request[Any, Any, Any], *, csrf: str, home: str) -> Form:
    """The form that was posted to the console at `home` (host and port); an empty one when nothing was.

    `csrf` is what the session's forms carry. Raises FormForged, FormUnreadable.
    """
    if request.method in _SAFE_METHODS:
        return Form()
    _check_origin(request, home)
    kind = request.content_type[0]
    if kind == RequestEncodingType.URL_ENCODED:
        form = await _read_fields(request)
    elif kind == RequestEncodingType.MULTI_PART:
        form = await _read_parts(request)
    else:
        raise FormUnreadable("expected a form")
    if not same(form.secret("csrf").reveal(), csrf):
        raise FormForged("the form is not of this session")
    return form


async def _read_fields(request: Request[Any, Any, Any]) -> Form:
    # Not `request.form()`: Litestar keeps the last 1,024 bodies of such forms, passwords and all, in a cache.
    body = await request.body()
    fields = defaultdict(list)
    try:
        pairs = parse_qsl(body.decode("ascii"), keep_blank_values=True, max_num_fields=_MOST_FIELDS)
    except ValueError:
        raise FormUnreadable("the form cannot be read") from None
    for name, value in pairs:
        fields[name].append(value)
    return Form(fields)


async def _read_parts(request: Request[Any, Any, Any]) -> Form:
    fields, files = defaultdict(list), defaultdict(list)
    try:
        parts = (await request.form()).multi_items()
    except (ValueError, LookupError, ClientException) as error:
        if isinstance(error, RequestEntityTooLarge):
            raise
        raise FormUnreadable("the form cannot be read") from None
    for name, value in parts:
        if isinstance(value, UploadFile):
            files[name].append(Upload(value.filename, await value.read()))
        else:
            fields[name].append(str(value))
    return Form(fields, files)


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
