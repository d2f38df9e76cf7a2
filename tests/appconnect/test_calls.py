"""The cloud-managed call, by the instance's door."""

import asyncio
import json
from typing import Any

import aiohttp
import pytest
from tests.flow_documents import vendor_credentials
from tests.tenants import Clients, Tenant
from tests.walks.house import Vendor

from lockhouse.client.transport import Problem
from lockhouse.outbound import Reach, open_session
from lockhouse.wire.actions import ActionCall
from lockhouse.wire.instances import NewAccount

NAME = "Calls"


def _call(**changed: Any) -> ActionCall:
    usual = {
        "connector": "salesforce",
        "business_object": "Contact",
        "action": "CREATE",
        "input": {"LastName": "Lovelace"},
        "account_name": NAME,
    }
    return ActionCall(**(usual | changed))


@pytest.fixture
async def account(ours: Clients, vendor: Vendor) -> str:
    """An account that the vendor lets in."""
    if NAME not in [one.name for one in await ours.appconnect.accounts()]:
        await ours.appconnect.create_account(
            NewAccount(
                connector="salesforce",
                name=NAME,
                auth_type="OAUTH2_PASSWORD",
                credentials=vendor_credentials(),
                endpoint={"loginUrl": vendor.url},
            )
        )
    return NAME


async def _refusal(work: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        await work
    return caught.value


async def test_a_call_is_carried_out_with_the_account_s_credentials(
    ours: Clients, vendor: Vendor, account: str
) -> None:
    before = len(vendor.contacts())

    result = await ours.appconnect.call(_call())

    assert result.status_code == 201
    assert [contact["LastName"] for contact in vendor.contacts()[before:]] == ["Lovelace"]
    assert (await ours.appconnect.account("salesforce", account)).state == "connected"


@pytest.mark.parametrize(
    ("changed", "status", "code", "hint"),
    [
        ({"account_name": "Cals"}, 404, "account_missing", "did you mean 'Calls'"),
        ({"connector": "salesfroce"}, 404, "unknown_connector", "salesforce"),
        ({"connector": "slack", "business_object": "nothing"}, 404, "unknown_action", "nothing"),
        ({"action": "CREAT"}, 404, "unknown_action", "CREATE"),
        ({"input": {}}, 422, "rejected", "LastName"),
    ],
)
async def test_a_call_that_cannot_be_is_told_why_with_the_nearest_name(  # noqa: PLR0917 - a table's columns
    ours: Clients, account: str, changed: dict[str, Any], status: int, code: str, hint: str
) -> None:
    problem = await _refusal(ours.appconnect.call(_call(**changed)))

    assert (problem.status, problem.code) == (status, code)
    assert hint in problem.message


async def test_a_vendor_that_refuses_the_credentials_marks_the_account(ours: Clients, vendor: Vendor) -> None:
    credentials = vendor_credentials() | {"password": "EXAMPLE-wrong"}
    await ours.appconnect.create_account(
        NewAccount(
            connector="salesforce",
            name="Refused",
            auth_type="OAUTH2_PASSWORD",
            credentials=credentials,
            endpoint={"loginUrl": vendor.url},
        )
    )
    problem = await _refusal(ours.appconnect.call(_call(account_name="Refused")))

    assert (problem.status, problem.code) == (422, "auth_failed")
    assert problem.body["error"]["status_code"] == 401
    shown = await ours.appconnect.account("salesforce", "Refused")
    assert shown.state == "needs_reconnecting"
    assert shown.reason
    assert "EXAMPLE-wrong" not in json.dumps(problem.body) + shown.reason


async def test_our_choice_a_call_that_names_no_account_takes_account_1_or_the_only_one(
    stranger: Tenant, vendor: Vendor
) -> None:
    async with stranger.clients() as theirs:
        none = await _refusal(theirs.appconnect.call(_call(account_name=None)))
        for name in ("Only", "Account 1"):
            await theirs.appconnect.create_account(
                NewAccount(
                    connector="salesforce",
                    name=name,
                    auth_type="OAUTH2_PASSWORD",
                    credentials=vendor_credentials(),
                    endpoint={"loginUrl": vendor.url},
                )
            )
            assert (await theirs.appconnect.call(_call(account_name=None))).status_code == 201

    assert none.code == "account_missing"


@pytest.mark.parametrize(("kill", "reason"), [("disable_api_key", "disabled"), ("delete_api_key", "deleted")])
async def test_a_dead_key_s_token_is_refused_within_a_second_with_the_reason(
    ours: Clients, tenant: Tenant, account: str, kill: str, reason: str
) -> None:
    token = await ours.tokens.token()
    claims = await ours.iam.introspect(token)
    made = await ours.iam.create_api_key(token, {"name": kill, "iam_id": claims["iam_id"]})
    async with tenant.clients(apikey=made["apikey"]) as with_key:
        assert (await with_key.appconnect.call(_call())).status_code == 201
        await getattr(ours.iam, kill)(token, made["id"])
        await asyncio.sleep(0.6)  # an answer may be half a second old: that is the promise
        problem = await _refusal(with_key.appconnect.call(_call()))

    assert (problem.status, problem.code) == (401, "cloud_key_rejected")
    details = problem.body["error"]["details"]
    assert (details["reason"], details["apikey_id"]) == (reason, made["id"])
    assert details["changed_by"] == claims["iam_id"]


async def test_many_calls_at_once_with_one_token_all_succeed(ours: Clients, account: str) -> None:
    results = await asyncio.gather(*(ours.appconnect.call(_call()) for _ in range(40)))

    assert {result.status_code for result in results} == {201}


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"[]", b"null", b'{"connector": 1}', b'{"connector":"a","connector":"b"}', b'{"where": "x"}',
     b"\xff", b"[" * 5000],
)  # fmt: skip
async def test_a_call_of_the_wrong_shape_is_a_4xx(ours: Clients, tenant: Tenant, body: bytes) -> None:
    headers = {"Authorization": f"Bearer {await ours.tokens.token()}", "Content-Type": "application/json"}
    url = f"{tenant.url}/appconnect/{tenant.instance_id}/api/v1/actions"
    async with (
        open_session(Reach.PLATFORM) as session,
        session.post(url, data=body, headers=headers) as answer,
    ):
        assert isinstance(answer, aiohttp.ClientResponse)
        assert 400 <= answer.status < 500


async def test_the_catalogue_tells_forms_and_actions(ours: Clients) -> None:
    listed = await ours.appconnect.connectors()
    salesforce = await ours.appconnect.connector("salesforce")

    assert "salesforce" in [one.name for one in listed]
    assert [one.name for one in listed] == sorted(one.name for one in listed)
    form = next(form for form in salesforce.auth if form.auth_type == "OAUTH2_PASSWORD")
    secret = {field.name: field.secret for field in form.fields}
    assert secret["password"]
    assert secret["clientSecret"]
    assert {field.name: field.place for field in form.fields}["loginUrl"] == "endpoint"
    assert ("*", "CREATE") in [(one.business_object, one.action) for one in salesforce.actions]
