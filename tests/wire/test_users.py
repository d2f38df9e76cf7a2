"""Every operation on users of IBM's Python SDK that is offered."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from ibm_cloud_sdk_core import ApiException
from ibm_cloud_sdk_core.authenticators import IAMAuthenticator
from ibm_platform_services import UserManagementV1
from ibm_platform_services.user_management_v1 import (
    InvitedUserList,
    InviteUser,
    UserList,
    UserProfile,
    UsersPager,
)

if TYPE_CHECKING:
    from lockhouse.testing import TestPlatform


@pytest.fixture
def management(lockhouse: TestPlatform) -> UserManagementV1:
    """IBM's client for users, signed in as the account's owner."""
    service = UserManagementV1(authenticator=IAMAuthenticator(lockhouse.apikey, url=lockhouse.url))
    service.set_service_url(lockhouse.url)
    return service


def test_a_user_is_invited_changed_and_removed(management: UserManagementV1, lockhouse: TestPlatform) -> None:
    account = lockhouse.account_id
    invited = management.invite_users(account, users=[InviteUser(email="sdk@example.com")])
    user = InvitedUserList.from_dict(invited.get_result()).resources[0]
    management.update_user_profile(account, user.id, firstname="Ada", lastname="Example", phonenumber="1")
    got = management.get_user_profile(account, user.id, include_activity="true").get_result()

    assert invited.get_status_code() == 202
    assert (user.email, user.state) == ("sdk@example.com", "PENDING")
    profile = UserProfile.from_dict(got)
    assert (profile.firstname, profile.lastname, profile.phonenumber) == ("Ada", "Example", "1")
    assert profile.iam_id == user.id
    assert management.remove_user(account, user.id).get_status_code() == 204
    for call in (management.get_user_profile, management.remove_user, management.v3_remove_user):
        with pytest.raises(ApiException) as gone:
            call(account, user.id)
        assert gone.value.status_code == 404


def test_the_pager_comes_to_every_user(management: UserManagementV1, lockhouse: TestPlatform) -> None:
    emails = [lockhouse.new_user(f"paged{number}@example.com").email for number in range(3)]
    first = management.list_users(account_id=lockhouse.account_id, limit=2).get_result()
    found = [
        user["email"]
        for user in UsersPager(client=management, account_id=lockhouse.account_id, limit=2).get_all()
    ]

    assert UserList.from_dict(first).limit == 2
    assert len(found) == len(set(found)) == first["total_results"]
    assert {lockhouse.email, *emails} <= set(found)


def test_an_invited_user_accepts(management: UserManagementV1, lockhouse: TestPlatform) -> None:
    other = lockhouse.new_account("Elsewhere", "guest@example.com")
    invited = management.invite_users(
        lockhouse.account_id, users=[InviteUser(email="guest@example.com")]
    ).get_result()
    guest = UserManagementV1(authenticator=IAMAuthenticator(other.apikey, url=lockhouse.url))
    guest.set_service_url(lockhouse.url)
    accepted = guest.accept(account_id=lockhouse.account_id)
    got = management.get_user_profile(lockhouse.account_id, other.iam_id).get_result()

    assert invited["resources"][0]["id"] == other.iam_id
    assert accepted.get_status_code() == 202
    assert got["state"] == "ACTIVE"
