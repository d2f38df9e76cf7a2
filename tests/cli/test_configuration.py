"""Configurations by command."""

import io
import json
import sys
from pathlib import Path

import pytest
from tests.cli.conftest import Command

ACCOUNTS = {
    "accounts": {"slack": [{"name": "Account 1", "credentials": {"accessToken": "EXAMPLE-NOT-REAL"}}]}
}


@pytest.fixture
def accounts(tmp_path: Path) -> str:
    (tmp_path / "accounts.yaml").write_text(json.dumps(ACCOUNTS))
    return str(tmp_path / "accounts.yaml")


def test_a_configuration_is_made_listed_shown_replaced_and_deleted_and_its_content_never_comes_back(
    command: Command, accounts: str, tmp_path: Path
) -> None:
    made = command(
        "configuration", "create", "acc", "--type", "accounts", "--file", accounts, "-d", "slack", "--json"
    )
    listed = command("configuration", "list", "--json")
    shown = command("configuration", "show", "acc", "--json")
    (tmp_path / "params").write_text("Orders apikey EXAMPLE-NOT-REAL\n")
    replaced = command(
        "configuration", "create", "acc", "--type", "setdbparms", "--file", str(tmp_path / "params")
    )
    after = command("configuration", "show", "acc", "--json")
    deleted = command("configuration", "delete", "acc")

    assert [done.code for done in (made, listed, shown, replaced, after, deleted)] == [0] * 6
    assert made.json["spec"] == {"type": "accounts", "description": "slack"}
    assert [one["metadata"]["name"] for one in listed.json] == ["acc"]
    assert after.json["spec"]["type"] == "setdbparms"
    assert command("configuration", "list", "--json").json == []
    assert "EXAMPLE-NOT-REAL" not in "".join(
        done.out + done.err for done in (made, listed, shown, replaced, after, deleted)
    )


def test_a_configuration_made_of_a_key_file_knows_the_key(command: Command, tmp_path: Path) -> None:
    command("apikey", "create", "orders", "--file", str(tmp_path / "apiKey.json"))
    made = command(
        "configuration", "create", "key", "--apikey-file", str(tmp_path / "apiKey.json"), "--json"
    ).json

    (carried,) = made["status"]["keys"]
    assert carried["apikeyId"] == json.loads((tmp_path / "apiKey.json").read_text())["id"]
    assert "orders" in command("configuration", "list").out


def test_content_may_come_from_standard_input(command: Command, monkeypatch: pytest.MonkeyPatch) -> None:
    stream = io.TextIOWrapper(io.BytesIO(json.dumps(ACCOUNTS).encode()))
    monkeypatch.setattr(sys, "stdin", stream)

    assert command("configuration", "create", "piped", "--type", "accounts", "--file", "-").code == 0


def test_a_file_that_is_not_there_is_told(command: Command, tmp_path: Path) -> None:
    refused = command("configuration", "create", "c", "--type", "accounts", "--file", str(tmp_path / "none"))

    assert refused.code == 1
    assert "[file_unusable]" in refused.err


def test_an_empty_listing_says_so(command: Command) -> None:
    for name in [one["metadata"]["name"] for one in command("configuration", "list", "--json").json]:
        command("configuration", "delete", name)

    assert command("configuration", "list").out == "There are no configurations.\n"
