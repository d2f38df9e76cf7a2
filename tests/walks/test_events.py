"""Events by the public doors: a key that dies while they come in, a server that is killed, dead letters."""

import json
import urllib.request
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from tests.walks.house import House, Vendor, _ask, free_port

FLOW = {
    "$integration": "http://ibm.com/appconnect/integration/v2/integrationFile",
    "integration": {
        "type": "trigger-action",
        "name": "New leads",
        "trigger-interfaces": {
            "trigger-interface-1": {
                "type": "event-trigger",
                "connector-type": "salesforce",
                "triggers": {
                    "CREATED": {
                        "input-context": {"data": "LeadChangeEvent"},
                        "assembly": {"$ref": "#/integration/assemblies/assembly-1"},
                        "options": {"subscription": {"ReplayId": "-1"}},
                    }
                },
            }
        },
        "action-interfaces": {
            "action-interface-1": {
                "type": "api-action",
                "connector-type": "salesforce",
                "business-object": "Contact",
                "actions": {"CREATE": {}},
            }
        },
        "assemblies": {
            "assembly-1": {
                "assembly": {
                    "execute": [
                        {
                            "create-action": {
                                "name": "Create contact",
                                "target": {"$ref": "#/integration/action-interfaces/action-interface-1"},
                                "map": {
                                    "$map": "http://ibm.com/appconnect/map/v1",
                                    "input": [{"variable": "Trigger", "$ref": "#/trigger/payload"}],
                                    "mappings": [{"LastName": {"template": "{{$Trigger.name}}"}}],
                                },
                            }
                        }
                    ]
                }
            }
        },
    },
    "models": {},
}


@pytest.fixture(scope="module")
def empty_house(database_url: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A folder without a store; with PostgreSQL the servers keep their events there too."""
    environment = {"LOCKHOUSE_OPENED_NETWORKS": "127.0.0.1/32"}
    if database_url is not None:
        environment |= {"LOCKHOUSE_DATABASE_URL": database_url, "LOCKHOUSE_RUNS_DATABASE_URL": database_url}
    house = House(tmp_path_factory.mktemp("house"), free_port(), environment)
    yield house
    house.close()


@pytest.fixture(scope="module")
def leads(house: House) -> House:
    """An event flow on a server with a cloud-managed account, and the same on one with a local account."""
    house.must("account", "create", "Account 1", "-c", "salesforce", "--credentials", "credentials.yaml")
    house.must("apikey", "create", "leads", "--file", "apiKey.json")
    house.must("configuration", "create", "leads-key", "--apikey-file", "apiKey.json")
    house.must("configuration", "create", "accounts", "--type", "accounts", "--file", "accounts.yaml")
    (house.folder / "leads.yaml").write_text(json.dumps(FLOW))
    house.must("bar", "create", "leads.yaml", "-o", "leads.bar")
    cloud = ["--configuration", "leads-key", "--mode", "all", "--version", "12.0.3.0-r1"]
    house.must("server", "deploy", "cloud", "--bar", "leads.bar", *cloud, "--wait")
    local = ["--configuration", "accounts", "--mode", "local", "--version", "12.0.9.0-r1"]
    house.must("server", "deploy", "local", "--bar", "leads.bar", *local, "--wait")
    return house


def token(house: House) -> str:
    """A token of the account's owner."""
    grant = "grant_type=urn:ibm:params:oauth:grant-type:apikey&apikey="
    form = (grant + house.environment["LOCKHOUSE_APIKEY"]).encode()
    answer = _ask(urllib.request.Request(f"{house.url}/identity/token", form)).json
    return str(answer["access_token"])


def send(address: str, bearer: str, name: str) -> int:
    """Hand an event in; the status of the answer."""
    headers = {"Authorization": f"Bearer {bearer}", "Event-Id": name}
    body = json.dumps({"name": name}).encode()
    return _ask(urllib.request.Request(address, body, headers, method="POST")).status


def shown(house: House, name: str) -> dict[str, Any]:
    """A server's status."""
    status: dict[str, Any] = asked(house, name)["status"]
    return status


def dead_letters(house: House, name: str) -> list[dict[str, Any]]:
    """A server's dead letters."""
    letters: list[dict[str, Any]] = asked(house, f"{name}/dead-letters")["deadLetters"]
    return letters


def asked(house: House, path: str) -> dict[str, Any]:
    """What the management door says of a server."""
    headers = {"Authorization": f"Bearer {token(house)}"}
    address = f"{house.url}/api/v1/integration-servers/{path}"
    answer: dict[str, Any] = _ask(urllib.request.Request(address, headers=headers)).json
    return answer


def made(vendor: Vendor, prefix: str) -> Counter[str]:
    """How often each contact whose name begins so was made."""
    return Counter(one["LastName"] for one in vendor.contacts() if one["LastName"].startswith(prefix))


def test_a_server_tells_how_its_event_flows_stand(leads: House) -> None:
    leads.wait_until(lambda: bool(shown(leads, "local")["flows"][0].get("events")), "the flow's standing")
    flow = shown(leads, "local")["flows"][0]

    assert (flow["name"], flow["kind"], flow["trigger"], flow["events"]["state"]) == (
        "New leads",
        "event",
        "push",
        "On",
    )


def test_an_event_is_handed_in_by_command_and_runs_once(leads: House, vendor: Vendor) -> None:
    name = f"once-{leads.port}"
    (leads.folder / "event.json").write_text(json.dumps({"name": name}))
    words = ["run", "send", "local", "New leads", "--event", "event.json", "--id", "e1", "--json"]
    first, again = leads.must(*words).json, leads.must(*words).json
    leads.wait_until(lambda: made(vendor, name)[name] == 1, "the contact")

    assert (first["isNew"], again["isNew"]) == (True, False)
    assert made(vendor, name) == {name: 1}


def test_events_are_carried_through_while_their_server_is_killed(leads: House, vendor: Vendor) -> None:
    bearer = token(leads)
    address = f"{leads.url}/api/v1/integration-servers/local/events/New%20leads"
    start = f"killed-{leads.port}-"
    names = [f"{start}{number}" for number in range(60)]

    def until_taken(name: str) -> None:
        leads.wait_until(lambda: send(address, bearer, name) == 202, f"{name} is accepted")

    with ThreadPoolExecutor(4) as senders:
        sending = senders.map(until_taken, names)
        for _ in range(2):
            for pid in leads.children("lockhouse.runtime.server"):
                leads.kill(pid)
            leads.wait_until(lambda: shown(leads, "local")["phase"] == "Ready", "the server is back", 60)
        list(sending)
    leads.wait_until(lambda: set(made(vendor, start)) == set(names), "all contacts", 60)

    repeated = sum(made(vendor, start).values()) - len(names)
    assert repeated <= 2 * 10  # those that were under way


def test_events_that_come_while_the_key_is_dead_are_kept_and_go_on_with_a_new_key(
    leads: House, vendor: Vendor
) -> None:
    bearer = token(leads)
    address = f"{leads.url}/api/v1/integration-servers/cloud/events/New%20leads"
    start = f"parked-{leads.port}-"
    names = [f"{start}{number}" for number in range(200)]
    leads.wait_until(lambda: shown(leads, "cloud")["phase"] == "Ready", "the server is ready", 60)
    with ThreadPoolExecutor(4) as senders:
        sending = senders.map(lambda name: send(address, bearer, name), names[:100])
        leads.must("apikey", "delete", "leads", "--yes")
        answers = Counter(sending)
        leads.wait_until(lambda: shown(leads, "cloud")["phase"] == "NotReady", "it shows the dead key")
        answers += Counter(senders.map(lambda name: send(address, bearer, name), names[100:]))
    leads.wait_until(lambda: _paused(leads), "the flow waits")
    before = sum(made(vendor, start).values())
    standing = shown(leads, "cloud")
    leads.must("apikey", "create", "leads again", "--file", "again.json")
    leads.must("configuration", "create", "leads-key", "--apikey-file", "again.json")
    leads.wait_until(lambda: set(made(vendor, start)) == set(names), "all contacts", 60)

    assert answers == {202: 200}
    assert before <= 100
    (condition,) = [one for one in standing["conditions"] if one["type"] == "CloudKey"]
    assert condition["details"]["configuration"] == "leads-key"
    assert "dead" not in standing["flows"][0]["events"]  # none is given up
    assert sum(made(vendor, start).values()) - 200 <= 10
    assert dead_letters(leads, "cloud") == []


def test_a_dead_letter_is_listed_looked_at_replayed_and_dropped_by_command(leads: House) -> None:
    (leads.folder / "bad.json").write_text("{}")  # a contact without a name, which the vendor refuses
    leads.must("run", "send", "local", "New leads", "--event", "bad.json", "--id", "nameless")
    leads.wait_until(lambda: bool(dead_letters(leads, "local")), "the dead letter")
    (letter,) = leads.must("run", "list", "local", "--json").json
    text = leads.must("run", "show", "local", letter["id"]).out
    replayed = leads.must("run", "replay", "local", letter["id"], "--json").json
    leads.wait_until(lambda: bool(dead_letters(leads, "local")), "it failed again")
    leads.must("run", "drop", "local", letter["id"], "--yes")

    assert letter["problem"]["nodeName"] == "Create contact"
    assert "Create contact" in text
    assert replayed == {"replayed": 1}
    assert leads.must("run", "list", "local", "--json").json == []
    assert leads.run("run", "drop", "local", letter["id"], "--yes").err.count("[dead_letter_not_found]") == 1
    assert "[flow_not_found]" in leads.run("run", "send", "local", "No flow", "--event", "bad.json").err


def _paused(house: House) -> bool:
    events = shown(house, "cloud")["flows"][0].get("events") or {}
    return events.get("state") == "Paused"
