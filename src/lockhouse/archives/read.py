"""Reading: every entry is inflated within the size that it declares, and its checksum proved."""

import zlib
from collections.abc import Callable, Iterator, Sequence

from lockhouse.archives.judge import STORED, Entry, Findings, Limits, data_start, judged_entries
from lockhouse.archives.names import shown

_PIECE = 64 * 1024
_USUAL = Limits()


def read_zip(
    data: bytes, *, file: str, limits: Limits = _USUAL, keep: Callable[[str], bool] = lambda _: True
) -> dict[str, bytes]:
    """The files of an archive by name, in the archive's order; folders are left out.

    Every entry is inflated and its checksum proved; the content of those that `keep` declines is dropped.
    `file` is what mistakes call the archive. Raises Mistakes, all that could be found, codes `zip_…`.
    """
    entries = judged_entries(data, file=file, limits=limits)
    return inflate_entries(data, entries, file=file, keep=keep)


def inflate_entries(
    data: bytes, entries: Sequence[Entry], *, file: str, keep: Callable[[str], bool]
) -> dict[str, bytes]:
    """The second half of `read_zip`, for who wants to see the judged entries too. Raises Mistakes."""
    findings, files = Findings(file, []), {}
    for entry in entries:
        content = _inflated(data, entry, findings, kept=not entry.is_folder and keep(entry.name))
        if content is not None:
            files[entry.name] = content
    findings.stop_if_any()
    return files


def _inflated(data: bytes, entry: Entry, findings: Findings, *, kept: bool) -> bytes | None:
    """The content of a judged entry, never more than the declared size; None when not kept or broken."""
    start = data_start(data, entry)
    crc, size, pieces = 0, 0, []
    try:
        for piece in _pieces(memoryview(data)[start : start + entry.compressed], entry):
            crc, size = zlib.crc32(piece, crc), size + len(piece)
            if kept:
                pieces.append(piece)
    except zlib.error:
        findings.add("zip_data_broken", f"{shown(entry.name)} cannot be inflated to the size it declares")
        return None
    if crc != entry.crc or size != entry.size:
        findings.add("zip_checksum_wrong", f"{shown(entry.name)} is damaged: its checksum is another")
        return None
    return b"".join(pieces) if kept else None


def _pieces(packed: memoryview, entry: Entry) -> Iterator[bytes]:
    """The content in pieces. Raises zlib.error when it is broken, longer than declared or has a tail."""
    if entry.method == STORED:
        yield bytes(packed)
        return
    inflater, left = zlib.decompressobj(-zlib.MAX_WBITS), entry.size
    for place in range(0, len(packed), _PIECE):
        rest = bytes(packed[place : place + _PIECE])
        while rest:
            piece = inflater.decompress(rest, left + 1)
            left -= len(piece)
            if left < 0 or inflater.unused_data or (inflater.eof and place + _PIECE < len(packed)):
                raise zlib.error
            yield piece
            rest = inflater.unconsumed_tail
    if not inflater.eof:
        raise zlib.error
