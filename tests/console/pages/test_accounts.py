"""Connector accounts in the console: the list, a test, deletion."""

from tests.console.browser import Browser
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

CREDENTIALS = {
    "credentials.username": "user@example.com",
    "credentials.password": "EXAMPLE-PASSWORD-NOT-REAL",
    "credentials.clientIdentity": "EXAMPLE-CLIENT",
    "credentials.clientSecret": "EXAMPLE-SECRET-NOT-REAL",
}


def _create(owner: Browser, name: str) -> None:
    form = owner.get("/accounts/new?connector=salesforce&auth=OAUTH2_PASSWORD").form("/accounts")
    given = {field: value for field, value in CREDENTIALS.items() if field in form.fields}
    assert owner.submit(form, name=name, **given).path == "/accounts"


def test_an_account_is_listed_with_its_application_and_state(owner: Browser) -> None:
    _create(owner, "Account 1")
    page = owner.get("/accounts")

    assert "Salesforce" in page.words
    assert "Account 1" in page.words
    assert "Not tested" in page.words


def test_a_failed_test_is_told_with_its_reason(owner: Browser) -> None:
    _create(owner, "To be tested")
    path = "/accounts/salesforce/To%20be%20tested/test"
    page = owner.submit(owner.get("/accounts").form(path))

    assert page.status == 200
    assert "salesforce, To be tested: the test failed." in page.words


def test_an_account_is_deleted_after_a_question(owner: Browser) -> None:
    _create(owner, "Short lived")
    path = "/accounts/salesforce/Short%20lived/delete"
    question = owner.get(path)
    page = owner.submit(question.form(path))

    assert "Delete this connector account?" in question.words
    assert page.path == "/accounts"
    assert "Short lived" not in page.words


def test_deleting_what_is_not_there_says_so(owner: Browser) -> None:
    _create(owner, "Twice")
    path = "/accounts/salesforce/Twice/delete"
    form = owner.get(path).form(path)
    owner.submit(form)

    assert owner.submit(form).status == 404
