"""API keys by command."""

import json
from pathlib import Path

import pytest
from tests.cli.conftest import Command, deploy_with

from lockhouse.testing import TestPlatform


def _make(command: Command, name: str, *words: str) -> dict[str, str]:
    made = command("apikey", "create", name, "--show", "--json", *words)
    assert made.code == 0, made.err
    key: dict[str, str] = made.json
    return key


def test_a_key_that_is_made_signs_in(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "apiKey.json"
    made = command("apikey", "create", "mine", "-d", "for a test", "--file", str(file))
    value = json.loads(file.read_text())["apikey"]

    assert made.code == 0
    assert value not in made.out + made.err
    assert command("apikey", "list", "--apikey-file", str(file)).code == 0


def test_the_value_is_printed_only_when_asked(command: Command, tmp_path: Path) -> None:
    hidden = command("apikey", "create", "a", "--file", str(tmp_path / "a.json"), "--json").json
    shown = _make(command, "b")

    assert hidden["apikey"] == ""
    assert len(shown["apikey"]) >= 32
    assert command("apikey", "create", "c", "--show").out.splitlines()[-1]


def test_a_listing_is_one_json_list_without_values(command: Command) -> None:
    key = _make(command, "listed", "-d", "with a description")
    listed = command("apikey", "list", "--json")
    (found,) = [one for one in listed.json if one["id"] == key["id"]]

    assert (found["name"], found["description"], found["apikey"]) == ("listed", "with a description", "")
    assert key["apikey"] not in listed.out


def test_all_pages_of_a_listing_are_followed(command: Command, lockhouse: TestPlatform) -> None:
    before = len(command("apikey", "list", "--json").json)
    for number in range(3):
        _make(command, f"page-{number}")
    everybody = command("apikey", "list", "--all", "--type", "user", "--json").json

    assert len(command("apikey", "list", "--json").json) == before + 3
    assert {key["account_id"] for key in everybody} == {lockhouse.account_id}


def test_a_key_is_found_by_name_or_id_and_a_doubtful_name_is_refused(command: Command) -> None:
    first, second = _make(command, "twin"), _make(command, "twin")
    doubtful = command("apikey", "show", "twin")

    assert doubtful.code == 1
    assert "[key_not_found]" in doubtful.err
    assert first["id"] in doubtful.err
    assert second["id"] in doubtful.err
    assert command("apikey", "show", first["id"], "--json").json["id"] == first["id"]


@pytest.mark.parametrize(
    ("on", "off", "field"), [("lock", "unlock", "locked"), ("disable", "enable", "disabled")]
)
def test_a_key_is_switched_on_and_off(command: Command, on: str, off: str, field: str) -> None:
    key = _make(command, f"to-{on}")
    states = []
    for word in (on, off):
        assert command("apikey", word, key["id"]).code == 0
        states.append(command("apikey", "show", key["id"], "--json").json[field])

    assert states == [True, False]


def test_a_locked_key_is_not_deleted(command: Command) -> None:
    key = _make(command, "kept", "--lock")
    refused = command("apikey", "delete", key["id"])

    assert refused.code == 1
    assert command("apikey", "show", key["id"]).code == 0


def test_a_deleted_key_is_gone(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "gone.json"
    command("apikey", "create", "gone", "--file", str(file))

    assert command("apikey", "delete", "gone").code == 0
    assert command("apikey", "show", "gone").code == 1
    refused = command("server", "list", "--apikey-file", str(file))
    assert refused.code == 1
    assert "[BXNIM0415E]" in refused.err


def test_the_end_of_a_key_is_told(command: Command) -> None:
    key = _make(command, "short", "--expires-at", "2040-01-31T00:00+0000")

    assert "2040-01-31" in command("apikey", "show", key["id"]).out


def test_a_key_is_made_for_a_service_id(command: Command) -> None:
    serviceid = command("serviceid", "create", "robot with keys", "--json").json
    keys = [_make(command, f"by-{way}", "--serviceid", serviceid[way]) for way in ("name", "id")]
    unknown = command("apikey", "create", "none", "--show", "--serviceid", "nobody")

    assert {key["iam_id"] for key in keys} == {serviceid["iam_id"]}
    assert (unknown.code, "[service_id_not_found]" in unknown.err) == (1, True)


def test_who_uses_a_key_is_told_with_its_last_use(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "apiKey.json"
    command("apikey", "create", "asked after", "--file", str(file))
    deploy_with(command, tmp_path, json.loads(file.read_text()), "asks")
    deploy_with(command, tmp_path, json.loads(file.read_text()), "needs-none", mode="local")
    found = command("apikey", "uses", "asked after", "--json").json
    deleted = command("apikey", "delete", "asked after", "--yes")

    assert found["configurations"] == ["asks-key", "needs-none-key"]
    assert (found["servers"], found["failing"]) == (["asks", "needs-none"], ["asks"])
    assert found["activity"]["authn_count"] >= 0
    assert "Cloud-managed calls of these servers fail: asks." in deleted.out


def test_a_key_is_changed_but_for_its_value(command: Command) -> None:
    command("apikey", "create", "before", "-d", "old", "--show")
    words = ("--name", "after", "-d", "", "--expires-at", "2090-01-31T00:00+0000", "--when-leaked", "delete")
    changed = command("apikey", "update", "before", *words, "--json").json

    assert (changed["name"], changed.get("description"), changed["action_when_leaked"]) == (
        "after",
        None,
        "delete",
    )
    assert changed["expires_at"] == "2090-01-31T00:00+0000"
    assert "expires_at" not in command("apikey", "update", "after", "--expires-at", "", "--json").json
    assert command("apikey", "update", "after").code == 2


def test_a_server_that_does_not_say_that_the_key_is_refused_is_told(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "apiKey.json"
    made = command("apikey", "create", "waited for", "--file", str(file), "--json").json
    deploy_with(command, tmp_path, json.loads(file.read_text()), "never-started")
    waited = command("apikey", "disable", "waited for", "--wait", "--timeout", "1")

    assert "Cloud-managed calls of these servers fail: never-started." in waited.out
    assert (waited.code, "[not_refused_yet]" in waited.err) == (1, True)
    assert command("apikey", "show", made["id"], "--json").json["disabled"] is True
    assert (
        command(
            "apikey", "delete", command("apikey", "create", "unused", "--show", "--json").json["id"], "--wait"
        ).code
        == 0
    )
