"""Processes that are killed while they work: everything comes back, nothing is half made, nothing is lost."""

import json
import random
import subprocess
import threading
import time
from collections.abc import Iterator
from functools import partial
from importlib.resources import files

import pytest
from tests.walks.house import House, Vendor, get, post

SERVERS = ("one", "two", "three", "four")
KILLS = 20
PLATFORM, SERVER = "lockhouse.supervisor.platform_process", "lockhouse.runtime.server"
ADA = {"first_name": "Ada", "last_name": "Lovelace", "email": "ada@example.com"}


@pytest.fixture(scope="module")
def busy(house: House, vendor: Vendor) -> Iterator[dict[str, str]]:
    """Four servers that are called all the time, two of them cloud-managed: the addresses of their flows."""
    house.must("account", "create", "Account 1", "-c", "salesforce", "--credentials", "credentials.yaml")
    house.must("apikey", "create", "orders", "--file", "apiKey.json")
    house.must("configuration", "create", "key", "--apikey-file", "apiKey.json")
    house.must("configuration", "create", "accounts", "--type", "accounts", "--file", "accounts.yaml")
    (house.folder / "contacts.yaml").write_bytes(
        files("lockhouse").joinpath("examples/contacts.yaml").read_bytes()
    )
    house.must("bar", "create", "contacts.yaml", "-o", "contacts.bar")
    urls = {
        name: house.deploy(
            name, "--bar", "contacts.bar", "--configuration", "accounts" if number % 2 else "key"
        )
        for number, name in enumerate(SERVERS)
    }
    over = threading.Event()
    callers = [threading.Thread(target=_call_until, args=(over, url)) for url in urls.values()]
    for caller in callers:
        caller.start()
    yield urls
    over.set()
    for caller in callers:
        caller.join()


def test_twenty_kills_at_random_moments_lose_nothing(house: House, busy: dict[str, str]) -> None:
    moments = random.Random(20)
    made: dict[str, bool] = {}
    for number in range(KILLS):
        making = _start_making_a_key(house, f"key-{number}") if number % 5 == 0 else None
        # A crash has no moment of its own: this one comes somewhere in the middle of whatever goes on.
        time.sleep(moments.uniform(0, 0.5))
        module = PLATFORM if number % 5 == 0 else SERVER
        pids = house.children(module)
        victim = moments.choice(pids)
        house.kill(victim)
        house.wait_until(partial(_is_back, house, module, victim, len(pids)), f"{module} is back")
        if making is not None:
            made[f"key-{number}"] = making.wait(60) == 0
    for name, url in busy.items():
        house.wait_until(partial(_works, url), f"{name} answers at its old address")

    _expect_whole_keys(house, made)
    configurations = house.must("configuration", "list", "--json").json
    assert [one["metadata"]["name"] for one in configurations] == ["accounts", "key"]
    servers = house.must("server", "list", "--json").json
    assert [one["metadata"]["name"] for one in servers] == sorted(SERVERS)


def _expect_whole_keys(house: House, made: dict[str, bool]) -> None:
    """A key whose making was confirmed is there and works; one that was not has left no file."""
    known = {key["name"]: key for key in house.must("apikey", "list", "--json").json}
    assert made
    for name, confirmed in made.items():
        file = house.folder / f"{name}.json"
        assert file.exists() == confirmed
        if confirmed:
            assert known[name]["id"] == json.loads(file.read_text())["id"]
            assert house.run("apikey", "list", "--apikey-file", file.name, LOCKHOUSE_APIKEY="").code == 0
        if name in known:
            assert house.must("apikey", "show", known[name]["id"], "--json").json["entity_tag"]


def _start_making_a_key(house: House, name: str) -> subprocess.Popen[bytes]:
    return house.start("apikey", "create", name, "--file", f"{name}.json")


def _is_back(house: House, module: str, victim: int, count: int) -> bool:
    pids = house.children(module)
    ready = get(f"{house.url}/readyz").status == 200
    return ready and victim not in pids and len(pids) == count


def _works(url: str) -> bool:
    return post(url, ADA).status == 201


def _call_until(over: threading.Event, url: str) -> None:
    while not over.wait(0.02):
        post(url, ADA)
