"""Creating, changing and deleting service IDs in the console."""

import json

import httpx
from tests.console.browser import Browser, Page, path_of_key, value_in
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.testing import TestPlatform


def _create(browser: Browser, name: str, description: str = "") -> Page:
    form = browser.get("/iam/serviceids/new").form("/iam/serviceids")
    return browser.submit(form, name=name, description=description)


def _key(owner: Browser, path: str, name: str) -> Page:
    return owner.submit(owner.get(f"{path}/keys/new").form(f"{path}/keys"), name=name)


def test_a_key_of_a_service_id_is_shown_once_and_lets_it_in(owner: Browser, lockhouse: TestPlatform) -> None:
    path = _create(owner, "robot", "for tests").path
    made = _key(owner, path, "of the robot")
    value = value_in(made)
    form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": value}
    answer = httpx.post(f"{lockhouse.url}/identity/token", data=form)
    details = owner.get(path)
    file = owner.client.post("/iam/apikeys/apiKey.json", data=made.form("/iam/apikeys/apiKey.json").fields)

    assert answer.status_code == 200
    assert made.links["Close"] == path
    assert details.links["of the robot"] == path_of_key(made)
    assert value not in details.html
    assert json.loads(file.text)["iam_id"] == f"iam-{path.rpartition('/')[2]}"


def test_posting_the_dialogues_again_makes_nothing_more(owner: Browser) -> None:
    form = owner.get("/iam/serviceids/new").form("/iam/serviceids")
    path = owner.submit(form, name="made once").path
    again = owner.submit(form, name="made once")
    key_form = owner.get(f"{path}/keys/new").form(f"{path}/keys")
    owner.submit(key_form, name="one key")
    second_key = owner.submit(key_form, name="one key")

    assert (again.status, second_key.status) == (409, 409)
    assert owner.get("/iam/serviceids?search=made+once").html.count("<bdi>made once</bdi>") == 1
    assert owner.get(path).html.count("<bdi>one key</bdi>") == 1


def test_name_and_description_are_changed(owner: Browser) -> None:
    path = _create(owner, "before", "old").path
    form = owner.get(f"{path}/edit").form(f"{path}/edit")
    changed = owner.submit(form, name="after", description="")
    too_late = owner.submit(form, name="too late")

    assert form.fields["description"] == "old"
    assert "after" in changed.words
    assert "Description None" in changed.words
    assert too_late.status == 409
    assert "too late" not in owner.get(path).words


def test_a_service_id_without_a_name_is_not_created(owner: Browser) -> None:
    refused = _create(owner, "  ", "typed before")

    assert refused.status == 422
    assert "Enter a name." in refused.words
    assert refused.form("/iam/serviceids").fields["description"] == "typed before"
    assert owner.submit(refused.form("/iam/serviceids"), name="at last").status == 200


def test_what_ends_with_a_service_id_is_told_before_it_is_deleted(owner: Browser) -> None:
    path = _create(owner, "short-lived").path
    made = _key(owner, path, "its key")
    file = owner.client.post("/iam/apikeys/apiKey.json", data=made.form("/iam/apikeys/apiKey.json").fields)
    form = owner.get("/configurations/new").form("/configurations")
    owner.upload(form, {"file": ("apiKey.json", file.content)}, name="short-key", type="apikey")
    question = owner.get(f"{path}/delete")
    deleted = owner.submit(question.form(f"{path}/delete"))

    assert f"API keys that end its key ({path_of_key(made).rpartition('/')[2]})" in question.words
    assert "Servers that fail None of this platform" in question.words
    assert deleted.path == "/iam/serviceids"
    assert owner.get(path).status == 404
    assert owner.get(path_of_key(made)).status == 404


def test_a_locked_service_id_stays_and_the_dialogue_says_why(owner: Browser) -> None:
    path = _create(owner, "locked").path
    locked = owner.submit(owner.get(path).form(f"{path}/lock"))
    refused = owner.submit(owner.get(f"{path}/delete").form(f"{path}/delete"))
    owner.submit(owner.get(path).form(f"{path}/unlock"))

    assert "Locked" in locked.words
    assert refused.status == 409
    assert "The service ID was not deleted." in refused.words
    assert owner.submit(owner.get(f"{path}/delete").form(f"{path}/delete")).path == "/iam/serviceids"


def test_a_locked_key_keeps_its_service_id(owner: Browser) -> None:
    path = _create(owner, "with a locked key").path
    key = path_of_key(_key(owner, path, "the locked one"))
    owner.submit(owner.get(key).form(f"{key}/lock"))
    question = owner.get(f"{path}/delete")
    refused = owner.submit(question.form(f"{path}/delete"))

    assert ", locked" in question.words
    assert refused.status == 409
    assert owner.get(path).status == 200


def test_a_viewer_changes_nothing(owner: Browser, viewer: Browser) -> None:
    path = _create(owner, "seen only").path
    seen = viewer.get(path)
    nonce = viewer.get("/iam/serviceids/new").form("/iam/serviceids").fields["nonce"]
    fields = {"csrf": seen.form("/logout").fields["csrf"], "name": "x", "entity_tag": "*", "nonce": nonce}

    assert "Delete" not in seen.links
    for end in ("edit", "delete", "lock", "keys"):
        assert viewer.post(f"{path}/{end}", fields).status == 403, end
    assert "seen only" in owner.get(path).words
