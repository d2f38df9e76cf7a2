"""Creating an API key: the value is shown once, and a form makes one key."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.console.browser import Browser, HtmlForm, path_of_key, value_in

from lockhouse.testing import TestPlatform

APIKEY_GRANT = "urn:ibm:params:oauth:grant-type:apikey"
FIELDS = [
    "id", "crn", "iam_id", "account_id", "name", "description", "apikey", "locked", "entity_tag",
    "created_at", "created_by", "modified_at",
]  # fmt: skip


def _new_form(browser: Browser) -> HtmlForm:
    return browser.get("/iam/apikeys/new").form("/iam/apikeys")


def _count(browser: Browser, name: str) -> int:
    return browser.get(f"/iam/apikeys?search={name}").html.count('<td class="keys__name">')


def test_a_new_key_is_shown_with_its_value_and_the_value_works(
    owner: Browser, lockhouse: TestPlatform
) -> None:
    page = owner.create_key("works", "for a test")
    form = {"grant_type": APIKEY_GRANT, "apikey": value_in(page)}

    assert page.status == 201
    assert page.path == "/iam/apikeys"
    assert page.headers["Cache-Control"] == "no-store"
    assert httpx.post(f"{lockhouse.url}/identity/token", data=form).status_code == 200


def test_the_value_is_on_no_other_page_and_in_no_cookie(owner: Browser) -> None:
    page = owner.create_key("once")
    value, path = value_in(page), path_of_key(page)

    for other in (
        "/iam/apikeys",
        "/iam/apikeys?view=account",
        "/iam/apikeys/new",
        path,
        f"{path}/edit",
        f"{path}/delete",
    ):
        assert value not in owner.get(other).html
    assert value not in str(owner.cookies.jar)
    assert value not in str(page.headers)


def test_two_keys_have_two_values(owner: Browser) -> None:
    values = {value_in(owner.create_key("twins")) for _ in range(3)}

    assert len(values) == 3
    assert all(len(value) == 44 for value in values)


def test_posting_the_same_form_again_makes_no_key_and_shows_no_value(owner: Browser) -> None:
    form = _new_form(owner)
    first = owner.submit(form, name="posted-twice")
    again = owner.submit(form, name="posted-twice")
    other = owner.submit(form, name="posted-twice-renamed")

    assert first.status == 201
    assert again.status == other.status == 409
    assert "This form was used before" in again.words
    assert value_in(first) not in again.html
    assert _count(owner, "posted-twice") == 1


def test_the_same_form_makes_no_key_even_after_the_first_one_was_deleted(owner: Browser) -> None:
    form = _new_form(owner)
    first = owner.submit(form, name="gone-again")
    owner.submit(owner.get(f"{path_of_key(first)}/delete").form(f"{path_of_key(first)}/delete"))

    assert owner.submit(form, name="gone-again").status == 409
    assert _count(owner, "gone-again") == 0


def test_of_many_posts_of_a_form_at_once_one_makes_a_key(owner: Browser) -> None:
    form = _new_form(owner)
    fields = form.fields | {"name": "at-once"}
    cookies = {"lockhouse": owner.cookies["lockhouse"]}

    def send(_: int) -> int:
        return httpx.post(f"{owner.url}/iam/apikeys", data=fields, cookies=cookies).status_code

    with ThreadPoolExecutor(8) as pool:
        statuses = sorted(pool.map(send, range(8)))

    assert statuses == [201] + [409] * 7
    assert _count(owner, "at-once") == 1


@pytest.mark.parametrize("nonce", ["", "x", "1.2.3", "9999999999.AAAA.BBBB", "..", "é.é.é", "-1.a."])
def test_a_form_with_a_forged_word_makes_no_key(owner: Browser, nonce: str) -> None:
    page = owner.submit(_new_form(owner), name="forged", nonce=nonce)

    assert page.status == 409
    assert _count(owner, "forged") == 0


def test_a_form_of_another_session_makes_no_key(owner: Browser, lockhouse: TestPlatform) -> None:
    other = Browser(lockhouse.url)
    other.log_in(lockhouse.email, lockhouse.password)
    nonce = _new_form(other).fields["nonce"]
    other.client.close()

    assert owner.submit(_new_form(owner), name="borrowed", nonce=nonce).status == 409


def test_a_form_that_lay_open_for_more_than_an_hour_makes_no_key(
    newcomer: Browser, lockhouse: TestPlatform
) -> None:
    form = _new_form(newcomer)
    lockhouse.travel(minutes=61)
    page = newcomer.submit(form, name="stale")

    assert page.status == 409
    assert "This form is too old" in page.words


@pytest.mark.parametrize("name", ["", "   ", "\t\r\n"])
def test_a_key_needs_a_name_and_what_was_typed_stays(owner: Browser, name: str) -> None:
    page = owner.submit(_new_form(owner), name=name, description="stays <here>")

    assert page.status == 422
    assert "Enter a name." in page.words
    assert page.form("/iam/apikeys").fields["description"] == "stays <here>"


@pytest.mark.parametrize("name", ["a" * 257, "a\x00b", "a\x1bb"])
def test_what_iam_refuses_is_told_in_the_dialogue_which_can_be_sent_again(owner: Browser, name: str) -> None:
    refused = owner.submit(_new_form(owner), name=name, description="kept")
    repeated = owner.submit(refused.form("/iam/apikeys"), name="corrected")

    assert refused.status == 400
    assert "The key was not created." in refused.words
    assert repeated.status == 201


def test_the_download_is_an_apikey_json_with_the_value(owner: Browser) -> None:
    page = owner.create_key("down", "loaded")
    answer = owner.client.post(
        "/iam/apikeys/apiKey.json",
        data=page.form("/iam/apikeys/apiKey.json").fields,
        headers={"Origin": owner.url},
    )
    document = json.loads(answer.text)

    assert answer.headers["Content-Disposition"] == 'attachment; filename="apiKey.json"'
    assert answer.headers["Content-Type"] == "application/json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert list(document) == FIELDS
    assert document["apikey"] == value_in(page)
    assert document["name"] == "down"
    assert document["description"] == "loaded"
    assert document["locked"] is False
    assert answer.text.startswith('{\n\t"id"')


def test_the_file_has_the_same_name_whatever_the_key_is_called(owner: Browser) -> None:
    page = owner.create_key('../../etc/passwd"; filename="evil.html')
    fields = page.form("/iam/apikeys/apiKey.json").fields
    answer = owner.client.post("/iam/apikeys/apiKey.json", data=fields)

    assert answer.headers["Content-Disposition"] == 'attachment; filename="apiKey.json"'


def test_the_file_cannot_be_had_without_the_value(owner: Browser) -> None:
    created = owner.create_key("no value")
    fields = created.form("/iam/apikeys/apiKey.json").fields
    answer = owner.client.post("/iam/apikeys/apiKey.json", data={**fields, "apikey": ""})

    assert owner.get("/iam/apikeys/apiKey.json").status == 405
    assert value_in(created) not in answer.text


def test_the_value_is_in_no_log(
    owner: Browser, lockhouse: TestPlatform, capfd: pytest.CaptureFixture[str]
) -> None:
    page = owner.create_key("quiet")
    owner.client.post("/iam/apikeys/apiKey.json", data=page.form("/iam/apikeys/apiKey.json").fields)
    output = lockhouse.log.read_text() + "".join(capfd.readouterr())

    assert "/iam/apikeys/apiKey.json" in output
    assert value_in(page) not in output
    assert owner.cookies["lockhouse"] not in output
