"""Posting a message: to a user it takes two calls, so it cannot be declared."""

from typing import Any

from lockhouse.connectors.coercion import record_of
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult


async def create_message(call: ActionCall, session: Session) -> ActionResult:
    """Post a message to a channel, or to a user by opening a direct message first."""
    fields = session.connector.objects["message"].fields
    record = record_of(fields, call.input, creating=True)
    if not any(record.get(name) for name in ("text", "blocks", "attachments")):
        raise Rejected("text: a message needs text, blocks or attachments")
    record["channel"] = await _channel(call.input, session)
    reply = await session.send("post", {"record": record})
    payload = {name: value for name, value in reply.body.items() if name != "ok"}
    return ActionResult(payload=payload, status_code=201)


async def _channel(values: dict[str, Any], session: Session) -> Any:
    kind, destination = values.get("OBJECT_NAME"), values.get("OBJECT_ID")
    if not destination:
        if values.get("channel"):
            return values["channel"]
        raise Rejected("channel: say where to post, by `channel` or by OBJECT_NAME and OBJECT_ID")
    if kind != "user":
        return destination
    opened = await session.send("open", {"user": destination})
    channel = opened.body.get("channel") if isinstance(opened.body, dict) else None
    if not isinstance(channel, dict) or not channel.get("id"):
        raise Rejected("Slack opened no direct message with this user")
    return channel["id"]
