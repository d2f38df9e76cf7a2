"""Makes archives field by field, honest or not."""

import struct
import zlib
from dataclasses import dataclass, field


@dataclass
class Forged:
    """One entry; `local` and `central` replace single fields of the two headers."""

    name: bytes = b"a.txt"
    content: bytes = b"content"
    method: int = 8
    flags: int = 0
    attributes: int = 0o100644 << 16
    extra: bytes = b""
    local_extra: bytes = b""
    packed: bytes | None = None
    descriptor: bytes = b""
    after: bytes = b""
    local: dict[str, int | bytes] = field(default_factory=dict)
    central: dict[str, int | bytes] = field(default_factory=dict)


def deflated(content: bytes) -> bytes:
    """Content as a raw deflate stream."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(content) + packer.flush()


def forge(*entries: Forged, prefix: bytes = b"", tail: bytes = b"", **end: int | bytes) -> bytes:
    """The bytes of an archive; `end` replaces fields of its end record, `comment` among them."""
    body, directory = bytearray(prefix), bytearray()
    for entry in entries:
        packed = entry.packed
        if packed is None:
            packed = deflated(entry.content) if entry.method == 8 else entry.content
        facts: dict[str, int | bytes] = {
            "signature": b"PK\3\4", "flags": entry.flags, "method": entry.method,
            "crc": zlib.crc32(entry.content), "compressed": len(packed), "size": len(entry.content),
            "name": entry.name, "disk": 0, "attributes": entry.attributes, "offset": len(body),
        }  # fmt: skip
        body += _local(facts | entry.local, entry.local_extra) + packed + entry.descriptor + entry.after
        directory += _central(facts | {"signature": b"PK\1\2"} | entry.central, entry.extra)
    facts = {
        "disk": 0, "start_disk": 0, "here": len(entries), "count": len(entries), "size": len(directory),
        "offset": len(body), "comment": b"",
    } | end  # fmt: skip
    comment = facts["comment"]
    assert isinstance(comment, bytes)
    order = ("disk", "start_disk", "here", "count", "size", "offset")
    record = struct.pack("<4s4H2LH", b"PK\5\6", *(facts[name] for name in order), len(comment))
    return bytes(body + directory + record + comment + tail)


def _local(facts: dict[str, int | bytes], extra: bytes) -> bytes:
    name = facts["name"]
    assert isinstance(name, bytes)
    numbers = [facts[key] for key in ("crc", "compressed", "size")]
    head = struct.pack(
        "<4s5H3L2H",
        facts["signature"],
        20,
        facts["flags"],
        facts["method"],
        0,
        33,
        *numbers,
        len(name),
        len(extra),
    )
    return head + name + extra


def _central(facts: dict[str, int | bytes], extra: bytes) -> bytes:
    name = facts["name"]
    assert isinstance(name, bytes)
    numbers = [facts[key] for key in ("crc", "compressed", "size")]
    head = struct.pack(
        "<4s6H3L5H2L", facts["signature"], 0x0314, 20, facts["flags"], facts["method"], 0, 33, *numbers,
        len(name), len(extra), 0, facts["disk"], 0, facts["attributes"], facts["offset"],
    )  # fmt: skip
    return head + name + extra
