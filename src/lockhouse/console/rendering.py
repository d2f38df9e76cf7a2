"""Templates to answers: what every page carries, its headers and its cookie."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from litestar import Response
from litestar.datastructures import Cookie

from lockhouse.console.assets import Assets
from lockhouse.console.session import Sessions, Visitor

TEMPLATES = Path(__file__).parent / "templates"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; img-src 'self'; "
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    # Not `no-referrer`: with that, browsers post forms with `Origin: null`.
    "Referrer-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
NAVIGATION = {
    "Access (IAM)": {
        "/iam/users": "Users",
        "/iam/apikeys": "API keys",
        "/iam/serviceids": "Service IDs",
        "/iam/settings": "Settings",
        "/iam/audit": "Audit trail",
    },
    "App Connect": {
        "/servers": "Integration servers",
        "/configurations": "Configurations",
        "/accounts": "Connector accounts",
    },
}


FOR_VIEWERS = {"/iam/audit"}
"""Pages to which those are not led who may see nothing there."""


class Pages:
    """Makes answers for browsers. `secure` says that they reach us by https."""

    def __init__(self, sessions: Sessions, assets: Assets, *, secure: bool) -> None:
        self._sessions = sessions
        self._secure = secure
        self.cookie_name = "__Host-lockhouse" if secure else "lockhouse"
        self._headers = HEADERS | ({"Strict-Transport-Security": "max-age=31536000"} if secure else {})
        self._templates = Environment(
            loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, auto_reload=False,
            trim_blocks=True, lstrip_blocks=True,
        )  # fmt: skip
        self._templates.globals |= {
            "asset": assets.url,
            "for_viewers": FOR_VIEWERS,
            "navigation": NAVIGATION,
        }
        self._templates.filters["moment"] = moment

    def show(
        self, visitor: Visitor | None, template: str, *, status: int = 200, **values: Any
    ) -> Response[bytes]:
        """A page. `values` are what its template names besides `visitor`; without one no cookie is set."""
        text = self._templates.get_template(template).render(visitor=visitor, **values)
        # A lone surrogate in somebody's JSON must not cost the page.
        content = text.encode(errors="replace")
        return Response(
            content, status_code=status, media_type="text/html", headers=self._headers,
            cookies=[self._cookie(visitor)] if visitor is not None else [],
        )  # fmt: skip

    def go(self, visitor: Visitor, path: str) -> Response[bytes]:
        """Send the browser on to one of our pages (303: by GET)."""
        headers = self._headers | {"Location": path}
        return Response(
            b"", status_code=303, media_type="text/plain", headers=headers, cookies=[self._cookie(visitor)]
        )

    def download(self, content: str, *, file: str, media_type: str) -> Response[bytes]:
        """A file to keep. `file` is one of our own names, never one that somebody gave."""
        headers = self._headers | {"Content-Disposition": f'attachment; filename="{file}"'}
        return Response(content.encode(errors="replace"), media_type=media_type, headers=headers)

    def _cookie(self, visitor: Visitor) -> Cookie:
        return Cookie(
            key=self.cookie_name, value=self._sessions.cookie(visitor), path="/", httponly=True,
            secure=self._secure, samesite="lax",
        )  # fmt: skip


def moment(text: str) -> str:
    """A time of the wire (ISO 8601 with its zone) for people; what cannot be read is shown as it is."""
    try:
        when = datetime.fromisoformat(text)
        if when.tzinfo is None:
            return text
        when = when.astimezone(UTC)
    except (ValueError, OverflowError):
        return text
    return f"{when.day} {when:%b %Y, %H:%M} UTC"
