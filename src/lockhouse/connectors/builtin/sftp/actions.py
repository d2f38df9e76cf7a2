"""The actions on files and folders. The SSH library is loaded at the first call."""

from collections.abc import Awaitable, Callable
from typing import Any

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult

Action = Callable[[ActionCall, Session], Awaitable[ActionResult]]


def _later(name: str) -> Action:
    async def action(call: ActionCall, session: Session) -> ActionResult:
        result: ActionResult = await getattr(_files(), name)(call, session)
        return result

    return action


def _files() -> Any:
    try:
        from lockhouse.connectors.builtin.sftp import files
    except ModuleNotFoundError as missing:
        message = f"this connector needs the library {missing.name}: pip install 'lockhouse[sftp]'"
        raise Rejected(message, status_code=501) from None
    return files


create = _later("create")
upsert = _later("upsert")
append = _later("append")
download = _later("download")
rename = _later("rename")
retrieve = _later("retrieve")
delete = _later("delete")
create_folder = _later("create_folder")
retrieve_folders = _later("retrieve_folders")
delete_folder = _later("delete_folder")
check = _later("check")
