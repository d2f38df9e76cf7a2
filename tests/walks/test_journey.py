"""The whole journey by the command line: key, configuration, server, flow, call, delete."""

import json
import stat
import time
from importlib.resources import files
from pathlib import Path

import pytest
from tests.walks.house import House, Vendor, get, post

CUSTOMER = "An API to create a contact in Salesforce using a name and email address.yaml"
ADA = {"first_name": "Ada", "last_name": "Lovelace", "email": "Ada@Example.com"}


@pytest.fixture(scope="module")
def journey(house: House) -> House:
    """Everything up to the first call."""
    house.must("account", "create", "Account 1", "-c", "salesforce", "--credentials", "credentials.yaml")
    house.must("apikey", "create", "orders", "-d", "key of the orders API", "--file", "apiKey.json")
    house.must("configuration", "create", "orders-key", "--apikey-file", "apiKey.json")
    house.must("configuration", "create", "local-accounts", "--type", "accounts", "--file", "accounts.yaml")
    (house.folder / "contacts.yaml").write_bytes(
        files("lockhouse").joinpath("examples/contacts.yaml").read_bytes()
    )
    house.must("bar", "create", "contacts.yaml", "-o", "contacts.bar")
    return house


@pytest.fixture(scope="module")
def cloud(journey: House) -> str:
    """The address of the flow on a server with cloud-managed connectors."""
    words = ["--configuration", "orders-key", "--mode", "all", "--version", "12.0.3.0-r1"]
    return journey.deploy("cloud", "--bar", "contacts.bar", *words)


@pytest.fixture(scope="module")
def local(journey: House) -> str:
    """The address of the same flow on a later version, with a local account and no key."""
    words = ["--configuration", "local-accounts", "--mode", "local", "--version", "12.0.4.0-r1"]
    return journey.deploy("local", "--bar", "contacts.bar", *words)


def test_a_store_is_made_once(empty_house: House, house: House) -> None:
    again = house.run("init", "--data", "store", "--json")

    assert again.code == 1
    assert "[store_exists]" in again.err
    assert again.out == ""
    assert house.run("apikey", "list").code == 0


def test_the_account_is_let_in_by_the_vendor(journey: House) -> None:
    assert "let account 'Account 1' in" in journey.must("account", "test", "Account 1").out
    (account,) = journey.must("account", "list", "--json").json
    assert (account["connector"], account["name"], account["state"]) == (
        "salesforce",
        "Account 1",
        "connected",
    )


def test_the_value_of_a_key_is_in_its_file_and_nowhere_else(journey: House) -> None:
    file = journey.folder / "apiKey.json"
    key = json.loads(file.read_text())
    shown = journey.must("apikey", "show", "orders", "--json")
    listed = journey.must("apikey", "list", "--json")

    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert shown.json["id"] == key["id"]
    assert key["id"] in [one["id"] for one in listed.json]
    assert key["apikey"] not in shown.out + listed.out + (journey.folder / "up.log").read_text()


def test_a_configuration_tells_which_key_it_carries_and_never_its_content(journey: House, cloud: str) -> None:
    key = json.loads((journey.folder / "apiKey.json").read_text())
    shown = journey.must("configuration", "show", "orders-key", "--json")

    assert shown.json["status"]["keys"][0]["apikeyId"] == key["id"]
    assert "cloud" in shown.json["status"]["usedBy"]
    assert key["apikey"] not in shown.out


@pytest.mark.parametrize("mode", ["cloud", "local"])
def test_a_call_of_the_flow_makes_the_vendors_record(
    journey: House, vendor: Vendor, mode: str, request: pytest.FixtureRequest
) -> None:
    answer = post(request.getfixturevalue(mode), ADA)
    made = vendor.contacts()[-1]

    assert answer.status == 201
    assert answer.json == {"id": made["Id"], "greeting": "Welcome, Ada Lovelace!"}
    assert (made["FirstName"], made["LastName"], made["Email"]) == ("Ada", "Lovelace", "ada@example.com")


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("as-it-is", ["--configuration", "orders-key", "--mode", "all"]),
        (
            "as-it-is-local",
            ["--configuration", "local-accounts", "--mode", "local", "--version", "12.0.9.0-r2"],
        ),
    ],
)
def test_a_published_flow_runs_as_it_is(
    journey: House, vendor: Vendor, shared: Path, name: str, words: list[str]
) -> None:
    (journey.folder / "customer.yaml").write_bytes((shared / "corpus" / "flows" / CUSTOMER).read_bytes())
    journey.must("bar", "create", "customer.yaml", "-o", "customer.bar")
    url = journey.deploy(name, "--bar", "customer.bar", *words)
    answer = post(url, {"FirstName": "Grace", "LastName": "Hopper", "Email_Address": "grace@example.com"})
    made = vendor.contacts()[-1]

    assert answer.status == 201
    assert answer.json == {"CustomerID": made["Id"]}
    assert (made["LastName"], made["Email"]) == ("Hopper", "grace@example.com")


@pytest.mark.parametrize("words", [["--mode", "all"], ["--configuration", "orders-key"]])
def test_a_later_version_is_refused_cloud_managed_connectors_and_told_what_to_do(
    journey: House, words: list[str]
) -> None:
    refused = journey.run(
        "server", "deploy", "later", "--bar", "contacts.bar", "--version", "12.0.3.0-r2", *words
    )

    assert refused.code == 1
    assert "[cloud_managed_requires_12.0.3.0-r1_or_earlier]" in refused.err
    assert "later" not in [one["metadata"]["name"] for one in journey.must("server", "list", "--json").json]


def test_without_its_key_a_server_fails_clearly_and_at_once_and_the_other_goes_on(
    journey: House, local: str
) -> None:
    key_id, url = _deployed_with_a_key_of_its_own(journey, "doomed")
    assert post(url, ADA).status == 201
    told = journey.must("apikey", "delete", "doomed").out
    # Half a second on a quiet machine (python -m bench); here others may hold the processor.
    journey.wait_until(lambda: post(url, ADA).status != 201, "the call fails", seconds=5.0)
    failed = post(url, ADA)

    assert "doomed" in told
    assert failed.status == 502
    error = failed.json["error"]
    assert error["code"] == "cloud_key_rejected"
    assert (error["details"]["apikey_id"], error["details"]["configuration"]) == (key_id, "doomed-key")
    assert error["details"]["reason"] == "deleted"
    assert post(local, ADA).status == 201

    journey.wait_until(lambda: _phase(journey, "doomed") == "NotReady", "the server shows itself not ready")
    shown = journey.must("server", "show", "doomed").out
    assert key_id in shown
    assert "deleted" in shown
    assert _phase(journey, "local") == "Ready"


def test_a_new_key_under_the_same_configuration_brings_the_server_back(journey: House) -> None:
    _, url = _deployed_with_a_key_of_its_own(journey, "renewed")
    journey.must("apikey", "delete", "renewed")
    journey.wait_until(lambda: post(url, ADA).status == 502, "the server fails without its key")
    journey.must("apikey", "create", "renewed-2", "-d", "its successor", "--file", "second.json")
    journey.must("configuration", "create", "renewed-key", "--apikey-file", "second.json")
    journey.must("server", "restart", "renewed")
    journey.wait_until(lambda: _phase(journey, "renewed") == "Ready", "the server is ready again")

    assert post(url, ADA).status == 201


def test_what_a_server_said_can_be_read(journey: House, cloud: str) -> None:
    assert f"url={cloud}" in journey.must("server", "logs", "cloud").out
    assert any(f"url={cloud}" in line for line in journey.must("server", "logs", "cloud", "--json").json)


def test_a_deleted_server_answers_no_more(journey: House) -> None:
    words = ["--configuration", "local-accounts", "--mode", "local", "--version", "12.0.4.0-r1"]
    url = journey.deploy("leaving", "--bar", "contacts.bar", *words)
    journey.must("server", "delete", "leaving")
    journey.wait_until(lambda: post(url, ADA).status == 0, "nobody answers at the old address")

    assert "leaving" not in [one["metadata"]["name"] for one in journey.must("server", "list", "--json").json]


def test_it_ends_in_time_when_it_is_asked_to_and_comes_back_with_its_servers(
    journey: House, local: str
) -> None:
    began = time.monotonic()

    assert journey.stop() == 0
    assert time.monotonic() - began < 30
    assert get(f"{journey.url}/healthz").status == 0
    journey.up()
    journey.wait_until(lambda: post(local, ADA).status == 201, "the server is back at its address")


def _deployed_with_a_key_of_its_own(house: House, name: str) -> tuple[str, str]:
    """Deploy a server that is the only one to use its key; the key's id and the flow's address."""
    house.must("apikey", "create", name, "-d", "of one server", "--file", f"{name}.json")
    house.must("configuration", "create", f"{name}-key", "--apikey-file", f"{name}.json")
    words = ["--configuration", f"{name}-key", "--mode", "all", "--version", "12.0.3.0-r1"]
    key_id: str = json.loads((house.folder / f"{name}.json").read_text())["id"]
    return key_id, house.deploy(name, "--bar", "contacts.bar", *words)


def _phase(house: House, server: str) -> str:
    phase: str = house.must("server", "show", server, "--json").json["status"]["phase"]
    return phase
