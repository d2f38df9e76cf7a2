"""The one way in: an action call and an account's credentials become what the application answered."""

from collections.abc import Mapping
from datetime import datetime
from typing import TypeVar

from lockhouse.connectors import operations
from lockhouse.connectors.errors import AuthFailed, UnknownAction
from lockhouse.connectors.model import ANY_OBJECT, Action, BusinessObject, Connector, Credentials
from lockhouse.connectors.outlet import Outlet
from lockhouse.connectors.reading import nearest
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult

T = TypeVar("T")


async def execute(
    connector: Connector, call: ActionCall, credentials: Credentials, outlet: Outlet, *, now: datetime
) -> ActionResult:
    """Carry out one action. `now` is the time of the call, for tokens and Retry-After dates.

    Raises AuthFailed, NotFound, Rejected, RateLimited, Unavailable (connectors.errors), and UnknownAction.
    """
    business_object, action = find_action(connector, call.business_object, call.action)
    session = Session(connector, credentials, outlet, now=now)
    session.idempotency_key = call.idempotency_key
    return await operations.run(operations.Job(business_object, action, call, session))


async def check_account(
    connector: Connector, credentials: Credentials, outlet: Outlet, *, now: datetime
) -> bool | None:
    """Make the connector's test call. None when it has none; raises AuthFailed and the other four."""
    session = Session(connector, credentials, outlet, now=now)
    if connector.check is None:
        return None
    call = ActionCall(connector=connector.name, business_object="", action="check")
    if connector.check.python is not None:
        await connector.check.python(call, session)
        return True
    reply = await session.perform(connector.check.request, {}) if connector.check.request else None
    good = connector.check.output
    if (
        reply is not None
        and good is not None
        and good({"body": reply.body, "status": reply.status}) is not True
    ):
        raise AuthFailed("the application answered the test as it answers strangers")
    return True


def find_action(connector: Connector, object_name: str, action_name: str) -> tuple[BusinessObject, Action]:
    """The business object and action of these names; names are compared without case if need be.

    Raises UnknownAction.
    """
    found = _named(connector.objects, object_name) or connector.objects.get(ANY_OBJECT)
    if found is None:
        known = nearest(object_name, connector.objects)
        raise UnknownAction(f"{connector.name} has no business object {object_name!r}{known}")
    actions = connector.actions_of(found)
    action = _named(actions, action_name)
    if action is None:
        known = nearest(action_name, actions)
        raise UnknownAction(f"{connector.name} has no action {action_name!r} on {object_name!r}{known}")
    return found, action


def _named(known: Mapping[str, T], name: str) -> T | None:
    exact = known.get(name)
    if exact is not None:
        return exact
    lowered = name.lower()
    return next((value for key, value in known.items() if key.lower() == lowered), None)
