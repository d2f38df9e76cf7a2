"""New and changed messages, by Graph's delta query: it tells what changed since the last link."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from yarl import URL

from lockhouse.connectors import filters
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.reply import Reply
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_PAGES = 200
_LATE = timedelta(minutes=10)
"""For how long a message that was told is remembered: clocks differ, and a delta may come late."""
_VENDOR = URL("https://graph.microsoft.com")


@dataclass(frozen=True, slots=True)
class Memory:
    """What the polls before left: the delta link, when they were, and the new messages since then."""

    started: datetime
    link: str | None
    at: datetime
    seen: frozenset[str]

    @classmethod
    def of(cls, call: ActionCall, now: datetime) -> "Memory":
        """The memory that a call brings."""
        started = moment(call.input.get("since")) or now
        state = call.input.get("state")
        if not isinstance(state, dict):
            return cls(started, None, started, frozenset())
        return cls(started, state.get("link"), moment(state.get("at")) or started, frozenset(state["seen"]))

    def is_new(self, message: dict[str, Any]) -> bool:
        """Whether a message was made since the last poll, not only changed."""
        created = moment(message.get("createdDateTime"))
        if created is None or message.get("id") in self.seen:
            return False
        return created >= max(self.started, self.at - _LATE)


async def new_messages(call: ActionCall, session: Session) -> ActionResult:
    """The messages that were posted since the last call (runtime.triggers.managed)."""
    memory = Memory.of(call, session.now)
    messages, link = await _changed(call, memory, session)
    new = [message for message in messages if memory.is_new(message)]
    events = [{"id": message["id"], "payload": message} for message in new]
    return _told(events, new, memory, link, session)


async def updated_messages(call: ActionCall, session: Session) -> ActionResult:
    """The messages that were changed since the last call (runtime.triggers.managed)."""
    memory = Memory.of(call, session.now)
    messages, link = await _changed(call, memory, session)
    new = [message for message in messages if memory.is_new(message)]
    events = [
        {"id": f"{message['id']}@{message.get('lastModifiedDateTime')}", "payload": message}
        for message in messages
        if message not in new
    ]
    return _told(events, new, memory, link, session)


def _told(
    events: list[dict[str, Any]],
    new: list[dict[str, Any]],
    memory: Memory,
    link: str | None,
    session: Session,
) -> ActionResult:
    # Ids of messages are their times in milliseconds: what is older than the window need not be remembered.
    horizon = (session.now - 2 * _LATE).timestamp() * 1000
    recent = {one for one in memory.seen if not one.isdecimal() or int(one[:15]) >= horizon}
    seen = sorted(recent | {message["id"] for message in new})
    state = {"link": link, "at": session.now.isoformat(), "seen": seen[-1000:]}
    return ActionResult(payload={"events": events, "state": state})


async def _changed(
    call: ActionCall, memory: Memory, session: Session
) -> tuple[list[dict[str, Any]], str | None]:
    """The people's messages that changed, the oldest first, and the link for the next poll."""
    where = filters.equalities(filters.read_where(call.where))
    places = {name: where.get(name) for name in ("teamId", "channelId")}
    found: dict[str, dict[str, Any]] = {}
    reply = await _first(places, memory, session)
    for _ in range(MOST_PAGES):
        for message in reply.body.get("value") or []:
            if message.get("messageType", "message") == "message" and not message.get("deletedDateTime"):
                found[message["id"]] = message
        following = reply.body.get("@odata.nextLink")
        if not following:
            break
        reply = await session.send("follow", {"link": _safe(reply, following)})
    link = reply.body.get("@odata.deltaLink")
    ordered = sorted(found.values(), key=lambda message: as_text(message.get("createdDateTime") or ""))
    return ordered, _safe(reply, link) if link else None


async def _first(places: dict[str, Any], memory: Memory, session: Session) -> Reply:
    if memory.link:
        try:
            return await session.send("follow", {"link": memory.link})
        except NotFound:
            pass  # 410: the link is too old; what changed since the last poll is asked for anew
    since = memory.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    return await session.send("changed", {"places": places, "since": since})


def _safe(reply: Reply, link: Any) -> str:
    """A link of an answer, if it stays with the vendor: it is sent the account's token. Raises Rejected."""
    address = URL(as_text(link), encoded=True)
    if address.origin() not in (_VENDOR, reply.url.origin()):
        raise Rejected("the application's next page is on another host", status_code=502)
    return as_text(link)


def moment(text: Any) -> datetime | None:
    """A moment of Graph or of a flow's start, or None."""
    try:
        found = datetime.fromisoformat(as_text(text or ""))
    except ValueError:
        return None
    return found if found.tzinfo else found.replace(tzinfo=UTC)
