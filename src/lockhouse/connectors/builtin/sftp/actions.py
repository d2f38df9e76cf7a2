"""The actions on files and folders. The SSH library is loaded at the first call."""

from collections.abc import Awaitable, Callable
from typing import Any

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.session import Session
from lockhouse.wire.actions import ActionCall, ActionResult

Action = Callable[[ActionCall, Session], Awaitable[ActionResult]]


def _later(name: str, told: str) -> Action:
    async def action(call: ActionCall, session: Session) -> ActionResult:
        result: ActionResult = await getattr(_files(), name)(call, session)
        return result

    action.__doc__ = told
    return action


def _files() -> Any:
    try:
        from lockhouse.connectors.builtin.sftp import files
    except ModuleNotFoundError as missing:
        message = f"this connector needs the library {missing.name}: pip install 'lockhouse[sftp]'"
        raise Rejected(message, status_code=501) from None
    return files


create = _later("create", "Writes a file; one that is there is kept unless `overwrite` is true.")
upsert = _later("upsert", "Writes the file that the filter names by `path`.")
append = _later("append", "Adds to the end of a file, which is made if it is not there.")
download = _later("download", "The content of a file, as text or base64 as `fileType` says.")
rename = _later("rename", "Gives a file another path; one that has it already is kept.")
retrieve = _later("retrieve", "Lists the files of a `folder`, or the one at a `path`.")
delete = _later("delete", "Deletes the files that the filter finds.")
create_folder = _later("create_folder", "Makes a folder, with those above it.")
retrieve_folders = _later("retrieve_folders", "Lists the folders in a `folder`.")
delete_folder = _later("delete_folder", "Removes the folder at a `path`, which must be empty.")
check = _later("check", "Logs in and asks where it is.")
