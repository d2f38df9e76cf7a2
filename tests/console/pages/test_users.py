"""The list of users, and one user's details."""

from tests.console.browser import Browser
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.testing import TestPlatform


def test_the_list_tells_who_is_in_the_account_with_which_roles(owner: Browser, viewer: Browser) -> None:
    page = owner.get("/iam/users")

    assert "admin@lockhouse.local (you)" in page.words
    assert "Owner" in page.words
    assert "viewer@example.com Viewer" in page.words


def test_a_user_is_found_by_e_mail_address(owner: Browser, member: Browser) -> None:
    found = owner.get("/iam/users?search=Member%40example.com")
    nobody = owner.get("/iam/users?search=%22%3Cb%3E")

    assert "member@example.com" in found.links
    assert "admin@lockhouse.local" not in found.links
    assert "No user of the account has the e-mail address" in nobody.words


def test_a_user_has_a_page_with_his_keys(owner: Browser, lockhouse: TestPlatform) -> None:
    known = lockhouse.new_user("with-a-key@example.com", roles=["Editor"])
    page = owner.get(owner.get("/iam/users").links["with-a-key@example.com"])

    assert page.path == f"/iam/users/{known.iam_id}"
    assert "Editor" in page.words
    assert page.links["first"] == f"/iam/apikeys/{known.apikey_id}"


def test_a_member_sees_who_is_there_and_is_offered_nothing(member: Browser, lockhouse: TestPlatform) -> None:
    page = member.get("/iam/users")
    other = member.get(f"/iam/users/{lockhouse.iam_id}")

    assert "admin@lockhouse.local" in page.links
    assert "Invite user" not in page.links
    assert "Remove" not in page.links
    assert "API keys of this user" not in other.words
    assert "first" not in other.links


def test_where_the_account_restricts_it_a_member_sees_only_himself(
    owner: Browser, member: Browser, lockhouse: TestPlatform
) -> None:
    settings = owner.get("/iam/settings/edit").form("/iam/settings/edit")
    owner.submit(settings, restrict_user_list_visibility="RESTRICTED")
    page, other = member.get("/iam/users"), member.get(f"/iam/users/{lockhouse.iam_id}")
    settings = owner.get("/iam/settings/edit").form("/iam/settings/edit")
    owner.submit(settings, restrict_user_list_visibility="NOT_RESTRICTED")

    assert "member@example.com" in page.links
    assert "admin@lockhouse.local" not in page.links
    assert other.status == 403


def test_a_user_of_another_account_is_not_there(owner: Browser, lockhouse: TestPlatform) -> None:
    foreign = lockhouse.new_account("Other", "other-users@example.com")

    assert "other-users@example.com" not in owner.get("/iam/users").words
    assert owner.get(f"/iam/users/{foreign.iam_id}").status == 404


def test_many_users_come_page_by_page(lockhouse: TestPlatform) -> None:
    # In an account of their own: the other tests look at the first page of theirs.
    crowded = lockhouse.new_account("Crowded", "crowded@example.com")
    token = lockhouse._token(
        {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": crowded.apikey}
    )
    users = [{"email": f"crowd-{number}@example.com"} for number in range(60)]
    lockhouse._ask("POST", f"/v2/accounts/{crowded.account_id}/users", token, {"users": users})
    browser = Browser(lockhouse.url)
    browser.log_in(crowded.email, crowded.password)
    first = browser.get("/iam/users")
    second = browser.get(first.links["Next"])
    browser.client.close()
    addresses = {text for page in (first, second) for text in page.links if text.startswith("crowd-")}

    assert len(addresses) == 60
