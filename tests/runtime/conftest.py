"""A platform whose instance may reach the vendor's stand-in, and the tenants in it."""

from collections.abc import Iterator

import pytest
from tests.tenants import Tenant, another_tenant, first_tenant
from tests.walks.house import Vendor

from lockhouse.sealing import Secret
from lockhouse.testing import TestPlatform, platform

SUPERVISION = Secret("EXAMPLE-supervision-token")


@pytest.fixture(scope="session")
def vendor() -> Iterator[Vendor]:
    """A stand-in for Salesforce."""
    vendor = Vendor.start()
    yield vendor
    vendor.stop()


@pytest.fixture(scope="module")
def running(database_url: str | None) -> Iterator[TestPlatform]:
    """A platform, once on SQLite and once on PostgreSQL."""
    with platform(
        database_url=database_url, opened_networks=("127.0.0.1/32",), supervision_token=SUPERVISION
    ) as running:
        yield running


@pytest.fixture(scope="module")
def tenant(running: TestPlatform) -> Tenant:
    """The first account."""
    return first_tenant(running)


@pytest.fixture(scope="module")
def stranger(running: TestPlatform) -> Tenant:
    """Another account in the same platform."""
    return another_tenant(running, "stranger@example.com")
