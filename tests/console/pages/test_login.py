"""Logging in and out."""

import pytest
from tests.console.browser import Browser
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.testing import TestPlatform


def test_a_stranger_is_asked_to_log_in_and_then_gets_the_page_he_asked_for(
    stranger: Browser, lockhouse: TestPlatform
) -> None:
    asked = stranger.get("/iam/apikeys?sort=created_at")
    form = asked.form("/login")

    page = stranger.submit(form, email=lockhouse.email, password=lockhouse.password)

    assert asked.path == "/login"
    assert page.path == "/iam/apikeys"
    assert form.fields["next"] == "/iam/apikeys?sort=created_at"
    assert lockhouse.email in page.words


def test_the_first_page_of_the_platform_is_the_list_of_api_keys(owner: Browser) -> None:
    assert owner.get("/").path == "/iam/apikeys"


@pytest.mark.parametrize("email", ["nobody@example.com", "the owner's", ""])
def test_a_wrong_password_and_an_unknown_person_are_told_apart_by_nothing(
    stranger: Browser, lockhouse: TestPlatform, email: str
) -> None:
    given = lockhouse.email if email == "the owner's" else email
    page = stranger.submit(stranger.get("/login").form("/login"), email=given, password="wrong-EXAMPLE")

    assert page.status == 401
    assert "The e-mail address or the password is wrong." in page.words
    assert "wrong-EXAMPLE" not in page.html


@pytest.mark.parametrize(
    "foreign",
    [
        "https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example",
        "javascript:alert(1)", "/\t/evil.example", " //evil.example", "iam/apikeys", "///evil.example",
        "/iam\r\nSet-Cookie: a=b",
    ],
)  # fmt: skip
def test_after_logging_in_nobody_is_sent_to_another_site(
    stranger: Browser, lockhouse: TestPlatform, foreign: str
) -> None:
    form = stranger.get("/login").form("/login")
    page = stranger.submit(
        form, next=foreign, email=lockhouse.email, password=lockhouse.password, follow=False
    )

    assert page.status == 303
    assert page.headers["Location"] == "/"
    assert "a=b" not in page.headers["Set-Cookie"]


def test_who_is_logged_in_does_not_see_the_form_again(owner: Browser) -> None:
    assert owner.get("/login").path == "/iam/apikeys"


def test_logging_out_leads_to_the_form_and_shuts_the_pages(newcomer: Browser) -> None:
    page = newcomer.submit(newcomer.get("/iam/apikeys").form("/logout"))

    assert page.path == "/login"
    assert newcomer.get("/iam/apikeys").path == "/login"


def test_a_form_that_outlived_its_session_leads_back_to_its_page_by_the_login(
    newcomer: Browser, lockhouse: TestPlatform
) -> None:
    form = newcomer.get("/iam/apikeys/new").form("/iam/apikeys")
    newcomer.cookies.clear()
    referer = {"Origin": newcomer.url, "Referer": f"{newcomer.url}/iam/apikeys/new"}
    asked = newcomer.post("/iam/apikeys", form.fields | {"name": "too late"}, headers=referer)
    page = newcomer.submit(asked.form("/login"), email=lockhouse.email, password=lockhouse.password)

    assert "Your session is over. What you sent was not done." in asked.words
    assert page.path == "/iam/apikeys/new"
    assert "too late" not in page.words


@pytest.mark.parametrize("referer", ["https://evil.example/x", "//evil.example", "nonsense", ""])
def test_such_a_form_from_elsewhere_leads_to_no_other_site(stranger: Browser, referer: str) -> None:
    page = stranger.post("/iam/apikeys", {"name": "x"}, headers={"Referer": referer})

    assert page.path == "/login"
    assert page.form("/login").fields["next"] == "/"
