"""The form of a connector account is that of its connector."""

import pytest
from tests.console.browser import Browser, HtmlForm
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

SECRET = "EXAMPLE-SECRET-NOT-REAL"
PASSWORD = "/accounts/new?connector=salesforce&auth=OAUTH2_PASSWORD"


def _form(owner: Browser) -> HtmlForm:
    return owner.get(PASSWORD).form("/accounts")


def _filled(form: HtmlForm) -> dict[str, str]:
    fields = [name for name in form.fields if name.startswith("credentials.")]
    return dict.fromkeys(fields, SECRET)


def test_first_the_application_is_chosen(owner: Browser) -> None:
    page = owner.get("/accounts/new")

    assert "Salesforce" in page.words
    assert "Slack" in page.words


def test_the_form_asks_for_what_the_connector_needs(owner: Browser) -> None:
    page = owner.get(PASSWORD)

    assert "Create a Salesforce account" in page.words
    assert {"credentials.username", "credentials.password"} <= set(page.form("/accounts").fields)


def test_a_connector_with_several_ways_to_authenticate_offers_each(owner: Browser) -> None:
    page = owner.get(PASSWORD)
    other = owner.get(page.links["BASIC_OAUTH"])

    assert other.form("/accounts").fields["auth_type"] == "BASIC_OAUTH"


def test_each_field_that_is_missing_is_told_at_its_place_and_no_secret_comes_back(owner: Browser) -> None:
    given = _filled(_form(owner)) | {"credentials.username": ""}
    page = owner.submit(_form(owner), name="Incomplete", **given)

    assert page.status == 422
    assert "need username" in page.words
    assert page.form("/accounts").fields["name"] == "Incomplete"
    assert page.form("/accounts").fields["credentials.password"] == ""
    assert "Incomplete" not in owner.get("/accounts").words


@pytest.mark.parametrize("name", ["", "a/b", "<b>", ".x", "x" * 300])
def test_an_account_needs_a_name_that_can_be_one(owner: Browser, name: str) -> None:
    form = _form(owner)
    page = owner.submit(form, **_filled(form) | {"name": name})

    assert 400 <= page.status < 500
    assert "The account was not created." in page.words
    assert "Enter a name." in page.words or "expected" in page.words


def test_two_accounts_of_one_name_are_not_made(owner: Browser) -> None:
    form = _form(owner)
    owner.submit(form, name="Same", **_filled(form))
    page = owner.submit(form, name="Same", **_filled(form))

    assert page.status == 409
    assert "there is an account 'Same' for salesforce already" in page.words


def test_replacing_credentials_shows_what_is_not_secret(owner: Browser) -> None:
    form = _form(owner)
    open_fields = {"credentials.username": "ada@example.com", "credentials.clientIdentity": "client"}
    owner.submit(form, name="Replaced", **_filled(form) | open_fields)
    path = "/accounts/salesforce/Replaced/credentials"
    page = owner.get(path)
    done = owner.submit(page.form(path), **_filled(form))

    assert page.form(path).fields["credentials.username"] == "ada@example.com"
    assert SECRET not in page.html
    assert done.path == "/accounts"


@pytest.mark.parametrize("query", ["connector=none", "connector=%3Cscript%3E", "connector=../x"])
def test_an_application_that_is_not_there_has_a_page_that_says_so(owner: Browser, query: str) -> None:
    page = owner.get(f"/accounts/new?{query}")

    assert page.status == 404
    assert "<script>" not in page.html
