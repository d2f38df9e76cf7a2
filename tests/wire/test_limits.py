"""What an account may have and what it has, through IBM's Python SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ibm_cloud_sdk_core import ApiException
from ibm_platform_services.iam_identity_v1 import IdentityLimitsUsageResponse, ProfileClaimRuleConditions

if TYPE_CHECKING:
    from ibm_platform_services import IamIdentityV1

    from lockhouse.testing import TestPlatform


def test_use_is_counted_for_the_account_and_for_each_id(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    account = lockhouse.account_id
    group = identity.create_service_id_group(account_id=account, name="counted").get_result()
    member = identity.create_service_id(account_id=account, name="in it", group_id=group["id"]).get_result()
    keys = [identity.create_api_key(name="k", iam_id=member["iam_id"]).get_result() for _ in range(2)]
    profile = identity.create_profile(name="counted", account_id=account).get_result()
    condition = ProfileClaimRuleConditions(claim="name", operator="EQUALS", value='"x"')
    identity.create_claim_rule(profile["id"], type="Profile-CR", cr_type="VSI", conditions=[condition])

    one_by_one = identity.get_account_limits(
        account_id=account,
        serviceid_groups=True,
        profiles="true",
        templates="true",
        serviceids_per_group=f"{group['id']},ServiceIdGroup-unknown",
        apikeys_per_identity=member["iam_id"],
        cr_rules_per_profile=profile["id"],
        claim_rules_per_profile=profile["id"],
    ).get_result()
    at_once = identity.bulk_list_account_entity_consumption(
        account_id=account,
        idps=True,
        cr_links=True,
        cr_rules=True,
        apikeys_per_identity=[member["id"]],
        cr_links_per_profile=[profile["id"]],
        template_versions_per_template=["unknown"],
        claim_rules_per_group=["unknown"],
    ).get_result()

    for answer in (one_by_one, at_once):
        assert IdentityLimitsUsageResponse.from_dict(answer).to_dict() == answer
    assert one_by_one["serviceid_groups"] == {"limit": 2000, "count": 1}
    assert one_by_one["profiles"]["count"] == 1
    assert one_by_one["profile_templates"] == {"limit": 0, "count": 0}
    assert one_by_one["serviceids_per_group"]["serviceid_groups"] == [
        {"group_id": group["id"], "count": 1},
        {"group_id": "ServiceIdGroup-unknown", "count": 0},
    ]
    assert one_by_one["apikeys_per_identity"] == {
        "limit": 20,
        "identities": [{"iam_id": member["iam_id"], "count": 2}],
    }
    assert one_by_one["cr_rules_per_profile"]["profiles"] == [{"profile_id": profile["id"], "count": 1}]
    assert one_by_one["claim_rules_per_profile"]["profiles"] == [{"profile_id": profile["id"], "count": 0}]
    assert at_once["apikeys_per_identity"]["identities"] == [{"iam_id": member["iam_id"], "count": 2}]
    assert (at_once["cr_rules"]["count"], at_once["cr_links"]["count"]) == (1, 0)
    assert at_once["idps"] == {"limit": 0, "count": 0}
    for key in keys:
        identity.delete_api_key(key["id"])
    identity.delete_service_id(member["id"])
    identity.delete_service_id_group(group["id"])
    identity.delete_profile(profile["id"])


def test_our_choice_without_a_name_every_limit_is_told_and_nothing_counted(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    told = identity.get_account_limits(account_id=lockhouse.account_id).get_result()
    assert len(told) == 14
    assert all(set(limit) == {"limit"} for limit in told.values())


def test_service_ids_without_a_group_are_in_the_default_one(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    account = lockhouse.account_id
    made = identity.create_service_id(account_id=account, name="alone", show_group_id=True).get_result()
    inside = identity.list_service_ids(account_id=account, group_id="default").get_result()["serviceids"]
    counted = identity.get_account_limits(account_id=account, serviceids_per_group="default").get_result()

    assert made["group_id"] == "default"
    assert [one["id"] for one in inside] == [made["id"]]
    assert counted["serviceids_per_group"]["serviceid_groups"] == [{"group_id": "default", "count": 1}]
    identity.delete_service_id(made["id"])


def test_a_list_too_long_is_refused(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    with pytest.raises(ApiException) as refused:
        identity.bulk_list_account_entity_consumption(
            account_id=lockhouse.account_id, cr_links_per_profile=["x"] * 1001
        )
    assert refused.value.status_code == 400
