"""The file that a new key's value goes to."""

import json
import stat
from pathlib import Path

import pytest

from lockhouse.cli.keyfile import KeyFileExists, reserved
from lockhouse.cli.options import FileUnusable

KEY = {"id": "ApiKey-1", "name": "ci", "apikey": "EXAMPLE-NOT-REAL", "locked": False}


def test_the_file_holds_the_key_and_is_for_its_owner_alone(tmp_path: Path) -> None:
    with reserved(tmp_path / "apiKey.json", replace=False) as write:
        write(KEY)

    written = tmp_path / "apiKey.json"
    assert json.loads(written.read_text())["apikey"] == "EXAMPLE-NOT-REAL"
    assert stat.S_IMODE(written.stat().st_mode) == 0o600
    assert list(tmp_path.iterdir()) == [written]


def test_a_file_that_is_there_is_kept_before_any_key_is_made(tmp_path: Path) -> None:
    (tmp_path / "apiKey.json").write_text("another key's only copy")

    with pytest.raises(KeyFileExists), reserved(tmp_path / "apiKey.json", replace=False):
        pytest.fail("a key would have been made")
    assert (tmp_path / "apiKey.json").read_text() == "another key's only copy"


def test_a_file_may_be_replaced_on_demand(tmp_path: Path) -> None:
    (tmp_path / "apiKey.json").write_text("x" * 10_000)

    with reserved(tmp_path / "apiKey.json", replace=True) as write:
        write(KEY)

    assert json.loads((tmp_path / "apiKey.json").read_text())["name"] == "ci"


def test_a_key_that_was_not_made_leaves_no_file_and_spoils_none(tmp_path: Path) -> None:
    (tmp_path / "apiKey.json").write_text("as it was")

    with pytest.raises(RuntimeError), reserved(tmp_path / "apiKey.json", replace=True):
        raise RuntimeError("the platform said no")

    assert [path.read_text() for path in tmp_path.iterdir()] == ["as it was"]


def test_a_folder_that_takes_no_file_is_told_before_any_key_is_made(tmp_path: Path) -> None:
    with pytest.raises(FileUnusable), reserved(tmp_path / "missing" / "apiKey.json", replace=False):
        pytest.fail("a key would have been made")
