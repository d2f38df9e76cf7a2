"""The audit trail: every change and every token issue, with who, what, whence and its trace."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import platform

if TYPE_CHECKING:
    from pathlib import Path

    from tests.iam.conftest import Wire


def events(wire: Wire, query: str = "", token: str | None = None) -> list[dict[str, object]]:
    answer = wire.ask("GET", f"/v1/accounts/{wire.platform.account_id}/events?{query}", token)
    assert answer.status_code == 200, answer.text
    return list(answer.json()["events"])


def test_a_keys_life_is_told_in_ibms_names(wire: Wire) -> None:
    key = wire.new_key("watched")
    path = f"/v1/apikeys/{key['id']}"
    wire.ask("PUT", path, json={"name": "renamed"}, headers={"If-Match": "*"})
    wire.ask("POST", f"{path}/lock")
    refused = wire.ask("DELETE", path)
    wire.ask("DELETE", f"{path}/lock")
    wire.token(key["apikey"])
    wire.ask("DELETE", path, headers={"Transaction-Id": "the-delete", "User-Agent": "a test"})

    # Token issues are written a little later than changes, with their own time.
    told = sorted(events(wire, f"target={key['id']}&order=asc"), key=lambda event: str(event["eventTime"]))

    assert refused.status_code == 409
    assert [(event["action"], event["outcome"]) for event in told] == [
        ("iam-identity.user-apikey.create", "success"),
        ("iam-identity.user-apikey.update", "success"),
        ("iam-identity.user-apikey.update", "success"),
        ("iam-identity.user-apikey.delete", "failure"),
        ("iam-identity.user-apikey.update", "success"),
        ("iam-identity.user-apikey.login", "success"),
        ("iam-identity.user-apikey.delete", "success"),
    ]
    last = told[-1]
    assert last["initiator"] == {
        "id": wire.platform.iam_id,
        "account_id": wire.platform.account_id,
        "host": {"address": "127.0.0.1", "agent": "a test"},
    }
    assert last["correlationId"] == "the-delete"
    assert told[1]["requestData"] == {"instance_name": "renamed", "prev_instance_name": "watched"}
    assert [event["requestData"] for event in told[2:5]] == [
        {"lock": "true"},
        {"lock": "true"},
        {"lock": "false"},
    ]
    assert str(last["eventTime"]).endswith("+0000")


def test_events_are_filtered_and_paged(wire: Wire) -> None:
    key = wire.new_key("paged")
    for _ in range(5):
        wire.token(key["apikey"])
    query = f"target={key['id']}&action=iam-identity.user-apikey.login&limit=2"
    answer = wire.ask("GET", f"/v1/accounts/{wire.platform.account_id}/events?{query}").json()
    seen = [event["number"] for event in answer["events"]]
    while "next" in answer:
        answer = wire.ask("GET", answer["next"].removeprefix(wire.platform.url)).json()
        seen += [event["number"] for event in answer["events"]]

    assert len(seen) == 5
    assert seen == sorted(seen, reverse=True)
    assert events(wire, f"target={key['id']}&outcome=failure") == []
    assert events(wire, f"target={key['id']}&to=2001-01-01T00:00Z") == []
    assert len(events(wire, f"target={key['id']}&from=2001-01-01T00:00%2B0000")) == 6


@pytest.mark.parametrize(
    "query", ["limit=0", "limit=x", "start=-1", "order=up", "outcome=maybe", "from=yesterday"]
)
def test_a_bad_filter_is_refused(wire: Wire, query: str) -> None:
    path = f"/v1/accounts/{wire.platform.account_id}/events?{query}"
    assert wire.ask("GET", path).status_code == 400


def test_members_do_not_read_the_trail_and_viewers_do(wire: Wire) -> None:
    member = wire.platform.new_user("curious@example.com")
    viewer = wire.platform.new_user("auditor@example.com", roles=["Viewer"])
    path = f"/v1/accounts/{wire.platform.account_id}/events"
    assert wire.ask("GET", path, wire.token(member.apikey)).status_code == 403
    assert events(wire, "limit=1", wire.token(viewer.apikey))


def test_activity_is_counted_exactly(wire: Wire) -> None:
    key = wire.new_key("counted")
    for _ in range(3):
        wire.token(key["apikey"])
    activity = wire.ask("GET", f"/v1/apikeys/{key['id']}?include_activity=true").json()["activity"]
    assert activity["authn_count"] == 3
    assert activity["last_authn"] >= key["created_at"]


def test_no_value_of_a_key_or_token_is_in_the_trail(wire: Wire) -> None:
    value = "canary-value-that-must-not-be-shown-anywhere"
    key = wire.new_key("canary", apikey=value)
    token = wire.token(value)
    wire.exchange(value + "x")
    trail = json.dumps(events(wire, "limit=1000"))
    assert value not in trail
    assert token not in trail
    assert wire.platform.password not in trail
    wire.ask("DELETE", f"/v1/apikeys/{key['id']}")
    log = wire.platform.log.read_text()
    assert value not in log
    assert token not in log


def test_a_profiles_login_is_told_in_ibms_name_and_names_are_told_before_and_after(wire: Wire) -> None:
    account = wire.platform.account_id
    profile = wire.ask("POST", "/v1/profiles", json={"name": "told", "account_id": account}).json()
    path = f"/v1/profiles/{profile['id']}"
    identity = {"identifier": wire.platform.iam_id, "type": "user"}
    wire.ask("PUT", path, json={"name": "told anew"}, headers={"If-Match": "*"})
    wire.ask("POST", f"{path}/identities/user", json=identity)
    form = {
        "grant_type": "urn:ibm:params:oauth:grant-type:assume",
        "access_token": wire.token(),
        "profile_id": profile["id"],
    }
    assert wire.send("POST", "/identity/token", data=form).status_code == 200
    logins = events(wire, "action=iam-identity.trustedprofile-apikey.login")
    changes = events(wire, f"target={profile['id']}&order=asc")

    assert logins[0]["initiator"]["id"] == profile["iam_id"]  # type: ignore[index]  # JSON of a known shape
    assert changes[1]["requestData"] == {"instance_name": "told anew", "prev_instance_name": "told"}


def test_our_choice_an_event_warns_when_nine_tenths_of_a_limit_are_reached() -> None:
    from tests.iam.conftest import Wire

    with platform(service_ids_per_account=10) as running:
        wire = Wire(running)
        for number in range(10):
            body = {"name": f"s{number}", "account_id": running.account_id}
            assert wire.ask("POST", "/v1/serviceids", json=body).status_code == 201
        warnings = events(wire, "action=iam-identity.account-limits.warn")
    assert len(warnings) == 1
    assert "Your current count is 9 and the limit is 10." in str(warnings[0]["message"])


def test_every_event_is_also_a_line_of_a_file(tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    with platform(audit_file=str(file)) as running:
        other = running.new_user("line@example.com")
    lines = [json.loads(line) for line in file.read_text().splitlines()]

    assert [line["number"] for line in lines] == sorted({line["number"] for line in lines})
    actions = [line["action"] for line in lines]
    assert actions[:2] == ["iam-identity.account.create", "iam-identity.user-apikey.create"]
    assert "user-management.user.create" in actions
    assert any(line["target"]["id"] == other.iam_id for line in lines)
    assert "iam-identity.user-password.login" in actions


def test_events_are_lines_of_standard_output_where_that_is_wanted(capfd: pytest.CaptureFixture[str]) -> None:
    with platform(audit_file="-") as running:
        key_id = running.apikey_id
    lines = [json.loads(line) for line in capfd.readouterr().out.splitlines() if line.startswith("{")]

    assert key_id in [line["target"]["id"] for line in lines]
    assert [line["number"] for line in lines] == sorted({line["number"] for line in lines})
