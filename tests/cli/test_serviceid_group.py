"""Groups of service IDs by command."""

from tests.cli.conftest import Command


def test_a_group_is_made_listed_and_deleted_when_it_is_empty(command: Command) -> None:
    made = command("serviceid", "group", "create", "day shift", "-d", "by day", "--json").json
    command("serviceid", "create", "in it", "--group", "day shift")
    refused = command("serviceid", "group", "delete", "day shift")
    command("serviceid", "delete", "in it", "--yes")

    assert made["description"] == "by day"
    assert "day shift" in command("serviceid", "group", "list").out
    assert refused.code == 1
    assert command("serviceid", "group", "delete", made["id"]).code == 0
    assert "day shift" not in command("serviceid", "group", "list").out


def test_a_name_that_is_taken_or_nobodys_is_told(command: Command) -> None:
    command("serviceid", "group", "create", "once")
    unknown = command("serviceid", "group", "delete", "nobody")

    assert command("serviceid", "group", "create", "once").code == 1
    assert (unknown.code, "[group_not_found]" in unknown.err) == (1, True)
