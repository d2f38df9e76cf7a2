"""Sending an email: business units answer under version 4 or 3 of the API, and only a try tells."""

from collections.abc import Mapping
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult

_UNIT = "Pardot-Business-Unit-Id"
_WRONG_VERSION = 89


async def send_email(call: ActionCall, session: Session) -> ActionResult:
    """Send an email to a prospect; the payload is what was sent."""
    where = filters.equalities(filters.read_where(call.where))
    given: Mapping[str, Any] = {**call.input, **where}
    if not given.get("campaign_id") or not given.get("prospectId"):
        missing = [name for name in ("campaign_id", "prospectId") if not given.get(name)]
        raise Rejected(f"{', '.join(missing)}: a value is needed")
    form = {
        name: value
        for name, value in given.items()
        if name not in (_UNIT, "prospectId") and value is not None
    }
    account = session.outlet.tokens.account_scope(session.account)
    unit = given.get(_UNIT) or account.get("businessUnitId")
    values = {"prospect": given["prospectId"], "unit": unit, "record": form}
    try:
        reply = await session.send("send", {**values, "version": 4})
    except Rejected as refused:
        body = refused.reply.body if refused.reply is not None else None
        attributes = body.get("@attributes") if isinstance(body, dict) else None
        if not isinstance(attributes, dict) or str(attributes.get("err_code")) != str(_WRONG_VERSION):
            raise
        reply = await session.send("send", {**values, "version": 3})
    payload = reply.body.get("email", reply.body) if isinstance(reply.body, dict) else {}
    return ActionResult(payload=payload, status_code=200)
