"""The doors of App Connect instances, built for the platform process."""

from typing import Any

from litestar import Request, Response, Router
from litestar.di import Provide

from lockhouse.appconnect.api import (
    account_handlers,
    action_handlers,
    catalogue_handlers,
    export_handlers,
)
from lockhouse.appconnect.calls import keep_renewed, newest_credentials
from lockhouse.appconnect.errors import (
    AccountExists,
    AccountMissing,
    ExportForbidden,
    IamAway,
    InstanceForbidden,
    TooManyInstances,
)
from lockhouse.appconnect.room import Room
from lockhouse.client.iam import IamClient
from lockhouse.client.transport import Problem
from lockhouse.clock import Clock
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.errors import ActionFailed, UnknownAction, UnknownConnector
from lockhouse.connectors.model import Credentials
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.sealing import Keyring
from lockhouse.settings import Settings
from lockhouse.storage import Database, StorageUnavailable
from lockhouse.web.address import read_networks
from lockhouse.web.answers import Answer, Answers, answer_headers
from lockhouse.web.bearer import Verifier
from lockhouse.web.callers import caller_of
from lockhouse.web.door import Door
from lockhouse.web.liveness import Liveness
from lockhouse.web.problems import problem_handler
from lockhouse.web.trace import trace_of
from lockhouse.wire.problems import appconnect_problem

ANSWERS: Answers = {
    InstanceForbidden: Answer(403, "cloud_instance_forbidden"),
    ExportForbidden: Answer(403, "account_export_forbidden"),
    AccountMissing: Answer(404, "account_missing"),
    AccountExists: Answer(409, "account_exists"),
    TooManyInstances: Answer(409, "too_many_instances"),
    UnknownConnector: Answer(404, "unknown_connector"),
    UnknownAction: Answer(404, "unknown_action"),
    IamAway: Answer(503, "iam_away"),
    StorageUnavailable: Answer(503, "storage_unavailable", "The store cannot be reached. Try again later."),
}


def open_appconnect(  # noqa: PLR0913 - all that the room is made of
    *,
    db: Database,
    keyring: Keyring,
    clock: Clock,
    settings: Settings,
    verifier: Verifier,
    iam: IamClient,
    catalogue: Catalogue,
) -> Door:
    """The doors of instances. Cloud-managed connectors reach public addresses and the opened networks
    only."""

    async def renewed(_connector: str, credentials: Credentials) -> None:
        await keep_renewed(room, credentials)

    async def newest(_connector: str) -> Credentials | None:
        return await newest_credentials(room)

    outlet = Outlet(
        Reach.CLOUD_MANAGED, opened_networks=settings.opened_networks, renewed=renewed, newest=newest
    )
    room = Room(db=db, keyring=keyring, clock=clock, settings=settings, catalogue=catalogue, outlet=outlet)

    async def introspect(token: str) -> dict[str, Any]:
        try:
            return await iam.introspect(token, include_reason=True)
        except Problem:
            raise IamAway from None

    caller = caller_of(verifier, Liveness(introspect), read_networks(settings.trusted_proxies))
    router = Router(
        "/",
        route_handlers=[
            *catalogue_handlers(room),
            *account_handlers(room),
            *export_handlers(room),
            *action_handlers(room),
        ],
        dependencies={"caller": Provide(caller)},
        exception_handlers={Exception: problem_handler(ANSWERS), ActionFailed: answer_failed_action},
        tags=["App Connect"],
    )
    return Door(handlers=[router], stop=[outlet.close])


def answer_failed_action(request: Request[Any, Any, Any], failed: Exception) -> Response[Any]:
    """What a failed action is answered: a wire.actions.ActionProblem under `error`.

    The status is 422 whatever the vendor said, 404 for what the catalogue does not have: a 401 of this door
    is always about the caller's own token.
    """
    if not isinstance(failed, ActionFailed):
        raise failed
    unknown = isinstance(failed, UnknownConnector | UnknownAction)
    body = appconnect_problem(failed.code, str(failed), trace=trace_of(request.scope))
    body["error"]["status_code"] = failed.status_code
    retry_after = getattr(failed, "retry_after", None)
    if retry_after is not None:
        body["error"]["retry_after"] = retry_after
    return Response(
        body,
        status_code=404 if unknown else 422,
        headers=answer_headers(failed),
        media_type="application/json",
    )
