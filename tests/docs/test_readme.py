"""What the README promises a newcomer."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from tests.walks.house import free_port, get, post

TOP = Path(__file__).resolve().parents[2]
README = (TOP / "README.md").read_text(encoding="utf-8")


def _quick_start() -> str:
    found = re.search(r"<!-- quick start: a test runs this -->\n```sh\n(.*?)```", README, re.DOTALL)
    assert found is not None
    return found.group(1)


@pytest.fixture
def port() -> int:
    return free_port()


@pytest.fixture
def shell(tmp_path: Path, port: int) -> dict[str, str]:
    """The environment of a newcomer in an empty folder with our examples."""
    (tmp_path / "examples").symlink_to(TOP / "examples")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LOCKHOUSE_")}
    path = f"{Path(sys.executable).parent}:{clean['PATH']}"
    url = f"http://127.0.0.1:{port}"
    return clean | {"PATH": path, "LOCKHOUSE_PORT": str(port), "LOCKHOUSE_URL": url}


def test_the_quick_start_ends_with_a_flow_that_answers(
    tmp_path: Path, port: int, shell: dict[str, str]
) -> None:
    script = _quick_start().replace("http://127.0.0.1:8080", f"http://127.0.0.1:{port}")
    output = tmp_path / "output.txt"
    with output.open("wb") as stream:
        newcomer = subprocess.Popen(
            ["bash", "-euc", f"{script}\nwait"], cwd=tmp_path, env=shell, stdin=subprocess.DEVNULL,
            stdout=stream, stderr=stream, start_new_session=True,
        )  # fmt: skip
    try:
        url = _address_in(output, newcomer)
        answer = post(url, {"name": "Ada"})
    finally:
        os.killpg(newcomer.pid, signal.SIGTERM)
        newcomer.wait(30)
        ended = _wait_until_nobody_answers(f"http://127.0.0.1:{port}/healthz")

    assert answer.status == 201
    assert answer.json == {"text": "Hello, Ada!", "letters": 3}
    assert (tmp_path / "owner.json").stat().st_mode & 0o077 == 0
    assert ended


def _wait_until_nobody_answers(url: str) -> bool:
    ended = time.monotonic() + 30
    while time.monotonic() < ended:
        if get(url).status == 0:
            return True
        time.sleep(0.05)
    return False


def _address_in(output: Path, newcomer: subprocess.Popen[bytes]) -> str:
    """Where the flow answers, once the last command has said it."""
    ended = time.monotonic() + 60
    while time.monotonic() < ended:
        said = output.read_text()
        if found := re.search(r"POST (http://\S+)  create", said):
            return found.group(1)
        assert newcomer.poll() is None, said
        time.sleep(0.05)
    raise AssertionError(output.read_text())


def test_the_quick_start_has_five_commands_of_ours() -> None:
    assert len(re.findall(r"^\(?(?:umask 077 && )?lockhouse ", _quick_start(), re.MULTILINE)) == 5


def test_the_readme_names_the_two_commands_and_whose_it_is_not() -> None:
    assert re.search(r"^make run\b", README, re.MULTILINE)
    assert re.search(r"^make test\b", README, re.MULTILINE)
    assert "not IBM's" in README
