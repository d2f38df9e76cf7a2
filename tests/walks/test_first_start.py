"""The first start, and what must never be taken for one."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.walks.house import House, free_port

FIELDS = {"account_id", "iam_id", "email", "password", "apikey", "apikey_id", "instance_id"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """An empty folder, and SQLite."""
    house = House(tmp_path, free_port())
    yield house
    house.close()


def test_init_tells_everything_once_in_one_json_object(house: House) -> None:
    first = house.must("init", "--data", "store", "--json").json

    assert set(first) == FIELDS
    assert re.fullmatch(r"[0-9a-f]{32}", first["account_id"])
    assert first["iam_id"].startswith("IBMid-")
    assert first["apikey_id"].startswith("ApiKey-")
    assert (house.folder / "store").stat().st_mode & 0o077 == 0


def test_up_makes_the_store_and_shows_the_password_the_first_time_only(house: House) -> None:
    house.up()
    house.stop()
    said = (house.folder / "up.log").read_text()
    house.up()
    house.stop()
    again = (house.folder / "up.log").read_text().removeprefix(said)

    password = re.search(r"password +(\S+)", said)
    assert password is not None
    assert house.url in said
    assert password.group(1) not in again
    assert "password" not in again


@pytest.mark.parametrize("command", ["init", "up"])
def test_a_store_whose_sealing_keys_are_lost_is_left_as_it_is(house: House, command: str) -> None:
    house.init()
    database, keys = house.folder / "store" / "lockhouse.db", house.folder / "store" / "sealing.key"
    kept, away = database.read_bytes(), keys.rename(house.folder / "elsewhere")
    refused = house.run(command, "--data", "store")

    assert refused.code == 1
    assert "sealing.key" in refused.err + refused.out
    assert database.read_bytes() == kept
    away.rename(keys)
    house.up()
    assert house.must("apikey", "list", "--json").json


def test_a_database_that_holds_a_store_is_not_taken_for_an_empty_one(
    house: House, database_url: str | None
) -> None:
    if database_url is None:
        pytest.skip("SQLite's database lies in the data directory itself")
    house.environment["LOCKHOUSE_DATABASE_URL"] = database_url
    house.init()
    refused = house.run("init", "--data", "another", "--json")

    assert refused.code == 1
    assert "[store_exists]" in refused.err
    assert refused.out == ""
    house.up()
    assert house.must("apikey", "list", "--json").json


@pytest.mark.parametrize(
    "words",
    [
        ["--database-url", "mysql://u:SECRET-NOT-REAL@127.0.0.1/x"],
        ["--database-url", "postgresql://u:SECRET-NOT-REAL@127.0.0.1:1/x"],
        ["--database-url", "not a url SECRET-NOT-REAL"],
    ],
)
def test_a_database_that_cannot_be_reached_is_told_without_its_password(
    house: House, words: list[str]
) -> None:
    refused = house.run("init", "--data", "store", *words)

    assert refused.code == 1
    assert "[storage_unavailable]" in refused.err
    assert "SECRET" not in refused.err
    assert not (house.folder / "store" / "sealing.key").exists()
    assert house.run("init", "--data", "store").code == 0


def test_several_workers_need_postgresql(house: House) -> None:
    refused = house.run("up", "--data", "store", "--workers", "2")

    assert refused.code == 2
    assert "PostgreSQL" in refused.err
    assert not (house.folder / "store").exists()


def test_a_port_that_is_taken_is_told(house: House) -> None:
    house.up()
    refused = house.run("up", "--data", "other", "--port", str(house.port))

    assert refused.code == 1
    assert str(house.port) in refused.err


def test_settings_that_cannot_be_are_told_all_at_once(house: House) -> None:
    refused = house.run("up", LOCKHOUSE_PORT="many", LOCKHOUSE_RATE_LIMITS="perhaps")

    assert refused.code == 1
    assert "LOCKHOUSE_PORT" in refused.err
    assert "LOCKHOUSE_RATE_LIMITS" in refused.err
