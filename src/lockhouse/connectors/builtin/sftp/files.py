"""What each action does with files and folders.

Names of objects, actions and fields are our choice: no exported flow that calls SFTP was seen.
"""

import stat
from collections.abc import AsyncIterator, Mapping
from datetime import UTC, datetime
from typing import Any

from lockhouse.connectors import filters
from lockhouse.connectors.bodies import as_bytes, as_content
from lockhouse.connectors.builtin.sftp.connection import sftp, write_whole
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.filters import NEVER, Condition, Group
from lockhouse.connectors.moments import in_utc
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_BYTES = 10 * 1024 * 1024
"""The largest file that is downloaded, as App Connect's own connector has it."""
MOST_ITEMS = 10_000
MOST_DELETED = 1_000
_NOTHING = ActionResult(payload=[], status_code=204)


async def create(call: ActionCall, session: Session) -> ActionResult:
    """CREATE of a file. One that is there is kept unless `overwrite` is true."""
    path, content = _path(call.input), _content(call.input)
    async with sftp(session) as client:
        if not call.input.get("overwrite") and await client.exists(path):
            raise Rejected(f"{path} is there already", status_code=409)
        await write_whole(client, path, content)
        return ActionResult(payload=await _shown(client, path), status_code=201)


async def upsert(call: ActionCall, session: Session) -> ActionResult:
    """UPSERTWITHWHERE of a file: the filter names its `path`."""
    known = filters.equalities(filters.read_where(call.where))
    path, content = _path({**call.input, **known}), _content(call.input)
    async with sftp(session) as client:
        new = not await client.exists(path)
        await write_whole(client, path, content)
        return ActionResult(payload=await _shown(client, path), status_code=201 if new else 200)


async def append(call: ActionCall, session: Session) -> ActionResult:
    """APPENDFILE: add to the end of a file, which is made if it is not there."""
    path, content = _path(call.input), _content(call.input)
    async with sftp(session) as client:
        async with client.open(path, "ab") as file:
            await file.write(content)
        return ActionResult(payload=await _shown(client, path))


async def download(call: ActionCall, session: Session) -> ActionResult:
    """DOWNLOADFILE: the content of a file, as text or base64 as `fileType` says."""
    path = _path({**filters.equalities(filters.read_where(call.where)), **call.input})
    async with sftp(session) as client:
        async with client.open(path, "rb") as file:
            content: Any = await file.read(MOST_BYTES + 1)
        if len(content) > MOST_BYTES:
            raise Rejected(f"{path} has more than {MOST_BYTES} bytes")
        shown = await _shown(client, path)
    return ActionResult(payload=shown | {"content": as_content(content, call.input.get("fileType"))})


async def rename(call: ActionCall, session: Session) -> ActionResult:
    """RENAMEFILE: give a file another path. One that has that path already is kept."""
    path = _path({**filters.equalities(filters.read_where(call.where)), **call.input})
    target = _path({"path": call.input.get("destinationPath")}, name="destinationPath")
    async with sftp(session) as client:
        if await client.exists(target):
            raise Rejected(f"{target} is there already", status_code=409)
        await client.rename(path, target)
        return ActionResult(payload=await _shown(client, target))


async def retrieve(call: ActionCall, session: Session) -> ActionResult:
    """RETRIEVEALL of files: those of a `folder`, or the one at a `path`, without their content."""
    return await _listing(call, session, folders=False)


async def retrieve_folders(call: ActionCall, session: Session) -> ActionResult:
    """RETRIEVEALL of folders: those in a `folder`."""
    return await _listing(call, session, folders=True)


async def delete(call: ActionCall, session: Session) -> ActionResult:
    """DELETEALL of files that the filter finds."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return _NOTHING
    if "path" not in filters.equalities(tree) and len(tree.members) < 2:
        raise Rejected("DELETEALL needs a filter on more than the folder: without one it would empty it")
    async with sftp(session) as client:
        found, more = await _found(client, tree, call.limit or MOST_DELETED, folders=False)
        for item in found:
            await client.remove(item["path"])
    status = 206 if more else 200 if found else 204
    return ActionResult(payload={"count": len(found)}, status_code=status)


async def create_folder(call: ActionCall, session: Session) -> ActionResult:
    """CREATE of a folder, with those above it."""
    path = _path(call.input)
    async with sftp(session) as client:
        if await client.exists(path):
            raise Rejected(f"{path} is there already", status_code=409)
        await client.makedirs(path)
        return ActionResult(payload=await _shown(client, path), status_code=201)


async def delete_folder(call: ActionCall, session: Session) -> ActionResult:
    """DELETEALL of one folder, by `path`; it must be empty."""
    path = _path({**call.input, **filters.equalities(filters.read_where(call.where))})
    async with sftp(session) as client:
        if not await client.exists(path):
            return ActionResult(payload={"count": 0}, status_code=204)
        await client.rmdir(path)
    return ActionResult(payload={"count": 1})


async def check(call: ActionCall, session: Session) -> ActionResult:
    """Log in and ask where we are."""
    del call
    async with sftp(session) as client:
        return ActionResult(payload={"folder": await client.getcwd()})


async def _listing(call: ActionCall, session: Session, *, folders: bool) -> ActionResult:
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return _NOTHING
    async with sftp(session) as client:
        found, more = await _found(client, tree, call.limit or MOST_ITEMS, folders=folders)
    return ActionResult(payload=found, status_code=206 if more else 200 if found else 204)


async def _found(client: Any, tree: Group, limit: int, *, folders: bool) -> tuple[list[dict[str, Any]], bool]:
    """The entries that meet a filter, sorted by path, at most `limit`, and whether there are more."""
    known = filters.equalities(tree)
    rest = in_utc(
        Group("and", tuple(member for member in tree.members if not _is(member, "folder", "path"))),
        ("modified",),
    )
    if "path" in known:
        items = await _one(client, as_text(known["path"]), folders=folders)
    else:
        items = [
            item
            async for item in _entries(client, _path({"path": known.get("folder") or "."}), folders=folders)
        ]
    found = sorted((item for item in items if filters.holds(rest, item)), key=lambda item: str(item["path"]))
    return found[:limit], len(found) > limit


async def _one(client: Any, path: str, *, folders: bool) -> list[dict[str, Any]]:
    if not await client.exists(_path({"path": path})):
        return []
    return [await _shown(client, path)] if await client.isdir(path) is folders else []


async def _entries(client: Any, folder: str, *, folders: bool) -> AsyncIterator[dict[str, Any]]:
    count = 0
    async for entry in client.scandir(folder):
        count += 1
        if count > MOST_ITEMS:
            raise Rejected(f"{folder} has more than {MOST_ITEMS} entries")
        name = as_text(entry.filename)
        kind = stat.S_IFMT(entry.attrs.permissions or 0)
        wanted = kind == stat.S_IFDIR if folders else kind in (0, stat.S_IFREG)
        # A name with a slash would lead elsewhere: no honest server sends one.
        if wanted and name not in (".", "..") and "/" not in name:
            yield _item(f"{folder.rstrip('/')}/{name}" if folder != "." else name, entry.attrs)


async def _shown(client: Any, path: str) -> dict[str, Any]:
    return _item(path, await client.stat(path))


def _item(path: str, attributes: Any) -> dict[str, Any]:
    folder, _, name = path.rstrip("/").rpartition("/")
    modified = attributes.mtime
    moment = datetime.fromtimestamp(modified, UTC).isoformat().replace("+00:00", "Z") if modified else ""
    return {
        "path": path,
        "folder": folder or "/",
        "name": name,
        "size": attributes.size or 0,
        "modified": moment,
    }


def _content(values: Mapping[str, Any]) -> bytes:
    return as_bytes(values.get("content"), values.get("fileType"))


def _path(values: Mapping[str, Any], *, name: str = "path") -> str:
    path = as_text(values.get("path") or "")
    if not path or len(path) > 4096 or not path.isprintable():
        raise Rejected(f"{name}: expected the path of a file or folder")
    return path


def _is(member: object, *names: str) -> bool:
    return isinstance(member, Condition) and member.operator == "=" and member.field in names
