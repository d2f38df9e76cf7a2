"""The account's settings in the console."""

from collections.abc import Iterator

import pytest
from tests.console.browser import Browser, HtmlForm
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

_PATH = "/iam/settings/edit"


def _form(browser: Browser) -> HtmlForm:
    return browser.get(_PATH).form(_PATH)


@pytest.fixture(autouse=True)
def as_before(owner: Browser) -> Iterator[None]:
    """What a test sets holds for that test alone."""
    plain = _form(owner).fields
    yield
    form = _form(owner)
    changed = {name: text for name, text in plain.items() if name not in ("csrf", "entity_tag")}
    assert owner.submit(form, **changed).path == "/iam/settings"


def test_what_is_set_is_shown_with_who_changed_it(owner: Browser) -> None:
    page = owner.submit(
        _form(owner), allowed_ip_addresses="127.0.0.0/8,\r\n  ::1", max_sessions_per_identity="7"
    )

    assert page.path == "/iam/settings"
    assert "Allowed IP addresses 127.0.0.0/8, ::1" in page.words
    assert "7 sessions" in page.words
    assert "History" in page.words
    assert _form(owner).fields["allowed_ip_addresses"] == "127.0.0.0/8, ::1"


def test_an_empty_number_is_what_holds_without_a_choice(owner: Browser) -> None:
    page = owner.submit(_form(owner), max_sessions_per_identity="", session_expiration_in_seconds="")

    assert "Not set: any number" in page.words
    assert "Longest session Not set: 86400" in page.words
    assert _form(owner).fields["session_expiration_in_seconds"] == ""


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("system_access_token_expiration_in_seconds", "10", "must be a number from 900 to 3600"),
        ("session_expiration_in_seconds", "a day", "must be a number from 900 to 86400"),
        ("allowed_ip_addresses", "not an address", "must be addresses, ranges"),
        ("max_sessions_per_identity", "0", "must be a number from 1"),
        ("restrict_create_service_id", "PERHAPS", "The settings were not changed."),
    ],
)
def test_a_refused_setting_is_told_at_its_field_and_nothing_is_changed(
    owner: Browser, name: str, text: str, words: str
) -> None:
    before = owner.get("/iam/settings").words.partition("History")[0]
    page = owner.submit(_form(owner), **{name: text})

    assert page.status in (400, 422)
    assert words in page.words
    assert owner.get("/iam/settings").words.partition("History")[0] == before


def test_a_restriction_holds_for_the_owner_too(owner: Browser) -> None:
    owner.submit(_form(owner), restrict_create_platform_apikey="RESTRICTED")
    refused = owner.create_key("not allowed")

    assert refused.status == 403
    assert "User API key creator" in refused.words


def test_settings_that_somebody_else_changed_meanwhile_are_not_overwritten(owner: Browser) -> None:
    late = _form(owner)
    owner.submit(_form(owner), max_sessions_per_identity="9")
    page = owner.submit(late, max_sessions_per_identity="3")

    assert page.status == 409
    assert "9 sessions" in owner.get("/iam/settings").words


def test_others_see_the_settings_and_change_none(member: Browser, viewer: Browser) -> None:
    for browser in (member, viewer):
        page = browser.get("/iam/settings")
        assert "Allowed IP addresses" in page.words
        assert _PATH not in page.links.values()
        assert browser.submit(_form(browser), max_sessions_per_identity="1").status == 403
