"""Renaming a connector account in the console."""

import pytest
from tests.console.browser import Browser
from tests.console.pages.test_accounts import _create
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture


def test_an_account_is_renamed(owner: Browser) -> None:
    _create(owner, "Old name")
    path = "/accounts/salesforce/Old%20name/rename"
    form = owner.get(path).form(path)
    page = owner.submit(form, name="New name")

    assert form.fields["name"] == "Old name"
    assert page.path == "/accounts"
    assert "New name" in page.words
    assert "Old name" not in page.words
    assert owner.get(path).status == 404


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("", "Enter a name."),
        ("Taken", "there is an account"),
        ("a/b", "expected no slashes"),
        ("x" * 300, "expected 1 to"),
    ],
)
def test_a_name_that_cannot_be_is_told_in_the_dialogue(owner: Browser, name: str, words: str) -> None:
    for known in ("Taken", "Renamed to what cannot be"):
        if known not in owner.get("/accounts").words:
            _create(owner, known)
    path = "/accounts/salesforce/Renamed%20to%20what%20cannot%20be/rename"
    page = owner.submit(owner.get(path).form(path), name=name)

    assert page.status in (400, 409, 422)
    assert words in page.words
    assert page.form(path).fields["name"] == name
