"""IAM accounts by command."""

from tests.cli.conftest import Command


def test_an_account_is_made_disabled_and_enabled(command: Command) -> None:
    made = command("tenant", "create", "Second", "--owner-email", "second@example.com", "--json").json

    assert made["code"]
    assert "Second" in command("tenant", "list").out
    assert command("tenant", "disable", made["account_id"], "--yes").code == 0
    assert [one["disabled"] for one in command("tenant", "list", "--json").json] == [False, True]
    assert command("tenant", "enable", made["account_id"]).code == 0


def test_the_first_account_stays(command: Command) -> None:
    first = command("tenant", "list", "--json").json[0]["account_id"]
    refused = command("tenant", "disable", first, "--yes")
    assert refused.code == 1
