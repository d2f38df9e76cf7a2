"""Google Drive's files: one is sent by whether it has content and how much, and read by what it is."""

from collections.abc import Mapping
from typing import Any

from yarl import URL

from lockhouse.connectors import bodies, filters
from lockhouse.connectors.coercion import record_of
from lockhouse.connectors.errors import Rejected, Unavailable
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_AT_ONCE = 5 * 1024 * 1024
"""More is sent in an upload session (Drive, "Upload file data")."""
_GOOGLE = "application/vnd.google-apps."
_OFFICE = "application/vnd.openxmlformats-officedocument."
_BINARY = {
    "document": f"{_OFFICE}wordprocessingml.document",
    "spreadsheet": f"{_OFFICE}spreadsheetml.sheet",
    "presentation": f"{_OFFICE}presentationml.presentation",
    "drawing": "image/png",
}
_EXPORTS = {"pdf": "application/pdf", "html": "text/html", "csv": "text/csv", "text": "text/plain"}


async def create_file(call: ActionCall, session: Session) -> ActionResult:
    """Make a file: with content in one request or a session, without as metadata alone."""
    values = call.input
    if not values.get("name"):
        raise Rejected("name: a value is needed")
    record = record_of(session.connector.objects["Files"].fields, values, creating=True)
    folder = values.get("folder") or values.get("parent")
    if folder and not record.get("parents"):
        record["parents"] = [folder]
    record = {name: value for name, value in record.items() if value not in (None, "", [])}
    if values.get("content") is None:
        reply = await session.send("make", {"record": record})
        return ActionResult(payload=reply.body, status_code=201)
    content = bodies.as_bytes(values["content"], "Text" if values.get("isText") is True else "auto")
    kind = _media_type(record.get("mimeType"), values)
    if len(content) > MOST_AT_ONCE:
        return ActionResult(payload=await _in_session(record, content, kind, session), status_code=201)
    reply = await session.send("upload", {"record": record, "content": content, "type": kind})
    return ActionResult(payload=reply.body, status_code=201)


def _media_type(given: Any, values: Mapping[str, Any]) -> str:
    # A Google type asks for conversion: what is sent is something else.
    if isinstance(given, str) and "/" in given and not given.startswith(_GOOGLE):
        return given
    return "text/plain" if values.get("isText") is True else "application/octet-stream"


async def _in_session(record: Mapping[str, Any], content: bytes, kind: str, session: Session) -> Any:
    begun = await session.send("begin", {"record": record, "type": kind, "length": len(content)})
    location = begun.headers.get("Location", "")
    host = URL(location).host or "" if location.startswith("https://") else ""
    if host != "googleapis.com" and not host.endswith(".googleapis.com"):
        # The content would go there with the account's token.
        raise Unavailable("Google Drive began no upload", status_code=502)
    return (await session.send("put", {"location": location, "content": content, "type": kind})).body


async def download_file(call: ActionCall, session: Session) -> ActionResult:
    """A file's content, with its name and type; what Google itself writes is exported."""
    known = filters.equalities(filters.read_where(call.where))
    number = known.get("id") or call.input.get("id")
    if not number:
        raise Rejected("id: a value is needed")
    wanted = as_text(known.get("type") or call.input.get("type") or "Binary")
    file = (await session.send("metadata", {"places": {"id": number}})).body
    target = (file.get("shortcutDetails") or {}).get("targetId")
    if target:
        file = (await session.send("metadata", {"places": {"id": target}})).body
    place = {"places": {"id": file.get("id", number)}}
    kind = str(file.get("mimeType") or "")
    if kind.startswith(_GOOGLE):
        reply = await session.send("export", {**place, "type": _export_type(kind, wanted)})
    else:
        reply = await session.send("content", place)
    text = wanted.lower().startswith(("text", "html", "csv"))
    told = {name: file[name] for name in ("id", "name", "mimeType", "size") if name in file}
    content = bodies.as_content(reply.content, "Text" if text else "Binary")
    return ActionResult(payload={**told, "content": content}, status_code=200)


def _export_type(kind: str, wanted: str) -> str:
    """What a document of Google's is exported as. Raises Rejected for folders, forms and the like."""
    word = kind.removeprefix(_GOOGLE)
    if word not in _BINARY:
        raise Rejected(f"a {word} of Google Drive has no content")
    asked = wanted.lower()
    if asked.startswith("text/plain") or asked == "text":
        return "text/csv" if word == "spreadsheet" else "text/plain"
    return _EXPORTS.get(asked) or (asked if "/" in asked else _BINARY[word])
