"""What is written comes back, and is the same each time."""

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.archives import read_zip, write_zip
from lockhouse.errors import Mistakes

NAMES = st.text(st.characters(categories=["L", "N"]), min_size=1, max_size=20)


@given(st.dictionaries(NAMES, st.binary(max_size=500), min_size=1, max_size=5))
def test_what_is_written_comes_back_in_its_order(files: dict[str, bytes]) -> None:
    unlike = {name.casefold(): name for name in files}
    files = {name: files[name] for name in unlike.values() if name.isascii()} or {"a": b""}
    data = write_zip(files)

    assert list(read_zip(data, file="x.zip").items()) == list(files.items())
    assert data == write_zip(files)


def test_content_that_shrinks_to_nothing_can_still_be_read() -> None:
    files = {"zeros": bytes(5_000_000)}

    assert read_zip(write_zip(files), file="x.zip") == files


def test_others_can_read_what_is_written() -> None:
    with zipfile.ZipFile(io.BytesIO(write_zip({"größe/a.yaml": b"a: 1\n"}))) as archive:
        assert archive.testzip() is None
        assert archive.read("größe/a.yaml") == b"a: 1\n"


def test_unusable_names_are_refused_all_at_once() -> None:
    with pytest.raises(Mistakes) as refused:
        write_zip({"../a": b"", "ok": b"", "b\n": b""})

    assert [mistake.code for mistake in refused.value.mistakes] == ["zip_name_unsafe", "zip_name_unsafe"]
