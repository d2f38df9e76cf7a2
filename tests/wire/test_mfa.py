"""The status of multi-factor authentication, through IBM's Python SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ibm_cloud_sdk_core import ApiException
from ibm_platform_services.iam_identity_v1 import ReportMfaEnrollmentStatus, UserMfa, UserMfaEnrollments

if TYPE_CHECKING:
    from ibm_platform_services import IamIdentityV1

    from lockhouse.testing import TestPlatform


def test_a_users_status_follows_the_accounts_settings(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    account, owner = lockhouse.account_id, lockhouse.iam_id
    before = identity.get_mfa_status(account, owner).get_result()
    own = [UserMfa(iam_id=owner, mfa="LEVEL1")]
    identity.update_account_settings(if_match="*", account_id=account, mfa="TOTP", user_mfa=own)
    after = identity.get_mfa_status(account, owner).get_result()
    identity.update_account_settings(if_match="*", account_id=account, mfa="NONE", user_mfa=[])
    with pytest.raises(ApiException) as unknown:
        identity.get_mfa_status(account, "IBMid-nobody")

    for status in (before, after):
        assert UserMfaEnrollments.from_dict(status).to_dict() == status
    assert before["id_based_mfa"] == {
        "trait_account_default": "NONE",
        "trait_effective": "NONE",
        "complies": True,
        "comply_state": "ACCOUNT",
    }
    assert after["id_based_mfa"] == {
        "trait_account_default": "TOTP",
        "trait_user_specific": "LEVEL1",
        "trait_effective": "LEVEL1",
        "complies": False,
        "comply_state": "NO",
    }
    assert after["account_based_mfa"]["totp"] == {"required": False, "enrolled": False}
    assert unknown.value.status_code == 404


def test_a_report_of_all_users_is_asked_for_made_and_fetched(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    account = lockhouse.account_id
    asked = identity.create_mfa_report(account, type="mfa_status")
    reference = asked.get_result()["reference"]
    early = identity.get_mfa_report(account, reference)
    lockhouse.travel(seconds=2)
    ready = identity.get_mfa_report(account, "latest").get_result()
    report = ReportMfaEnrollmentStatus.from_dict(ready)

    assert (asked.get_status_code(), early.get_status_code()) == (202, 204)
    assert report.to_dict() == ready
    assert (report.reference, report.account_id) == (reference, account)
    assert lockhouse.email in [user.username for user in report.users]
    for wrong in (
        lambda: identity.get_mfa_report(account, "unknown"),
        lambda: identity.get_report(account_id=account, reference=reference),
    ):
        with pytest.raises(ApiException) as refused:
            wrong()
        assert refused.value.status_code == 404
    with pytest.raises(ApiException) as bad:
        identity.create_mfa_report(account, type="inactive")
    assert bad.value.status_code == 400
