"""The actions on mail: send by SMTP, list and download by IMAP. The clients are loaded at the first call."""

from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.filters import NEVER, Group
from lockhouse.connectors.session import Session
from lockhouse.connectors.threads import in_thread
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_MAILS = 5_000
_AT_ONCE = 100


async def send(call: ActionCall, session: Session) -> ActionResult:
    """CREATEEMAIL: send a mail. `refused` names the recipients that the server did not take."""
    return ActionResult(payload=await in_thread(session, _send, call, session), status_code=201)


async def retrieve(call: ActionCall, session: Session) -> ActionResult:
    """RETRIEVEALL: the mails of a folder that meet the filter, oldest first, without their content."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    items, more = await in_thread(session, _retrieve, tree, call.limit, session)
    return ActionResult(payload=items, status_code=206 if more else 200 if items else 204)


async def download(call: ActionCall, session: Session) -> ActionResult:
    """DOWNLOADEMAIL: one mail with its texts and attachments. It stays unread."""
    known = filters.equalities(filters.read_where(call.where))
    return ActionResult(payload=await in_thread(session, _download, {**known, **call.input}, session))


async def check(call: ActionCall, session: Session) -> ActionResult:
    """Log in to the servers that the account names."""
    del call
    await in_thread(session, _check, session)
    return ActionResult(payload={})


def _send(call: ActionCall, session: Session) -> dict[str, Any]:
    from email.policy import SMTPUTF8

    from lockhouse.connectors.builtin.email.connection import MOST_BYTES, smtp
    from lockhouse.connectors.builtin.email.sending import compose

    account = session.account.values({})
    sender = account.get("fromAddress") or account.get("username", "")
    message, recipients = compose(call.input, sender, now=session.now, key=call.idempotency_key)
    if len(message.as_bytes(policy=SMTPUTF8)) > MOST_BYTES:
        raise Rejected(f"the mail has more than {MOST_BYTES} bytes")
    with smtp(session) as client:
        refused = client.send_message(message, to_addrs=recipients)
    return {
        "messageId": str(message["Message-ID"]),
        "to": [address for address in recipients if address not in refused],
        "refused": {
            address: f"{code} {text.decode('utf-8', 'replace')}" for address, (code, text) in refused.items()
        },
    }


def _retrieve(tree: Group, limit: int | None, session: Session) -> tuple[list[dict[str, Any]], bool]:
    from lockhouse.connectors.builtin.email import connection, reading, searching

    folder, rest = searching.folder_of(tree), searching.rest_of(tree)
    words, most = searching.search_words(tree), min(limit or MOST_MAILS, MOST_MAILS)
    found: list[dict[str, Any]] = []
    with connection.imap(session) as client:
        _open(client, searching.folder_name(folder), folder)
        uids = (client.uid("SEARCH", *words)[1][0] or b"").split()
        for start in range(0, len(uids), _AT_ONCE):
            some = b",".join(uids[start : start + _AT_ONCE]).decode("ascii", "replace")
            wanted = (
                f"(UID FLAGS INTERNALDATE RFC822.SIZE BODY.PEEK[HEADER.FIELDS ({' '.join(reading.HEADERS)})])"
            )
            for part in client.uid("FETCH", some, wanted)[1]:
                if isinstance(part, tuple):
                    item = reading.listed(part[0], part[1], folder)
                    found += [item] if filters.holds(rest, item) else []
            if len(found) > most:
                break
    found.sort(key=lambda item: int(item["uid"]))
    return found[:most], len(found) > most


def _download(values: dict[str, Any], session: Session) -> dict[str, Any]:
    from lockhouse.connectors.builtin.email import connection, reading, searching

    uid, folder = values.get("uid"), str(values.get("folder") or "INBOX")
    if not isinstance(uid, int) or not 0 < uid < 2**32:
        raise Rejected("uid: expected the number of a mail")
    with connection.imap(session) as client:
        _open(client, searching.folder_name(folder), folder)
        parts = client.uid("FETCH", str(uid), "(UID BODY.PEEK[])")[1]
    contents = [part[1] for part in parts if isinstance(part, tuple)]
    if not contents:
        raise NotFound(f"there is no mail {uid} in {folder}")
    return {"uid": uid, "folder": folder, **reading.whole(contents[0])}


def _open(client: Any, wire_name: str, folder: str) -> None:
    status, _ = client.select(wire_name, readonly=True)
    if status != "OK":
        raise NotFound(f"there is no folder {folder!r}")


def _check(session: Session) -> None:
    from lockhouse.connectors.builtin.email import connection

    account = session.account.values({})
    if not account.get("smtpHost") and not account.get("imapHost"):
        raise Rejected("smtpHost: the account names neither an SMTP nor an IMAP server")
    if account.get("smtpHost"):
        with connection.smtp(session) as sender:
            sender.noop()
    if account.get("imapHost"):
        with connection.imap(session) as reader:
            reader.noop()
