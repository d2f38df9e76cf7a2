"""Writing: the same files give the same bytes."""

import io
import zipfile
import zlib
from collections.abc import Mapping

from lockhouse.archives.names import complaint_of, shown
from lockhouse.errors import Mistake, Mistakes

_FIRST_MOMENT = (1980, 1, 1, 0, 0, 0)
_MOST_RATIO = 100
_UNIX, _ORDINARY_FILE = 3, 0o100644 << 16


def write_zip(files: Mapping[str, bytes]) -> bytes:
    """An archive of these files, in their order. Raises Mistakes that tell every name that may not be."""
    complaints = {name: complaint_of(name) for name in files}
    mistakes = [
        Mistake("zip_name_unsafe", f"{shown(name)} {said}") for name, said in complaints.items() if said
    ]
    if mistakes:
        raise Mistakes(mistakes)
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, date_time=_FIRST_MOMENT)
            info.compress_type = _method(content)
            info.create_system, info.external_attr = _UNIX, _ORDINARY_FILE
            archive.writestr(info, content, compresslevel=9)
    return stream.getvalue()


def _method(content: bytes) -> int:
    """Deflated, unless that shrinks so well that a reader would take it for a bomb."""
    bomb = len(zlib.compress(content)) * _MOST_RATIO < len(content)
    return zipfile.ZIP_STORED if bomb else zipfile.ZIP_DEFLATED
