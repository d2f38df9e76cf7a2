"""What a room hands to `app`: its doors, ready to be mounted."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from litestar.types import ControllerRouterHandler

AsgiApp = Callable[[Any, Any, Any], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Door:
    """A room's HTTP doors.

    `handlers` are Litestar route handlers. `hot` are exact paths served by plain ASGI applications,
    mounted before
    Litestar, for routes where that is measured to pay; `described` are their OpenAPI path items. `access`
    says
    in a word who may call an operation, by its id; `public` needs no token. `start` and `stop` run with
    the platform process.
    """

    handlers: Sequence[ControllerRouterHandler] = ()
    hot: Mapping[str, AsgiApp] = field(default_factory=dict)
    described: Mapping[str, Any] = field(default_factory=dict)
    access: Mapping[str, str] = field(default_factory=dict)
    start: Sequence[Callable[[], Awaitable[None]]] = ()
    stop: Sequence[Callable[[], Awaitable[None]]] = ()
