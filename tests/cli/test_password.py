"""A code becomes a password by command, without an API key."""

import io
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Command

_PASSWORD = "not a real password"


@pytest.fixture
def code_file(command: Command, tmp_path: Path, request: pytest.FixtureRequest) -> str:
    """The file of an invitation of a user of this test."""
    file = tmp_path / "code.json"
    email = f"{request.node.name.replace('[', '-').strip(']').replace('_', '-')}@example.com"
    assert command("user", "invite", email, "--file", str(file)).code == 0
    return str(file)


@pytest.fixture
def password_file(tmp_path: Path) -> str:
    (tmp_path / "password").write_text(f"{_PASSWORD}\n")
    return str(tmp_path / "password")


def test_an_invited_user_joins_with_his_code_and_needs_no_key(
    command: Command, code_file: str, password_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("LOCKHOUSE_APIKEY")
    words = ("user", "set-password", "--code-file", code_file, "--password-file", password_file)
    done, again = command(*words), command(*words)

    assert done.code == 0, done.err
    assert again.code == 1
    assert _PASSWORD not in done.out + done.err + again.out + again.err


def test_the_user_is_a_member_from_then_on(command: Command, code_file: str, password_file: str) -> None:
    before = {user["email"] for user in command("user", "list", "--state", "ACTIVE", "--json").json}
    command("user", "set-password", "--code-file", code_file, "--password-file", password_file)
    after = {user["email"] for user in command("user", "list", "--state", "ACTIVE", "--json").json}

    assert len(after - before) == 1


def test_a_code_is_taken_from_standard_input(
    command: Command, password_file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    invited = command("user", "invite", "pipe@example.com", "--show", "--json").json
    raw = io.BytesIO(f"{invited['code']}\n".encode())
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(raw))
    done = command("user", "set-password", "--code-file", "-", "--password-file", password_file)

    assert done.code == 0, done.err


@pytest.mark.parametrize(
    ("content", "said"),
    [("unknown", "code"), ("{}", "[file_unusable]"), ('{"code": 1}', "[file_unusable]"), ("{", "no code")],
)
def test_a_code_that_is_none_is_refused(
    command: Command, tmp_path: Path, password_file: str, content: str, said: str
) -> None:
    file = tmp_path / "code"
    file.write_text(content)
    refused = command("user", "set-password", "--code-file", str(file), "--password-file", password_file)

    assert refused.code == 1
    assert said in refused.err


def test_a_short_password_leaves_the_code_good(command: Command, tmp_path: Path, code_file: str) -> None:
    file = tmp_path / "password"
    codes = []
    for password in ("short", _PASSWORD):
        file.write_text(password)
        words = ("--code-file", code_file, "--password-file", str(file))
        codes.append(command("user", "set-password", *words).code)

    assert codes == [1, 0]


@pytest.mark.parametrize(
    "words", [(), ("--code-file", "code.json"), ("--code-file", "-", "--password-file", "-")]
)
def test_without_a_terminal_both_come_from_files(
    command: Command, words: tuple[str, ...], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO())
    assert command("user", "set-password", *words).code == 2
