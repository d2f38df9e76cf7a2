"""The file of a new key's value: made before the key, so that no value is lost for want of a file."""

import contextlib
import os
import secrets
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

from lockhouse.cli.options import FileUnusable
from lockhouse.wire.apikey_file import write_apikey_file

_ROOM = 8192


class KeyFileExists(FileUnusable):
    """There is a file already; it may hold the only copy of another key's value."""


@contextlib.contextmanager
def reserved(
    path: Path, *, replace: bool, text_of: Callable[[Mapping[str, Any]], str] = write_apikey_file
) -> Iterator[Callable[[Mapping[str, Any]], None]]:
    """Hold a place for a file with a secret and hand over the function that writes it (mode 0600, in one
    step): an apiKey.json, or what `text_of` makes of the answer that has the secret.

    A block that fails leaves what was there. Raises FileUnusable, KeyFileExists unless it may be replaced.
    """
    if path.exists() and not replace:
        raise KeyFileExists(f"{path} exists; choose another name, or replace it with --force")
    unfinished = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except OSError as error:
        raise FileUnusable(f"cannot write {path}: {error.strerror}") from error

    def write(key: Mapping[str, Any]) -> None:
        stream.seek(0)
        stream.write(text_of(key))
        stream.truncate()
        stream.flush()
        os.fsync(stream.fileno())
        unfinished.rename(path)

    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            # A disk that is full says so now, before there is a value to lose.
            stream.write(" " * _ROOM)
            stream.flush()
            yield write
    finally:
        unfinished.unlink(missing_ok=True)
