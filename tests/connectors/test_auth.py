"""Tokens of accounts: fetched when needed, renewed once, never two renewals at a time."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest
from aiohttp import web
from tests.connectors.conftest import serving

from lockhouse.clock import utc_now
from lockhouse.connectors.accounts import check_credentials
from lockhouse.connectors.errors import AuthFailed, Unavailable
from lockhouse.connectors.execute import execute
from lockhouse.connectors.manifest import read_manifest
from lockhouse.connectors.model import Connector, Credentials
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.sealing import Secret
from lockhouse.wire.actions import ActionCall

MANIFEST = """\
connector: vault
auth:
  BASIC_OAUTH:
    fields:
      accessToken: {secret: true}
      refreshToken: {secret: true}
      clientId: {required: true}
    endpoint: {url: {required: true}}
    send: {bearer: "{{$token.access_token}}"}
    token:
      first: "{{$account.accessToken}}"
      needs: [refreshToken]
      post: "{{$account.url}}/token"
      form: {grant_type: refresh_token, refresh_token: "{{$account.refreshToken}}"}
      keep: {refresh_token: refreshToken, access_token: accessToken}
base-url: "{{$account.url}}"
objects:
  thing: {key: id, actions: {RETRIEVEALL: {get: /things}}}
"""


class Vendor:
    """A vendor whose refresh tokens can be used once, as Box's."""

    def __init__(self) -> None:
        self.valid = {"EXAMPLE-first"}
        self.refresh = "EXAMPLE-refresh-0"
        self.renewals = 0
        self.calls = 0
        self.expires_in: Any = 3600
        self.answer: web.Response | None = None

    def application(self) -> web.Application:
        application = web.Application()
        application.router.add_post("/token", self.token)
        application.router.add_get("/things", self.things)
        return application

    async def token(self, request: web.Request) -> web.Response:
        form = await request.post()
        await asyncio.sleep(0)
        if self.answer is not None:
            return self.answer
        if form["refresh_token"] != self.refresh:
            return web.json_response(
                {"error": "invalid_grant", "error_description": "used EXAMPLE"}, status=400
            )
        self.renewals += 1
        self.refresh = f"EXAMPLE-refresh-{self.renewals}"
        token = f"EXAMPLE-access-{self.renewals}"
        self.valid = {token}
        answer = {"access_token": token, "refresh_token": self.refresh, "expires_in": self.expires_in}
        return web.json_response(answer)

    async def things(self, request: web.Request) -> web.Response:
        self.calls += 1
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        await asyncio.sleep(0)
        if token not in self.valid:
            return web.json_response({"error": "the token EXAMPLE-first is no more"}, status=401)
        return web.json_response([{"id": 1}])


@pytest.fixture
def vendor() -> Vendor:
    return Vendor()


@pytest.fixture
async def url(vendor: Vendor) -> AsyncIterator[str]:
    async with serving(vendor.application()) as address:
        yield address


CONNECTOR: Connector = read_manifest(MANIFEST, file="connector.yaml")
CALL = ActionCall(connector="vault", business_object="thing", action="RETRIEVEALL")


def credentials(url: str, **fields: str) -> Credentials:
    given = {
        "accessToken": "EXAMPLE-first",
        "refreshToken": "EXAMPLE-refresh-0",
        "clientId": "EXAMPLE",
    } | fields
    return check_credentials(CONNECTOR, name="a", auth_type="", credentials=given, endpoint={"url": url})


async def test_a_thousand_calls_at_once_need_one_renewal_for_each_expiry(vendor: Vendor, url: str) -> None:
    async with Outlet(Reach.LOCAL) as outlet:
        account = credentials(url)
        gate = asyncio.Semaphore(32)

        async def one(number: int) -> int:
            async with gate:
                if number in (250, 500, 750):
                    vendor.valid = set()
                result = await execute(CONNECTOR, CALL, account, outlet, now=utc_now())
                return result.status_code

        statuses = await asyncio.gather(*(one(number) for number in range(1000)))
    assert set(statuses) == {200}
    assert vendor.renewals == 3


class Sealed:
    """One account in the store of an instance, which every call reads and renewals seal again."""

    def __init__(self, account: Credentials) -> None:
        self.account = account

    async def renewed(self, _connector: str, changed: Credentials) -> None:
        await asyncio.sleep(0)
        self.account = changed
        await asyncio.sleep(0)

    async def newest(self, _connector: str) -> Credentials:
        await asyncio.sleep(0)
        return self.account


@pytest.mark.parametrize(
    "kept", ["refresh_token: refreshToken, access_token: accessToken", "refresh_token: refreshToken"]
)
async def test_calls_that_read_the_renewed_account_need_no_renewal_of_their_own(
    vendor: Vendor, url: str, kept: str
) -> None:
    both = "refresh_token: refreshToken, access_token: accessToken"
    connector = read_manifest(MANIFEST.replace(both, kept), file="connector.yaml")
    sealed = Sealed(credentials(url))
    async with Outlet(Reach.LOCAL, renewed=sealed.renewed, newest=sealed.newest) as outlet:
        gate = asyncio.Semaphore(32)

        async def one(number: int) -> int:
            async with gate:
                if number in (100, 200, 300):
                    vendor.valid = set()
                return (await execute(connector, CALL, sealed.account, outlet, now=utc_now())).status_code

        statuses = await asyncio.gather(*(one(number) for number in range(400)))
    assert set(statuses) == {200}
    assert vendor.renewals == 3


async def test_a_worker_whose_refresh_token_another_worker_used_takes_what_that_one_sealed(
    vendor: Vendor, url: str
) -> None:
    sealed = Sealed(credentials(url))
    read_before = sealed.account
    vendor.valid = set()
    async with (
        Outlet(Reach.LOCAL, renewed=sealed.renewed, newest=sealed.newest) as one,
        Outlet(Reach.LOCAL, renewed=sealed.renewed, newest=sealed.newest) as other,
    ):
        await execute(CONNECTOR, CALL, read_before, one, now=utc_now())
        result = await execute(CONNECTOR, CALL, read_before, other, now=utc_now())
        assert (result.status_code, vendor.renewals) == (200, 1)
        vendor.valid = set()
        for worker in (other, one, other):
            result = await execute(CONNECTOR, CALL, sealed.account, worker, now=utc_now())
            assert result.status_code == 200
    assert vendor.renewals == 2


async def test_a_new_refresh_token_is_handed_over_before_the_new_token_is_used(
    vendor: Vendor, url: str
) -> None:
    kept: list[tuple[str, Credentials, int]] = []

    async def renewed(connector: str, changed: Credentials) -> None:
        kept.append((connector, changed, vendor.calls))

    vendor.valid = set()
    async with Outlet(Reach.LOCAL, renewed=renewed) as outlet:
        await execute(CONNECTOR, CALL, credentials(url), outlet, now=utc_now())
    connector, changed, calls_before = kept[0]
    assert (connector, calls_before) == ("vault", 1)
    assert changed.fields["refreshToken"].reveal() == "EXAMPLE-refresh-1"
    assert changed.fields["accessToken"].reveal() == "EXAMPLE-access-1"
    assert changed.fields["clientId"].reveal() == "EXAMPLE"


async def test_a_token_is_renewed_before_its_told_end(vendor: Vendor, url: str) -> None:
    async with Outlet(Reach.LOCAL) as outlet:
        account, now = credentials(url, accessToken=""), utc_now()
        await execute(CONNECTOR, CALL, account, outlet, now=now)
        await execute(CONNECTOR, CALL, account, outlet, now=now + timedelta(minutes=30))
        assert vendor.renewals == 1
        await execute(CONNECTOR, CALL, account, outlet, now=now + timedelta(minutes=59, seconds=45))
        assert vendor.renewals == 2
    assert vendor.calls == 3


@pytest.mark.parametrize("told", [None, "soon", -5, 1e400, True])
async def test_a_strange_life_of_a_token_does_no_harm(vendor: Vendor, url: str, told: Any) -> None:
    vendor.expires_in = told if told != 1e400 else "1e400"
    async with Outlet(Reach.LOCAL) as outlet:
        result = await execute(CONNECTOR, CALL, credentials(url, accessToken=""), outlet, now=utc_now())
    assert result.status_code == 200


async def test_an_account_that_cannot_renew_is_told_the_vendors_own_words(vendor: Vendor, url: str) -> None:
    vendor.valid = set()
    async with Outlet(Reach.LOCAL) as outlet:
        with pytest.raises(AuthFailed) as caught:
            await execute(CONNECTOR, CALL, credentials(url, refreshToken=""), outlet, now=utc_now())
    assert "is no more" in str(caught.value)
    assert "EXAMPLE-first" not in str(caught.value)
    assert vendor.calls == 1


async def test_a_refused_renewal_names_why_and_is_tried_again_at_the_next_call(
    vendor: Vendor, url: str
) -> None:
    vendor.valid = set()
    vendor.refresh = "EXAMPLE-another"
    async with Outlet(Reach.LOCAL) as outlet:
        for _ in range(2):
            with pytest.raises(AuthFailed):
                await execute(CONNECTOR, CALL, credentials(url), outlet, now=utc_now())
        vendor.refresh = "EXAMPLE-refresh-0"
        assert (await execute(CONNECTOR, CALL, credentials(url), outlet, now=utc_now())).status_code == 200


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (web.Response(status=503), Unavailable),
        (web.json_response({}), AuthFailed),
        (web.json_response([1]), AuthFailed),
        (web.Response(text="<html>"), AuthFailed),
        (web.Response(status=302, headers={"Location": "http://127.0.0.1:1/"}), AuthFailed),
    ],
)
async def test_a_strange_answer_of_the_token_door_is_an_error_of_ours(
    vendor: Vendor, url: str, answer: web.Response, error: type[Exception]
) -> None:
    vendor.answer = answer

    async def wait(_seconds: float) -> None:
        return None

    async with Outlet(Reach.LOCAL, wait=wait) as outlet:
        with pytest.raises(error):
            await execute(CONNECTOR, CALL, credentials(url, accessToken=""), outlet, now=utc_now())
    assert vendor.calls == 0


async def test_credentials_that_no_header_can_hold_are_refused_before_anything_is_sent(url: str) -> None:
    account = dataclasses.replace(credentials(url), fields={"accessToken": Secret("EXAMPLE\r\nX-Evil: 1")})
    async with Outlet(Reach.LOCAL) as outlet:
        with pytest.raises(AuthFailed) as caught:
            await execute(CONNECTOR, CALL, account, outlet, now=utc_now())
    assert "Evil" not in str(caught.value)


async def test_two_accounts_do_not_share_a_token(vendor: Vendor, url: str) -> None:
    async with Outlet(Reach.LOCAL) as outlet:
        await execute(CONNECTOR, CALL, credentials(url), outlet, now=utc_now())
        other = credentials(url, accessToken="EXAMPLE-other", refreshToken="")
        with pytest.raises(AuthFailed):
            await execute(CONNECTOR, CALL, other, outlet, now=utc_now())
