"""Service IDs by command."""

import json
from pathlib import Path

from tests.cli.conftest import Command


def test_a_service_id_with_a_key_signs_in(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "apiKey.json"
    made = command("serviceid", "create", "robot", "-d", "for tests", "--key-file", str(file), "--json")
    value = json.loads(file.read_text())["apikey"]

    assert made.code == 0, made.err
    assert value not in made.out
    assert command("apikey", "list", "--apikey-file", str(file), "--json").json[0]["name"] == "robot"
    shown = command("serviceid", "show", "robot", "--json").json
    assert (shown["description"], shown["id"]) == ("for tests", made.json["id"])


def test_a_locked_service_id_is_not_deleted(command: Command) -> None:
    command("serviceid", "create", "locked one")
    assert command("serviceid", "lock", "locked one").code == 0
    refused = command("serviceid", "delete", "locked one", "--yes")
    assert refused.code == 1
    assert "locked" in refused.err
    assert command("serviceid", "unlock", "locked one").code == 0
    assert command("serviceid", "delete", "locked one", "--yes").code == 0
    assert "locked one" not in command("serviceid", "list").out


def test_a_name_that_is_no_ones_or_twos_is_told(command: Command) -> None:
    for _ in range(2):
        command("serviceid", "create", "twin")
    assert "several" in command("serviceid", "show", "twin").err
    assert "no service ID" in command("serviceid", "show", "nobody").err
