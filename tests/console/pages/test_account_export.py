"""Taking connector accounts out in the console."""

import json

from tests.console.browser import Browser
from tests.console.pages.test_accounts import CREDENTIALS, _create
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.testing import TestPlatform

_PATH = "/accounts/export"


def test_the_file_has_every_account_with_its_credentials(owner: Browser, lockhouse: TestPlatform) -> None:
    _create(owner, "Taken out")
    fields = owner.get(_PATH).form(_PATH).fields | {"password": lockhouse.password}
    answer = owner.client.post(_PATH, data=fields)
    entries = json.loads(answer.text)["accounts"]["salesforce"]

    assert 'filename="accounts.yaml"' in answer.headers["Content-Disposition"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert CREDENTIALS["credentials.password"] in [one["credentials"]["password"] for one in entries]
    assert owner.get("/accounts").path == "/accounts"


def test_a_wrong_password_gets_nothing(owner: Browser, lockhouse: TestPlatform) -> None:
    _create(owner, "Stays in")
    page = owner.submit(owner.get(_PATH).form(_PATH), password="wrong-EXAMPLE")

    assert page.status == 401
    assert "The password is wrong." in page.words
    assert not any(text in page.html for text in ("wrong-EXAMPLE", CREDENTIALS["credentials.password"]))


def test_who_is_no_administrator_gets_nothing_with_his_own_password(
    owner: Browser, viewer: Browser, lockhouse: TestPlatform
) -> None:
    _create(owner, "Not for viewers")
    page = viewer.submit(viewer.get(_PATH).form(_PATH), password="password of viewer@example.com")

    assert _PATH not in viewer.get("/accounts").links.values()
    assert page.status == 403
    assert CREDENTIALS["credentials.password"] not in page.html
