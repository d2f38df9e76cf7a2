"""A house and a vendor for every module of walks, once on SQLite and once on PostgreSQL."""

from collections.abc import Iterator

import pytest
from tests.walks.house import House, Vendor, free_port


@pytest.fixture(scope="module")
def vendor() -> Iterator[Vendor]:
    """A stand-in for Salesforce."""
    vendor = Vendor.start()
    yield vendor
    vendor.stop()


@pytest.fixture(scope="module")
def empty_house(database_url: str | None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A folder without a store, and an empty database if one is needed."""
    environment = {"LOCKHOUSE_OPENED_NETWORKS": "127.0.0.1/32"}
    if database_url is not None:
        environment["LOCKHOUSE_DATABASE_URL"] = database_url
    house = House(tmp_path_factory.mktemp("house"), free_port(), environment)
    yield house
    house.close()


@pytest.fixture(scope="module")
def house(empty_house: House, vendor: Vendor) -> House:
    """A platform that is up, its owner signed in, with credentials for the vendor in its folder."""
    empty_house.init()
    empty_house.up()
    vendor.write_account(empty_house.folder)
    return empty_house
