"""The audit trail in the console."""

import httpx
import pytest
from tests.console.browser import Browser, path_of_key
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.testing import TestPlatform


def test_what_was_done_is_found_by_what_it_was_done_to(owner: Browser) -> None:
    path = path_of_key(owner.create_key("audited"))
    owner.submit(owner.get(path).form(f"{path}/disable"))
    page = owner.get(f"/iam/audit?target={path.rpartition('/')[2]}&order=asc")

    created = page.words.index("iam-identity.user-apikey.create")
    assert created < page.words.index("iam-identity.user-apikey.update")
    assert "name: audited" in page.words
    assert "You" in page.words


def test_filters_stay_filled_in_and_are_left_by_a_link(owner: Browser) -> None:
    page = owner.get("/iam/audit?action=nothing.at.all&outcome=failure&since=2026-01-31T12:00")

    assert "No event fits these filters." in page.words
    assert 'value="nothing.at.all"' in page.html
    assert 'value="2026-01-31T12:00"' in page.html
    assert page.links["Clear"] == "/iam/audit"


def test_many_events_come_page_by_page(owner: Browser, lockhouse: TestPlatform) -> None:
    exchange = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": lockhouse.apikey}
    for _ in range(55):
        assert httpx.post(f"{lockhouse.url}/identity/token", data=exchange).status_code == 200
    first = owner.get("/iam/audit")
    second = owner.get(first.links["Next"])

    assert first.html.count("<summary>iam-") == 50
    assert second.status == 200
    assert "<summary>" in second.html


@pytest.mark.parametrize(
    "query", ["since=yesterday", "until=2026-99-99T00:00", "outcome=perhaps", "start=x", "start=0"]
)
def test_a_filter_that_makes_no_sense_is_refused_on_the_page(owner: Browser, query: str) -> None:
    page = owner.get(f"/iam/audit?{query}")

    assert page.status == 400
    assert "These filters cannot be used." in page.words


@pytest.mark.parametrize("text", ["%", "_", "'", '"><script>', "\x00", "é" * 300, "\udcff"])
def test_a_filter_for_anything_is_answered(owner: Browser, text: str) -> None:
    for name in ("action", "actor", "target"):
        answer = owner.client.get("/iam/audit", params={name: text.encode(errors="replace")})
        assert answer.status_code == 200
        assert "<script>" not in answer.text.replace('<script src="', "")


def test_a_viewer_reads_the_trail_and_a_member_is_not_led_there(viewer: Browser, member: Browser) -> None:
    assert "Audit trail" in viewer.get("/iam/apikeys").links
    assert viewer.get("/iam/audit").status == 200
    assert "Audit trail" not in member.get("/iam/apikeys").links
    assert member.get("/iam/audit").status == 403
