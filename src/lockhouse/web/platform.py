"""The Litestar application around every room's door: health, OpenAPI."""

from collections.abc import Sequence

from litestar import Litestar, MediaType, get
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin

from lockhouse import __version__
from lockhouse.settings import Settings
from lockhouse.web.door import Door


@get("/healthz", media_type=MediaType.TEXT, include_in_schema=False, sync_to_thread=False)
def healthz() -> str:
    """Whether the process lives."""
    return "ok\n"


@get("/readyz", media_type=MediaType.TEXT, include_in_schema=False, sync_to_thread=False)
def readyz() -> str:
    """Whether the platform serves: it answers only once every room has started."""
    return "ready\n"


def create_litestar(doors: Sequence[Door], settings: Settings) -> Litestar:
    """Every room's handlers in one application."""
    return Litestar(
        route_handlers=[healthz, readyz, *(handler for door in doors for handler in door.handlers)],
        openapi_config=OpenAPIConfig(
            title="Lockhouse", version=__version__, path="/", render_plugins=[JsonRenderPlugin(path="/openapi.json")]
        ),
        debug=False,
        logging_config=None,
    )
