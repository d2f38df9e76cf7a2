"""Style sheet, script and fonts as the build hook made them: read once, served under names that tell their
content."""

import gzip
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath

from lockhouse.errors import LockhouseError

DIST = Path(__file__).parent / "static" / "dist"
_MEDIA_TYPES = {
    ".css": "text/css",
    ".js": "text/javascript",
    ".svg": "image/svg+xml",
    ".woff2": "font/woff2",
}


class AssetsMissing(LockhouseError):
    """This installation was made without the console's assets."""


@dataclass(frozen=True, slots=True)
class Asset:
    """One file: its bytes, the same compressed where that is worth it, and its media type."""

    content: bytes
    compressed: bytes | None
    media_type: str


class Assets:
    """The files of a build, in memory. A look-up, so no path of a request ever reaches the disk."""

    def __init__(self, folder: Path = DIST) -> None:
        """Read a build. Raises AssetsMissing."""
        try:
            self._names: dict[str, str] = json.loads((folder / "manifest.json").read_text())
            self._files = {name: _read(folder / name) for name in self._names.values()}
        except (OSError, ValueError, KeyError) as error:
            raise AssetsMissing(
                "the console's assets are not built: install the package again (pip install .) to build them"
            ) from error

    def url(self, name: str) -> str:
        """The address of a file by its plain name, such as `console.css`."""
        return f"/assets/{self._names[name]}"

    def __getitem__(self, file: str) -> Asset:
        return self._files[file]


def _read(path: Path) -> Asset:
    content = path.read_bytes()
    squeezes = path.suffix != ".woff2"
    return Asset(content, gzip.compress(content, mtime=0) if squeezes else None, _MEDIA_TYPES[path.suffix])


@get("/assets/{file:str}", include_in_schema=False, sync_to_thread=False)
def show_asset(
    file: FromPath[str], request: Request[Any, Any, Any], assets: NamedDependency[Assets]
) -> Response[bytes]:
    """A file of the build; its name changes with its content, so it may be kept for ever."""
    try:
        asset = assets[file]
    except KeyError:
        raise NotFoundException from None
    headers = {
        "Cache-Control": "public, max-age=31536000, immutable",
        "X-Content-Type-Options": "nosniff",
        "Cross-Origin-Resource-Policy": "same-origin",
        "Vary": "Accept-Encoding",
    }
    if asset.compressed is not None and "gzip" in request.headers.get("Accept-Encoding", ""):
        headers["Content-Encoding"] = "gzip"
        return Response(asset.compressed, media_type=asset.media_type, headers=headers)
    return Response(asset.content, media_type=asset.media_type, headers=headers)
