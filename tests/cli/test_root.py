"""How every command ends, whatever happens in it."""

import subprocess
import sys
from collections.abc import Callable, Coroutine
from pathlib import Path

import pytest

from lockhouse import __version__
from lockhouse.cli.root import run


@pytest.fixture(autouse=True)
def _nobody_signed_in(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOCKHOUSE_APIKEY", raising=False)
    monkeypatch.setenv("LOCKHOUSE_URL", "http://127.0.0.1:9")


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["--version"]) == 0
    assert capsys.readouterr().out == f"lockhouse {__version__}\n"


@pytest.mark.parametrize(
    "words",
    [
        ["apikey", "lst"],
        ["apikey", "create", "ci"],
        ["apikey", "list"],
        ["apikey", "list", "--nonsense"],
        ["server", "deploy", "x"],
        ["server", "deploy", "x", "--bar", "missing.bar"],
        ["server", "deploy", "x", "--bar", __file__, "--mode", "sometimes"],
        ["configuration", "create", "c"],
        ["configuration", "create", "c", "--type", "accounts"],
        ["configuration", "create", "c", "--type", "accounts", "--file", __file__, "--apikey-file", __file__],
        ["account", "create", "a", "--connector", "salesforce"],
        ["nonsense"],
    ],
)
def test_a_command_that_is_not_understood_ends_with_2_and_says_so_on_standard_error(
    words: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words) == 2
    said = capsys.readouterr()
    assert "[usage]" in said.err
    assert said.out == ""


def test_a_platform_that_is_not_there_is_a_failure_with_its_code(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("LOCKHOUSE_APIKEY", "EXAMPLE-NOT-REAL")

    assert run(["apikey", "list"]) == 1
    assert capsys.readouterr().err == "lockhouse: no answer from http://127.0.0.1:9 [unreachable]\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [(b"not json", "apikey_file_not_json"), (b"{}", "apikey_file_no_value"), (b"\xff\xfe", "file_unusable")],
)
def test_a_key_file_that_is_none_is_told_without_its_content(
    tmp_path: Path, content: bytes, code: str, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "k.json").write_bytes(content)

    assert run(["apikey", "list", "--apikey-file", str(tmp_path / "k.json")]) == 1
    said = capsys.readouterr().err
    assert f"[{code}]" in said
    assert "Traceback" not in said


@pytest.mark.parametrize("failure", [RuntimeError, ValueError, KeyError, AssertionError])
def test_even_an_error_that_nobody_foresaw_gives_no_traceback_and_no_text_of_others(
    failure: Callable[[str], Exception], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken(started: Coroutine[None, None, None]) -> None:
        started.close()
        raise failure("SECRET-NOT-REAL")

    monkeypatch.setattr("asyncio.run", broken)
    monkeypatch.setenv("LOCKHOUSE_APIKEY", "EXAMPLE-NOT-REAL")

    assert run(["apikey", "list"]) == 1
    said = capsys.readouterr().err
    assert "[internal_error]" in said
    assert "lockhouse.cli" in said
    assert "SECRET" not in said


def test_output_that_nobody_reads_any_more_is_no_reason_to_complain() -> None:
    command = f"{sys.executable} -m lockhouse --help | head -c 1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, check=False)

    assert done.stderr == b""


def test_help_comes_without_loading_a_platform() -> None:
    heavy = ["sqlalchemy", "litestar", "aiohttp", "alembic", "uvicorn", "jinja2", "cryptography", "yaml"]
    code = (
        "import sys; from lockhouse.cli.root import run; run(['--help'])\n"
        f"print([name for name in {heavy} if name in sys.modules], file=sys.stderr)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)

    assert done.stderr.strip() == "[]"
