"""Attachments are a list and then one download for each, so they cannot be declared."""

from typing import Any

from lockhouse.connectors import bodies, filters
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.filters import NEVER, Group
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_ATTACHMENTS = 200
_PAGE = 100
_NAMES = {
    "AttachmentOwnerId": "table_sys_id",
    "AttachmentOwnerType": "table_name",
    "contentType": "content_type",
}


async def retrieve_attachments(call: ActionCall, session: Session) -> ActionResult:
    """Find attachments; each comes with its content in base64."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    limit = min(call.limit or MOST_ATTACHMENTS, MOST_ATTACHMENTS)
    records = await _find(tree, limit + 1, session)
    found = [one for record in records[:limit] if (one := await _with_content(record, session)) is not None]
    status = 206 if len(records) > limit else 200 if found else 204
    return ActionResult(payload=found, status_code=status)


async def _find(tree: Group, wanted: int, session: Session) -> list[dict[str, Any]]:
    attachments = session.connector.objects["sys_attachment"]
    plan = filters.plan(attachments.actions["RETRIEVEALL"], attachments, tree)
    text = "^".join(part for part in (plan.text, "ORDERBYsys_created_on") if part)
    found: list[dict[str, Any]] = []
    offset = 0
    while len(found) < wanted:
        values = {"filter": text, "size": _PAGE, "offset": offset}
        try:
            page = (await session.send("attachments", values)).body.get("result") or []
        except NotFound:
            break  # older instances say so of an empty list
        for record in page:
            named = record | {ours: record.get(theirs) for ours, theirs in _NAMES.items()}
            _know_names(tree, named)
            if filters.holds(plan.rest, named):
                found.append(named)
        offset += len(page)
        if len(page) < _PAGE:
            break
    return found[:wanted]


def _know_names(tree: Group, record: dict[str, Any]) -> None:
    # ServiceNow drops a condition on a field that it does not know.
    unknown = sorted(name for name in filters.equalities(tree) if name.partition(".")[0] not in record)
    if unknown:
        raise Rejected(f"{', '.join(unknown)}: attachments have no such field")


async def _with_content(record: dict[str, Any], session: Session) -> dict[str, Any] | None:
    try:
        reply = await session.send("file", {"places": {"sys_id": record["sys_id"]}})
    except NotFound:
        return None  # deleted meanwhile
    return {**record, "FileContent": bodies.as_content(reply.content, "Binary")}
