"""The audit trail by command."""

import json

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


def test_events_come_as_json_lines_oldest_first(command: Command) -> None:
    made = command("serviceid", "create", "in lines", "--json").json
    command("serviceid", "lock", "in lines")
    done = command("audit", "list", "--target", made["id"], "--json-lines", "--oldest-first")
    events = [json.loads(line) for line in done.out.splitlines()]

    assert [event["action"].rpartition(".")[2] for event in events] == ["create", "update"]
    assert command("audit", "list", "--json", "--json-lines").code == 2
    assert len(command("audit", "list", "--json-lines", "--limit", "1").out.splitlines()) == 1
