"""The Litestar application around every room's door: health, OpenAPI."""

from collections.abc import Sequence
from typing import Any

import msgspec
from litestar import Litestar, MediaType, Request, Response, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from lockhouse import __version__
from lockhouse.web.answers import exception_handler
from lockhouse.web.bodies import with_strict_bodies
from lockhouse.web.door import AsgiApp, Door
from lockhouse.web.openapi import complete
from lockhouse.web.straight import straight
from lockhouse.web.trace import with_trace


@get("/healthz", media_type=MediaType.TEXT, include_in_schema=False, sync_to_thread=False)
def healthz() -> str:
    """Whether the process lives."""
    return "ok\n"


@get("/readyz", media_type=MediaType.TEXT, include_in_schema=False, sync_to_thread=False)
def readyz() -> str:
    """Whether the platform serves: it answers only once every room has started."""
    return "ready\n"


def around(app: Litestar) -> AsgiApp:
    """What every request passes before it gets to the application: its trace, strict reading of its body,
    and the short way to plain handlers."""
    return with_trace(with_strict_bodies(straight(app)))


def create_litestar(doors: Sequence[Door]) -> Litestar:
    """Every room's handlers in one application. What no room answers is told in the envelope of its path."""
    document: bytes | None = None

    @get("/openapi.json", include_in_schema=False, sync_to_thread=False)
    def openapi(request: Request[Any, Any, Any]) -> Response[bytes]:
        """The description of everything that is served."""
        nonlocal document
        if document is None:
            # Made when it is first asked for: it costs more than the rest of the start together.
            document = msgspec.json.encode(complete(request.app.openapi_schema.to_schema(), doors))
        return Response(document, media_type="application/json")

    return Litestar(
        route_handlers=[healthz, readyz, openapi, *(handler for door in doors for handler in door.handlers)],
        openapi_config=OpenAPIConfig(
            title="Lockhouse",
            version=__version__,
            use_handler_docstrings=True,
            path="/openapi",
            render_plugins=[JsonRenderPlugin(path="/bare.json")],
        ),
        exception_handlers={Exception: exception_handler({})},
        debug=False,
        logging_config=None,
    )
