"""Making a repository: where it goes depends on who the account is, so it cannot be declared."""

from lockhouse.connectors.coercion import missing_fields, record_of
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult


async def create_repository(call: ActionCall, session: Session) -> ActionResult:
    """Make a repository of the account's own, or of an organisation."""
    fields = session.connector.objects["Repository"].fields
    missing = missing_fields(fields, call.input)
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")
    owner = as_text(call.input["OwnerName"])
    record = record_of(fields, call.input, creating=True)
    is_own = owner.lower() == (await _login(session)).lower()
    places = {"OwnerName": owner}
    reply = await session.send("create-own" if is_own else "create-of", {"places": places, "record": record})
    return ActionResult(payload=reply.body, status_code=201)


async def _login(session: Session) -> str:
    login = session.cached("login")
    if login is None:
        login = as_text((await session.send("me")).body.get("login") or "")
        session.keep("login", login)
    return str(login)
