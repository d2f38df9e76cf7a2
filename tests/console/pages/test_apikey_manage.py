"""Changing and deleting API keys."""

import httpx
import pytest
from tests.console.browser import Browser, path_of_key, value_in

from lockhouse.testing import TestPlatform


def _token_status(lockhouse: TestPlatform, value: str) -> int:
    form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": value}
    return httpx.post(f"{lockhouse.url}/identity/token", data=form).status_code


def test_a_key_is_deleted_after_a_question_that_names_it(owner: Browser, lockhouse: TestPlatform) -> None:
    created = owner.create_key("to be deleted")
    path = path_of_key(created)
    question = owner.get(f"{path}/delete")

    page = owner.submit(question.form(f"{path}/delete"))

    assert "Delete this API key?" in question.words
    assert "to be deleted" in question.words
    assert page.path == "/iam/apikeys"
    assert path not in page.html
    assert owner.get(path).status == 404
    assert _token_status(lockhouse, value_in(created)) == 400


def test_the_question_alone_deletes_nothing(owner: Browser, lockhouse: TestPlatform) -> None:
    created = owner.create_key("asked only")
    owner.get(f"{path_of_key(created)}/delete")

    assert _token_status(lockhouse, value_in(created)) == 200


def test_deleting_again_says_that_the_key_is_not_there(owner: Browser) -> None:
    path = path_of_key(owner.create_key("twice deleted"))
    form = owner.get(f"{path}/delete").form(f"{path}/delete")
    owner.submit(form)

    assert owner.submit(form).status == 404


def test_a_locked_key_is_not_deleted_and_the_dialogue_says_why(
    owner: Browser, lockhouse: TestPlatform
) -> None:
    created = owner.create_key("locked")
    path = path_of_key(created)
    locked = owner.submit(owner.get(path).form(f"{path}/lock"))

    page = owner.submit(owner.get(f"{path}/delete").form(f"{path}/delete"))

    assert "Locked" in locked.words
    assert page.status == 409
    assert "is locked" in page.words
    assert _token_status(lockhouse, value_in(created)) == 200


def test_a_locked_key_can_be_unlocked_and_then_deleted(owner: Browser) -> None:
    path = path_of_key(owner.create_key("unlocked"))
    locked = owner.submit(owner.get(path).form(f"{path}/lock"))
    unlocked = owner.submit(locked.form(f"{path}/unlock"))

    assert not locked.has_form(f"{path}/lock")
    assert unlocked.has_form(f"{path}/lock")
    assert owner.submit(owner.get(f"{path}/delete").form(f"{path}/delete")).path == "/iam/apikeys"


def test_a_disabled_key_gives_no_token_until_it_is_enabled(owner: Browser, lockhouse: TestPlatform) -> None:
    created = owner.create_key("disabled")
    path, value = path_of_key(created), value_in(created)
    disabled = owner.submit(owner.get(path).form(f"{path}/disable"))
    refused = _token_status(lockhouse, value)
    owner.submit(disabled.form(f"{path}/enable"))

    assert "Disabled" in disabled.words
    assert refused == 400
    assert _token_status(lockhouse, value) == 200


def test_name_and_description_can_be_changed_and_the_description_cleared(owner: Browser) -> None:
    path = path_of_key(owner.create_key("before", "old words"))
    form = owner.get(f"{path}/edit").form(f"{path}/edit")
    page = owner.submit(form, name="after", description="")

    assert form.fields["name"] == "before"
    assert form.fields["description"] == "old words"
    assert page.path == path
    assert "after" in page.words
    assert "old words" not in page.words


def test_a_change_that_somebody_else_made_meanwhile_is_not_overwritten(owner: Browser) -> None:
    path = path_of_key(owner.create_key("mine"))
    form = owner.get(f"{path}/edit").form(f"{path}/edit")
    owner.submit(form, name="theirs")

    page = owner.submit(form, name="mine again")

    assert page.status == 409
    assert "The key was not changed." in page.words
    assert page.form(f"{path}/edit").fields["name"] == "mine again"
    assert "theirs" in owner.get(path).words


def test_a_key_keeps_a_name(owner: Browser) -> None:
    path = path_of_key(owner.create_key("named"))
    page = owner.submit(owner.get(f"{path}/edit").form(f"{path}/edit"), name=" ")

    assert page.status == 422
    assert "Enter a name." in page.words
    assert "named" in owner.get(path).words


@pytest.mark.parametrize("change", ["explode", "%2e%2e", "LOCK", "lock%20"])
def test_there_are_no_other_changes(owner: Browser, change: str) -> None:
    page = owner.create_key("fixed")
    csrf = page.form("/iam/apikeys/apiKey.json").fields["csrf"]

    assert owner.post(f"{path_of_key(page)}/{change}", {"csrf": csrf}).status in (404, 405)


def test_the_menu_of_a_row_does_what_it_says(owner: Browser) -> None:
    path = path_of_key(owner.create_key("from the row"))
    page = owner.get("/iam/apikeys?search=from+the+row")

    assert page.links["Details"] == path
    assert page.links["Edit"] == f"{path}/edit"
    assert page.links["Delete"] == f"{path}/delete"
    assert "Locked" in owner.submit(page.form(f"{path}/lock")).words
