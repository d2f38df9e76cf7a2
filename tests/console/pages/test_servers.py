"""Integration servers in the console. No supervisor runs here: they are deployed and wait to be started."""

from pathlib import Path

import pytest
from tests.console.browser import Browser
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.flows.bar import write_bar

FLOW = Path(__file__).parents[3] / "examples" / "greeting.yaml"


@pytest.fixture
def greeting() -> bytes:
    """A BAR with the smallest API flow."""
    return write_bar({"Greeting": FLOW.read_text()})


@pytest.fixture
def deployed(owner: Browser, greeting: bytes) -> str:
    """The address of a server that was deployed."""
    form = owner.get("/servers/new").form("/servers")
    page = owner.upload(form, {"file": ("Greeting.bar", greeting)}, name="shown")
    if page.path == "/servers":
        assert "There is a server of this name already." in page.words
    return "/servers/shown"


def test_a_server_is_listed_with_its_state(owner: Browser, deployed: str) -> None:
    page = owner.get("/servers")

    assert page.links["shown"] == deployed
    assert "Pending" in page.words
    assert "Greeting" in page.words


def test_a_server_tells_its_flows_and_what_it_waits_for(owner: Browser, deployed: str) -> None:
    page = owner.get(deployed)

    for words in ("shown", "Pending", "Greeting", "POST /Greeting", "12.0.3.0-r1"):
        assert words in page.words


def test_a_page_of_a_server_that_starts_looks_again_by_itself(owner: Browser, deployed: str) -> None:
    assert '<meta http-equiv="refresh" content="3">' in owner.get(deployed).html
    assert "http-equiv" not in owner.get(f"{deployed}/delete").html


def test_a_server_has_a_log(owner: Browser, deployed: str) -> None:
    assert "Nothing has been written yet." in owner.get(f"{deployed}/logs").words


def test_a_server_can_be_started_anew(owner: Browser, deployed: str) -> None:
    page = owner.submit(owner.get(deployed).form(f"{deployed}/restart"))

    assert page.path == deployed
    assert page.status == 200


def test_a_server_is_deleted_after_a_question(owner: Browser, greeting: bytes) -> None:
    form = owner.get("/servers/new").form("/servers")
    owner.upload(form, {"file": ("Greeting.bar", greeting)}, name="short-lived")
    question = owner.get("/servers/short-lived/delete")
    page = owner.submit(question.form("/servers/short-lived/delete"))

    assert "Delete this integration server?" in question.words
    assert page.path == "/servers"
    assert "short-lived" not in page.words


@pytest.mark.parametrize("end", ["", "/logs", "/delete", "/deploy"])
def test_a_server_that_is_not_there_has_a_page_that_says_so(owner: Browser, end: str) -> None:
    assert owner.get(f"/servers/none{end}").status == 404
