"""`lockhouse up`: what runs comes back, and ends with its parent."""

import contextlib
import json
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest
from tests.flow_documents import bar_of, echo_flow, timer_flow
from tests.walks.house import House, free_port, get, post

PERSON = {"Last": "Lovelace"}
WAIT_SECONDS = 30.0


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A platform with a BAR beside it."""
    house = House(tmp_path_factory.mktemp("house"), free_port())
    house.init()
    (house.folder / "echo.bar").write_bytes(bar_of(echo_flow()))
    (house.folder / "timer.bar").write_bytes(bar_of(timer_flow()))
    yield house
    house.close()


@pytest.fixture
def url(house: House) -> str:
    """The address of a flow that answers; whatever the test before ended runs again."""
    if house._up is None or house._up.poll() is not None:
        house.up()
    shown = house.run("server", "show", "echo", "--json")
    if shown.code:
        return house.deploy("echo", "--bar", "echo.bar")
    _until(lambda: _server(house, "echo").get("phase") == "Ready", "the server is ready")
    url: str = _server(house, "echo")["flows"][0]["operations"][0]["url"]
    _until(lambda: post(url, PERSON).status == 200, "the flow answers")
    return url


def _until(told: Callable[[], bool], what: str) -> None:
    began = time.monotonic()
    while not told():
        assert time.monotonic() - began < WAIT_SECONDS, what
        time.sleep(0.02)


def _tree(house: House) -> psutil.Process:
    assert house._up is not None
    return psutil.Process(house._up.pid)


def _child(house: House, word: str) -> psutil.Process:
    """The process that runs a module: the one that stays, when a former one is still ending."""
    _until(lambda: len(_children(house, word)) == 1, f"one process runs {word}")
    return _children(house, word)[0]


def _children(house: House, word: str) -> list[psutil.Process]:
    found = []
    for child in _tree(house).children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            if any(word in part for part in child.cmdline()):
                found.append(child)
    return found


def _server(house: House, name: str) -> dict[str, Any]:
    shown: dict[str, Any] = house.must("server", "show", name, "--json").json["status"]
    return shown


def _restarts(house: House) -> int:
    return int(_server(house, "echo").get("restarts", 0))


def test_a_killed_server_comes_back_on_its_port(house: House, url: str) -> None:
    server, before = _child(house, "runtime.server"), _restarts(house)
    server.kill()

    _until(lambda: post(url, PERSON).status == 200, "the server answers again")
    _until(lambda: _restarts(house) == before + 1, "the restart is counted")
    assert _server(house, "echo")["phase"] == "Ready"


def test_a_killed_platform_comes_back_and_servers_serve_meanwhile(house: House, url: str) -> None:
    platform = _child(house, "platform_process")
    platform.kill()

    assert post(url, PERSON).status == 200
    _until(lambda: get(f"{house.url}/readyz").status == 200, "the platform is back")
    assert _server(house, "echo")["phase"] == "Ready"
    assert _child(house, "platform_process").pid != platform.pid


def test_children_end_when_their_parent_is_killed(house: House, url: str) -> None:
    children = _tree(house).children(recursive=True)
    _tree(house).kill()

    gone, alive = psutil.wait_procs(children, timeout=30)

    assert len(gone) >= 2
    assert alive == []


def test_a_restart_loses_no_call(house: House, url: str) -> None:
    statuses: list[int] = []
    ended = threading.Event()

    def call() -> None:
        while not ended.is_set():
            statuses.append(post(url, PERSON).status)

    callers = [threading.Thread(target=call) for _ in range(4)]
    for caller in callers:
        caller.start()
    before = _child(house, "runtime.server").pid
    house.must("server", "restart", "echo")
    _until(lambda: not psutil.pid_exists(before), "the former process has ended")
    ended.set()
    for caller in callers:
        caller.join()

    assert set(statuses) == {200}
    assert len(statuses) > 20


def test_a_server_keeps_its_port_when_everything_starts_anew(house: House, url: str) -> None:
    assert house.stop() == 0

    house.up()

    _until(lambda: post(url, PERSON).status == 200, "the server answers at the same address")


def test_no_secret_is_in_a_command_line_or_in_a_server_s_environment(house: House, url: str) -> None:
    server = _child(house, "runtime.server")
    tree = [_tree(house), *_tree(house).children(recursive=True)]
    supervision = next(
        value
        for process in tree[1:]
        for name, value in process.environ().items()
        if name == "LOCKHOUSE_SUPERVISION_TOKEN"
    )

    for secret in (supervision, house.environment["LOCKHOUSE_APIKEY"]):
        assert all(secret not in " ".join(process.cmdline()) for process in tree)
        assert secret not in json.dumps(server.environ())
    assert not [name for name in server.environ() if name.startswith("LOCKHOUSE_")]


def test_a_deleted_server_ends(house: House, url: str) -> None:
    house.must("server", "delete", "echo", "--yes")

    _until(lambda: post(url, PERSON).status == 0, "nobody answers any more")


def test_a_deleted_server_takes_its_events_with_it(house: House, url: str) -> None:
    def kept() -> list[Path]:
        return list((house.folder / "store" / "runs").glob("*"))

    house.must("server", "deploy", "timer", "--bar", "timer.bar", "--mode", "local", "--wait")
    _until(lambda: len(kept()) > 0, "its events have a file")
    house.must("server", "delete", "timer", "--yes")

    _until(lambda: kept() == [], "the file is gone")


def test_a_platform_that_cannot_start_says_why_with_a_code(house: House) -> None:
    house.run("init", "--data", "broken")
    (house.folder / "broken" / "sealing.key").write_text("nothing of use")
    done = house.run("up", "--data", "broken", "--port", str(free_port()))

    assert done.code == 1
    assert "sealing.key" in done.out + done.err
    assert "[keyring_missing]" in done.out + done.err
    assert "[platform_did_not_start]" in done.err


def test_the_first_start_makes_the_store_and_shows_it_once(tmp_path: Path) -> None:
    house = House(tmp_path, free_port())

    def said(what: str) -> int:
        return (tmp_path / "up.log").read_text().count(what)

    try:
        house.up()
        _until(lambda: said("is ready at") == 1, "it says that it is ready")
        assert house.stop() == 0
        house.up()
        _until(lambda: said("is ready at") == 2, "it says so again")
    finally:
        house.close()

    assert said("password") == 1


def test_a_port_that_is_taken_is_told(house: House, url: str) -> None:
    done = house.run("up", "--data", "other", "--port", str(house.port))

    assert done.code == 1
    assert "--port" in done.err
    assert "[port_taken]" in done.err
    assert "Traceback" not in done.err
    assert not (house.folder / "other" / "sealing.key").exists()


def test_a_store_is_served_once(house: House, url: str) -> None:
    done = house.run("up", "--data", "store", "--port", str(free_port()))

    assert done.code == 1
    assert "another" in done.err
    assert "[store_served]" in done.err
    assert post(url, PERSON).status == 200


def test_a_signal_to_the_parent_ends_all_in_time(house: House, url: str) -> None:
    children = _tree(house).children(recursive=True)
    _tree(house).send_signal(signal.SIGINT)

    _, alive = psutil.wait_procs([*children, _tree(house)], timeout=30)

    assert alive == []
