"""Judging an archive by its directory and the headers of its entries, without inflating a byte."""

import struct
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from lockhouse.archives.names import MOST_PARTS, complaint_of, folded, shown
from lockhouse.errors import Mistake, Mistakes

_END = struct.Struct("<4s4H2LH")
_CENTRAL = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_DESCRIPTOR = struct.Struct("<3L")
_END_SIGNATURE, _CENTRAL_SIGNATURE, _LOCAL_SIGNATURE = b"PK\5\6", b"PK\1\2", b"PK\3\4"
_DESCRIPTOR_SIGNATURE = b"PK\7\x08"
_ZIP64_LOCATOR_SIGNATURE = b"PK\6\7"
_LONGEST_COMMENT = 0xFFFF

STORED, _DEFLATED = 0, 8
_FLAG_ENCRYPTED = 0x0001 | 0x0040 | 0x2000
_FLAG_DESCRIPTOR, _FLAG_UTF8 = 0x0008, 0x0800
_FLAGS_KNOWN = 0x0006 | _FLAG_DESCRIPTOR | _FLAG_UTF8  # 1 and 2 say how hard the writer tried

_BROKEN = -1
_EXTRAS_REFUSED = (
    ("zip_zip64", 0x0001, "uses ZIP64, which an archive of this size does not need"),
    ("zip_name_twice", 0x7075, "carries a second name"),
    ("zip_encrypted", 0x9901, "is encrypted"),
    ("zip_extra_broken", _BROKEN, "has a broken extra field"),
)
_FILE_TYPES = {0, 0o100000}
_FOLDER_TYPES = {0, 0o040000}
_DOS_FOLDER, _DOS_VOLUME = 0x10, 0x08

_RATIO_FREE_BYTES = 64 * 1024
_MOST_EXTRAS = 50
_MOST_MISTAKES_OF_A_KIND = 20


class _Central(NamedTuple):
    """A header of the central directory (APPNOTE 4.3.12), field by field."""

    signature: bytes
    made_by: int
    needed: int
    flags: int
    method: int
    time: int
    date: int
    crc: int
    compressed: int
    size: int
    name_size: int
    extra_size: int
    comment_size: int
    disk: int
    internal: int
    attributes: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How large an archive may be; sizes in bytes, `most_ratio` is inflated size to compressed size."""

    most_entries: int = 5_000
    most_entry_bytes: int = 32 * 1024 * 1024
    most_bytes: int = 48 * 1024 * 1024
    most_ratio: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One entry as the archive declares it; `size` is in bytes, inflated. A folder's name ends in `/`."""

    name: str
    size: int
    compressed: int
    method: int
    flags: int
    crc: int
    offset: int
    raw_name: bytes
    attributes: int

    @property
    def is_folder(self) -> bool:
        """Whether the entry is a folder and not a file."""
        return self.name.endswith("/")


@dataclass(slots=True)
class Findings:
    """The mistakes of one archive, of each kind as many as a person reads."""

    file: str
    mistakes: list[Mistake]
    counts: Counter[str] = field(default_factory=Counter)

    def add(self, code: str, message: str) -> None:
        """Note a mistake."""
        self.counts[code] += 1
        if self.counts[code] <= _MOST_MISTAKES_OF_A_KIND:
            self.mistakes.append(Mistake(code, message, file=self.file))

    def stop_if_any(self) -> None:
        """Raise Mistakes when there are some."""
        if self.mistakes:
            raise Mistakes(self.mistakes)

    def stop(self, code: str, message: str) -> Mistakes:
        """Note a mistake after which nothing more can be judged; to be raised."""
        self.add(code, message)
        return Mistakes(self.mistakes)


def judged_entries(data: bytes, *, file: str, limits: Limits = Limits()) -> tuple[Entry, ...]:
    """The entries of an archive in its order, judged by all that shows without inflating. Raises Mistakes."""
    findings = Findings(file, [])
    count, directory = _end_of(data, findings)
    if count > limits.most_entries:
        raise findings.stop(
            "zip_too_many_entries", f"the archive has {count} entries, at most {limits.most_entries} are read"
        )
    entries = _central_entries(data, count, directory, findings)
    _judge_names(entries, findings)
    _judge_sizes(entries, limits, findings)
    _judge_layout(data, entries, directory, findings)
    findings.stop_if_any()
    return tuple(entries)


def _end_of(data: bytes, findings: Findings) -> tuple[int, int]:
    """The number of entries and where the central directory begins."""
    place = len(data) - _END.size
    if place < 0 or data[place : place + 4] != _END_SIGNATURE:
        raise _no_end(data, findings)
    _, disk, start_disk, here, count, size, offset, comment = _END.unpack_from(data, place)
    zip64 = data[max(0, place - 20) : place].startswith(_ZIP64_LOCATOR_SIGNATURE)
    if zip64 or 0xFFFF in (here, count) or 0xFFFFFFFF in (size, offset):
        raise findings.stop(
            "zip_zip64", "the archive uses ZIP64, which an archive of this size does not need"
        )
    if disk or start_disk or here != count:
        raise findings.stop("zip_count_wrong", "the archive says that it is one of several disks")
    if comment:
        raise findings.stop("zip_truncated", "the archive's comment is cut off")
    if offset + size > place:
        raise findings.stop("zip_directory_broken", "the central directory does not lie inside the archive")
    if offset + size < place:
        raise findings.stop(
            "zip_prefix", f"{place - offset - size} bytes stand before the archive or its end record"
        )
    if count == 0:
        raise findings.stop("zip_empty", "the archive has no entries")
    return count, offset


def _no_end(data: bytes, findings: Findings) -> Mistakes:
    if not data:
        return findings.stop("zip_empty", "the file is empty")
    place = data.rfind(_END_SIGNATURE, max(0, len(data) - _END.size - _LONGEST_COMMENT))
    if place >= 0 and place + _END.size <= len(data):
        comment = _END.unpack_from(data, place)[-1]
        if place + _END.size + comment == len(data):
            return findings.stop("zip_comment", "the archive carries a comment; make it without one")
        return findings.stop("zip_trailing_bytes", "bytes follow the end of the archive")
    if data.startswith(_LOCAL_SIGNATURE):
        return findings.stop("zip_truncated", "the archive is cut off: its end record is missing")
    return findings.stop("not_a_zip", "this is not a zip archive")


def _central_entries(data: bytes, count: int, directory: int, findings: Findings) -> list[Entry]:
    entries: list[Entry] = []
    place, end = directory, len(data) - _END.size
    while place < end and len(entries) <= count:
        header = _central_at(data, place, end)
        if header is None:
            message = f"the central directory is broken after {len(entries)} entries"
            raise findings.stop("zip_directory_broken", message)
        name_end = place + _CENTRAL.size + header.name_size
        entry = _entry(header, data[place + _CENTRAL.size : name_end], findings)
        _judge_header(entry, header, data[name_end : name_end + header.extra_size], findings)
        entries.append(entry)
        place = name_end + header.extra_size + header.comment_size
    if len(entries) != count:
        message = f"the archive says it has {count} entries and lists another number"
        raise findings.stop("zip_count_wrong", message)
    return entries


def _central_at(data: bytes, place: int, end: int) -> _Central | None:
    if place + _CENTRAL.size > end:
        return None
    header = _Central._make(_CENTRAL.unpack_from(data, place))
    size = _CENTRAL.size + header.name_size + header.extra_size + header.comment_size
    return header if header.signature == _CENTRAL_SIGNATURE and place + size <= end else None


def _entry(header: _Central, raw_name: bytes, findings: Findings) -> Entry:
    try:
        name = raw_name.decode("utf-8" if header.flags & _FLAG_UTF8 else "ascii")
    except UnicodeDecodeError:
        name = raw_name.decode("latin-1")
        message = f"the name {shown(name)} is neither ASCII nor marked and valid UTF-8"
        findings.add("zip_name_unreadable", message)
    return Entry(
        name=name, size=header.size, compressed=header.compressed, method=header.method, flags=header.flags,
        crc=header.crc, offset=header.offset, raw_name=raw_name, attributes=header.attributes,
    )  # fmt: skip


def _judge_header(entry: Entry, header: _Central, extra: bytes, findings: Findings) -> None:
    name = shown(entry.name)
    if entry.flags & _FLAG_ENCRYPTED:
        findings.add("zip_encrypted", f"{name} is encrypted")
    elif entry.flags & ~_FLAGS_KNOWN:
        findings.add("zip_flags_unknown", f"{name} carries flags {entry.flags:#06x} that are not read here")
    if entry.method not in (STORED, _DEFLATED):
        findings.add("zip_method_unknown", f"{name} is neither stored nor deflated (method {entry.method})")
    elif entry.method == STORED and entry.compressed != entry.size:
        findings.add("zip_header_differs", f"{name} is stored, yet its two sizes differ")
    if 0xFFFFFFFF in (entry.size, entry.compressed, entry.offset):
        findings.add("zip_zip64", f"{name} uses ZIP64, which an archive of this size does not need")
    if header.disk:
        findings.add("zip_count_wrong", f"{name} says that it lies on another disk")
    _judge_extra(name, extra, findings)
    _judge_kind(entry, findings)


def _judge_extra(name: str, extra: bytes, findings: Findings) -> None:
    kinds = set(_extra_kinds(extra))
    for code, kind, what in _EXTRAS_REFUSED:
        if kind in kinds:
            findings.add(code, f"{name} {what}")


def _judge_kind(entry: Entry, findings: Findings) -> None:
    kind = (entry.attributes >> 16) & 0o170000
    allowed = _FOLDER_TYPES if entry.is_folder else _FILE_TYPES
    dos_kind = entry.attributes & (_DOS_VOLUME if entry.is_folder else _DOS_FOLDER | _DOS_VOLUME)
    if kind not in allowed or dos_kind:
        findings.add(
            "zip_entry_kind", f"{shown(entry.name)} is not an ordinary file or folder (a link or a device?)"
        )
    if entry.is_folder and (entry.size or entry.crc):
        findings.add("zip_folder_with_content", f"{shown(entry.name)} is a folder and has content")


def _extra_kinds(extra: bytes) -> Iterator[int]:
    """The kinds of the extra fields; _BROKEN for what cannot be read, or is more than any writer writes."""
    place = 0
    for _ in range(_MOST_EXTRAS):
        if place == len(extra):
            return
        if place + 4 > len(extra):
            break
        kind, size = struct.unpack_from("<2H", extra, place)
        place += 4 + size
        if place > len(extra):
            break
        yield kind
    yield _BROKEN


def _judge_names(entries: Sequence[Entry], findings: Findings) -> None:
    seen: dict[str, str] = {}
    files: set[str] = set()
    for entry in entries:
        if complaint := complaint_of(entry.name):
            findings.add("zip_name_unsafe", f"{shown(entry.name)} {complaint}")
        key = folded(entry.name)
        if key in seen:
            same = seen[key] == entry.name
            code, word = (
                ("zip_duplicate", "twice") if same else ("zip_collision", f"beside {shown(seen[key])}")
            )
            findings.add(code, f"{shown(entry.name)} stands in the archive {word}")
        seen.setdefault(key, entry.name)
        if not entry.is_folder:
            files.add(key)
    for key in seen:
        parts = key.split("/")
        if any("/".join(parts[:end]) in files for end in range(1, min(len(parts), MOST_PARTS))):
            findings.add("zip_collision", f"{shown(seen[key])} lies below a file")


def _judge_sizes(entries: Sequence[Entry], limits: Limits, findings: Findings) -> None:
    for entry in entries:
        if entry.size > limits.most_entry_bytes:
            findings.add(
                "zip_entry_too_large",
                f"{shown(entry.name)} has {entry.size} bytes, at most {limits.most_entry_bytes} are read",
            )
        elif entry.size > max(_RATIO_FREE_BYTES, entry.compressed * limits.most_ratio):
            findings.add("zip_ratio", f"{shown(entry.name)} would grow more than {limits.most_ratio} times")
    total = sum(entry.size for entry in entries)
    if total > limits.most_bytes:
        findings.add(
            "zip_too_large", f"the entries have {total} bytes together, at most {limits.most_bytes} are read"
        )


def _judge_layout(data: bytes, entries: Sequence[Entry], directory: int, findings: Findings) -> None:
    """The local entries lie end to end from byte 0 to the central directory and say what it says."""
    ordered = sorted(entries, key=lambda entry: entry.offset)
    if ordered[0].offset:
        findings.add("zip_prefix", f"{ordered[0].offset} bytes stand before the first entry")
    ends = [entry.offset for entry in ordered[1:]] + [directory]
    for entry, end in zip(ordered, ends, strict=True):
        if min(end, directory) - entry.offset < _LOCAL.size:
            findings.add(
                "zip_overlap", f"{shown(entry.name)} overlaps another entry or the central directory"
            )
        else:
            _judge_local(data, entry, min(end, directory), findings)


def _judge_local(data: bytes, entry: Entry, end: int, findings: Findings) -> None:
    name = shown(entry.name)
    signature, _, flags, method, _, _, *numbers, name_size, extra_size = _LOCAL.unpack_from(
        data, entry.offset
    )
    start = data_start(data, entry)
    if signature != _LOCAL_SIGNATURE or start > end:
        findings.add("zip_overlap", f"{name} has no entry of its own where the central directory says")
        return
    raw_name = data[entry.offset + _LOCAL.size : entry.offset + _LOCAL.size + name_size]
    said = [entry.crc, entry.compressed, entry.size]
    agreed = numbers == said or (flags & _FLAG_DESCRIPTOR and numbers == [0, 0, 0])
    if (flags, method, raw_name) != (entry.flags, entry.method, entry.raw_name) or not agreed:
        findings.add(
            "zip_header_differs", f"{name}: the entry and the central directory say different things"
        )
    _judge_extra(name, data[start - extra_size : start], findings)
    rest = data[start + entry.compressed : end]
    if start + entry.compressed > end:
        findings.add("zip_overlap", f"{name} overlaps another entry or the central directory")
    elif rest and not (flags & _FLAG_DESCRIPTOR and _is_descriptor(rest, said)):
        findings.add("zip_gap", f"{len(rest)} bytes after {name} belong to no entry")
    elif flags & _FLAG_DESCRIPTOR and not rest:
        findings.add("zip_header_differs", f"{name} promises a data descriptor and has none")


def data_start(data: bytes, entry: Entry) -> int:
    """Where the content of an entry begins; its local header lies inside the archive."""
    name_size, extra_size = struct.unpack_from("<2H", data, entry.offset + _LOCAL.size - 4)
    return int(entry.offset + _LOCAL.size + name_size + extra_size)


def _is_descriptor(rest: bytes, said: list[int]) -> bool:
    numbers = _DESCRIPTOR.pack(*said)
    return rest in (numbers, _DESCRIPTOR_SIGNATURE + numbers)
