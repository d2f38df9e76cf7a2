"""Every API key operation of IBM's Python SDK."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlparse

import pytest
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import IAMAuthenticator
from ibm_platform_services.iam_identity_v1 import ApiKey, ApiKeyList

if TYPE_CHECKING:
    from ibm_platform_services import IamIdentityV1

    from lockhouse.testing import TestPlatform


def test_a_key_lives_its_whole_life(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    created = identity.create_api_key(
        name="Example-ApiKey", iam_id=lockhouse.iam_id, description="PythonSDK test apikey #1"
    )
    key = created.get_result()
    assert created.get_status_code() == 201
    assert len(key["apikey"]) == 44
    assert created.get_headers()["ETag"] == key["entity_tag"]

    got = identity.get_api_key(id=key["id"], include_history=True, include_activity=True)
    assert got.get_headers()["ETag"] == key["entity_tag"]
    assert ApiKey.from_dict(got.get_result()).disabled is False
    assert got.get_result()["apikey"] == ""
    assert got.get_result()["history"][0]["action"] == "CREATE"
    assert got.get_result()["activity"] == {"authn_count": 0}

    updated = identity.update_api_key(
        id=key["id"], if_match=got.get_headers()["ETag"], name="renamed", description=""
    ).get_result()
    assert updated["name"] == "renamed"
    assert "description" not in updated
    assert updated["entity_tag"].startswith("2-")

    for change in (
        identity.lock_api_key,
        identity.unlock_api_key,
        identity.disable_api_key,
        identity.enable_api_key,
    ):
        assert change(key["id"]).get_status_code() == 204
    assert identity.delete_api_key(key["id"]).get_status_code() == 204
    with pytest.raises(ApiException) as gone:
        identity.get_api_key(key["id"])
    assert gone.value.status_code == 404


def test_every_field_of_a_key_survives_the_sdks_model(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    key = identity.create_api_key(
        name="all fields",
        iam_id=lockhouse.iam_id,
        account_id=lockhouse.account_id,
        description="d",
        support_sessions=True,
        action_when_leaked="delete",
        expires_at="2049-01-02T18:30:00+0000",
    ).get_result()
    model = ApiKey.from_dict(key)

    assert model.to_dict().keys() == key.keys()
    assert (model.support_sessions, model.action_when_leaked) == (True, "delete")
    assert model.expires_at == "2049-01-02T18:30:00+0000"
    assert model.created_at == model.modified_at
    assert model.crn == f"crn:v1:bluemix:public:iam-identity::a/{lockhouse.account_id}::apikey:{key['id']}"
    identity.delete_api_key(key["id"])


def test_a_key_is_found_by_its_value(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    found = identity.get_api_keys_details(iam_api_key=lockhouse.apikey, include_history=True).get_result()
    assert (found["id"], found["apikey"]) == (lockhouse.apikey_id, "")
    with pytest.raises(ApiException) as unknown:
        identity.get_api_keys_details(iam_api_key="x" * 44)
    assert unknown.value.status_code == 404


def test_a_value_of_ones_own_works_and_must_be_new(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    value = "my-own-value-that-is-long-enough-0001"
    key = identity.create_api_key(name="own", iam_id=lockhouse.iam_id, apikey=value).get_result()
    assert key["apikey"] == value
    assert IAMAuthenticator(value, url=lockhouse.url).token_manager.get_token()

    with pytest.raises(ApiException) as taken:
        identity.create_api_key(name="own", iam_id=lockhouse.iam_id, apikey=value)
    with pytest.raises(ApiException) as short:
        identity.create_api_key(name="own", iam_id=lockhouse.iam_id, apikey="short")
    assert (taken.value.status_code, short.value.status_code) == (409, 400)

    identity.delete_api_key(key["id"])
    again = identity.create_api_key(name="own", iam_id=lockhouse.iam_id, apikey=value).get_result()
    identity.delete_api_key(again["id"])


def test_pages_lead_from_the_first_to_the_last_and_back(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    made = [
        identity.create_api_key(name=f"page {number}", iam_id=lockhouse.iam_id).get_result()["id"]
        for number in range(5)
    ]
    query = {"account_id": lockhouse.account_id, "pagesize": 2, "sort": "name", "filter": 'name sw "page "'}
    names, page = [], identity.list_api_keys(**query).get_result()
    while True:
        ApiKeyList.from_dict(page)
        names += [key["name"] for key in page["apikeys"]]
        last = page
        if page.get("next") is None:
            break
        token = parse_qs(urlparse(page["next"]).query)["pagetoken"][0]
        page = identity.list_api_keys(pagetoken=token).get_result()

    assert names == [f"page {number}" for number in range(5)]
    assert (last["offset"], last["limit"]) == (4, 2)
    token = parse_qs(urlparse(last["previous"]).query)["pagetoken"][0]
    before = identity.list_api_keys(pagetoken=token).get_result()
    assert [key["name"] for key in before["apikeys"]] == ["page 2", "page 3"]
    assert before["offset"] == 2
    for key_id in made:
        identity.delete_api_key(key_id)


def test_a_stale_if_match_is_refused_and_a_star_is_not(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    key = identity.create_api_key(name="tagged", iam_id=lockhouse.iam_id).get_result()
    with pytest.raises(ApiException) as stale:
        identity.update_api_key(id=key["id"], if_match="1-" + "0" * 32, name="x")
    with pytest.raises(ApiException) as unknown:
        identity.update_api_key(id="ApiKey-unknown", if_match="invalid", name="x")
    assert (stale.value.status_code, unknown.value.status_code) == (409, 404)
    changed = identity.update_api_key(id=key["id"], if_match="*", name="x").get_result()
    quoted = f'"{changed["entity_tag"]}"'
    assert identity.update_api_key(id=key["id"], if_match=quoted, name="y").get_status_code() == 200
    identity.delete_api_key(key["id"])


def test_a_locked_key_is_not_changed_or_deleted(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    key = identity.create_api_key(name="locked", iam_id=lockhouse.iam_id, entity_lock="true").get_result()
    assert key["locked"] is True
    refusals = []
    for refused in (
        lambda: identity.delete_api_key(key["id"]),
        lambda: identity.update_api_key(id=key["id"], if_match="*", name="x"),
        lambda: identity.disable_api_key(key["id"]),
    ):
        with pytest.raises(ApiException) as error:
            refused()
        refusals.append((error.value.status_code, "locked" in error.value.message))
    assert refusals == [(409, True)] * 3
    identity.unlock_api_key(key["id"])
    identity.delete_api_key(key["id"])


def test_a_key_can_be_born_disabled(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    key = identity.create_api_key(name="off", iam_id=lockhouse.iam_id, entity_disable="true").get_result()
    assert key["disabled"] is True
    with pytest.raises(ApiException):
        IAMAuthenticator(key["apikey"], url=lockhouse.url).token_manager.get_token()
    identity.delete_api_key(key["id"])


def test_a_refusal_is_told_in_ibms_envelope(identity: IamIdentityV1) -> None:
    with pytest.raises(ApiException) as error:
        identity.get_api_key("ApiKey-unknown")
    body = json.loads(error.value.http_response.text)

    assert body["status_code"] == 404
    assert body["trace"] == error.value.http_response.headers["Transaction-Id"]
    assert body["errors"][0].keys() >= {"code", "message_code", "message"}
    assert error.value.message == body["errors"][0]["message"]


def test_bodies_may_be_packed(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    identity.set_enable_gzip_compression(True)
    key = identity.create_api_key(name="packed", iam_id=lockhouse.iam_id, description="x" * 2000).get_result()
    changed = identity.update_api_key(id=key["id"], if_match="*", description="short").get_result()
    assert (len(key["description"]), changed["description"]) == (2000, "short")
    identity.delete_api_key(key["id"])
