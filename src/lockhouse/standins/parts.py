"""The parts of a multipart body."""

import re

from lockhouse.standins.routes import Mismatch


def parts_of(content_type: str, header: str, content: bytes) -> list[tuple[str, bytes]]:
    """Name and bytes of each part of a multipart body (RFC 2046). Raises Mismatch."""
    boundary = re.search(r'boundary="?([^";]+)', header)
    if not content_type.startswith("multipart/") or boundary is None:
        raise Mismatch("expected a multipart body")
    found = []
    for piece in content.split(b"--" + boundary[1].encode())[1:-1]:
        head, _, data = piece.removeprefix(b"\r\n").partition(b"\r\n\r\n")
        name = re.search(r'[; ]name="([^"]*)"', head.decode("utf-8", "replace"))
        found.append((name[1] if name else "", data.removesuffix(b"\r\n")))
    return found
