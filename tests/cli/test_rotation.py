"""A key is replaced by another by command. No supervisor runs here: servers wait to be started."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.cli.conftest import Command, deploy_with


def _key(command: Command, folder: Path, name: str, *words: str) -> dict[str, Any]:
    file = folder / f"{name}.json"
    made = command("apikey", "create", name, "--file", str(file), *words)
    assert made.code == 0, made.err
    content: dict[str, Any] = json.loads(file.read_text())
    return content


def _carried(command: Command, configuration: str) -> list[str]:
    keys = command("configuration", "show", configuration, "--json").json["status"]["keys"]
    return [key["apikeyId"] for key in keys]


def test_the_new_key_is_as_the_old_one_and_takes_its_place(command: Command, tmp_path: Path) -> None:
    words = ("-d", "for orders", "--expires-at", "2090-01-31T00:00+0000")
    old = _key(command, tmp_path, "orders", *words)
    file = str(tmp_path / "orders.json")
    command("configuration", "create", "orders-key", "--apikey-file", file, "-d", "carries")
    done = command(
        "apikey", "rotate", old["id"], "--file", str(tmp_path / "new.json"), "--retire", "disable", "--json"
    )
    new = json.loads((tmp_path / "new.json").read_text())
    shown = command("apikey", "show", new["id"], "--json").json

    assert done.code == 0, done.err
    assert new["apikey"] not in done.out
    assert done.json["configurations"] == ["orders-key"]
    assert (shown["name"], shown["description"]) == ("orders", "for orders")
    assert shown["expires_at"] == "2090-01-31T00:00+0000"
    assert _carried(command, "orders-key") == [new["id"]]
    assert command("configuration", "show", "orders-key", "--json").json["spec"]["description"] == "carries"
    assert command("apikey", "show", old["id"], "--json").json["disabled"] is True
    assert command("apikey", "list", "--apikey-file", str(tmp_path / "new.json")).code == 0


@pytest.mark.parametrize(("words", "code"), [((), 0), (("--retire", "delete"), 1)])
def test_the_old_key_is_kept_unless_it_is_retired(
    command: Command, tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    old = _key(command, tmp_path, "kept or not")
    done = command("apikey", "rotate", old["id"], "--file", str(tmp_path / "new.json"), *words)

    assert done.code == 0, done.err
    assert old["id"] in done.out
    assert command("apikey", "show", old["id"]).code == code


def test_the_old_key_stays_when_a_server_does_not_get_ready_with_the_new_one(
    command: Command, tmp_path: Path
) -> None:
    old = _key(command, tmp_path, "server's")
    deploy_with(command, tmp_path, old, "not-started")
    words = ("--file", str(tmp_path / "new.json"), "--retire", "delete", "--timeout", "1")
    failed = command("apikey", "rotate", old["id"], *words)
    new = json.loads((tmp_path / "new.json").read_text())

    assert (failed.code, "[key_still_needed]" in failed.err) == (1, True)
    assert "not-started (Pending)" in failed.err
    assert _carried(command, "not-started-key") == [new["id"]]
    for key in (old, new):
        assert command("apikey", "show", key["id"], "--json").json["disabled"] is False


def test_what_carries_the_key_among_other_things_keeps_it_from_being_retired(
    command: Command, tmp_path: Path
) -> None:
    old = _key(command, tmp_path, "pasted")
    text = tmp_path / "setdbparms.txt"
    text.write_text(f"AppConnectAPIKey apikey {old['apikey']}\n")
    command("configuration", "create", "with-others", "--type", "setdbparms", "--file", str(text))
    words = ("apikey", "rotate", old["id"], "--file", str(tmp_path / "new.json"))
    refused = command(*words, "--retire", "disable")
    kept = command(*words)

    assert (refused.code, "with-others" in refused.err) == (1, True)
    assert (kept.code, "Not moved: with-others" in kept.out) == (0, True)
    assert _carried(command, "with-others") == [old["id"]]


def test_a_locked_key_is_not_made_anew_only_to_stay(command: Command, tmp_path: Path) -> None:
    old = _key(command, tmp_path, "locked", "--lock")
    words = ("apikey", "rotate", old["id"], "--file", str(tmp_path / "new.json"), "--retire", "delete")

    assert command(*words).code == 2
    assert not (tmp_path / "new.json").exists()
    assert [key["id"] for key in command("apikey", "list", "--json").json if key["name"] == "locked"] == [
        old["id"]
    ]
    assert command(*words[:-1], "keep").code == 0
    assert command("apikey", "show", json.loads((tmp_path / "new.json").read_text())["id"], "--json").json[
        "locked"
    ]
