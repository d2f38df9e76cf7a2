"""The Litestar application around every room's door: health, OpenAPI."""

from collections.abc import Sequence

from litestar import Litestar, MediaType, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from lockhouse import __version__
from lockhouse.web.answers import exception_handler
from lockhouse.web.bodies import with_strict_bodies
from lockhouse.web.door import AsgiApp, Door
from lockhouse.web.trace import with_trace


@get("/healthz", media_type=MediaType.TEXT, include_in_schema=False, sync_to_thread=False)
def healthz() -> str:
    """Whether the process lives."""
    return "ok\n"


@get("/readyz", media_type=MediaType.TEXT, include_in_schema=False, sync_to_thread=False)
def readyz() -> str:
    """Whether the platform serves: it answers only once every room has started."""
    return "ready\n"


def around(app: AsgiApp) -> AsgiApp:
    """What every request passes before it gets to the application: its trace, and strict reading of its body."""
    return with_trace(with_strict_bodies(app))


def create_litestar(doors: Sequence[Door]) -> Litestar:
    """Every room's handlers in one application. What no room answers is told in the envelope of its path."""
    return Litestar(
        route_handlers=[healthz, readyz, *(handler for door in doors for handler in door.handlers)],
        openapi_config=OpenAPIConfig(
            title="Lockhouse",
            version=__version__,
            path="/",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        exception_handlers={Exception: exception_handler({})},
        debug=False,
        logging_config=None,
    )
