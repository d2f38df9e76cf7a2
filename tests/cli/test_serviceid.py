"""Service IDs by command."""

import json
from pathlib import Path

from tests.cli.conftest import Command, deploy_with

from lockhouse.testing import TestPlatform


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


def test_what_ends_with_a_service_id_is_shown_before_it_is_deleted(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "apiKey.json"
    made = command("serviceid", "create", "leaving", "--key-file", str(file), "--json").json
    deploy_with(command, tmp_path, json.loads(file.read_text()), "runs-on-it")
    tried = command("serviceid", "delete", "leaving", "--dry-run")
    as_json = command("serviceid", "delete", "leaving", "--dry-run", "--json").json
    deleted = command("serviceid", "delete", "leaving", "--yes")

    assert made["apikey"]["id"] in tried.out
    assert "Cloud-managed calls of these servers fail: runs-on-it." in tried.out
    assert as_json == {
        "id": made["id"],
        "deleted": False,
        "apikeys": [{"id": made["apikey"]["id"], "name": "leaving"}],
        "servers": ["runs-on-it"],
    }
    assert deleted.out.index(made["apikey"]["id"]) < deleted.out.index("Deleted service ID")
    assert command("apikey", "show", made["apikey"]["id"]).code == 1


def test_a_service_id_is_made_locked_and_in_a_group(command: Command, lockhouse: TestPlatform) -> None:
    owner = lockhouse._token(
        {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": lockhouse.apikey}
    )
    group = lockhouse._ask(
        "POST", "/v1/serviceid_groups", owner, {"account_id": lockhouse.account_id, "name": "night shift"}
    )
    made = command("serviceid", "create", "grouped", "--lock", "--group", "night shift", "--json").json
    unknown = command("serviceid", "create", "lost", "--group", "nobody's")

    assert made["locked"] is True
    assert command("serviceid", "show", "grouped", "--json").json["group_id"] == group["id"]
    assert (unknown.code, "[group_not_found]" in unknown.err) == (1, True)
    assert "night shift" in unknown.err
    assert "lost" not in command("serviceid", "list").out


def test_a_file_that_is_there_is_replaced_only_when_asked(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "apiKey.json"
    file.write_text("the only copy")
    refused = command("serviceid", "create", "overwriting", "--key-file", str(file))

    assert (refused.code, file.read_text()) == (1, "the only copy")
    assert command("serviceid", "create", "overwriting", "--key-file", str(file), "--force").code == 0
