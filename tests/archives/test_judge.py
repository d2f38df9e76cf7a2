"""Which archives are refused before a byte is inflated, and under which code."""

import contextlib
import io
import struct
import time
import tracemalloc
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable

import pytest
from tests.archives.forge import Forged, deflated, forge

from lockhouse.archives import Limits, judged_entries, read_zip
from lockhouse.errors import Mistakes

LINK, DEVICE, FIFO, FOLDER = 0o120777 << 16, 0o060644 << 16, 0o010644 << 16, 0o040755 << 16
WITH_DESCRIPTOR = 0x0008
NOTHING_YET = {"crc": 0, "compressed": 0, "size": 0}


def descriptor_of(content: bytes, *, signed: bool) -> bytes:
    numbers = struct.pack("<3L", zlib.crc32(content), len(deflated(content)), len(content))
    return (b"PK\7\x08" if signed else b"") + numbers


def named(name: str) -> bytes:
    return forge(Forged(name=name.encode(), flags=0x0800))


def both(**fields: int) -> Forged:
    return Forged(local=dict(fields), central=dict(fields))


UNSAFE_NAMES = [
    "../a", "a/../b", "..", ".", "./a", "a//b", "/etc/passwd", "//host/a", "C:/a", "c:a", "a\\b", "..\\a",
    "\\\\host\\a", "a\0b", "a\nb", "a\x1b[2J", "a\x7f", "\u202egnp.exe", "a\u2028b", "a/. /b", "a/.../b", "",
    "/", "a/" * 40 + "b", "x" * 600,
]  # fmt: skip

BROKEN = [
    ("not_a_zip", b"integration:\n  type: api\n"),
    ("not_a_zip", b"PK"),
    ("zip_empty", b""),
    ("zip_empty", forge()),
    ("zip_truncated", forge(Forged())[:40]),
    ("zip_truncated", forge(Forged())[:-1]),
    ("zip_prefix", b"MZ" + forge(Forged())),
    ("zip_prefix", forge(Forged(), prefix=b"#!/bin/sh\n")),
    ("zip_trailing_bytes", forge(Forged(), tail=b"more")),
    ("zip_comment", forge(Forged(), comment=b"hello")),
    ("zip_prefix", forge(Forged(), comment=forge(Forged(name=b"other")))),
    ("zip_count_wrong", forge(Forged(), Forged(name=b"b"), here=1, count=1)),
    ("zip_count_wrong", forge(Forged(), here=2, count=2)),
    ("zip_count_wrong", forge(Forged(), here=1, count=2)),
    ("zip_count_wrong", forge(Forged(), disk=1, start_disk=1)),
    ("zip_count_wrong", forge(Forged(central={"disk": 1}))),
    ("zip_zip64", forge(Forged(), here=0xFFFF, count=0xFFFF)),
    ("zip_zip64", forge(Forged(), offset=0xFFFFFFFF)),
    ("zip_zip64", forge(Forged(extra=struct.pack("<2HQ", 1, 8, 7)))),
    ("zip_zip64", forge(Forged(local_extra=struct.pack("<2HQ", 1, 8, 7)))),
    ("zip_zip64", forge(both(size=0xFFFFFFFF))),
    ("zip_directory_broken", forge(Forged(), size=5000)),
    ("zip_directory_broken", forge(Forged(central={"signature": b"PK\1\3"}))),
    ("zip_directory_broken", forge(Forged())[:-40] + forge(Forged())[-22:]),
    ("zip_encrypted", forge(both(flags=1))),
    ("zip_encrypted", forge(both(flags=0x2000))),
    ("zip_encrypted", forge(Forged(extra=struct.pack("<2H7s", 0x9901, 7, bytes(7))))),
    ("zip_flags_unknown", forge(both(flags=0x0020))),
    ("zip_method_unknown", forge(both(method=9))),
    ("zip_method_unknown", forge(both(method=93))),
    ("zip_name_twice", forge(Forged(extra=struct.pack("<2H", 0x7075, 6) + b"\1....b"))),
    ("zip_extra_broken", forge(Forged(extra=b"\1"))),
    ("zip_extra_broken", forge(Forged(local_extra=struct.pack("<2H", 5, 50)))),
    ("zip_name_unreadable", forge(Forged(name=b"\xff\xfe", flags=0x0800))),
    ("zip_name_unreadable", forge(Forged(name="é".encode()))),
    ("zip_entry_kind", forge(Forged(attributes=LINK))),
    ("zip_entry_kind", forge(Forged(attributes=DEVICE))),
    ("zip_entry_kind", forge(Forged(attributes=FIFO))),
    ("zip_entry_kind", forge(Forged(attributes=FOLDER))),
    ("zip_entry_kind", forge(Forged(attributes=0x10))),
    ("zip_entry_kind", forge(Forged(name=b"a/", content=b"", method=0))),
    ("zip_folder_with_content", forge(Forged(name=b"a/", attributes=FOLDER))),
    ("zip_duplicate", forge(Forged(), Forged(content=b"other"))),
    ("zip_collision", forge(Forged(name=b"Orders"), Forged(name=b"orders"))),
    ("zip_collision", forge(Forged(name=b"a"), Forged(name=b"a/", content=b"", method=0, attributes=FOLDER))),
    ("zip_collision", forge(Forged(name=b"a/b/c"), Forged(name=b"A/B"))),
    ("zip_collision", forge(
        Forged(name="é".encode(), flags=0x0800), Forged(name="e\u0301".encode(), flags=0x0800)
    )),
    ("zip_overlap", forge(Forged(), Forged(name=b"b", central={"offset": 0}))),
    ("zip_overlap", forge(Forged(central={"offset": 50_000}))),
    ("zip_overlap", forge(Forged(central={"compressed": 500}, local={"compressed": 500}))),
    ("zip_overlap", forge(Forged(local={"signature": b"PK\3\5"}))),
    ("zip_gap", forge(Forged(after=b"hidden"))),
    ("zip_gap", forge(Forged(after=b"hidden"), Forged(name=b"b"))),
    ("zip_gap", forge(Forged(descriptor=descriptor_of(b"content", signed=True)))),
    ("zip_gap", forge(Forged(flags=WITH_DESCRIPTOR, descriptor=descriptor_of(b"another", signed=True)))),
    ("zip_header_differs", forge(Forged(flags=WITH_DESCRIPTOR))),
    ("zip_header_differs", forge(Forged(local={"name": b"b.txt"}))),
    ("zip_header_differs", forge(Forged(local={"method": 0}))),
    ("zip_header_differs", forge(Forged(local={"size": 8}))),
    ("zip_header_differs", forge(Forged(local={"crc": 8}))),
    ("zip_header_differs", forge(Forged(local={"flags": 2}))),
    ("zip_header_differs", forge(Forged(local=dict(NOTHING_YET)))),
    ("zip_header_differs", forge(Forged(method=0, local={"size": 9}, central={"size": 9}))),
    ("zip_ratio", forge(Forged(content=bytes(1_000_000)))),
    ("zip_entry_too_large", forge(both(size=40 * 1024 * 1024))),
    ("zip_too_large", forge(*(Forged(name=bytes([97 + n]), central={"size": 20_000_000}) for n in range(3)))),
    ("zip_too_many_entries", forge(*(Forged(name=b"%d" % n) for n in range(5001)))),
    ("zip_data_broken", forge(Forged(packed=b"\xff" * 20))),
    ("zip_data_broken", forge(Forged(packed=deflated(b"content")[:-1]))),
    ("zip_data_broken", forge(Forged(packed=deflated(b"content") + b"tail"))),
    ("zip_data_broken", forge(Forged(packed=deflated(b"content and more of it")))),
    ("zip_data_broken", forge(Forged(packed=b""))),
    ("zip_checksum_wrong", forge(both(crc=1))),
    ("zip_checksum_wrong", forge(Forged(content=b"content", packed=deflated(b"cont")))),
]  # fmt: skip


def codes(data: bytes) -> list[str]:
    with pytest.raises(Mistakes) as refused:
        read_zip(data, file="x.zip")
    return [mistake.code for mistake in refused.value.mistakes]


@pytest.mark.parametrize(("code", "data"), BROKEN, ids=[f"{n}-{code}" for n, (code, _) in enumerate(BROKEN)])
def test_an_archive_that_can_be_read_in_two_ways_is_refused(code: str, data: bytes) -> None:
    assert code in codes(data)


@pytest.mark.parametrize("name", UNSAFE_NAMES, ids=ascii)
def test_a_name_that_leads_elsewhere_is_refused(name: str) -> None:
    assert "zip_name_unsafe" in codes(named(name))


@pytest.mark.parametrize("name", ["a", "a b/c.yaml", "Größe/数.yaml", "a..b", ".project", "ab:c", "😀.yaml"])
def test_an_ordinary_name_is_accepted(name: str) -> None:
    assert list(read_zip(named(name), file="x.zip")) == [name]


@pytest.mark.parametrize("signed", [True, False])
@pytest.mark.parametrize("local", [{}, NOTHING_YET])
def test_an_archive_written_as_a_stream_is_accepted(signed: bool, local: dict[str, int]) -> None:
    entry = Forged(
        flags=WITH_DESCRIPTOR, descriptor=descriptor_of(b"content", signed=signed), local=dict(local)
    )

    assert read_zip(forge(entry, Forged(name=b"b")), file="x.zip") == {"a.txt": b"content", "b": b"content"}


def test_archives_of_pythons_own_writer_are_accepted() -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.mkdir("folder")
        archive.writestr("folder/größe.txt", "x" * 100)
        archive.writestr("stored", b"\0" * 10, zipfile.ZIP_STORED)

    assert read_zip(stream.getvalue(), file="x.zip") == {"folder/größe.txt": b"x" * 100, "stored": b"\0" * 10}


def test_every_mistake_of_an_archive_is_told_at_once_with_its_file() -> None:
    data = forge(Forged(name=b"../a"), Forged(name=b"b", attributes=LINK), Forged(name=b"B", after=b"gap"))

    with pytest.raises(Mistakes) as refused:
        judged_entries(data, file="x.bar")

    found = {mistake.code for mistake in refused.value.mistakes}
    assert found == {"zip_name_unsafe", "zip_entry_kind", "zip_collision", "zip_gap"}
    assert {mistake.file for mistake in refused.value.mistakes} == {"x.bar"}


def test_a_hostile_name_is_shown_as_one_harmless_line() -> None:
    with pytest.raises(Mistakes) as refused:
        read_zip(named("../\x1b]0;owned\x07\n\u202e" + "y" * 9000), file="x.zip")

    text = str(refused.value)
    assert text.isprintable()
    assert len(text) < 400


def test_of_thousands_of_mistakes_the_first_twenty_of_each_kind_are_told() -> None:
    data = forge(*(Forged(name=b"../%d" % number, attributes=LINK) for number in range(4000)))

    assert Counter(codes(data)) == {"zip_name_unsafe": 20, "zip_entry_kind": 20}


def test_a_quoted_overlap_bomb_is_refused_without_being_inflated() -> None:
    kernel = deflated(bytes(20_000_000))
    entries = [Forged(name=b"0", content=bytes(20_000_000), packed=kernel)]
    entries += [
        Forged(name=b"%d" % n, content=bytes(20_000_000), packed=b"", central={"offset": 0})
        for n in range(1, 200)
    ]
    data = forge(*entries)

    assert {"zip_overlap", "zip_too_large"} <= set(codes(data))


NOISE = bytes(range(256)) * 64
HEAVY: dict[str, Callable[[], bytes]] = {
    "one large file": lambda: forge(Forged(content=NOISE * 1900, method=0)),
    "as many bytes as allowed": lambda: forge(
        *(Forged(name=b"%d" % n, packed=deflated(NOISE * 15), content=NOISE * 15) for n in range(200))
    ),
    "deflate that makes nothing": lambda: forge(
        Forged(content=b"", packed=b"\x00\x00\x00\xff\xff" * 6_000_000 + deflated(b""))
    ),
    "many entries": lambda: forge(*(Forged(name=b"%d" % n, content=b"", method=0) for n in range(5000))),
    "long names": lambda: forge(
        *(Forged(name=b"n" * 60_000 + b"%d" % n, content=b"", method=0) for n in range(250))
    ),
    "long extra fields": lambda: forge(
        *(Forged(name=b"%d" % n, extra=struct.pack("<2H", 9, 0) * 1500, content=b"") for n in range(4000))
    ),
    "end records everywhere": lambda: b"PK\5\6" * 8_000_000,
    "folders in folders": lambda: forge(
        *(Forged(name=b"a/" * 30 + b"%d" % n, content=b"") for n in range(5000))
    ),
}


@pytest.mark.parametrize("name", HEAVY)
def test_no_archive_of_32_megabytes_takes_5_seconds_or_128_megabytes(name: str) -> None:
    data = HEAVY[name]()
    assert len(data) <= 33_000_000

    began = time.process_time()
    with contextlib.suppress(Mistakes):
        read_zip(data, file="x.zip")
    assert time.process_time() - began < 20

    tracemalloc.start()
    with contextlib.suppress(Mistakes):
        read_zip(data, file="x.zip")
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 128_000_000


def test_limits_are_the_callers() -> None:
    data = forge(Forged(content=b"x" * 100), Forged(name=b"b", content=b"y" * 100))
    small = Limits(most_entries=1, most_bytes=150, most_entry_bytes=50)

    with pytest.raises(Mistakes, match="at most 1"):
        read_zip(data, file="x.zip", limits=small)
    with pytest.raises(Mistakes, match=r"at most 50 .*\n.*at most 50 .*\n.*at most 150"):
        read_zip(data, file="x.zip", limits=Limits(most_entry_bytes=50, most_bytes=150))
