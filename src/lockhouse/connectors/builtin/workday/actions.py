"""Workday's web services: an operation's request is written as XML, and its response read, by one rule."""

from lockhouse.connectors.builtin.workday import envelopes
from lockhouse.connectors.coercion import missing_fields
from lockhouse.connectors.errors import Rejected, Unavailable
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.connectors.xml import NotXml, read_xml
from lockhouse.wire.actions import ActionCall, ActionResult


async def operate(call: ActionCall, session: Session) -> ActionResult:
    """Call the operation that the business object names, such as Recruiting___Get_Candidates."""
    service, _, operation = call.business_object.partition("___")
    fields = session.connector.objects[call.business_object].fields
    missing = missing_fields(fields, call.input)
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")
    version = _version(session)
    content = envelopes.request(f"{operation}_Request", call.input, fields, version)
    places = {"service": service, "version": version}
    reply = await session.send("call", {"content": content, "places": places})
    try:
        answer = envelopes.response(read_xml(reply.content))
    except NotXml:
        raise Unavailable("the application answered with something that is no XML", status_code=502) from None
    return ActionResult(payload=answer)


async def check(_call: ActionCall, session: Session) -> ActionResult:
    """Ask for the time of the tenant: whoever may log in may ask that."""
    version = _version(session)
    content = envelopes.request("Server_Timestamp_Get", {}, {}, version)
    await session.send(
        "call", {"content": content, "places": {"service": "Human_Resources", "version": version}}
    )
    return ActionResult(payload={})


def _version(session: Session) -> str:
    return as_text(session.account.values({}).get("version") or "")
