"""A new employee's id is told by the address in a header, which no manifest can say."""

from yarl import URL

from lockhouse.connectors.coercion import missing_fields, record_of
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult


async def create_employee(call: ActionCall, session: Session) -> ActionResult:
    """Make an employee; the payload is what was given, with the id."""
    fields = session.connector.objects["employees"].fields
    missing = missing_fields(fields, call.input)
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")
    record = record_of(fields, call.input, creating=True)
    reply = await session.send("create", {"record": record})
    told = reply.body if isinstance(reply.body, dict) else {}
    number = URL(reply.headers.get("Location", "")).name or told.get("id")
    return ActionResult(payload={**record, "id": number}, status_code=201)
