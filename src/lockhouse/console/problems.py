"""What went wrong, as a page: a table of our own events, and one of what the services answer."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

import structlog
from litestar import Response
from litestar.exceptions import HTTPException

from lockhouse.client.transport import Problem
from lockhouse.console.desk import Asked
from lockhouse.console.forms import FormForged, FormUnreadable, local_path
from lockhouse.console.rendering import Pages
from lockhouse.console.session import FormTooOld, FormUsed, NotLoggedIn, Sessions, Visitor
from lockhouse.web.trace import trace_of

_LOG = structlog.get_logger("lockhouse.console")

OURS: Mapping[type[Exception], tuple[int, str, str]] = {
    FormForged: (
        403,
        "This form was not accepted",
        "It did not come from a page of this console in your present session. Open the page again.",
    ),
    FormUnreadable: (400, "This form was not accepted", "What was sent cannot be read as a form."),
    FormTooOld: (
        409,
        "This form is too old",
        "It was opened too long ago, or before you logged in again. Nothing was done. Open the page again.",
    ),
    FormUsed: (
        409,
        "This form was used before",
        "What it asks for was done the first time; nothing more was done now. The value of an API key is "
        "shown only once: if you did not keep it, delete the key and create another.",
    ),
}
FOR_ANYBODY = ("/login", "/password")
"""Forms that nobody needs a session for."""
SERVICES: Mapping[int, str] = {
    400: "This was refused",
    403: "You are not allowed to do this",
    404: "This is not here",
    409: "This was refused",
    422: "This was refused",
    429: "Too many requests: wait a little",
}


def remember(request: Asked, visitor: Visitor) -> None:
    """Keep the visitor with his request, for the page that says what went wrong with it."""
    request.scope["state"]["console_visitor"] = visitor


def _visitor(request: Asked) -> Visitor | None:
    known: Visitor | None = request.scope["state"].get("console_visitor")
    return known


def _came_from(request: Asked) -> str:
    """The page of ours on which a form stood, as far as the browser tells; else the first one."""
    place = urlsplit(request.headers.get("Referer", ""))
    return local_path(place.path) if place.netloc == request.headers.get("Host") else "/"


def exception_handlers(pages: Pages, sessions: Sessions) -> dict[int | type[Exception], Any]:
    """The console's answers to everything that is raised in it."""

    def to_login(request: Asked, _: Exception) -> Response[bytes]:
        asked_for = request.url.path + (f"?{request.url.query}" if request.url.query else "")
        after = f"?next={quote(asked_for, safe='')}" if request.method == "GET" else ""
        return pages.go(sessions.arrive(), f"/login{after}")

    def forged(request: Asked, error: Exception) -> Response[bytes]:
        visitor = _visitor(request)
        if visitor is None or visitor.login is not None or request.url.path in FOR_ANYBODY:
            return _ours(pages, request, error)
        # Most likely the session ended while the form was filled in.
        return pages.go(visitor, f"/login?over=yes&next={quote(_came_from(request), safe='')}")

    def of_a_service(request: Asked, problem: Problem) -> Response[bytes]:
        if problem.status == 401:
            return to_login(request, problem)
        status, title, text = problem.status, SERVICES.get(problem.status, ""), problem.message
        if not title:
            status, title = 503, "No answer"
            text = "The service behind this page does not answer at the moment. Try again in a little while."
        return pages.show(_visitor(request), "error.html", status=status, title=title, text=text)

    return {
        NotLoggedIn: to_login,
        **dict.fromkeys(OURS, lambda request, error: _ours(pages, request, error)),
        FormForged: forged,
        Problem: of_a_service,
        HTTPException: lambda request, error: _of_http(pages, request, error),
        Exception: lambda request, error: _unexpected(pages, request, error),
    }


def _ours(pages: Pages, request: Asked, error: Exception) -> Response[bytes]:
    status, title, text = OURS[type(error)]
    return pages.show(_visitor(request), "error.html", status=status, title=title, text=text)


def _of_http(pages: Pages, request: Asked, error: HTTPException) -> Response[bytes]:
    title = "There is no such page" if error.status_code in (404, 405) else "This was refused"
    return pages.show(_visitor(request), "error.html", status=error.status_code, title=title, text="")


def _unexpected(pages: Pages, request: Asked, error: Exception) -> Response[bytes]:
    trace = trace_of(request.scope)
    _LOG.error("unexpected", trace=trace, error=type(error).__name__, exc_info=error)
    text = f"The log of the platform tells more, under the trace {trace}."
    return pages.show(_visitor(request), "error.html", status=500, title="Something went wrong", text=text)
