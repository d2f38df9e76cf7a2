"""Whole files of connector accounts by command."""

from pathlib import Path

from tests.cli.conftest import Command

from lockhouse.testing import TestPlatform

ACCOUNTS = """\
accounts:
  slack:
    - name: Team
      authType: OAUTH2_AUTHORIZATION_CODE
      credentials: {accessToken: EXAMPLE-NOT-REAL}
      endpoint: {}
    - name: Second team
      credentials:
        accessToken: EXAMPLE-NOT-REAL-2
"""


def _file(folder: Path, text: str) -> str:
    (folder / "accounts.yaml").write_text(text)
    return str(folder / "accounts.yaml")


def _names(command: Command) -> list[str]:
    return [one["name"] for one in command("account", "list", "-c", "slack", "--json").json]


def test_every_account_of_a_file_is_stored_and_replaced_only_when_asked(
    command: Command, tmp_path: Path
) -> None:
    text = ACCOUNTS.replace("      authType: OAUTH2_AUTHORIZATION_CODE\n", "")
    file = _file(tmp_path, text)
    stored = command("account", "import", file)
    again = command("account", "import", file)
    replaced = command("account", "import", file, "--replace", "--json")

    assert stored.code == 0, stored.err
    assert {"Team", "Second team"} <= set(_names(command))
    assert again.code == 1
    assert again.err.count("[account_exists]") == 2
    assert f"{file}:3:" in again.err
    assert replaced.json == ["slack 'Team'", "slack 'Second team'"]
    assert "EXAMPLE-NOT-REAL" not in "".join(one.out + one.err for one in (stored, again, replaced))


def test_what_can_be_seen_before_is_told_at_once_and_nothing_is_stored(
    command: Command, tmp_path: Path
) -> None:
    text = """\
accounts:
  slak:
    - {name: a, credentials: {}}
  slack:
    - {name: never stored, credentials: {accessToken: x}}
  nobody:
    - {name: b}
"""
    refused = command("account", "import", _file(tmp_path, text))

    assert refused.code == 1
    assert refused.err.count("[unknown_connector]") == 2
    assert "did you mean 'slack'?" in refused.err
    assert "never stored" not in _names(command)


def test_an_account_that_the_instance_refuses_is_told_at_its_place_and_the_others_are_stored(
    command: Command, tmp_path: Path
) -> None:
    text = """\
accounts:
  slack:
    - {name: fields, credentials: {accesToken: EXAMPLE-NOT-REAL}}
    - {name: stands for itself, credentials: {accessToken: EXAMPLE-NOT-REAL}}
"""
    partly = command("account", "import", _file(tmp_path, text))

    assert partly.code == 1
    assert "accounts.yaml:3:" in partly.err
    assert "accessToken" in partly.err
    assert "EXAMPLE-NOT-REAL" not in partly.err
    assert "stands for itself" in partly.out
    assert "stands for itself" in _names(command)
    assert "fields" not in _names(command)


def test_a_file_that_is_no_accounts_yaml_is_refused_without_its_text(
    command: Command, tmp_path: Path
) -> None:
    for text in ("EXAMPLE-NOT-REAL: [", "- EXAMPLE-NOT-REAL", "accounts: EXAMPLE-NOT-REAL"):
        refused = command("account", "import", _file(tmp_path, text))
        assert refused.code == 1
        assert "EXAMPLE-NOT-REAL" not in refused.err


def test_what_is_exported_is_imported_again(
    command: Command, tmp_path: Path, lockhouse: TestPlatform
) -> None:
    text = ACCOUNTS.replace("      authType: OAUTH2_AUTHORIZATION_CODE\n", "").replace("eam", "here and back")
    command("account", "import", _file(tmp_path, text))
    out, password = tmp_path / "out.yaml", tmp_path / "password.txt"
    password.write_text(lockhouse.password + "\n")
    words = ("account", "export", "--file", str(out), "--password-file", str(password))
    done = command(*words)
    for name in ("There and back", "Second there and back"):
        command("account", "delete", name, "-c", "slack")
    content = out.read_text()
    again = command("account", "import", str(out), "--replace")

    assert done.code == 0, done.err
    assert "EXAMPLE-NOT-REAL" not in done.out + done.err
    assert lockhouse.password not in done.out + done.err + content
    assert out.stat().st_mode & 0o777 == 0o600
    assert again.code == 0, again.err
    assert {"There and back", "Second there and back"} <= set(_names(command))
    assert command(*words).code == 1


def test_a_wrong_password_or_none_takes_nothing_out(command: Command, tmp_path: Path) -> None:
    out, password = tmp_path / "out.yaml", tmp_path / "password.txt"
    password.write_text("wrong-EXAMPLE")
    words = ("account", "export", "--file", str(out))
    wrong = command(*words, "--password-file", str(password))

    assert wrong.code == 1
    assert "wrong-EXAMPLE" not in wrong.err
    assert command(*words).code == 2
    assert not out.exists()
