"""IAM accounts by command."""

import json
from pathlib import Path

from tests.cli.conftest import Command


def test_an_account_is_made_disabled_and_enabled(command: Command) -> None:
    made = command(
        "tenant", "create", "Second", "--owner-email", "second@example.com", "--show", "--json"
    ).json

    assert made["code"]
    assert "Second" in command("tenant", "list").out
    assert command("tenant", "disable", made["account_id"], "--yes").code == 0
    disabled = {one["name"]: one["disabled"] for one in command("tenant", "list", "--json").json}
    assert disabled["Second"] is True
    assert list(disabled.values()).count(True) == 1
    assert command("tenant", "enable", made["account_id"]).code == 0


def test_the_first_account_stays(command: Command) -> None:
    first = command("tenant", "list", "--json").json[0]["account_id"]
    refused = command("tenant", "disable", first, "--yes")
    assert refused.code == 1


def test_the_code_for_its_owner_goes_to_a_file_or_to_nobody(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "code.json"
    words = ("tenant", "create", "Third", "--owner-email", "third@example.com")
    nowhere = command(*words)
    done = command(*words, "--file", str(file), "--json")
    code = json.loads(file.read_text())["code"]

    assert nowhere.code == 2
    assert (done.code, "code" in done.json) == (0, False)
    assert code not in done.out + done.err
    assert file.stat().st_mode & 0o777 == 0o600
