"""Connector accounts of an instance, by its door."""

import json
from typing import Any

import pytest
from tests.flow_documents import vendor_credentials
from tests.tenants import Clients, Tenant
from tests.walks.house import Vendor

from lockhouse.client.transport import Problem
from lockhouse.testing import TestPlatform
from lockhouse.wire.actions import ActionCall
from lockhouse.wire.instances import AccountCredentials, NewAccount

SECRETS = ("EXAMPLE-password+token", "EXAMPLE-client-secret")


def _account(vendor: Vendor, name: str, **changed: str) -> NewAccount:
    return NewAccount(
        connector="salesforce",
        name=name,
        auth_type="OAUTH2_PASSWORD",
        credentials=vendor_credentials() | changed,
        endpoint={"loginUrl": vendor.url},
    )


async def _refusal(work: Any) -> Problem:
    with pytest.raises(Problem) as caught:
        await work
    return caught.value


async def test_an_account_is_made_shown_and_listed_without_its_secrets(
    ours: Clients, vendor: Vendor, running: TestPlatform
) -> None:
    made = await ours.appconnect.create_account(_account(vendor, "Shown"))

    assert (made.connector, made.name, made.auth_type, made.state) == (
        "salesforce",
        "Shown",
        "OAUTH2_PASSWORD",
        "untested",
    )
    assert made.fields["loginUrl"] == vendor.url
    assert await ours.appconnect.account("salesforce", "Shown") == made
    assert made in await ours.appconnect.accounts()
    for secret in SECRETS:
        assert secret not in str(made)
        assert all(
            secret.encode() not in path.read_bytes() for path in running.data.rglob("*") if path.is_file()
        )


async def test_a_test_tells_whether_the_vendor_lets_the_account_in(ours: Clients, vendor: Vendor) -> None:
    await ours.appconnect.create_account(_account(vendor, "Good"))
    await ours.appconnect.create_account(_account(vendor, "Bad", password="EXAMPLE-wrong"))

    good = await ours.appconnect.test_account("salesforce", "Good")
    bad = await ours.appconnect.test_account("salesforce", "Bad")

    assert good.ok is True
    assert (await ours.appconnect.account("salesforce", "Good")).state == "connected"
    assert bad.ok is False
    shown = await ours.appconnect.account("salesforce", "Bad")
    assert (shown.state, shown.reason) == ("needs_reconnecting", bad.reason)
    assert shown.failed_at.endswith("Z")
    assert "EXAMPLE-wrong" not in str(shown)


async def test_a_vendor_that_does_not_answer_says_nothing_about_the_credentials(
    ours: Clients, vendor: Vendor
) -> None:
    nobody = _account(vendor, "Away")
    nobody.endpoint["loginUrl"] = "http://127.0.0.1:9"
    await ours.appconnect.create_account(nobody)

    outcome = await ours.appconnect.test_account("salesforce", "Away")

    assert outcome.ok is False
    assert (await ours.appconnect.account("salesforce", "Away")).state == "untested"


async def test_new_credentials_bring_an_account_back(ours: Clients, vendor: Vendor) -> None:
    await ours.appconnect.create_account(_account(vendor, "Changed", password="EXAMPLE-wrong"))
    await ours.appconnect.test_account("salesforce", "Changed")

    given = AccountCredentials(credentials=vendor_credentials(), endpoint={"loginUrl": vendor.url})
    changed = await ours.appconnect.replace_credentials("salesforce", "Changed", given)

    assert (changed.state, changed.reason, changed.failed_at) == ("untested", "", "")
    assert (await ours.appconnect.test_account("salesforce", "Changed")).ok is True


async def test_an_account_can_be_renamed_and_keeps_its_credentials(ours: Clients, vendor: Vendor) -> None:
    await ours.appconnect.create_account(_account(vendor, "Before"))
    await ours.appconnect.create_account(_account(vendor, "Taken"))

    taken = await _refusal(ours.appconnect.rename_account("salesforce", "Before", "Taken"))
    renamed = await ours.appconnect.rename_account("salesforce", "Before", "Nach her ü")

    assert (taken.status, taken.code) == (409, "account_exists")
    assert renamed.name == "Nach her ü"
    assert (await ours.appconnect.test_account("salesforce", "Nach her ü")).ok is True
    assert (await _refusal(ours.appconnect.account("salesforce", "Before"))).code == "account_missing"


async def test_a_deleted_account_is_gone(ours: Clients, vendor: Vendor) -> None:
    await ours.appconnect.create_account(_account(vendor, "Deleted"))
    await ours.appconnect.delete_account("salesforce", "Deleted")

    problem = await _refusal(ours.appconnect.delete_account("salesforce", "Deleted"))

    assert (problem.status, problem.code) == (404, "account_missing")


async def test_a_name_is_taken_once(ours: Clients, vendor: Vendor) -> None:
    await ours.appconnect.create_account(_account(vendor, "Once"))

    problem = await _refusal(ours.appconnect.create_account(_account(vendor, "Once")))

    assert (problem.status, problem.code) == (409, "account_exists")


@pytest.mark.parametrize(
    ("changed", "codes"),
    [
        ({"connector": "salesfroce"}, {"unknown_connector"}),
        ({"auth_type": "MAGIC"}, {"account_auth_type"}),
        (
            {"credentials": {"usrname": "x", "password": "EXAMPLE-secret"}},
            {"account_unknown_field", "account_missing_field"},
        ),
        (
            {"credentials": {**vendor_credentials(), "password": ["EXAMPLE-secret"]}},
            {"account_field", "account_missing_field"},
        ),
        ({"name": "a/b"}, {"name_characters"}),
        ({"name": ""}, {"name_length"}),
        ({"name": "x" * 500}, {"name_length"}),
        ({"name": "<script>"}, {"name_characters"}),
    ],
)
async def test_what_the_connector_does_not_want_is_refused_with_every_mistake(
    ours: Clients, vendor: Vendor, changed: dict[str, Any], codes: set[str]
) -> None:
    good = {
        "connector": "salesforce",
        "name": "Wrong",
        "auth_type": "OAUTH2_PASSWORD",
        "credentials": vendor_credentials(),
        "endpoint": {"loginUrl": vendor.url},
    }
    problem = await _refusal(ours.appconnect.create_account(NewAccount(**(good | changed))))

    error = problem.body["error"]
    assert 400 <= problem.status < 500
    assert {mistake["code"] for mistake in error.get("mistakes", [error])} == codes
    assert "EXAMPLE-secret" not in json.dumps(problem.body)


async def test_the_nearest_account_is_proposed_for_a_name_that_is_not_there(
    ours: Clients, vendor: Vendor
) -> None:
    await ours.appconnect.create_account(_account(vendor, "Marketing"))

    problem = await _refusal(ours.appconnect.account("salesforce", "marketng"))

    assert "did you mean 'Marketing'" in problem.message
    assert problem.body["error"]["details"]["nearest"] == "Marketing"


@pytest.mark.parametrize(
    "ask",
    [
        lambda there: there.connectors(),
        lambda there: there.connector("salesforce"),
        lambda there: there.connector("nothing"),
        lambda there: there.accounts(),
        lambda there: there.account("salesforce", "Shown"),
        lambda there: there.create_account(NewAccount(connector="salesforce", name="Theirs")),
        lambda there: there.create_account(NewAccount(connector="nothing", name="a/b")),
        lambda there: there.replace_credentials("salesforce", "Shown", AccountCredentials()),
        lambda there: there.rename_account("salesforce", "Shown", "Theirs"),
        lambda there: there.test_account("salesforce", "Shown"),
        lambda there: there.delete_account("salesforce", "Shown"),
        lambda there: there.call(
            ActionCall(connector="salesforce", business_object="Contact", action="CREATE")
        ),
        lambda there: there.call(ActionCall(connector="nothing", business_object="x", action="y")),
    ],
)
async def test_a_token_of_another_account_gets_403_whatever_it_asks(theirs: Clients, ask: Any) -> None:
    problem = await _refusal(ask(theirs.appconnect))

    assert (problem.status, problem.code) == (403, "cloud_instance_forbidden")


async def test_an_instance_that_does_not_exist_answers_like_another_account_s(stranger: Tenant) -> None:
    async with stranger.clients(instance_id="00000000-0000-4000-8000-000000000000") as nobody:
        problem = await _refusal(nobody.appconnect.accounts())

    assert (problem.status, problem.code) == (403, "cloud_instance_forbidden")
