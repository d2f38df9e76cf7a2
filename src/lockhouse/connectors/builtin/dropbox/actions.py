"""Dropbox's files: their arguments are JSON in a header, the body is the bytes."""

import mimetypes
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from lockhouse.connectors import bodies, filters
from lockhouse.connectors.errors import ActionFailed, Rejected
from lockhouse.connectors.filters import NEVER
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_BYTES = 150 * 1024 * 1024
MOST_FOUND = 10_000


def argument(values: Mapping[str, Any]) -> str:
    """JSON that a header can carry: everything that is not plain ASCII is escaped."""
    return re.sub(r"[^\x20-\x7e]", _escaped, msgspec.json.encode(values).decode())


def _escaped(found: re.Match[str]) -> str:
    pairs = found[0].encode("utf-16-be")
    return "".join(f"\\u{pairs[at]:02x}{pairs[at + 1]:02x}" for at in range(0, len(pairs), 2))


def place(value: Any) -> str:
    """A path as Dropbox wants it: the root is nothing, others begin with a slash and do not end with one."""
    text = as_text(value or "").strip().rstrip("/")
    return text if not text or text.startswith(("/", "id:", "rev:", "ns:")) else f"/{text}"


async def create_file(call: ActionCall, session: Session) -> ActionResult:
    """Upload a file into a folder."""
    values = call.input
    name = as_text(values.get("name") or "").strip().replace("/", "_")
    if not name:
        raise Rejected("name: a value is needed")
    kind = as_text(values.get("fileType") or "Text")
    encoding = "Text" if kind.lower() == "text" else "auto"
    content = bodies.as_bytes(values.get("fileContent"), encoding)
    if len(content) > MOST_BYTES:
        raise Rejected("fileContent: Dropbox takes at most 150 MiB in one upload")
    told = {
        "path": f"{place(values.get('path'))}/{name}",
        "mode": values.get("mode") or "add",
        "autorename": values.get("autorename") is True,
        "mute": values.get("mute") is True,
    }
    reply = await session.send("upload", {"argument": argument(told), "content": content})
    return ActionResult(payload=_with_path(reply.body), status_code=201)


async def download_file(call: ActionCall, session: Session) -> ActionResult:
    """A file's content with what Dropbox knows of it."""
    where = filters.equalities(filters.read_where(call.where))
    path = where.get("path") or where.get("id") or call.input.get("path") or call.input.get("id")
    if not path:
        raise Rejected("path: a value is needed")
    reply = await session.send("download", {"argument": argument({"path": place(path)})})
    result = reply.headers.get("Dropbox-API-Result")
    metadata = msgspec.json.decode(result) if result else {}
    kind = where.get("fileType") or call.input.get("fileType") or "Binary"
    guessed = mimetypes.guess_type(str(metadata.get("name") or ""))[0]
    content = bodies.as_content(reply.content, kind)
    told = {"fileContent": content, "contentType": guessed or "application/octet-stream"}
    return ActionResult(payload={**_with_path(metadata), **told}, status_code=200)


async def retrieve_files(call: ActionCall, session: Session) -> ActionResult:
    """Find files: one by its path or id, all of a folder, or by name."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    known = filters.equalities(tree)
    wanted = min(call.limit or MOST_FOUND, MOST_FOUND) + 1
    path = known.get("path") or known.get("path_lower") or known.get("path_display") or known.get("id")
    rest = filters.Group("and", tuple(one for one in tree.members if getattr(one, "field", "") != "path"))
    found: list[dict[str, Any]] = []
    cursor = None
    while len(found) < wanted:
        entries, cursor = await _page(path, known.get("name"), cursor, session)
        shown = [_with_path(entry) for entry in entries if entry.get(".tag") == "file"]
        found += [entry for entry in shown if filters.holds(rest, entry)]
        if not cursor:
            break
    status = 206 if len(found) >= wanted else 200 if found else 204
    return ActionResult(payload=found[: wanted - 1], status_code=status)


async def _page(path: Any, name: Any, cursor: Any, session: Session) -> tuple[list[dict[str, Any]], Any]:
    if path:
        try:
            return [(await session.send("metadata", {"path": place(path)})).body], None
        except ActionFailed as failed:
            if failed.code != "not_found":
                raise
            return [], None
    if name:
        request, values = ("search-on", {"cursor": cursor}) if cursor else ("search", {"name": as_text(name)})
        body = (await session.send(request, values)).body
        entries = [match.get("metadata", {}).get("metadata", {}) for match in body.get("matches") or []]
    else:
        request, values = ("list-on", {"cursor": cursor}) if cursor else ("list", {})
        body = (await session.send(request, values)).body
        entries = body.get("entries") or []
    return entries, body.get("cursor") if body.get("has_more") else None


async def create_link(call: ActionCall, session: Session) -> ActionResult:
    """Share a file or folder by a link; the one that is there already is given again."""
    values = call.input
    if not values.get("path"):
        raise Rejected("path: a value is needed")
    prefix = "settings_"
    settings = {name.removeprefix(prefix): value for name, value in values.items() if name.startswith(prefix)}
    settings = {name: value for name, value in settings.items() if value not in (None, "")}
    asked = {"path": place(values["path"])}
    try:
        reply = await session.send("share", {"record": asked, "settings": settings})
    except Rejected as refused:
        if "shared_link_already_exists" not in str(refused):
            raise
        links = (await session.send("links", {"path": asked["path"]})).body.get("links") or []
        if not links:
            raise
        return ActionResult(payload=links[0], status_code=201)
    return ActionResult(payload=reply.body, status_code=201)


def _with_path(metadata: Mapping[str, Any]) -> dict[str, Any]:
    shown = {name: value for name, value in metadata.items() if name != ".tag"}
    tag = {"tag": metadata[".tag"]} if metadata.get(".tag") else {}
    path = {"path": metadata["path_display"]} if metadata.get("path_display") else {}
    return {**shown, **tag, **path}
