"""Options that mean the same in every command, and reading the files that they name."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from lockhouse.errors import LockhouseError

if TYPE_CHECKING:
    from lockhouse.connectors.catalogue import Catalogue

AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]
ApikeyFile = Annotated[
    Path | None,
    typer.Option(
        "--apikey-file",
        metavar="FILE",
        help="Sign in with the key in this apiKey.json, instead of LOCKHOUSE_APIKEY.",
        exists=True,
        dir_okay=False,
    ),
]
Instance = Annotated[
    str | None,
    typer.Option("--instance", metavar="ID", help="The App Connect instance, where the account has several."),
]
ConnectorDirs = Annotated[
    list[Path] | None,
    typer.Option(
        "--connectors",
        metavar="DIR",
        help="Folders with connectors of your own, besides those of LOCKHOUSE_CONNECTORS.",
        file_okay=False,
    ),
]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only show what would end; end nothing.")]
Yes = Annotated[
    bool, typer.Option("--yes", "-y", help="Do not ask first. Without a terminal nobody is asked.")
]

_MOST_BYTES = 64 * 1024 * 1024


class NotUnderstood(LockhouseError):
    """The options of a command do not fit together; it ends with status 2 and did nothing."""

    code = "usage"


class FileUnusable(LockhouseError):
    """A file that a command was given cannot be read or written."""


def catalogue_with(folders: Sequence[Path] | None) -> "Catalogue":
    """The catalogue as this machine's servers see it, with connectors of one's own. Raises Mistakes."""
    from lockhouse.connectors.catalogue import load_catalogue
    from lockhouse.settings import read_settings

    return load_catalogue([*read_settings().connectors, *(folders or ())])


def read_bytes(path: Path) -> bytes:
    """The content of a file, or of standard input when the path is `-`. Raises FileUnusable."""
    try:
        if str(path) == "-":
            content = sys.stdin.buffer.read(_MOST_BYTES + 1)
        else:
            with path.open("rb") as stream:
                content = stream.read(_MOST_BYTES + 1)
    except OSError as error:
        raise FileUnusable(f"cannot read {path}: {error.strerror}") from error
    if len(content) > _MOST_BYTES:
        raise FileUnusable(f"{path} is larger than {_MOST_BYTES // 1024 // 1024} MiB")
    return content


def read_text(path: Path) -> str:
    """The content of a UTF-8 file, or of standard input when the path is `-`. Raises FileUnusable."""
    try:
        return read_bytes(path).decode("utf-8-sig")
    except UnicodeDecodeError:
        raise FileUnusable(f"{path} is not a UTF-8 text") from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file in one step: whoever looks finds the old content or the new. Raises FileUnusable."""
    unfinished = path.with_name(f".{path.name}.new")
    try:
        unfinished.write_bytes(content)
        unfinished.replace(path)
    except OSError as error:
        unfinished.unlink(missing_ok=True)
        raise FileUnusable(f"cannot write {path}: {error.strerror}") from error
