"""Only forms of our own pages, posted in the session that they were made for, do anything."""

import httpx
import pytest
from tests.console.browser import Browser
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.console.door import PAGES
from lockhouse.testing import TestPlatform

POSTS = sorted(
    path.replace("{key_id:str}", "ApiKey-1").replace("{change:str}", "lock")
    for page in PAGES
    if "POST" in page.http_methods
    for path in page.paths
)


@pytest.mark.parametrize("path", POSTS)
def test_a_form_without_its_proof_is_refused(owner: Browser, path: str) -> None:
    assert owner.post(path, {"name": "x"}).status == 403


@pytest.mark.parametrize("path", POSTS)
def test_a_form_from_another_site_is_refused_even_with_the_proof(owner: Browser, path: str) -> None:
    csrf = owner.get("/iam/apikeys").form("/logout").fields["csrf"]
    for headers in (
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": owner.url + ".evil.example"},
        {"Origin": owner.url, "Sec-Fetch-Site": "cross-site"},
        {"Origin": owner.url, "Sec-Fetch-Site": "same-site"},
    ):
        assert owner.post(path, {"csrf": csrf}, headers=headers).status == 403


def test_the_proof_of_another_session_is_refused(owner: Browser, lockhouse: TestPlatform) -> None:
    other = Browser(lockhouse.url)
    csrf = other.log_in(lockhouse.email, lockhouse.password).form("/logout").fields["csrf"]
    other.client.close()

    assert owner.post("/logout", {"csrf": csrf}).status == 403
    assert owner.get("/iam/apikeys").path == "/iam/apikeys"


def test_a_stranger_who_posts_a_form_is_asked_to_log_in(stranger: Browser) -> None:
    csrf = stranger.get("/login").form("/login").fields["csrf"]
    page = stranger.post("/iam/apikeys", {"csrf": csrf, "name": "x"}, follow=False)

    assert page.status == 303
    assert page.headers["Location"] == "/login"


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{}", "application/json", 400),
        (b"\xff\xfe", "application/x-www-form-urlencoded", 400),
        (b"a=1&" * 300, "application/x-www-form-urlencoded", 400),
        (b"", "application/x-www-form-urlencoded", 403),
        (b"csrf=%FF", "application/x-www-form-urlencoded", 403),
        (b"csrf=" + b"x" * 100_000, "application/x-www-form-urlencoded", 413),
        (b"--x\r\n", "multipart/form-data; boundary=x", 400),
        (b"--x\r\n", "multipart/form-data", 400),
    ],
)
def test_a_body_that_is_no_form_is_refused_with_a_page(
    owner: Browser, body: bytes, kind: str, status: int
) -> None:
    answer = owner.client.post("/iam/apikeys", content=body, headers={"Content-Type": kind})

    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "text/html; charset=utf-8"


def test_a_form_changes_nothing_when_it_is_sent_by_get(owner: Browser) -> None:
    csrf = owner.get("/iam/apikeys").form("/logout").fields["csrf"]

    assert owner.get(f"/logout?csrf={csrf}").status in (404, 405)
    assert owner.get("/iam/apikeys").path == "/iam/apikeys"


def test_the_first_login_works_behind_a_proxy_that_changes_the_host(lockhouse: TestPlatform) -> None:
    with httpx.Client(base_url=lockhouse.url) as client:
        csrf = client.get("/login").text.partition('name="csrf" value="')[2].partition('"')[0]
        form = {"csrf": csrf, "email": lockhouse.email, "password": lockhouse.password}
        answer = client.post("/login", data=form, headers={"Origin": lockhouse.url, "Host": "inside:1234"})

        assert answer.status_code == 303
