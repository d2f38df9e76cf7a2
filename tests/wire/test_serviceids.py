"""Every service ID operation of IBM's Python SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import IAMAuthenticator
from ibm_platform_services import IamIdentityV1
from ibm_platform_services.iam_identity_v1 import ApiKeyInsideCreateServiceIdRequest, ServiceId, ServiceIdList

if TYPE_CHECKING:
    from lockhouse.testing import TestPlatform


def test_a_service_id_lives_its_whole_life(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    created = identity.create_service_id(
        account_id=lockhouse.account_id,
        name="Example-ServiceId",
        description="Example",
        unique_instance_crns=["crn:v1:example"],
        show_group_id=True,
    )
    made = created.get_result()
    assert created.get_status_code() == 201
    assert made["iam_id"] == f"iam-{made['id']}"
    assert made["crn"].endswith(f"::serviceid:{made['id']}")
    assert made["group_id"]
    assert ServiceId.from_dict(made).unique_instance_crns == ["crn:v1:example"]

    got = identity.get_service_id(id=made["id"], include_history=True, include_activity=True)
    assert got.get_headers()["ETag"] == made["entity_tag"]
    assert "group_id" not in got.get_result()
    assert got.get_result()["activity"]["authn_count"] == 0

    changed = identity.update_service_id(
        id=made["id"], if_match=made["entity_tag"], name="new", description="", unique_instance_crns=[]
    ).get_result()
    assert (changed["name"], changed["unique_instance_crns"]) == ("new", [])
    assert "description" not in changed

    identity.lock_service_id(made["id"])
    with pytest.raises(ApiException) as locked:
        identity.delete_service_id(made["id"])
    identity.unlock_service_id(made["id"])
    assert locked.value.status_code == 409
    assert identity.delete_service_id(made["id"]).get_status_code() == 204
    with pytest.raises(ApiException) as gone:
        identity.get_service_id(made["id"])
    assert gone.value.status_code == 404


def test_a_service_id_is_born_with_a_key_and_dies_with_it(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    made = identity.create_service_id(
        account_id=lockhouse.account_id,
        name="with key",
        apikey=ApiKeyInsideCreateServiceIdRequest(name="its key", store_value=True),
    ).get_result()
    value = made["apikey"]["apikey"]
    authenticator = IAMAuthenticator(value, url=lockhouse.url)
    assert authenticator.token_manager.get_token()

    key = identity.get_api_key(made["apikey"]["id"]).get_result()
    assert key["apikey"] == value
    assert key["iam_id"] == made["iam_id"]

    identity.delete_service_id(made["id"])
    with pytest.raises(ApiException) as dead:
        IAMAuthenticator(value, url=lockhouse.url).token_manager.get_token()
    assert dead.value.status_code == 400


def test_a_service_ids_key_manages_its_own_keys(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    made = identity.create_service_id(
        account_id=lockhouse.account_id,
        name="self-managed",
        apikey=ApiKeyInsideCreateServiceIdRequest(name="first"),
    ).get_result()
    itself = IamIdentityV1(authenticator=IAMAuthenticator(made["apikey"]["apikey"], url=lockhouse.url))
    itself.set_service_url(lockhouse.url)

    second = itself.create_api_key(name="second", iam_id=made["id"]).get_result()
    listed = itself.list_api_keys(account_id=lockhouse.account_id).get_result()["apikeys"]

    assert second["iam_id"] == made["iam_id"]
    assert {key["name"] for key in listed} == {"first", "second"}
    with pytest.raises(ApiException) as refused:
        itself.get_api_key(lockhouse.apikey_id)
    assert refused.value.status_code == 403
    identity.delete_service_id(made["id"])


def test_a_locked_key_keeps_its_service_id_alive(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    made = identity.create_service_id(account_id=lockhouse.account_id, name="held").get_result()
    key = identity.create_api_key(name="k", iam_id=made["iam_id"], entity_lock="true").get_result()
    with pytest.raises(ApiException) as refused:
        identity.delete_service_id(made["id"])
    assert refused.value.status_code == 409
    identity.unlock_api_key(key["id"])
    identity.delete_service_id(made["id"])


def test_service_ids_are_listed_by_page_name_and_filter(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    made = [
        identity.create_service_id(account_id=lockhouse.account_id, name=f"List {number}").get_result()["id"]
        for number in range(3)
    ]
    page = identity.list_service_ids(
        account_id=lockhouse.account_id, pagesize=2, sort="name", order="desc", filter='name sw_ci "list "'
    ).get_result()
    exact = identity.list_service_ids(
        account_id=lockhouse.account_id, name="List 1", include_history=True
    ).get_result()

    ServiceIdList.from_dict(page)
    assert [one["name"] for one in page["serviceids"]] == ["List 2", "List 1"]
    assert page["next"].startswith(f"{lockhouse.url}/v1/serviceids/?")
    assert [one["name"] for one in exact["serviceids"]] == ["List 1"]
    assert exact["serviceids"][0]["history"]
    for serviceid in made:
        identity.delete_service_id(serviceid)


def test_groups_hold_service_ids(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    group = identity.create_service_id_group(
        account_id=lockhouse.account_id, name="team", description="a team"
    ).get_result()
    with pytest.raises(ApiException) as taken:
        identity.create_service_id_group(account_id=lockhouse.account_id, name="team")
    got = identity.get_service_id_group(group["id"])
    renamed = identity.update_service_id_group(
        id=group["id"], if_match=got.get_headers()["ETag"], name="crew", description=""
    ).get_result()
    member = identity.create_service_id(
        account_id=lockhouse.account_id, name="member", group_id=group["id"], show_group_id=True
    ).get_result()
    listed = identity.list_service_id_group(account_id=lockhouse.account_id).get_result()["serviceid_groups"]
    inside = identity.list_service_ids(account_id=lockhouse.account_id, group_id=group["id"]).get_result()
    with pytest.raises(ApiException) as full:
        identity.delete_service_id_group(group["id"])

    assert (taken.value.status_code, full.value.status_code) == (409, 409)
    assert renamed["name"] == "crew"
    assert member["group_id"] == group["id"]
    assert [one["id"] for one in listed] == [group["id"]]
    assert [one["id"] for one in inside["serviceids"]] == [member["id"]]
    identity.delete_service_id(member["id"])
    assert identity.delete_service_id_group(group["id"]).get_status_code() == 204
