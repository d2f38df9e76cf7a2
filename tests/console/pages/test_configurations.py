"""Configurations in the console."""

import json

import pytest
from tests.console.browser import Browser, HtmlForm, Page, path_of_key
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

CONTENT_NEVER_SHOWN = "EXAMPLE-KEY-NOT-REAL-0123456789"


def _new_form(owner: Browser) -> HtmlForm:
    return owner.get("/configurations/new").form("/configurations")


def _apikey_file(owner: Browser, name: str) -> tuple[Page, bytes]:
    page = owner.create_key(name)
    answer = owner.client.post("/iam/apikeys/apiKey.json", data=page.form("/iam/apikeys/apiKey.json").fields)
    return page, answer.content


def test_an_apikey_json_becomes_a_configuration_that_names_its_key(owner: Browser) -> None:
    created, content = _apikey_file(owner, "carried")
    page = owner.upload(
        _new_form(owner), {"file": ("apiKey.json", content)}, name="orders-key", type="apikey"
    )

    assert page.path == "/configurations"
    assert "orders-key" in page.words
    assert page.links["carried"] == path_of_key(created)
    assert json.loads(content)["apikey"] not in page.html


def test_a_key_tells_which_configurations_carry_it_also_before_it_is_deleted(owner: Browser) -> None:
    created, content = _apikey_file(owner, "asked after")
    owner.upload(_new_form(owner), {"file": ("apiKey.json", content)}, name="asked-conf", type="apikey")
    path = path_of_key(created)

    for page in (owner.get(path), owner.get(f"{path}/delete")):
        assert "configuration asked-conf , given to no server" in page.words


def test_a_content_may_be_pasted(owner: Browser) -> None:
    text = f"AppConnectAPIKey apikey {CONTENT_NEVER_SHOWN}\r\n"
    page = owner.upload(_new_form(owner), {}, name="pasted", type="setdbparms", content=text)

    assert page.path == "/configurations"
    assert "setdbparms.txt" in page.words
    assert CONTENT_NEVER_SHOWN not in page.html


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "no-content"}, "Choose a file, or paste its content below."),
        ({"name": "not-json", "content": "no json"}, "expected"),
        ({"name": "../x", "content": '{"apikey": "EXAMPLE-KEY-0123456789-0123456789"}'}, "expected letters"),
        ({"name": "x", "type": "nonsense", "content": "x"}, "expected one of the types"),
        ({"name": "y", "type": "accounts", "content": "a: &a [*a]"}, "was not stored"),
        ({"name": "z", "type": "setdbparms", "content": "one two"}, "was not stored"),
    ],
)
def test_what_is_wrong_is_told_in_the_dialogue_and_nothing_is_stored(
    owner: Browser, fields: dict[str, str], words: str
) -> None:
    page = owner.upload(_new_form(owner), {}, **{"type": "apikey"} | fields)

    assert 400 <= page.status < 500
    assert words in page.words
    assert f"Actions of {fields['name'] or 'nothing'}" not in owner.get("/configurations").html


def test_a_refused_content_is_not_shown_again(owner: Browser) -> None:
    fields = {"name": "refused", "type": "apikey", "content": f'{{"apikey": "{CONTENT_NEVER_SHOWN}",,}}'}
    page = owner.upload(_new_form(owner), {}, **fields)

    assert "The configuration was not stored." in page.words
    assert CONTENT_NEVER_SHOWN not in page.html


def test_a_new_configuration_never_takes_the_place_of_another(owner: Browser) -> None:
    text = f"AppConnectAPIKey apikey {CONTENT_NEVER_SHOWN}"
    owner.upload(_new_form(owner), {}, name="taken", type="setdbparms", content=text, description="first")
    page = owner.upload(
        _new_form(owner), {}, name="taken", type="setdbparms", content=text, description="second"
    )

    assert "There is a configuration of this name already." in page.words
    assert "first" in owner.get("/configurations").words


def test_a_content_can_be_replaced(owner: Browser) -> None:
    first, content = _apikey_file(owner, "first key")
    owner.upload(_new_form(owner), {"file": ("apiKey.json", content)}, name="renewed", type="apikey")
    second, content = _apikey_file(owner, "second key")
    form = owner.get("/configurations/renewed/content").form("/configurations/renewed/content")
    page = owner.upload(form, {"file": ("apiKey.json", content)})

    assert page.links["second key"] == path_of_key(second)
    assert "first key" not in page.links
    assert "No configuration of this platform" in owner.get(path_of_key(first)).words


def test_a_configuration_is_deleted_after_a_question(owner: Browser) -> None:
    owner.upload(_new_form(owner), {}, name="short-lived", type="setdbparms", content="a b c")
    question = owner.get("/configurations/short-lived/delete")
    page = owner.submit(question.form("/configurations/short-lived/delete"))

    assert "Delete this configuration?" in question.words
    assert page.path == "/configurations"
    assert "short-lived" not in page.words


@pytest.mark.parametrize("end", ["delete", "content"])
def test_what_is_not_there_has_a_page_that_says_so(owner: Browser, end: str) -> None:
    assert owner.get(f"/configurations/none/{end}").status == 404


def test_an_upload_without_the_proof_of_a_form_is_refused(owner: Browser) -> None:
    form = HtmlForm("/configurations", "post", {"name": "forged", "type": "setdbparms", "content": "a b c"})

    assert owner.upload(form, {}).status == 403
    assert "forged" not in owner.get("/configurations").words


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"--x",
        b"--x\r\n\r\n",
        b'--x\r\nContent-Disposition: form-data; name="csrf"\r\n\r\n\xff\xff\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="a"\r\nContent-Type: a/b; charset=no\r\n\r\nx\r\n--x--',
        b"--x\r\nContent-Disposition: form-data\r\n\r\nx\r\n--x--\r\n",
        b'--x\r\nContent-Disposition: form-data; name="a"; filename="../../x"\r\n\r\nx\r\n--x--\r\n',
        b'--x\r\nContent-Disposition: form-data; name="a"\r\n\r\nx\r\n' * 2000 + b"--x--\r\n",
    ],
)
def test_a_body_that_is_no_upload_is_refused_with_a_page(owner: Browser, body: bytes) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=x"}
    answer = owner.client.post("/configurations", content=body, headers=headers)

    assert answer.status_code in (400, 403, 413)
    assert answer.headers["Content-Type"].startswith("text/html")


def test_an_upload_that_is_too_large_is_refused(owner: Browser) -> None:
    page = owner.upload(_new_form(owner), {"file": ("x", b"x" * 3_000_000)}, name="large", type="setdbparms")

    assert page.status == 413
