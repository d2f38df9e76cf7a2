"""Gmail's operations: a MIME message cannot be declared, and a list of mails is one request for each."""

import base64
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.builtin.gmail.mime import addresses, compose, mail_object
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.filters import NEVER, Condition, Group, Tree
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_MAILS = 500
_LARGE = 5_000_000
_NOT_RECEIVED = frozenset({"SENT", "DRAFT"})
_SEARCH = {"From": "from:", "To": "to:", "CC": "cc:", "Subject": "subject:"}


async def send_mail(call: ActionCall, session: Session) -> ActionResult:
    """Send a mail; the payload is its id, thread and labels."""
    values = call.input
    if not any(addresses(values.get(name)) for name in ("To", "CC", "BCC")):
        raise Rejected("To: a mail needs somebody to send it to")
    message = compose(values)
    if len(message) > _LARGE:
        reply = await session.send("upload", {"message": message.decode("ascii", "replace")})
    else:
        reply = await session.send("send", {"raw": base64.urlsafe_b64encode(message).decode().rstrip("=")})
    return ActionResult(payload=reply.body, status_code=201)


async def retrieve_mails(call: ActionCall, session: Session) -> ActionResult:
    """Find mails by id, or by what Gmail's search knows; each is fetched whole."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    known = filters.equalities(tree)
    if "id" in known:
        mail = await fetch_mail(known["id"], session)
        found = [mail] if mail is not None and filters.holds(tree, mail) else []
        return ActionResult(payload=found, status_code=200 if found else 204)
    limit = min(call.limit or MOST_MAILS, MOST_MAILS)
    mails = await _search(tree, limit + 1, session)
    status = 206 if len(mails) > limit else 200 if mails else 204
    return ActionResult(payload=mails[:limit], status_code=status)


async def _search(tree: Group, wanted: int, session: Session) -> list[dict[str, Any]]:
    words, labels, rest = _query(tree)
    found: list[dict[str, Any]] = []
    cursor = None
    while len(found) < wanted:
        size = min(500, wanted - len(found)) if not rest.members else 100
        values = {"q": words or None, "labels": labels or None, "size": size, "cursor": cursor}
        body = (await session.send("list", values)).body
        for listed in body.get("messages") or []:
            mail = await fetch_mail(listed["id"], session)
            if mail is not None and filters.holds(rest, mail):
                found.append(mail)
                if len(found) >= wanted:
                    return found
        cursor = body.get("nextPageToken")
        if not cursor:
            break
    return found


def _query(tree: Group) -> tuple[str, list[Any], Group]:
    """What Gmail's search can say of a filter, the labels, and what is left to compare here."""
    words: list[str] = []
    labels: list[Any] = []
    rest: list[Tree] = []
    for member in tree.members:
        if isinstance(member, Condition) and member.field in _SEARCH and member.operator in ("=", "contains"):
            text = str(member.value).replace('"', " ")
            words.append(f'{_SEARCH[member.field]}"{text}"')
            if member.operator == "=" and member.field == "Subject":
                rest.append(member)  # the search matches words; equal is more
        elif isinstance(member, Condition) and member.field == "labelIds" and member.operator == "=":
            labels.append(member.value)
        else:
            rest.append(member)
    return " ".join(words), labels, Group("and", tuple(rest))


async def fetch_mail(mail_id: Any, session: Session) -> dict[str, Any] | None:
    """A mail by its id, as flows read it; None when there is none."""
    try:
        return mail_object((await session.send("get", {"places": {"id": mail_id}})).body)
    except NotFound:
        return None


async def new_mails(call: ActionCall, session: Session) -> ActionResult:
    """The mails that came since the last call, the oldest first (runtime.triggers.managed)."""
    state = call.input.get("state")
    asked = int(session.now.timestamp())
    if not isinstance(state, dict) or not state.get("historyId"):
        return _answer([], await _history_now(session), asked)
    try:
        ids, history = await _since(str(state["historyId"]), session)
    except NotFound:
        history = await _history_now(session)
        ids = await _searched(int(state.get("asked") or asked), session)
    events = []
    for mail_id in dict.fromkeys(ids):
        mail = await fetch_mail(mail_id, session)
        if mail is not None and not _was_written_here(mail):
            events.append({"id": mail_id, "payload": mail})
    return _answer(events, history, asked)


def _answer(events: list[dict[str, Any]], history: Any, asked: int) -> ActionResult:
    return ActionResult(payload={"events": events, "state": {"historyId": history, "asked": asked}})


async def _history_now(session: Session) -> Any:
    return (await session.send("profile")).body.get("historyId")


async def _since(start: str, session: Session) -> tuple[list[str], Any]:
    ids: list[str] = []
    cursor, history = None, start
    while True:
        body = (await session.send("history", {"start": start, "cursor": cursor})).body
        for entry in body.get("history") or []:
            ids += [added["message"]["id"] for added in entry.get("messagesAdded") or []]
        cursor, history = body.get("nextPageToken"), body.get("historyId", history)
        if not cursor:
            return ids, history


async def _searched(since: int, session: Session) -> list[str]:
    values = {"q": f"after:{since} in:inbox", "labels": None, "size": 500, "cursor": None}
    body = (await session.send("list", values)).body
    return [listed["id"] for listed in reversed(body.get("messages") or [])]


def _was_written_here(mail: dict[str, Any]) -> bool:
    labels = set(mail.get("labelIds") or [])
    return bool(labels & _NOT_RECEIVED) and "INBOX" not in labels
