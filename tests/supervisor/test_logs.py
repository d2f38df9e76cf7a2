"""What a server wrote is kept, up to a size, and its newest lines are found again."""

from pathlib import Path

import pytest

from lockhouse.runtime.server_logs import log_file, newest_lines
from lockhouse.supervisor import logs
from lockhouse.supervisor.logs import RotatingLog


def test_a_full_log_is_set_aside_and_the_newest_lines_are_read_across_the_cut(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(logs, "MOST_BYTES", 100)
    log = RotatingLog(log_file(tmp_path, "a", "orders"))
    for number in range(100):
        log.write(b"line %d" % number)
    log.close()

    assert newest_lines(tmp_path, "a", "orders", 15) == [f"line {number}" for number in range(85, 100)]
    assert len(list((tmp_path / "logs" / "a").iterdir())) == 1 + logs.KEPT
    assert all(path.stat().st_size <= 110 for path in (tmp_path / "logs" / "a").iterdir())


def test_a_log_goes_on_where_it_ended(tmp_path: Path) -> None:
    for text in (b"one", b"two"):
        log = RotatingLog(log_file(tmp_path, "a", "orders"))
        log.write(text)
        log.close()

    assert newest_lines(tmp_path, "a", "orders", 10) == ["one", "two"]


def test_a_server_that_never_wrote_has_no_lines(tmp_path: Path) -> None:
    assert newest_lines(tmp_path, "a", "orders", 10) == []


def test_bytes_that_are_no_text_do_not_hide_the_log(tmp_path: Path) -> None:
    log = RotatingLog(log_file(tmp_path, "a", "orders"))
    log.write(b"\xff\xfe rest")
    log.close()

    assert newest_lines(tmp_path, "a", "orders", 10) == ["\ufffd\ufffd rest"]
