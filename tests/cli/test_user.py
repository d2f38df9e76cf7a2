"""Users of the account by command."""

import json
from pathlib import Path
from typing import get_args

import pytest
from tests.cli.conftest import Command, deploy_with

from lockhouse.cli.user import Role
from lockhouse.testing import TestPlatform
from lockhouse.wire.users import RoleName


def _invite(command: Command, email: str, *words: str) -> dict[str, str]:
    made = command("user", "invite", email, "--show", "--json", *words)
    assert made.code == 0, made.err
    invited: dict[str, str] = made.json
    return invited


def test_the_roles_of_the_command_are_those_of_the_wire() -> None:
    assert tuple(Role) == get_args(RoleName)


def test_an_invited_user_is_listed_with_his_roles(command: Command) -> None:
    invited = _invite(command, "ada@example.com", "--role", "Viewer", "--role", "Service ID creator")
    pending = command("user", "list", "--state", "PENDING", "--json").json
    (found,) = [user for user in pending if user["iam_id"] == invited["id"]]

    assert (found["email"], found["roles"]) == ("ada@example.com", ["Viewer", "Service ID creator"])
    assert "ada@example.com" in command("user", "list").out
    assert invited["id"] not in command("user", "list", "--state", "ACTIVE").out


def test_the_code_of_an_invitation_goes_to_a_file_for_its_reader_alone(
    command: Command, tmp_path: Path
) -> None:
    file = tmp_path / "code.json"
    done = command("user", "invite", "file@example.com", "--file", str(file))
    code = json.loads(file.read_text())["code"]

    assert done.code == 0, done.err
    assert code not in done.out + done.err
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("words", [("invite", "nowhere@example.com"), ("reset-password", "x@example.com")])
def test_a_code_that_goes_nowhere_is_not_made(command: Command, words: tuple[str, ...]) -> None:
    refused = command("user", *words)

    assert refused.code == 2
    assert "--show" in refused.err
    assert "nowhere@example.com" not in command("user", "list").out


def test_a_file_that_is_there_keeps_a_user_from_being_invited(command: Command, tmp_path: Path) -> None:
    file = tmp_path / "code.json"
    file.write_text("the only copy")
    refused = command("user", "invite", "late@example.com", "--file", str(file))

    assert (refused.code, file.read_text()) == (1, "the only copy")
    assert "[key_file_exists]" in refused.err
    assert "late@example.com" not in command("user", "list").out


def test_a_user_who_has_a_password_gets_no_code(command: Command, lockhouse: TestPlatform) -> None:
    lockhouse.new_account("Elsewhere", "elsewhere@example.com")
    done = command("user", "invite", "elsewhere@example.com", "--show")

    assert done.code == 0, done.err
    assert "lockhouse user accept" in done.out
    assert lockhouse.account_id in done.out


def test_a_user_is_found_by_address_or_id(command: Command) -> None:
    invited = _invite(command, "found@example.com")
    unknown = command("user", "show", "nobody@example.com")

    assert command("user", "show", "found@example.com", "--json").json["iam_id"] == invited["id"]
    assert command("user", "show", "Found@Example.com", "--json").json["iam_id"] == invited["id"]
    assert "found@example.com" in command("user", "show", invited["id"]).out
    assert (unknown.code, "[user_not_found]" in unknown.err) == (1, True)


def test_what_ends_with_a_user_is_shown_before_he_is_removed(
    command: Command, lockhouse: TestPlatform
) -> None:
    member = lockhouse.new_user("leaving@example.com")
    tried = command("user", "remove", "leaving@example.com", "--dry-run")
    as_json = command("user", "remove", "leaving@example.com", "--dry-run", "--json").json

    assert member.apikey_id in tried.out
    assert [key["id"] for key in as_json["apikeys"]] == [member.apikey_id]
    assert as_json["removed"] is False
    assert command("user", "show", "leaving@example.com").code == 0

    removed = command("user", "remove", "leaving@example.com")
    assert removed.out.index(member.apikey_id) < removed.out.index("Removed user")
    assert command("user", "show", "leaving@example.com").code == 1
    assert command("apikey", "show", member.apikey_id).code == 1


def test_the_owner_is_not_removed(command: Command, lockhouse: TestPlatform) -> None:
    assert command("user", "remove", lockhouse.iam_id).code == 1
    assert "Owner" in command("user", "show", lockhouse.iam_id).out


def test_a_disabled_user_is_refused_until_he_is_enabled(
    command: Command, lockhouse: TestPlatform, tmp_path: Path
) -> None:
    member = lockhouse.new_user("paused@example.com")
    file = tmp_path / "apiKey.json"
    file.write_text(json.dumps({"apikey": member.apikey}))
    codes = []
    for word in ("disable", "enable"):
        assert command("user", word, "paused@example.com").code == 0
        codes.append(command("apikey", "list", "--apikey-file", str(file)).code)

    assert codes == [1, 0]


def test_a_reset_gives_a_code_once(command: Command, tmp_path: Path, lockhouse: TestPlatform) -> None:
    member = lockhouse.new_user("forgetful@example.com")
    file = tmp_path / "code.json"
    hidden = command("user", "reset-password", member.email, "--file", str(file), "--json")
    shown = command("user", "reset-password", member.iam_id, "--show")

    assert "code" not in hidden.json
    assert json.loads(file.read_text())["expires_at"] == hidden.json["expires_at"]
    assert len(shown.out.splitlines()[-1]) >= 32


def test_roles_are_shown_replaced_and_taken_away(command: Command) -> None:
    _invite(command, "roles@example.com", "--role", "Editor")
    words = ("user", "roles", "roles@example.com", "--json")

    assert command(*words).json == ["Editor"]
    assert command(*words, "--role", "Viewer", "--role", "Operator").json == ["Operator", "Viewer"]
    assert command(*words).json == ["Operator", "Viewer"]
    assert command(*words, "--none").json == []
    assert "plain member" in command("user", "roles", "roles@example.com").out
    assert command(*words, "--none", "--role", "Viewer").code == 2
    assert command(*words, "--role", "Emperor").code == 2


def test_a_member_invites_nobody(command: Command, lockhouse: TestPlatform, tmp_path: Path) -> None:
    member = lockhouse.new_user("plain@example.com")
    file = tmp_path / "apiKey.json"
    file.write_text(json.dumps({"apikey": member.apikey}))
    refused = command("user", "invite", "friend@example.com", "--show", "--apikey-file", str(file))

    assert refused.code == 1
    assert "friend@example.com" not in command("user", "list").out


def test_a_user_who_is_removed_takes_servers_along_that_are_named_before(
    command: Command, lockhouse: TestPlatform, tmp_path: Path
) -> None:
    member = lockhouse.new_user("carried@example.com")
    deploy_with(command, tmp_path, {"id": member.apikey_id, "apikey": member.apikey}, "runs-on-his-key")
    tried = command("user", "remove", "carried@example.com", "--dry-run")

    assert "Cloud-managed calls of these servers fail: runs-on-his-key." in tried.out
    assert command("user", "remove", "carried@example.com", "--dry-run", "--json").json["servers"] == [
        "runs-on-his-key"
    ]


def test_an_invitation_to_another_account_is_accepted_with_a_key_of_ones_own(
    command: Command, lockhouse: TestPlatform, tmp_path: Path
) -> None:
    other = lockhouse.new_account("Home", "joins@example.com")
    file = tmp_path / "apiKey.json"
    file.write_text(json.dumps({"apikey": other.apikey}))
    early = command("user", "accept", lockhouse.account_id, "--apikey-file", str(file))
    invited = command("user", "invite", "joins@example.com", "--show")
    done = command("user", "accept", lockhouse.account_id, "--apikey-file", str(file))

    assert (early.code, done.code) == (1, 0)
    assert f"lockhouse user accept {lockhouse.account_id}" in invited.out
    assert command("user", "show", "joins@example.com", "--json").json["state"] == "ACTIVE"
