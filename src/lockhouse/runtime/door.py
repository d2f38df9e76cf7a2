"""The runtime's doors, built for the platform process."""

import aiohttp
from litestar import Router
from litestar.di import Provide

from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Problem, Transport
from lockhouse.clock import Clock
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.runtime.admin_api import bar_handlers, configuration_handlers, server_handlers
from lockhouse.runtime.errors import (
    BarInUse,
    BarNotFound,
    ConfigurationInUse,
    ConfigurationNotFound,
    DeadLetterNotFound,
    DeploymentOvertaken,
    FlowNotFound,
    PlatformAway,
    ServerAway,
    ServerNotFound,
    SupervisionForbidden,
)
from lockhouse.runtime.events_api import Servers, event_handlers
from lockhouse.runtime.room import Room
from lockhouse.runtime.supervision_api import lease_door, supervision_handlers, wanted_door
from lockhouse.sealing import Keyring
from lockhouse.settings import Settings
from lockhouse.storage import Database, StorageUnavailable
from lockhouse.web.address import read_networks
from lockhouse.web.answers import Answer, Answers
from lockhouse.web.bearer import Verifier
from lockhouse.web.callers import caller_of
from lockhouse.web.door import Door
from lockhouse.web.liveness import Liveness
from lockhouse.web.problems import problem_handler
from lockhouse.wire.supervision import BASE

ANSWERS: Answers = {
    BarNotFound: Answer(404, "bar_not_found"),
    BarInUse: Answer(409, "bar_in_use"),
    ConfigurationNotFound: Answer(404, "configuration_not_found"),
    ConfigurationInUse: Answer(409, "configuration_in_use"),
    ServerNotFound: Answer(404, "server_not_found"),
    FlowNotFound: Answer(404, "flow_not_found"),
    DeadLetterNotFound: Answer(404, "dead_letter_not_found"),
    ServerAway: Answer(503, "server_away"),
    DeploymentOvertaken: Answer(409, "deployment_overtaken"),
    PlatformAway: Answer(503, "platform_away"),
    Problem: Answer(503, "platform_away", "The identity service did not answer; nothing was done."),
    SupervisionForbidden: Answer(403, "supervision_forbidden"),
    StorageUnavailable: Answer(503, "storage_unavailable", "The store cannot be reached. Try again later."),
}


def open_runtime(  # noqa: PLR0913 - all that the room is made of
    *,
    db: Database,
    keyring: Keyring,
    clock: Clock,
    settings: Settings,
    verifier: Verifier,
    iam: IamClient,
    catalogue: Catalogue,
    session: aiohttp.ClientSession,  # noqa: TID251 - named, not made
) -> Door:
    """The management door of servers, and the supervisors' own door. `session` reaches the platform
    itself."""
    transport = Transport(session, settings.loopback_url)
    room = Room(
        db=db,
        keyring=keyring,
        clock=clock,
        settings=settings,
        catalogue=catalogue,
        iam=iam,
        transport=transport,
    )

    async def introspect(token: str) -> dict[str, object]:
        return await iam.introspect(token, include_reason=True)

    caller = caller_of(verifier, Liveness(introspect), read_networks(settings.trusted_proxies))
    handler = problem_handler(ANSWERS)
    management = Router(
        "/",
        route_handlers=[
            *bar_handlers(room),
            *configuration_handlers(room),
            *server_handlers(room),
            *event_handlers(Servers(room, session)),
        ],
        dependencies={"caller": Provide(caller)},
        exception_handlers={Exception: handler},
        tags=["Integration servers"],
    )
    supervision = Router(
        "/", route_handlers=supervision_handlers(room), exception_handlers={Exception: handler}
    )
    hot = {f"{BASE}/servers": wanted_door(room), f"{BASE}/lease": lease_door(room)}
    return Door(handlers=[management, supervision], hot=hot)
