"""How a store is reached: keys, regions, addresses, and what is said when it does not do."""

import socket
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from aiohttp import web
from tests.connectors.s3.conftest import Cloud, Depot

from lockhouse.connectors.errors import AuthFailed, RateLimited, Rejected, Unavailable
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@pytest_asyncio.fixture
async def serve() -> AsyncIterator[Callable[[Handler], Awaitable[str]]]:
    """A store that answers as a test says."""
    runners: list[web.ServerRunner] = []

    async def start(handler: Handler) -> str:
        runner = web.ServerRunner(web.Server(handler), shutdown_timeout=0)
        runners.append(runner)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        return f"http://127.0.0.1:{runner.addresses[0][1]}"

    yield start
    for runner in runners:
        await runner.cleanup()


async def test_an_account_is_tested_with_its_signature(depot: Depot) -> None:
    assert await depot.check() is True


@pytest.mark.parametrize(
    "changed", [{"secretAccessKey": "EXAMPLE-wrong-secret-key"}, {"accessKeyId": "AKIAEXAMPLEUNKNOWN"}]
)
async def test_a_wrong_key_is_an_authentication_that_failed(depot: Depot, changed: dict[str, str]) -> None:
    with pytest.raises(AuthFailed) as failed:
        await depot.check(**changed)

    assert "EXAMPLE-wrong" not in str(failed.value)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::ffff:127.0.0.1]", "2130706433"])
async def test_a_cloud_managed_account_reaches_no_store_of_this_network(cloud: Cloud, host: str) -> None:
    url = cloud.url.replace("127.0.0.1", host)
    async with Outlet(Reach.CLOUD_MANAGED) as outlet:
        with pytest.raises((Rejected, Unavailable), match=r"may not be called|no connection"):
            await Depot(cloud, outlet).check(endpointUrl=url)


@pytest.mark.parametrize(
    "changed",
    [
        {"endpointUrl": "ftp://example.com"}, {"endpointUrl": "https:///x"}, {"endpointUrl": "https://a:b@c.example"},
        {"endpointUrl": "http://169.254.169.254"}, {"region": "eu/../x"}, {"region": "eu.example.com#"},
    ],
)  # fmt: skip
async def test_an_address_or_region_that_cannot_be_is_refused(depot: Depot, changed: dict[str, str]) -> None:
    with pytest.raises(Rejected):
        await depot.check(**changed)


async def test_a_bucket_of_another_region_is_asked_there(
    depot: Depot, serve: Callable[[Handler], Awaitable[str]]
) -> None:
    seen: list[str] = []

    async def elsewhere(request: web.Request) -> web.Response:
        seen.append(request.headers["Authorization"].split("/")[2])
        if seen[-1] != "eu-north-1":
            return web.Response(status=301, headers={"x-amz-bucket-region": "eu-north-1", "Location": "/x"})
        return web.Response(body=b"<ListAllMyBucketsResult/>")

    assert await depot.check(endpointUrl=await serve(elsewhere)) is True
    assert seen == ["us-east-1", "eu-north-1"]


REFUSALS: list[tuple[int, bytes, type[Exception], int]] = [
    (503, b"<Error><Code>SlowDown</Code></Error>", RateLimited, 3),
    (500, b"<Error><Code>InternalError</Code></Error>", Unavailable, 3),
    (403, b"<Error><Code>SignatureDoesNotMatch</Code></Error>", AuthFailed, 1),
    (301, b"", Rejected, 1),
    (400, b"<!DOCTYPE a><a/>", Rejected, 1),
    (200, b"not xml", Unavailable, 1),
]


@pytest.mark.parametrize(("status", "body", "error", "tries"), REFUSALS, ids=range(len(REFUSALS)))
async def test_an_error_of_the_store_becomes_one_of_the_five(  # noqa: PLR0917 - a case has so many parts
    depot: Depot,
    serve: Callable[[Handler], Awaitable[str]],
    status: int,
    body: bytes,
    error: type[Exception],
    tries: int,
) -> None:
    asked = []

    async def refuse(request: web.Request) -> web.Response:
        asked.append(request.path)
        return web.Response(status=status, body=body)

    with pytest.raises(error):
        await depot.check(endpointUrl=await serve(refuse))
    assert len(asked) == tries


async def test_a_store_that_is_not_there_is_unavailable(depot: Depot) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]

    with pytest.raises(Unavailable):
        await depot.check(endpointUrl=f"http://127.0.0.1:{port}")
