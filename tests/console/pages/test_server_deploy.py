"""Deploying an integration server in the console."""

from pathlib import Path

import pytest
from tests.console.browser import Browser, HtmlForm, Page
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.flows.bar import write_bar

EXAMPLES = Path(__file__).parents[3] / "examples"


def _bar(example: str, flow: str) -> bytes:
    return write_bar({flow: (EXAMPLES / example).read_text()})


def _form(owner: Browser) -> HtmlForm:
    return owner.get("/servers/new").form("/servers")


def _deploy(owner: Browser, name: str, *, file: str = "Greeting.bar", **fields: str) -> Page:
    content = _bar("greeting.yaml", "Greeting")
    return owner.upload(_form(owner), {"file": (file, content)}, name=name, **fields)


def test_a_bar_that_is_sent_along_is_deployed(owner: Browser) -> None:
    page = _deploy(owner, "sent-along", mode="local", version="12.0.9.0-r1")

    assert page.path == "/servers/sent-along"
    assert "Local connectors only" in page.words
    assert "12.0.9.0-r1" in page.words


def test_a_bar_that_is_stored_can_be_deployed_again(owner: Browser) -> None:
    _deploy(owner, "first-user", file="Stored once.bar")
    page = owner.upload(_form(owner), {}, name="second-user", bar="Stored once")

    assert page.path == "/servers/second-user"


def test_a_server_that_is_there_is_changed_only_by_its_own_form(owner: Browser) -> None:
    _deploy(owner, "taken", version="12.0.1.0-r1")
    refused = _deploy(owner, "taken", version="12.0.2.0-r1")
    form = owner.get("/servers/taken/deploy").form("/servers/taken/deploy")
    changed = owner.upload(form, {}, version="12.0.2.0-r1")

    assert "There is a server of this name already." in refused.words
    assert form.fields["version"] == "12.0.1.0-r1"
    assert changed.path == "/servers/taken"
    assert "12.0.2.0-r1" in changed.words


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": ""}, "Enter a name."),
        ({"name": "../x"}, "expected letters"),
        ({"name": "v", "version": "no version"}, "version"),
        ({"name": "c", "configuration": "none-such"}, "none-such"),
        ({"name": "b", "bar": "none-such"}, "none-such"),
        ({"name": "late", "version": "13.0.1.0-r1", "mode": "all"}, "12.0.3.0-r1"),
    ],
)
def test_what_stands_against_a_deployment_is_told_in_the_form(
    owner: Browser, fields: dict[str, str], words: str
) -> None:
    page = _deploy(owner, **{"name": "x"} | fields)

    assert 400 <= page.status < 500
    assert words in page.words
    assert page.form("/servers").fields["name"] == fields["name"]


def test_a_server_without_a_bar_is_not_deployed(owner: Browser) -> None:
    page = owner.upload(_form(owner), {}, name="empty")

    assert "Choose a BAR that is stored, or send one along." in page.words


@pytest.mark.parametrize("content", [b"no zip", b"PK\x03\x04" + b"\0" * 100, b"\0" * 1000])
def test_a_file_that_is_no_bar_is_refused_and_not_kept(owner: Browser, content: bytes) -> None:
    page = owner.upload(_form(owner), {"file": ("Broken.bar", content)}, name="broken")

    assert 400 <= page.status < 500
    assert "The server was not deployed." in page.words
    assert 'value="Broken"' not in owner.get("/servers/new").html


@pytest.mark.parametrize(
    ("file", "stored"),
    [
        ("../../etc/Climbing.bar", "Climbing"),
        ("C:\\bars\\Windows.bar", "Windows"),
        ("No ending", "No ending"),
        ("Zwei.Punkte.bar", "Zwei.Punkte"),
    ],
)
def test_a_bar_is_called_as_its_file_without_folders(owner: Browser, file: str, stored: str) -> None:
    page = _deploy(owner, f"named-{len(stored)}", file=file)

    assert page.path.startswith("/servers/named-")
    assert stored in page.words


def test_a_hostile_file_name_is_refused_or_only_a_name(owner: Browser) -> None:
    page = _deploy(owner, "hostile", file='<img src=x onerror="alert(1)">.bar')

    assert "<img" not in page.html


def test_a_flow_whose_account_is_missing_is_refused_with_the_account(owner: Browser) -> None:
    content = _bar("contacts.yaml", "Contacts")
    page = owner.upload(_form(owner), {"file": ("Contacts.bar", content)}, name="contacts")

    assert 400 <= page.status < 500
    assert "salesforce" in page.words
