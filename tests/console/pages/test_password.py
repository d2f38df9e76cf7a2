"""Passwords in the console: one's own, and those that codes become (their journey: test_user_manage.py)."""

import pytest
from tests.console.browser import Browser
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.testing import TestPlatform


def test_somebody_changes_his_own_password_and_logs_in_anew(
    stranger: Browser, lockhouse: TestPlatform
) -> None:
    known = lockhouse.new_user("careful@example.com")
    stranger.log_in(known.email, known.password)
    form = stranger.get("/password/change").form("/password/change")
    done = stranger.submit(
        form, current_password=known.password, password="a better password", again="a better password"
    )

    assert "The password is set" in done.words
    assert stranger.get("/iam/apikeys").path == "/login"
    assert stranger.log_in(known.email, known.password).status == 401
    assert stranger.log_in(known.email, "a better password").path == "/iam/apikeys"


@pytest.mark.parametrize(
    ("current", "passwords", "words"),
    [
        (
            "wrong-EXAMPLE",
            ("a better password", "a better password"),
            "credentials you provided are incorrect",
        ),
        ("the right one", ("a better password", "another password"), "The two passwords differ."),
        ("the right one", ("short", "short"), "12 to 256 characters"),
    ],
)
def test_a_refused_change_says_why_and_shows_nothing_that_was_typed(
    newcomer: Browser, lockhouse: TestPlatform, current: str, passwords: tuple[str, str], words: str
) -> None:
    given = lockhouse.password if current == "the right one" else current
    form = newcomer.get("/password/change").form("/password/change")
    page = newcomer.submit(form, current_password=given, password=passwords[0], again=passwords[1])

    assert page.status in (400, 422)
    assert words in page.words
    assert not any(text in page.html for text in (given, *passwords))
    assert newcomer.get("/iam/apikeys").path == "/iam/apikeys"


@pytest.mark.parametrize("code", ["no-such-code-EXAMPLE", "", "\x00", "x" * 5000])
def test_a_code_that_is_none_is_refused(stranger: Browser, code: str) -> None:
    form = stranger.get("/password").form("/password")
    page = stranger.submit(form, code=code, password="a new password", again="a new password")

    assert page.status == 400
    assert "The code is unknown, used, or too old." in page.words
    assert not code or code not in page.html


def test_the_login_page_leads_to_the_form_for_a_code(stranger: Browser) -> None:
    assert stranger.get("/login").links["Set a password with a code"] == "/password"


def test_a_stranger_cannot_change_a_password(stranger: Browser) -> None:
    assert stranger.get("/password/change").path == "/login"
