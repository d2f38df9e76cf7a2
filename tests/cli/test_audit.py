"""The audit trail by command."""

from tests.cli.conftest import Command


def test_what_was_done_is_listed_with_filters(command: Command) -> None:
    made = command("serviceid", "create", "audited", "--json").json
    events = command("audit", "list", "--target", made["id"], "--json").json

    assert [event["action"] for event in events] == ["iam-identity.account-serviceid.create"]
    assert (
        "account-serviceid.create"
        in command("audit", "list", "--action", "iam-identity.account-serviceid").out
    )
    assert command("audit", "list", "--target", "nothing").out.strip() == "There are no events."
    assert len(command("audit", "list", "--limit", "1", "--json").json) == 1


def test_a_time_that_is_none_is_refused(command: Command) -> None:
    refused = command("audit", "list", "--from", "yesterday")
    assert (refused.code, "from" in refused.err) == (1, True)
