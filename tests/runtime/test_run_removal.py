"""What is left of a server's events when it was deleted: nothing of its own, everything of the others."""

import os
from pathlib import Path

import pytest
from tests.runtime.house_of_runs import House, house_of, problem, until

from lockhouse.runtime.run_database import open_run_database
from lockhouse.runtime.run_removal import remove_runs


@pytest.fixture(params=["postgresql"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> House:
    return house_of(request, tmp_path)


async def test_the_events_of_a_deleted_server_go_and_those_of_others_stay(house: House) -> None:
    house.shop.answers["second"] = [problem("rejected")] * 2
    for name in ("orders", "returns"):
        async with house.server(name=name) as runs:
            await runs.accept("Orders", "e1", {"number": 1})
            await until(lambda runs=runs: runs.dead_letters(flow="Orders", most=10))
            await runs.accept_all("Orders", [], remember=("cursor", b"7"))

    await remove_runs(house.url, "orders")

    async with house.server(name="orders") as runs:
        assert await runs.dead_letters(flow="Orders", most=10) == []
        assert await runs.remembered("cursor") is None
    async with house.server(name="returns") as runs:
        (kept,) = await runs.dead_letters(flow="Orders", most=10)
        assert list((await runs.dead_letter(kept.id)).steps) == ["first", "second"]
        assert await runs.remembered("cursor") == b"7"


async def test_a_server_without_events_leaves_nothing_to_take_away(house: House, tmp_path: Path) -> None:
    await remove_runs(house.url, "never-had-any")
    await remove_runs(f"sqlite:///{tmp_path / 'runs' / 'never-had-any.db'}", "never-had-any")


async def test_the_file_of_a_deleted_server_goes_with_what_sqlite_put_beside_it(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a b.db'}"
    house = House(url)
    async with house.server() as runs:
        await runs.accept("Orders", "e1", {"number": 1})
        await until(lambda: house.flows.finished)
    left_by_a_kill = open_run_database(url)

    await remove_runs(url, "orders")
    await left_by_a_kill.close()

    assert not any(os.scandir(tmp_path))
