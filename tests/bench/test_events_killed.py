"""The kill test of `bench/events_killed.py` in small: kill -9 while events come in, on both databases."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_no_event_is_lost_when_the_server_is_killed_again_and_again(database: str) -> None:
    command = [sys.executable, "-W", "ignore", "-m", "bench.events_killed", "--json"]
    options = ["--events", "300", "--kills", "4", "--database", database]
    ended = subprocess.run(
        [*command, *options], cwd=TOP, capture_output=True, check=False, text=True, timeout=240
    )

    assert ended.returncode == 0, ended.stdout + ended.stderr
    seen = json.loads(ended.stdout.splitlines()[-1])
    assert seen["finished"] == seen["acknowledged"] == 300
    assert seen["repeated_calls"] <= 4 * 10  # at most the runs that were under way at each kill
