"""Account settings, effective settings, reports and the empty lists, through IBM's Python SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ibm_cloud_sdk_core import ApiException
from ibm_platform_services.iam_identity_v1 import (
    AccountSettingsResponse,
    EffectiveAccountSettingsResponse,
    Report,
    UserMfa,
)

if TYPE_CHECKING:
    from ibm_platform_services import IamIdentityV1

    from lockhouse.testing import TestPlatform


def test_settings_are_read_changed_and_told_with_their_history(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    got = identity.get_account_settings(lockhouse.account_id)
    before = AccountSettingsResponse.from_dict(got.get_result())
    updated = identity.update_account_settings(
        if_match=got.get_headers()["ETag"],
        account_id=lockhouse.account_id,
        mfa="NONE",
        session_expiration_in_seconds="7200",
        max_sessions_per_identity="10",
        user_mfa=[UserMfa(iam_id=lockhouse.iam_id, mfa="NONE")],
    ).get_result()
    resolved = identity.get_account_settings(
        lockhouse.account_id, include_history=True, resolve_user_mfa=True
    ).get_result()

    assert before.session_expiration_in_seconds == "86400"
    assert before.entity_tag == got.get_headers()["ETag"]
    assert updated["session_expiration_in_seconds"] == "7200"
    assert updated["history"][-1]["action"] == "UPDATE"
    assert resolved["user_mfa"][0]["email"] == lockhouse.email
    identity.update_account_settings(
        if_match="*", account_id=lockhouse.account_id, session_expiration_in_seconds="NOT_SET", user_mfa=[]
    )
    effective = identity.get_effective_account_settings(
        lockhouse.account_id, include_history=True
    ).get_result()
    EffectiveAccountSettingsResponse.from_dict(effective)
    assert effective["account"]["session_expiration_in_seconds"] == "NOT_SET"
    assert effective["effective"]["session_expiration_in_seconds"] == "86400"
    assert effective["account"]["history"][-1]["action"] == "UPDATE"
    assert all(record["message"] for record in effective["account"]["history"])


@pytest.mark.parametrize(
    "bad",
    [
        {"session_expiration_in_seconds": "899"},
        {"system_access_token_expiration_in_seconds": "3601"},
        {"system_refresh_token_expiration_in_seconds": "x"},
        {"max_sessions_per_identity": "0"},
        {"mfa": "SOME"},
        {"restrict_create_service_id": "MAYBE"},
        {"allowed_ip_addresses": "300.1.1.1"},
        {"allowed_ip_addresses": "10.0.0.9 - 10.0.0.1"},
    ],
)
def test_values_out_of_range_are_refused(
    identity: IamIdentityV1, lockhouse: TestPlatform, bad: dict[str, str]
) -> None:
    with pytest.raises(ApiException) as refused:
        identity.update_account_settings(if_match="*", account_id=lockhouse.account_id, **bad)
    assert refused.value.status_code == 400


def test_a_stale_tag_is_refused(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    with pytest.raises(ApiException) as stale:
        identity.update_account_settings(
            if_match="1-" + "0" * 32, account_id=lockhouse.account_id, mfa="NONE"
        )
    assert stale.value.status_code == 409


def test_a_report_is_asked_for_made_and_fetched(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    unused = identity.create_api_key(name="unused", iam_id=lockhouse.iam_id).get_result()
    asked = identity.create_report(account_id=lockhouse.account_id, type="inactive", duration="720")
    reference = asked.get_result()["reference"]
    early = identity.get_report(account_id=lockhouse.account_id, reference=reference)
    lockhouse.travel(seconds=2)
    ready = identity.get_report(account_id=lockhouse.account_id, reference="latest")
    report = Report.from_dict(ready.get_result())

    assert (asked.get_status_code(), early.get_status_code(), ready.get_status_code()) == (202, 204, 200)
    assert report.reference == reference
    assert [key.id for key in report.apikeys] == [unused["id"]]
    assert report.users == []
    with pytest.raises(ApiException) as unknown:
        identity.get_report(account_id=lockhouse.account_id, reference="unknown")
    assert unknown.value.status_code == 404
    identity.delete_api_key(unused["id"])


def test_templates_and_assignments_are_empty_lists(identity: IamIdentityV1, lockhouse: TestPlatform) -> None:
    profile = identity.list_profile_templates(account_id=lockhouse.account_id).get_result()
    settings = identity.list_account_settings_templates(account_id=lockhouse.account_id).get_result()
    assigned = identity.list_trusted_profile_assignments(account_id=lockhouse.account_id).get_result()
    also = identity.list_account_settings_assignments(account_id=lockhouse.account_id).get_result()

    assert (profile["profile_templates"], settings["account_settings_templates"]) == ([], [])
    assert (assigned["assignments"], also["assignments"]) == ([], [])
