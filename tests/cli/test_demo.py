"""`lockhouse demo`: the journey as a newcomer sees it."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
from tests.walks.house import free_port, get


def _hear_interrupts() -> None:
    # Whoever runs the tests in the background has Ctrl-C ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _start(folder: Path, *words: str) -> subprocess.Popen[bytes]:
    with (folder / "said.txt").open("wb") as said:
        return subprocess.Popen(
            [sys.executable, "-m", "lockhouse", "demo", "--port", str(free_port()), *words],
            cwd=folder, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
            preexec_fn=_hear_interrupts,  # noqa: PLW1509 - no thread of ours runs here
        )  # fmt: skip


def _wait_for(folder: Path, text: str, demo: subprocess.Popen[bytes]) -> str:
    ended = time.monotonic() + 120
    while time.monotonic() < ended and demo.poll() is None:
        said = (folder / "said.txt").read_text(errors="replace")
        if text in said:
            return said
        time.sleep(0.05)
    raise AssertionError((folder / "said.txt").read_text(errors="replace"))


def test_the_demo_lives_the_journey_and_ends(tmp_path: Path) -> None:
    demo = _start(tmp_path, "--exit", "--data", "here")

    assert demo.wait(120) == 0, (tmp_path / "said.txt").read_text()
    said = (tmp_path / "said.txt").read_text()
    assert "all of it went as told" in said
    assert "201 {" in said
    assert "502 {" in said
    assert "cloud_key_rejected" in said
    assert "Ada@Example.com" in said
    assert '"Email": "ada@example.com"' in said
    assert (tmp_path / "here" / "store").is_dir()


def test_the_demo_leaves_the_console_up_until_it_is_interrupted_and_nothing_after(tmp_path: Path) -> None:
    demo = _start(tmp_path)
    said = _wait_for(tmp_path, "Ctrl-C ends it", demo)
    console = said.partition("The console is up: ")[2].split()[0]
    family = psutil.Process(demo.pid).children(recursive=True)
    folder = Path(said.partition("really happens, in ")[2].split()[0])

    assert get(f"{console}/readyz").status == 200
    assert "sign in with  " in said
    assert len([line for line in said.splitlines() if line.strip().startswith(("1. ", "2. ", "3. "))]) == 3

    demo.send_signal(signal.SIGINT)
    assert demo.wait(60) in (0, 130)
    assert [child for child in family if child.is_running() and child.status() != "zombie"] == []
    assert not folder.exists()
    assert "Traceback" not in (tmp_path / "said.txt").read_text()
