"""Preferences of trusted profiles, through IBM's Python SDK."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from ibm_cloud_sdk_core import ApiException
from ibm_platform_services.iam_identity_v1 import IdentityPreferenceResponse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ibm_platform_services import IamIdentityV1

    from lockhouse.testing import TestPlatform


@pytest.fixture
def whose(identity: IamIdentityV1, lockhouse: TestPlatform) -> Iterator[dict[str, str]]:
    """A trusted profile, as the operations name it."""
    made = identity.create_profile(name="with wishes", account_id=lockhouse.account_id).get_result()
    yield {"account_id": lockhouse.account_id, "iam_id": made["iam_id"]}
    identity.delete_profile(made["id"])


def test_preferences_are_set_read_listed_and_unset(identity: IamIdentityV1, whose: dict[str, str]) -> None:
    page = {"service": "console", "preference_id": "landing_page"}
    set_page = identity.update_preference_on_scope_account(**whose, **page, value_string="/billing")
    identity.update_preference_on_scope_account(
        **whose,
        service="console",
        preference_id="global_left_navigation",
        value_list_of_strings=["slash", "partner-center"],
    )
    got = identity.get_preferences_on_scope_account(**whose, **page).get_result()
    listed = identity.get_all_preferences_on_scope_account(**whose).get_result()["preferences"]

    assert set_page.get_status_code() == 200
    assert got == set_page.get_result()
    assert IdentityPreferenceResponse.from_dict(got).to_dict() == got
    assert got == {
        "service": "console",
        "id": "landing_page",
        "account_id": whose["account_id"],
        "scope": "account",
        "value_string": "/billing",
    }
    assert {one["id"]: one.get("value_list_of_strings") for one in listed} == {
        "landing_page": None,
        "global_left_navigation": ["slash", "partner-center"],
    }
    assert identity.delete_preferences_on_scope_account(**whose, **page).get_status_code() == 204
    with pytest.raises(ApiException) as gone:
        identity.get_preferences_on_scope_account(**whose, **page)
    assert gone.value.status_code == 404


@pytest.mark.parametrize(
    ("service", "preference_id", "value"),
    [
        ("console", "landing_page", {"value_string": "https://elsewhere.example"}),
        ("console", "landing_page", {"value_list_of_strings": ["/billing"]}),
        ("console", "landing_page", {}),
        ("console", "global_left_navigation", {"value_string": "slash"}),
        ("console", "global_left_navigation", {"value_list_of_strings": ["no word"]}),
        ("console", "theme", {"value_string": "dark"}),
    ],
)
def test_a_value_that_the_preference_cannot_have_is_refused(
    identity: IamIdentityV1, whose: dict[str, str], service: str, preference_id: str, value: dict[str, Any]
) -> None:
    with pytest.raises(ApiException) as refused:
        identity.update_preference_on_scope_account(
            **whose, service=service, preference_id=preference_id, **value
        )
    assert refused.value.status_code == 400


def test_only_profiles_of_the_account_have_preferences(
    identity: IamIdentityV1, lockhouse: TestPlatform
) -> None:
    page = {"service": "console", "preference_id": "landing_page", "value_string": "/"}
    account = lockhouse.account_id
    with pytest.raises(ApiException) as user:
        identity.update_preference_on_scope_account(account_id=account, iam_id=lockhouse.iam_id, **page)
    with pytest.raises(ApiException) as unknown:
        identity.update_preference_on_scope_account(account_id=account, iam_id="iam-Profile-x", **page)
    assert (user.value.status_code, unknown.value.status_code) == (400, 404)
