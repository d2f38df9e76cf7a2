"""An object store that checks signatures: moto's server, with a user of its own."""

import json
import socket
import urllib.request
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import boto3
import pytest
import pytest_asyncio
from moto.server import ThreadedMotoServer

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.execute import check_account, execute
from lockhouse.connectors.model import Credentials
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.sealing import Secret
from lockhouse.wire.actions import ActionCall, ActionResult

NOW = datetime(2026, 5, 1, tzinfo=UTC)
ALL_OF_S3 = {"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]}


@dataclass
class Cloud:
    """The store's address and a user's key."""

    url: str
    access_key_id: str
    secret_access_key: str


@pytest.fixture(scope="session")
def cloud() -> Iterator[Cloud]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        port = listening.getsockname()[1]
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=port, verbose=False)
    server.start()
    url = f"http://127.0.0.1:{port}"
    root: Any = boto3.client(
        "iam", endpoint_url=url, region_name="us-east-1", aws_access_key_id="a", aws_secret_access_key="b"
    )
    root.create_user(UserName="flows")
    root.put_user_policy(UserName="flows", PolicyName="s3", PolicyDocument=json.dumps(ALL_OF_S3))
    key = root.create_access_key(UserName="flows")["AccessKey"]
    # From here on every request needs a right and a true signature.
    start = urllib.request.Request(
        f"{url}/moto-api/reset-auth", data=b"0", headers={"Content-Type": "text/plain"}
    )
    with urllib.request.urlopen(start):
        pass
    yield Cloud(url, key["AccessKeyId"], key["SecretAccessKey"])
    server.stop()


class Depot:
    """One account at the store, and what a flow does with it."""

    def __init__(self, cloud: Cloud, outlet: Outlet, connector: str = "amazons3") -> None:
        self.cloud = cloud
        self.outlet = outlet
        self.connector = load_catalogue().get(connector)

    def credentials(self, **changed: str) -> Credentials:
        values = {
            "accessKeyId": self.cloud.access_key_id,
            "secretAccessKey": self.cloud.secret_access_key,
            "region": "us-east-1",
            "endpointUrl": self.cloud.url,
        } | changed
        endpoint = {"endpointUrl": values.pop("endpointUrl")}
        return Credentials("BASIC", {name: Secret(value) for name, value in values.items()}, endpoint)

    async def call(
        self,
        action: str,
        business_object: str = "object",
        *,
        account: Credentials | None = None,
        **parts: Any,
    ) -> ActionResult:
        call = ActionCall(connector="amazons3", business_object=business_object, action=action, **parts)
        return await execute(self.connector, call, account or self.credentials(), self.outlet, now=NOW)

    async def put(self, bucket: str, *keys: str) -> None:
        for key in keys:
            await self.call("CREATE", input={"bucketName": bucket, "Key": key, "content": key})

    async def check(self, **changed: str) -> bool | None:
        return await check_account(self.connector, self.credentials(**changed), self.outlet, now=NOW)


async def no_wait(seconds: float) -> None:
    """Waiting is somebody else's promise."""


@pytest_asyncio.fixture
async def depot(cloud: Cloud) -> AsyncIterator[Depot]:
    async with Outlet(Reach.LOCAL, wait=no_wait) as outlet:
        yield Depot(cloud, outlet)


@pytest_asyncio.fixture
async def bucket(depot: Depot, request: pytest.FixtureRequest) -> str:
    """An empty bucket of the test's own."""
    name = f"bucket-{abs(hash(request.node.nodeid))}"
    await depot.call("CREATE", "bucket", input={"bucketName": name})
    return name
