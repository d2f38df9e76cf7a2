"""The fixture, as somebody meets it who tests his own code."""

import subprocess
import sys
from pathlib import Path

THEIRS = """
from ibm_cloud_sdk_core.authenticators import IAMAuthenticator


def test_my_code_gets_a_token(lockhouse_platform):
    authenticator = IAMAuthenticator(lockhouse_platform.apikey, url=lockhouse_platform.url)

    assert authenticator.token_manager.get_token().count(".") == 2
    assert lockhouse_platform.account_id and lockhouse_platform.iam_id


def test_time_moves_for_all_tests_of_the_run(lockhouse_platform):
    lockhouse_platform.travel(minutes=61)
"""


def test_the_fixture_is_there_without_any_import(tmp_path: Path) -> None:
    (tmp_path / "test_theirs.py").write_text(THEIRS)

    done = subprocess.run(
        (sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "test_theirs.py"),
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert "2 passed" in done.stdout, done.stdout + done.stderr
