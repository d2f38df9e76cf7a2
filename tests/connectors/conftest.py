"""Doubles of applications on loopback, and calls that fit a manifest's fields."""

import contextlib
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import web

from lockhouse.clock import utc_now
from lockhouse.connectors.accounts import check_credentials
from lockhouse.connectors.catalogue import Catalogue, load_catalogue
from lockhouse.connectors.execute import check_account, execute
from lockhouse.connectors.model import STAND_IN_URL, AuthScheme, Connector, Credentials, Field
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.standins.double import Double
from lockhouse.standins.salesforce import CLIENT_ID, CLIENT_SECRET, PASSWORD, USERNAME, StandIn
from lockhouse.wire.actions import ActionCall, ActionResult

PLAIN = {
    "string": "text", "integer": 7, "number": 1.5, "boolean": True, "date": "2026-01-31",
    "datetime": "2026-01-31T10:00:00Z", "object": {}, "any": "text",
}  # fmt: skip


@pytest.fixture(scope="session")
def catalogue() -> Catalogue:
    return load_catalogue()


def sample(known: Field) -> Any:
    """A value that the field takes."""
    if known.example is not None:
        return known.example
    if known.values:
        return known.values[0]
    if known.type == "array":
        return [
            {name: sample(inner) for name, inner in known.members.items()} or PLAIN.get(known.element, "text")
        ]
    if known.members:
        return {name: sample(inner) for name, inner in known.members.items()}
    return PLAIN[known.type]


def account_of(connector: Connector, scheme: AuthScheme, url: str) -> Credentials:
    """Credentials of this type, with every field, for the double at an address."""
    credentials = {
        known.name: f"EXAMPLE-{known.name}" for known in scheme.fields.values() if not known.endpoint
    }
    endpoint = {
        known.name: known.default or "https://example.invalid"
        for known in scheme.fields.values()
        if known.endpoint
    }
    return check_credentials(
        connector,
        name="Account 1",
        auth_type=scheme.auth_type,
        credentials=credentials,
        endpoint=endpoint | {STAND_IN_URL: url},
    )


@dataclass
class Desk:
    """A connector, an account at a stand-in, and the way there."""

    connector: Connector
    credentials: Credentials
    outlet: Outlet
    stand_in: Any
    waits: list[float] = field(default_factory=list)

    async def call(self, business_object: str, action: str, **parts: Any) -> ActionResult:
        """Carry out one action."""
        call = ActionCall(
            connector=self.connector.name, business_object=business_object, action=action, **parts
        )
        return await execute(self.connector, call, self.credentials, self.outlet, now=utc_now())

    async def check(self) -> bool | None:
        """Test the account."""
        return await check_account(self.connector, self.credentials, self.outlet, now=utc_now())


@contextlib.asynccontextmanager
async def serving(application: web.Application) -> AsyncIterator[str]:
    """The address of an application on loopback."""
    runner = web.AppRunner(application, shutdown_timeout=0, max_line_size=32_768)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@contextlib.asynccontextmanager
async def at_double(connector: Connector, auth_type: str = "") -> AsyncIterator[Desk]:
    """A desk at a new double of the connector."""
    double, waits = Double(connector), list[float]()

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    scheme = connector.auth[auth_type] if auth_type else next(iter(connector.auth.values()))
    async with serving(double.application()) as url, Outlet(Reach.LOCAL, wait=wait) as outlet:
        yield Desk(connector, account_of(connector, scheme, url), outlet, double, waits)


@pytest.fixture
def desk_of(catalogue: Catalogue) -> Callable[[str], AbstractAsyncContextManager[Desk]]:
    """A desk at the double of a connector of the catalogue, by name."""
    return lambda name: at_double(catalogue.get(name))


@pytest.fixture
async def salesforce(catalogue: Catalogue) -> AsyncIterator[Desk]:
    """A desk at Salesforce's stand-in, whose queries come in batches of three."""
    connector, stand_in, waits = catalogue.get("salesforce"), StandIn(batch=3), list[float]()

    async def wait(seconds: float) -> None:
        waits.append(seconds)

    async with serving(stand_in.application()) as url, Outlet(Reach.LOCAL, wait=wait) as outlet:
        credentials = check_credentials(
            connector,
            name="Account 1",
            auth_type="OAUTH2_PASSWORD",
            credentials={
                "username": USERNAME,
                "password": PASSWORD,
                "clientIdentity": CLIENT_ID,
                "clientSecret": CLIENT_SECRET,
            },
            endpoint={"loginUrl": url},
        )
        yield Desk(connector, credentials, outlet, stand_in, waits)
