"""A platform whose instance may reach the vendor's stand-in, and the tenants in it."""

from collections.abc import AsyncIterator, Iterator

import pytest
from tests.tenants import Clients, Tenant, another_tenant, first_tenant
from tests.walks.house import Vendor

from lockhouse.testing import TestPlatform, platform


@pytest.fixture(scope="session")
def vendor() -> Iterator[Vendor]:
    """A stand-in for Salesforce."""
    vendor = Vendor.start()
    yield vendor
    vendor.stop()


@pytest.fixture(scope="module")
def running(database_url: str | None) -> Iterator[TestPlatform]:
    """A platform, once on SQLite and once on PostgreSQL."""
    with platform(database_url=database_url, opened_networks=("127.0.0.1/32",)) as running:
        yield running


@pytest.fixture(scope="module")
def tenant(running: TestPlatform) -> Tenant:
    """The first account."""
    return first_tenant(running)


@pytest.fixture(scope="module")
def stranger(running: TestPlatform) -> Tenant:
    """Another account in the same platform."""
    return another_tenant(running, "stranger@example.com")


@pytest.fixture
async def ours(tenant: Tenant) -> AsyncIterator[Clients]:
    """The first account's clients."""
    async with tenant.clients() as clients:
        yield clients


@pytest.fixture
async def theirs(stranger: Tenant, tenant: Tenant) -> AsyncIterator[Clients]:
    """Another account's clients, turned to our instance."""
    async with stranger.clients(instance_id=tenant.instance_id) as clients:
        yield clients
