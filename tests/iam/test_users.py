"""Users and roles: members manage their own keys, administrators those of all, and nothing crosses
accounts."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import TestAccount, TestPlatform

if TYPE_CHECKING:
    from tests.iam.conftest import Wire


@pytest.fixture(scope="module")
def member(lockhouse: TestPlatform) -> TestAccount:
    """A plain member of the account."""
    return lockhouse.new_user("member@example.com")


@pytest.fixture(scope="module")
def administrator(lockhouse: TestPlatform) -> TestAccount:
    """A member with the role Administrator."""
    return lockhouse.new_user("administrator@example.com", roles=["Administrator"])


@pytest.fixture(scope="module")
def stranger(lockhouse: TestPlatform) -> TestAccount:
    """The owner of another account."""
    return lockhouse.new_account("Other", "stranger@example.com")


def test_a_member_manages_his_own_keys(wire: Wire, member: TestAccount) -> None:
    token = wire.token(member.apikey)
    made = wire.ask("POST", "/v1/apikeys", token, json={"name": "mine", "iam_id": member.iam_id})
    key_id = made.json()["id"]
    changed = wire.ask("PUT", f"/v1/apikeys/{key_id}", token, json={"name": "x"}, headers={"If-Match": "*"})

    assert (made.status_code, changed.status_code) == (201, 200)
    assert wire.ask("DELETE", f"/v1/apikeys/{key_id}", token).status_code == 204


def test_a_member_does_not_see_the_keys_of_others(wire: Wire, member: TestAccount) -> None:
    token, account = wire.token(member.apikey), member.account_id
    foreign = wire.platform.apikey_id
    own = wire.ask("GET", f"/v1/apikeys?account_id={account}", token).json()["apikeys"]

    assert [key["id"] for key in own] == [member.apikey_id]
    assert wire.ask("GET", f"/v1/apikeys?account_id={account}&scope=account", token).status_code == 403
    assert (
        wire.ask("GET", f"/v1/apikeys?account_id={account}&iam_id={wire.platform.iam_id}", token).status_code
        == 403
    )
    for method, path in (("GET", ""), ("DELETE", ""), ("POST", "/lock"), ("POST", "/disable")):
        assert wire.ask(method, f"/v1/apikeys/{foreign}{path}", token).status_code == 403
    details = wire.ask("GET", "/v1/apikeys/details", token, headers={"IAM-ApiKey": wire.platform.apikey})
    assert details.status_code == 404


def test_an_administrator_manages_the_keys_of_others_but_makes_none_for_them(
    wire: Wire, member: TestAccount, administrator: TestAccount
) -> None:
    token, account = wire.token(administrator.apikey), member.account_id
    listed = wire.ask(
        "GET", f"/v1/apikeys?account_id={account}&scope=account&type=user&pagesize=100", token
    ).json()
    made = wire.ask("POST", "/v1/apikeys", token, json={"name": "for him", "iam_id": member.iam_id})

    assert {member.apikey_id, administrator.apikey_id} <= {key["id"] for key in listed["apikeys"]}
    assert wire.ask("POST", f"/v1/apikeys/{member.apikey_id}/disable", token).status_code == 204
    assert wire.exchange(member.apikey).status_code == 400
    assert wire.ask("DELETE", f"/v1/apikeys/{member.apikey_id}/disable", token).status_code == 204
    assert made.status_code == 403


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/v1/apikeys?account_id={account}"),
        ("GET", "/v1/apikeys?account_id={account}&scope=account"),
        ("GET", "/v1/apikeys/{key}"),
        ("DELETE", "/v1/apikeys/{key}"),
        ("POST", "/v1/apikeys/{key}/lock"),
        ("GET", "/v1/serviceids/?account_id={account}"),
        ("GET", "/v1/profiles?account_id={account}"),
        ("GET", "/v1/serviceid_groups?account_id={account}"),
        ("GET", "/v1/accounts/{account}/settings/identity"),
        ("GET", "/v1/accounts/{account}/events"),
        ("GET", "/v2/accounts/{account}/users"),
        ("GET", "/v2/accounts/{account}/users/{owner}"),
        ("DELETE", "/v2/accounts/{account}/users/{owner}"),
        ("POST", "/v1/activity/accounts/{account}/report"),
        ("GET", "/v1/signing_keys"),
    ],
)
def test_nothing_crosses_from_one_account_to_another(
    wire: Wire, stranger: TestAccount, method: str, path: str
) -> None:
    there = wire.platform
    address = path.format(account=there.account_id, key=there.apikey_id, owner=there.iam_id)
    assert wire.ask(method, address, wire.token(stranger.apikey)).status_code in {403, 404}


def test_a_stranger_makes_no_key_in_the_account(wire: Wire, stranger: TestAccount) -> None:
    there, token = wire.platform, wire.token(stranger.apikey)
    for body in (
        {"name": "x", "iam_id": there.iam_id},
        {"name": "x", "iam_id": stranger.iam_id, "account_id": there.account_id},
        {"name": "x", "iam_id": there.iam_id, "account_id": there.account_id},
    ):
        assert wire.ask("POST", "/v1/apikeys", token, json=body).status_code == 403


def test_users_are_listed_by_page_and_search(
    wire: Wire, member: TestAccount, administrator: TestAccount
) -> None:
    path = f"/v2/accounts/{member.account_id}/users"
    first = wire.ask("GET", f"{path}?limit=1").json()
    assert (first["limit"], len(first["resources"])) == (1, 1)
    assert first["total_results"] >= 3
    assert first["resources"][0]["owner"] is True
    second = wire.ask("GET", first["next_url"].removeprefix(wire.platform.url)).json()
    assert second["resources"][0]["iam_id"] != first["resources"][0]["iam_id"]
    found = wire.ask("GET", f"{path}?search=email:{member.email}").json()["resources"]
    assert [user["iam_id"] for user in found] == [member.iam_id]
    assert wire.ask("GET", f"{path}?user_id={administrator.email}").json()["resources"][0]["roles"] == [
        "Administrator"
    ]
    assert wire.ask("GET", f"{path}?search=nonsense").status_code == 400


def test_a_removed_user_loses_his_keys_and_tokens_and_it_is_said_beforehand(wire: Wire) -> None:
    leaver = wire.platform.new_user("leaver@example.com")
    token = wire.token(leaver.apikey)
    path = f"/v2/accounts/{leaver.account_id}/users/{leaver.iam_id}"

    preview = wire.ask("GET", f"{path}/removal").json()
    removed = wire.ask("DELETE", path)

    assert preview == {"apikeys": [{"id": leaver.apikey_id, "name": "first"}], "sessions": 1}
    assert removed.status_code == 204
    assert wire.exchange(leaver.apikey).json()["errorCode"] == "BXNIM0415E"
    assert wire.introspect(token, include_reason="true")["reason"] == "apikey_deleted"
    assert wire.ask("GET", path).status_code == 404
    again = wire.platform.new_user("leaver@example.com")
    assert again.iam_id != leaver.iam_id
    assert wire.exchange(again.apikey).status_code == 200


def test_a_disabled_user_is_out_until_he_is_enabled(wire: Wire) -> None:
    user = wire.platform.new_user("paused@example.com")
    token = wire.token(user.apikey)
    path = f"/v2/accounts/{user.account_id}/users/{user.iam_id}"

    assert wire.ask("POST", f"{path}/disable").status_code == 204
    assert wire.exchange(user.apikey).json()["errorCode"] == "BXNIM0493E"
    assert wire.ask("GET", f"/v1/apikeys/{user.apikey_id}", token).status_code == 401
    assert wire.introspect(token, include_reason="true")["reason"] == "identity_disabled"
    assert wire.ask("DELETE", f"{path}/disable").status_code == 204
    assert wire.ask("GET", f"/v1/apikeys/{user.apikey_id}", token).status_code == 200


def test_the_owner_is_neither_removed_nor_disabled(wire: Wire, administrator: TestAccount) -> None:
    token, path = wire.token(administrator.apikey), f"/v2/accounts/{administrator.account_id}/users"
    owner = wire.platform.iam_id
    assert wire.ask("DELETE", f"{path}/{owner}", token).status_code == 409
    assert wire.ask("POST", f"{path}/{owner}/disable", token).status_code == 409


def test_only_administrators_invite_and_change_roles(wire: Wire, member: TestAccount) -> None:
    token, path = wire.token(member.apikey), f"/v2/accounts/{member.account_id}/users"
    invited = wire.ask("POST", path, token, json={"users": [{"email": "x@example.com"}]})
    raised = wire.ask("PUT", f"{path}/{member.iam_id}/roles", token, json={"roles": ["Administrator"]})
    assert (invited.status_code, raised.status_code) == (403, 403)


def test_an_invited_user_cannot_do_anything_before_he_has_joined(wire: Wire) -> None:
    path = f"/v2/accounts/{wire.platform.account_id}/users"
    body = {
        "users": [{"email": "invited@example.com"}],
        "iam_policy": [
            {"type": "access", "roles": [{"role_id": "crn:v1:bluemix:public:iam::::role:Viewer"}]}
        ],
    }
    answer = wire.ask("POST", path, json=body)
    invited = answer.json()["resources"][0]
    profile = wire.ask("GET", f"{path}/{invited['id']}").json()

    assert (answer.status_code, invited["state"], profile["roles"]) == (202, "PENDING", ["Viewer"])
    assert wire.ask("POST", path, json=body).status_code == 409
    form = {"grant_type": "password", "username": "invited@example.com", "password": "x" * 20}
    assert wire.send("POST", "/identity/token", data=form, auth=("console", "console")).status_code == 400


def test_a_code_sets_a_password_once(wire: Wire, member: TestAccount) -> None:
    path = f"/v2/accounts/{member.account_id}/users/{member.iam_id}/password_reset"
    code = wire.ask("POST", path).json()["code"]
    body = {"code": code, "password": "a new password for him"}

    assert wire.send("POST", "/v2/users/password", json=body | {"password": "short"}).status_code == 400
    assert wire.send("POST", "/v2/users/password", json=body).status_code == 204
    assert wire.send("POST", "/v2/users/password", json=body).status_code == 400
    form = {"grant_type": "password", "username": member.email, "password": body["password"]}
    assert wire.send("POST", "/identity/token", data=form, auth=("console", "console")).status_code == 200


def test_a_code_grows_old(wire: Wire, member: TestAccount) -> None:
    path = f"/v2/accounts/{member.account_id}/users/{member.iam_id}/password_reset"
    code = wire.ask("POST", path).json()["code"]
    with wire.platform.away(hours=25):
        body = {"code": code, "password": "a new password for him"}
        assert wire.send("POST", "/v2/users/password", json=body).status_code == 400


def test_a_user_changes_his_own_password_with_the_old_one(wire: Wire) -> None:
    user = wire.platform.new_user("changer@example.com")
    token, path = wire.token(user.apikey), f"/v2/accounts/{user.account_id}/users/{user.iam_id}/password"
    wrong = wire.ask("PUT", path, token, json={"current_password": "wrong", "password": "another password"})
    right = wire.ask(
        "PUT", path, token, json={"current_password": user.password, "password": "another password"}
    )
    others = wire.ask("PUT", path, json={"current_password": user.password, "password": "another password"})
    assert (wrong.status_code, right.status_code, others.status_code) == (400, 204, 403)


def test_a_user_of_two_accounts_accepts_and_chooses(wire: Wire, stranger: TestAccount) -> None:
    path = f"/v2/accounts/{wire.platform.account_id}/users"
    invited = wire.ask("POST", path, json={"users": [{"email": stranger.email}]}).json()["resources"][0]
    assert "code" not in invited
    accepted = wire.ask(
        "POST", "/v2/users/accept", wire.token(stranger.apikey), json={"account_id": wire.platform.account_id}
    )
    form = {"grant_type": "password", "username": stranger.email, "password": stranger.password}
    here = wire.send(
        "POST",
        "/identity/token",
        data=form | {"account": wire.platform.account_id},
        auth=("console", "console"),
    ).json()

    assert accepted.status_code == 202
    assert wire.introspect(here["access_token"])["account"]["bss"] == wire.platform.account_id
    assert wire.ask("DELETE", f"{path}/{stranger.iam_id}").status_code == 204
    assert wire.exchange(stranger.apikey).status_code == 200


def test_the_list_of_users_can_be_hidden_from_members(wire: Wire, member: TestAccount) -> None:
    settings = f"/v1/accounts/{member.account_id}/settings/identity"
    path, token = f"/v2/accounts/{member.account_id}/users", wire.token(member.apikey)
    star = {"If-Match": "*"}
    wire.ask("PUT", settings, json={"restrict_user_list_visibility": "RESTRICTED"}, headers=star)
    hidden = wire.ask("GET", path, token).json()
    other = wire.ask("GET", f"{path}/{wire.platform.iam_id}", token)
    wire.ask("PUT", settings, json={"restrict_user_list_visibility": "NOT_RESTRICTED"}, headers=star)

    assert [user["iam_id"] for user in hidden["resources"]] == [member.iam_id]
    assert other.status_code == 403
    assert wire.ask("GET", f"{path}/{wire.platform.iam_id}", token).status_code == 200
