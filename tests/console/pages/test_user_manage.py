"""Inviting, changing and removing users in the console."""

import pytest
from tests.console.browser import Browser, Page
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.testing import TestPlatform


def _invite(owner: Browser, email: str, *roles: str) -> Page:
    form = owner.get("/iam/users/invite").form("/iam/users")
    return owner.submit(form, email=email, role=list(roles))


def _code_in(page: Page) -> str:
    return page.html.partition('id="code-value"')[2].partition('value="')[2].partition('"')[0]


def test_an_invited_user_sets_a_password_with_the_code_and_logs_in(
    owner: Browser, stranger: Browser, lockhouse: TestPlatform
) -> None:
    invited = _invite(owner, "invited@example.com", "Viewer", "Service ID creator")
    code = _code_in(invited)
    anybody = Browser(lockhouse.url)
    words = {"code": code, "password": "a new password", "again": "a new password"}
    done = anybody.submit(anybody.get("/password").form("/password"), **words)
    again = anybody.submit(anybody.get("/password").form("/password"), **words)
    inside = anybody.log_in("invited@example.com", "a new password")
    anybody.client.close()

    assert invited.status == 201
    assert "The password is set" in done.words
    assert again.status == 400
    assert code not in again.html
    assert inside.path == "/iam/apikeys"
    assert "invited@example.com Viewer, Service ID creator" in owner.get("/iam/users").words


def test_the_code_is_shown_once_and_posting_the_form_again_invites_nobody(owner: Browser) -> None:
    form = owner.get("/iam/users/invite").form("/iam/users")
    code = _code_in(owner.submit(form, email="once@example.com"))
    again = owner.submit(form, email="once-more@example.com")

    assert again.status == 409
    assert "This form was used before" in again.words
    assert code not in owner.get(owner.get("/iam/users").links["once@example.com"]).html
    assert "once-more@example.com" not in owner.get("/iam/users").words


def test_a_user_who_has_a_password_elsewhere_is_told_how_to_join(
    owner: Browser, lockhouse: TestPlatform
) -> None:
    lockhouse.new_account("Elsewhere", "elsewhere@example.com")
    page = _invite(owner, "elsewhere@example.com")

    assert "there is no code" in page.words
    assert f"lockhouse user accept {lockhouse.account_id}" in page.words


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "Enter an e-mail address."),
        ("no address", "The user was not invited."),
        ("admin@lockhouse.local", "is in the account already"),
        ("<script>@example.com", "The user was not invited."),
    ],
)
def test_an_invitation_that_is_refused_says_why_and_keeps_what_was_typed(
    owner: Browser, email: str, words: str
) -> None:
    page = _invite(owner, email, "Viewer")

    assert page.status in (400, 409, 422)
    assert words in page.words
    assert page.form("/iam/users").fields["email"] == email
    assert page.form("/iam/users").fields["role"] == "Viewer"


def test_roles_are_chosen_and_taken_away(owner: Browser, lockhouse: TestPlatform) -> None:
    path = f"/iam/users/{lockhouse.new_user('roles@example.com', roles=['Editor']).iam_id}"
    form = owner.get(f"{path}/roles").form(f"{path}/roles")
    changed = owner.submit(form, role=["Viewer", "Operator"])
    form = owner.get(f"{path}/roles").form(f"{path}/roles")
    none = owner.post(form.action, {"csrf": form.fields["csrf"]}, headers={"Origin": owner.url})

    assert "Roles Operator, Viewer" in changed.words
    assert "Roles None" in none.words


def test_a_code_for_a_new_password_replaces_the_old_one(owner: Browser, lockhouse: TestPlatform) -> None:
    known = lockhouse.new_user("forgetful@example.com")
    path = f"/iam/users/{known.iam_id}/password"
    page = owner.submit(owner.get(path).form(path))
    anybody = Browser(lockhouse.url)
    form = anybody.get("/password").form("/password")
    anybody.submit(form, code=_code_in(page), password="a new password", again="a new password")
    old = anybody.log_in(known.email, known.password)
    new = anybody.log_in(known.email, "a new password")
    anybody.client.close()

    assert page.status == 201
    assert (old.status, new.status) == (401, 200)


def test_a_disabled_user_is_logged_out_until_he_is_enabled(owner: Browser, lockhouse: TestPlatform) -> None:
    known = lockhouse.new_user("paused@example.com")
    path = f"/iam/users/{known.iam_id}"
    paused = Browser(lockhouse.url)
    paused.log_in(known.email, known.password)
    disabled = owner.submit(owner.get(path).form(f"{path}/disable"))
    during = paused.get("/iam/apikeys").path
    enabled = owner.submit(disabled.form(f"{path}/enable"))
    after = paused.log_in(known.email, known.password).path
    paused.client.close()

    assert "Disabled" in disabled.words
    assert "Active" in enabled.words
    assert (during, after) == ("/login", "/iam/apikeys")


def test_what_ends_with_a_user_is_told_before_he_is_removed(owner: Browser, lockhouse: TestPlatform) -> None:
    known = lockhouse.new_user("leaving@example.com")
    content = f'{{"id": "{known.apikey_id}", "apikey": "{known.apikey}"}}'.encode()
    form = owner.get("/configurations/new").form("/configurations")
    owner.upload(form, {"file": ("apiKey.json", content)}, name="leaving-key", type="apikey")
    greeting = {"file": ("Greeting.bar", _greeting())}
    form = owner.get("/servers/new").form("/servers")
    owner.upload(form, greeting, name="fails-without", configuration="leaving-key", mode="all")
    path = f"/iam/users/{known.iam_id}"
    question = owner.get(f"{path}/remove")
    removed = owner.submit(question.form(f"{path}/remove"))

    assert f"API keys that end first ({known.apikey_id})" in question.words
    assert "Sessions that end 1" in question.words
    assert "Servers that fail fails-without" in question.words
    assert removed.path == "/iam/users"
    assert "leaving@example.com" not in removed.words
    assert owner.get(f"/iam/apikeys/{known.apikey_id}").status == 404


def test_the_owner_of_the_account_stays(owner: Browser, lockhouse: TestPlatform) -> None:
    path = f"/iam/users/{lockhouse.iam_id}"

    assert f"{path}/remove" not in owner.get(path).links.values()
    assert "cannot be removed" in owner.get(f"{path}/remove").words
    assert owner.submit(owner.get(f"{path}/remove").form(f"{path}/remove")).status == 409


@pytest.mark.parametrize("end", ["roles", "password", "remove", "disable", "enable", "nonsense"])
def test_a_member_changes_nobody(member: Browser, lockhouse: TestPlatform, end: str) -> None:
    csrf = member.get("/iam/users").form("/logout").fields["csrf"]
    answer = member.post(f"/iam/users/{lockhouse.iam_id}/{end}", {"csrf": csrf, "role": "Viewer"})

    assert answer.status == (404 if end == "nonsense" else 403)


def test_a_member_invites_nobody(owner: Browser, member: Browser) -> None:
    form = member.get("/iam/users/invite").form("/iam/users")

    assert member.submit(form, email="friend@example.com").status == 403
    assert "friend@example.com" not in owner.get("/iam/users").words


def _greeting() -> bytes:
    from tests.console.pages.test_servers import FLOW

    from lockhouse.flows.bar import write_bar

    return write_bar({"Greeting": FLOW.read_text()})
