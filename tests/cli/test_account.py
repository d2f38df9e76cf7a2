"""Connector accounts by command."""

from pathlib import Path

import pytest
from tests.cli.conftest import Command, deploy_with

from lockhouse.testing import TestPlatform


@pytest.fixture
def credentials(tmp_path: Path) -> str:
    (tmp_path / "slack.yaml").write_text("accessToken: EXAMPLE-NOT-REAL\n")
    return str(tmp_path / "slack.yaml")


def test_an_account_is_made_listed_and_deleted_without_its_secret_being_shown(
    command: Command, credentials: str
) -> None:
    made = command(
        "account", "create", "Team", "--connector", "slack", "--credentials", credentials, "--json"
    )
    listed = command("account", "list", "--connector", "slack", "--json")
    others = command("account", "list", "--connector", "salesforce", "--json")
    deleted = command("account", "delete", "Team")

    assert [done.code for done in (made, listed, others, deleted)] == [0] * 4
    assert (made.json["connector"], made.json["name"], made.json["state"]) == ("slack", "Team", "untested")
    assert "Team" in [one["name"] for one in listed.json]
    assert {one["connector"] for one in listed.json} == {"slack"}
    assert "Team" not in [one["name"] for one in others.json]
    assert "EXAMPLE-NOT-REAL" not in "".join(done.out + done.err for done in (made, listed, deleted))


def test_accounts_that_share_a_name_are_told_apart_by_their_connector(
    command: Command, credentials: str, tmp_path: Path
) -> None:
    fields = ["username: a", "password: b", "clientIdentity: c", "clientSecret: d"]
    (tmp_path / "sf.yaml").write_text("\n".join(fields))
    command("account", "create", "Same", "-c", "slack", "--credentials", credentials)
    command("account", "create", "Same", "-c", "salesforce", "--credentials", str(tmp_path / "sf.yaml"))
    doubtful = command("account", "delete", "Same")

    assert doubtful.code == 1
    assert "[account_not_found]" in doubtful.err
    assert "slack" in doubtful.err
    assert command("account", "delete", "Same", "--connector", "slack").code == 0
    assert command("account", "delete", "Same").code == 0


def test_a_field_that_is_missing_or_unknown_is_told_by_name(command: Command, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text("accesToken: EXAMPLE-NOT-REAL\n")
    refused = command("account", "create", "Typo", "-c", "slack", "--credentials", str(tmp_path / "bad.yaml"))

    assert refused.code == 1
    assert "accessToken" in refused.err
    assert "EXAMPLE-NOT-REAL" not in refused.err


def test_an_account_is_renamed_unless_the_name_is_taken(command: Command, credentials: str) -> None:
    for name in ("Old name", "Taken"):
        command("account", "create", name, "-c", "slack", "--credentials", credentials)
    taken = command("account", "rename", "Old name", "Taken")
    renamed = command("account", "rename", "Old name", "New name", "--json")

    assert (taken.code, "[account_exists]" in taken.err) == (1, True)
    assert renamed.json["name"] == "New name"
    assert "[account_not_found]" in command("account", "rename", "Old name", "Other").err


def test_credentials_are_replaced_whole(command: Command, credentials: str, tmp_path: Path) -> None:
    command("account", "create", "Replaced", "-c", "slack", "--credentials", credentials)
    (tmp_path / "new.yaml").write_text("accessToken: EXAMPLE-NOT-REAL-EITHER\n")
    (tmp_path / "bad.yaml").write_text("accesToken: EXAMPLE-NOT-REAL-EITHER\n")
    words = ("account", "replace-credentials", "Replaced", "--credentials")
    done = command(*words, str(tmp_path / "new.yaml"))
    refused = command(*words, str(tmp_path / "bad.yaml"))

    assert done.code == 0, done.err
    assert (refused.code, "accessToken" in refused.err) == (1, True)
    assert "EXAMPLE-NOT-REAL-EITHER" not in done.out + done.err + refused.err


def test_servers_that_call_with_an_account_are_named_before_it_goes(
    command: Command, tmp_path: Path, lockhouse: TestPlatform
) -> None:
    fields = ["username: a", "password: b", "clientIdentity: c", "clientSecret: d"]
    (tmp_path / "sf.yaml").write_text("\n".join(fields))
    for name in ("Account 1", "Another"):
        command("account", "create", name, "-c", "salesforce", "--credentials", str(tmp_path / "sf.yaml"))
    key = {"id": lockhouse.apikey_id, "apikey": lockhouse.apikey}
    deploy_with(command, tmp_path, key, "calls-salesforce", flow="contacts")
    used = command("account", "delete", "Account 1", "-c", "salesforce")
    unused = command("account", "delete", "Another", "-c", "salesforce")

    assert "Flows of these servers call salesforce with it: calls-salesforce." in used.out
    assert "calls-salesforce" not in unused.out
