"""Cloud-managed calls of a server, and what becomes of them when their key dies."""

import asyncio
import json
from collections.abc import AsyncIterator, Mapping
from typing import Any

import pytest
from tests.flow_documents import accounts_yaml, contact_flow, echo_flow, vendor_credentials
from tests.runtime.served import Served, provided, served
from tests.tenants import Clients, Tenant
from tests.walks.house import Vendor

from lockhouse.client.transport import Problem, Unreachable
from lockhouse.clock import utc_now
from lockhouse.runtime.cloud import CloudKey
from lockhouse.runtime.configuration_types import ProvidedKey
from lockhouse.sealing import Secret
from lockhouse.wire.instances import NewAccount

PERSON = {"First": "Ada", "Last": "Lovelace", "Email": "ada@example.com"}
CLOUD, LOCAL = "Cloud", "Local"


@pytest.fixture
async def ours(tenant: Tenant, vendor: Vendor) -> AsyncIterator[Clients]:
    """The first account's clients; its instance has an account that the vendor lets in."""
    async with tenant.clients() as clients:
        if CLOUD not in [one.name for one in await clients.appconnect.accounts()]:
            await clients.appconnect.create_account(
                NewAccount(
                    connector="salesforce",
                    name=CLOUD,
                    auth_type="OAUTH2_PASSWORD",
                    credentials=vendor_credentials(),
                    endpoint={"loginUrl": vendor.url},
                )
            )
        yield clients


async def _new_key(ours: Clients, name: str) -> dict[str, Any]:
    token = await ours.tokens.token()
    claims = await ours.iam.introspect(token)
    return await ours.iam.create_api_key(token, {"name": name, "iam_id": claims["iam_id"]})


def _keyed(key: Mapping[str, Any], *, kind: str = "apikey", content: str = "") -> dict[str, Any]:
    return provided(**{"orders-key": (kind, (content or json.dumps(key)).encode())})


async def _until(told: Any) -> None:
    async with asyncio.timeout(10):
        while not await told():  # noqa: ASYNC110 - what is waited for happens in another process
            await asyncio.sleep(0.05)


async def _is_ready(server: Served) -> bool:
    return (await server.ask("GET", "/readyz")).status == 200


async def test_an_account_that_is_not_local_is_called_by_the_instance(
    ours: Clients, tenant: Tenant, vendor: Vendor
) -> None:
    key = await _new_key(ours, "by-instance")
    before = len(vendor.contacts())
    async with served(
        contact_flow(account=CLOUD), configurations=_keyed(key), mode="all", platform=tenant.url,
        instance_id=tenant.instance_id,
    ) as server:  # fmt: skip
        answer = await server.post("/Contacts/Contact", PERSON)

    assert answer.status == 201
    assert len(vendor.contacts()) == before + 1


@pytest.mark.parametrize("resource", ["AppConnectAPIKey", "Contacts"])
async def test_the_key_comes_from_a_line_for_the_server_or_for_the_flow(
    ours: Clients, tenant: Tenant, resource: str
) -> None:
    key = await _new_key(ours, resource)
    lines = f"{resource} apikey {key['apikey']}\nOther apikey EXAMPLE-not-a-key\n"
    async with served(
        contact_flow(account=CLOUD), contact_flow("Unserved", account=CLOUD),
        configurations=_keyed(key, kind="setdbparms", content=lines), mode="all", platform=tenant.url,
    ) as server:  # fmt: skip
        served_flow = await server.post("/Contacts/Contact", PERSON)
        other_flow = await server.post("/Unserved/Contact", PERSON)

    assert served_flow.status == 201
    if resource == "Contacts":
        assert (other_flow.status, other_flow.body["error"]["code"]) == (500, "cloud_key_missing")
        assert "Unserved" in other_flow.body["error"]["message"]
    else:
        assert other_flow.status == 201


@pytest.mark.parametrize(("kill", "reason"), [("disable_api_key", "disabled"), ("delete_api_key", "deleted")])
async def test_a_dead_key_fails_clearly_the_server_says_so_by_itself_and_local_calls_go_on(
    ours: Clients, tenant: Tenant, vendor: Vendor, kill: str, reason: str
) -> None:
    key = await _new_key(ours, reason)
    configurations = _keyed(key) | provided(accounts=("accounts", accounts_yaml(vendor.url, LOCAL)))
    async with served(
        contact_flow("Remote", account=CLOUD), contact_flow("Near", account=LOCAL), echo_flow(),
        configurations=configurations, mode="all", platform=tenant.url,
    ) as server:  # fmt: skip
        assert (await server.post("/Remote/Contact", PERSON)).status == 201
        await getattr(ours.iam, kill)(await ours.tokens.token(), key["id"])

        await _until(lambda: _not(_is_ready(server)))
        standing = await server.ask("GET", "/readyz")
        failed = await server.post("/Remote/Contact", PERSON)
        near = await server.post("/Near/Contact", PERSON)
        echo = await server.post("/Echo/Contact", PERSON)

    error = failed.body["error"]
    assert (failed.status, error["code"]) == (502, "cloud_key_rejected")
    for part in (key["id"], "orders-key", reason):
        assert part in error["message"]
        assert part in standing.text
    assert error["details"]["reason"] == reason
    assert standing.body["conditions"][0]["type"] == "CloudKey"
    assert (near.status, echo.status) == (201, 200)
    assert key["apikey"] not in failed.text + standing.text


async def test_a_call_meets_a_dead_key_within_a_second(ours: Clients, tenant: Tenant) -> None:
    key = await _new_key(ours, "at-once")
    async with served(
        contact_flow(account=CLOUD), configurations=_keyed(key), mode="all", platform=tenant.url
    ) as server:
        assert (await server.post("/Contacts/Contact", PERSON)).status == 201
        await ours.iam.delete_api_key(await ours.tokens.token(), key["id"])

        loop = asyncio.get_running_loop()
        since = loop.time()
        await _until(lambda: _fails(server))
        assert loop.time() - since < 1.0


async def test_a_server_whose_key_never_lived_starts_and_says_so(tenant: Tenant) -> None:
    dead = {"apikey": "EXAMPLE-never-lived", "id": "ApiKey-claimed", "name": "dead"}
    async with served(
        contact_flow(account=CLOUD), echo_flow(), configurations=_keyed(dead), mode="all", platform=tenant.url
    ) as server:
        answer = await server.post("/Contacts/Contact", PERSON)
        echo = await server.post("/Echo/Contact", PERSON)

    assert (answer.status, answer.body["error"]["code"]) == (502, "cloud_key_rejected")
    assert "ApiKey-claimed" in answer.body["error"]["message"]
    assert echo.status == 200


async def test_a_platform_that_is_away_is_told_apart_from_a_dead_key(tenant: Tenant) -> None:
    key = {"apikey": tenant.apikey, "id": "ApiKey-1", "name": "first"}
    async with served(
        contact_flow(account=CLOUD), configurations=_keyed(key), mode="all", platform="http://127.0.0.1:9"
    ) as server:
        answer = await server.post("/Contacts/Contact", PERSON)

        assert (answer.status, answer.body["error"]["code"]) == (502, "cloud_instance_unreachable")
        assert await _is_ready(server)


async def test_what_the_instance_says_of_a_call_reaches_the_caller(ours: Clients, tenant: Tenant) -> None:
    key = await _new_key(ours, "told")
    async with served(
        contact_flow("Missing", account="Clowd"), contact_flow("Bad", account=CLOUD),
        configurations=_keyed(key), mode="all", platform=tenant.url,
    ) as server:  # fmt: skip
        missing = await server.post("/Missing/Contact", PERSON)
        rejected = await server.post("/Bad/Contact", {"First": "nobody"})

    assert (missing.status, missing.body["error"]["code"]) == (500, "account_missing")
    assert "did you mean 'Cloud'" in missing.body["error"]["message"]
    assert (rejected.status, rejected.body["error"]["code"]) == (400, "rejected")


async def test_a_token_that_ended_is_changed_for_a_new_one_and_nobody_notices(
    ours: Clients, tenant: Tenant, running: Any
) -> None:
    key = await _new_key(ours, "ended")
    async with served(
        contact_flow(account=CLOUD), configurations=_keyed(key), mode="all", platform=tenant.url
    ) as server:
        assert (await server.post("/Contacts/Contact", PERSON)).status == 201
        running.travel(minutes=61)
        assert (await server.post("/Contacts/Contact", PERSON)).status == 201


class Iam:
    """IAM as a key's watcher sees it: it counts what it is asked, and refuses or not as it is told."""

    def __init__(self) -> None:
        self.exchanges = 0
        self.refuses = False

    async def apikey_token(self, _apikey: Secret) -> Any:
        self.exchanges += 1
        if self.refuses:
            raise Problem(status=400, code="BXNIM0491E", message="Provided API key is disabled.")
        return type("Issued", (), {"access_token": "token", "expires_in": 3600})()

    async def introspect(self, _token: str, *, include_reason: bool = False) -> dict[str, Any]:
        if self.refuses:
            return {"active": False, "reason": "apikey_disabled", "apikey_id": "ApiKey-1"}
        return {"active": True}


async def test_a_refused_key_is_asked_about_every_thirty_seconds_and_comes_back_by_itself() -> None:
    iam, seconds, told = Iam(), [0.0], []
    provided_key = ProvidedKey("orders-key", "AppConnectAPIKey", Secret("EXAMPLE"), "ApiKey-1")
    key = CloudKey(
        provided_key, iam, clock=utc_now, changed=lambda: told.append(key.refusal), now=lambda: seconds[0]
    )  # type: ignore[arg-type]  # the rim: two methods of IamClient
    await key.look()
    iam.refuses = True
    for seconds[0] in range(1, 120):
        await key.look()
    assert iam.exchanges <= 1 + 120 / 30
    assert key.refusal is not None
    assert key.refusal.reason == "disabled"

    iam.refuses = False
    seconds[0] += 31
    await key.look()
    assert key.refusal is None
    assert [one is None for one in told] == [False, True]


async def test_while_iam_is_away_nothing_is_said_of_the_key() -> None:
    class Away(Iam):
        async def apikey_token(self, _apikey: Secret) -> Any:
            raise Unreachable("http://127.0.0.1:9")

    provided_key = ProvidedKey("orders-key", "AppConnectAPIKey", Secret("EXAMPLE"))
    key = CloudKey(provided_key, Away(), clock=utc_now, changed=lambda: None)  # type: ignore[arg-type]  # as above
    await key.look()

    assert key.condition() is None


async def _not(told: Any) -> bool:
    return not await told


async def _fails(server: Served) -> bool:
    return (await server.post("/Contacts/Contact", PERSON)).status == 502
