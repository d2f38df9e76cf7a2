"""Two `lockhouse up` on one PostgreSQL: one runs the servers, the other stands by and takes over."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.flow_documents import bar_of, echo_flow
from tests.walks.house import House, free_port, post

from lockhouse.client.transport import Unreachable
from lockhouse.supervisor.lease import TAKE_OVER_SECONDS, Lease, holder_of
from lockhouse.wire.supervision import Lease as Told

PERSON = {"Last": "Lovelace"}


@pytest.fixture
def houses(postgres: Any, tmp_path: Path) -> Iterator[tuple[House, House]]:
    """Two machines, each with its data directory, one store."""
    postgres.psql("CREATE DATABASE two_ups")
    environment = {"LOCKHOUSE_DATABASE_URL": str(postgres.get_uri("two_ups"))}
    pair = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        pair.append(House(tmp_path / name, free_port(), dict(environment)))
    one, two = pair
    one.init()
    (two.folder / "store").mkdir()
    shutil.copy(one.folder / "store" / "sealing.key", two.folder / "store" / "sealing.key")
    two.environment |= {"LOCKHOUSE_APIKEY": one.environment["LOCKHOUSE_APIKEY"], "LOCKHOUSE_URL": two.url}
    yield one, two
    one.close()
    two.close()


def runs(house: House) -> bool:
    """Whether the server's process is a child of this `up`."""
    return bool(house.children("lockhouse.runtime.server"))


def answers(house: House) -> bool:
    """Whether the flow answers at the address that this machine's platform shows."""
    shown = house.run("server", "show", "echo", "--json")
    status = shown.json["status"] if shown.code == 0 else {}
    if status.get("phase") != "Ready":
        return False
    return post(status["flows"][0]["operations"][0]["url"], PERSON).status == 200


def said(house: House) -> str:
    return (house.folder / "up.log").read_text()


def test_one_runs_the_servers_and_the_other_takes_over(houses: tuple[House, House]) -> None:
    one, two = houses
    one.up()
    (one.folder / "echo.bar").write_bytes(bar_of(echo_flow()))
    one.deploy("echo", "--bar", "echo.bar", "--mode", "local")
    two.up()
    two.wait_until(lambda: "stands by" in said(two), "the second stands by")
    assert answers(two)
    assert not runs(two)

    assert one._up is not None
    one.kill(one._up.pid)
    one._up.wait(35)
    two.wait_until(lambda: runs(two) and answers(two), "the second takes over", 60)

    one.up()
    one.wait_until(lambda: "stands by" in said(one), "the first stands by")
    assert not runs(one)
    assert runs(two)
    assert two.stop() == 0
    one.wait_until(lambda: runs(one) and answers(one), "the first runs them again", 60)


class Platform:
    """What the store says, at the rim: the beat of another holder."""

    def __init__(self) -> None:
        self.beat = 7
        self.away = False
        self.holder = "other"

    async def lease(self, holder: str, stale: int) -> Told:
        if self.away:
            raise Unreachable("nobody answers")
        if self.holder == holder or stale == self.beat:
            self.holder, self.beat = holder, self.beat + 1
        return Told(held=self.holder == holder, beat=self.beat)


async def test_a_lease_is_taken_only_after_its_beat_stood_still_all_the_time() -> None:
    platform, clock = Platform(), [1000.0]
    lease = Lease("me", platform, now=lambda: clock[0])  # type: ignore[arg-type]  # it only asks for the lease

    async def after(seconds: float) -> bool:
        clock[0] += seconds
        return await lease.held()

    assert not await after(0)
    assert not await after(TAKE_OVER_SECONDS - 1)
    platform.beat += 1  # the other one lives
    assert not await after(2)
    platform.away = True
    with pytest.raises(Unreachable):
        await after(TAKE_OVER_SECONDS + 1)
    lease.lost_sight()
    platform.away = False
    assert not await after(1)  # it may have lived while nobody could look
    assert not await after(TAKE_OVER_SECONDS - 1)
    assert await after(1)
    assert await after(1)
    platform.holder = "other"  # it was thought dead, and another one took it
    assert not await after(1)


def test_an_up_is_the_same_after_a_restart(tmp_path: Path) -> None:
    with (tmp_path / "up.lock").open("a+") as lock:
        first = holder_of(lock)
    with (tmp_path / "up.lock").open("a+") as lock:
        assert holder_of(lock) == first
    with (tmp_path / "other.lock").open("a+") as lock:
        assert holder_of(lock) != first
