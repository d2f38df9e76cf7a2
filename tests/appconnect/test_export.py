"""Credentials leave an instance only for an administrator who signed in with his password."""

import pytest
from tests.appconnect.test_accounts import SECRETS, _account, _refusal
from tests.tenants import Clients
from tests.walks.house import Vendor

from lockhouse.client.appconnect import AppConnectClient
from lockhouse.sealing import Secret
from lockhouse.testing import TestAccount, TestPlatform


async def _as_person(
    ours: Clients, running: TestPlatform, who: TestPlatform | TestAccount
) -> AppConnectClient:
    pair = await ours.iam.password_token(who.email, Secret(who.password))

    async def token() -> str:
        return pair.access_token

    return AppConnectClient(ours.transport, token, running.instance_id)


async def test_the_owner_gets_every_account_in_the_form_of_accounts_yaml(
    ours: Clients, vendor: Vendor, running: TestPlatform
) -> None:
    await ours.appconnect.create_account(_account(vendor, "Taken out"))
    taken = await (await _as_person(ours, running, running)).export_accounts()
    (entry,) = [one for one in taken.accounts["salesforce"] if one["name"] == "Taken out"]

    assert entry["authType"] == "OAUTH2_PASSWORD"
    assert entry["endpoint"] == {"loginUrl": vendor.url}
    assert set(SECRETS) <= set(entry["credentials"].values())
    assert all(secret not in running.log.read_text() for secret in SECRETS)


@pytest.mark.parametrize("roles", [[], ["Viewer", "Editor", "Operator"]])
async def test_others_get_nothing(ours: Clients, running: TestPlatform, roles: list[str]) -> None:
    member = running.new_user(f"export-{len(roles)}@example.com", roles=roles)
    refused = await _refusal((await _as_person(ours, running, member)).export_accounts())

    assert (refused.status, refused.code) == (403, "account_export_forbidden")


async def test_an_api_key_gets_nothing_whoever_owns_it(ours: Clients, theirs: Clients) -> None:
    own = await _refusal(ours.appconnect.export_accounts())
    foreign = await _refusal(theirs.appconnect.export_accounts())

    assert (own.status, own.code) == (403, "account_export_forbidden")
    assert (foreign.status, foreign.code) == (403, "cloud_instance_forbidden")


async def test_an_administrator_of_another_account_gets_nothing(ours: Clients, running: TestPlatform) -> None:
    foreign = running.new_account("Foreign", "foreign-export@example.com")
    refused = await _refusal((await _as_person(ours, running, foreign)).export_accounts())

    assert (refused.status, refused.code) == (403, "cloud_instance_forbidden")
