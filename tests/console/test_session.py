"""The cookie, how long it opens the console, and what ends it."""

from http.cookies import SimpleCookie
from typing import Any

import httpx
import pytest
from tests.console.browser import Browser

from lockhouse.testing import TestPlatform, platform


def _set_cookie(headers: httpx.Headers) -> Any:
    (header,) = headers.get_list("Set-Cookie")
    return next(iter(SimpleCookie(header).values()))


def test_the_cookie_is_sealed_and_out_of_reach_of_scripts_and_other_sites(newcomer: Browser) -> None:
    page = newcomer.get("/iam/apikeys")
    cookie = _set_cookie(page.headers)

    assert cookie.key == "lockhouse"
    assert cookie["httponly"]
    assert cookie["samesite"].lower() == "lax"
    assert cookie["path"] == "/"
    assert not cookie["domain"]
    assert not cookie["secure"]
    assert not cookie["max-age"]
    assert not any(start in cookie.value for start in ("eyJhbGci", "eyJraWQi", "eyJ0eXAi"))
    assert len(page.headers["Set-Cookie"]) < 4000


def test_over_https_the_cookie_is_bound_to_the_host_and_to_https() -> None:
    with platform(external_url="https://lockhouse.example") as behind:
        answer = httpx.get(f"http://127.0.0.1:{behind.settings.port}/login")
        cookie = _set_cookie(answer.headers)

        assert cookie.key == "__Host-lockhouse"
        assert cookie["secure"]
        assert cookie["path"] == "/"
        assert not cookie["domain"]
        assert "max-age" in answer.headers["Strict-Transport-Security"]


def test_the_session_gets_another_id_when_somebody_logs_in_or_out(
    stranger: Browser, lockhouse: TestPlatform
) -> None:
    before = stranger.get("/login").form("/login").fields["csrf"]
    inside = stranger.log_in(lockhouse.email, lockhouse.password).form("/logout").fields["csrf"]
    after = stranger.submit(stranger.get("/iam/apikeys").form("/logout")).form("/login").fields["csrf"]

    assert len({before, inside, after}) == 3


def test_a_cookie_that_was_kept_opens_nothing_after_logging_out(newcomer: Browser) -> None:
    kept = newcomer.cookies["lockhouse"]
    newcomer.submit(newcomer.get("/iam/apikeys").form("/logout"))
    newcomer.put_back(kept)

    assert newcomer.get("/iam/apikeys").path == "/login"


@pytest.mark.parametrize(
    "cookie", ["", "x", "v1.a.b", "v1." + "A" * 3000, "v2.x.y", "..", "v1.é.x", "a b", '"']
)
def test_a_cookie_that_is_not_ours_is_that_of_a_stranger(stranger: Browser, cookie: str) -> None:
    answer = httpx.get(f"{stranger.url}/iam/apikeys", headers={"Cookie": f"lockhouse={cookie}".encode()})

    assert answer.status_code == 303
    assert answer.headers["Location"].startswith("/login")


def test_a_cookie_that_was_altered_is_that_of_a_stranger(newcomer: Browser) -> None:
    good = newcomer.cookies["lockhouse"]
    middle = len(good) // 2
    other = "A" if good[middle] != "A" else "B"
    newcomer.put_back(good[:middle] + other + good[middle + 1 :])

    assert newcomer.get("/iam/apikeys").path == "/login"


def test_the_cookie_is_no_token_and_a_token_is_no_cookie(newcomer: Browser, lockhouse: TestPlatform) -> None:
    form = {"grant_type": "urn:ibm:params:oauth:grant-type:apikey", "apikey": lockhouse.apikey}
    token = httpx.post(f"{lockhouse.url}/identity/token", data=form).json()["access_token"]
    sent = {"Authorization": f"Bearer {newcomer.cookies['lockhouse']}"}

    assert httpx.get(f"{lockhouse.url}/v1/apikeys", headers=sent).status_code == 401
    newcomer.put_back(token)
    assert newcomer.get("/iam/apikeys").path == "/login"


def test_a_session_in_use_outlives_its_token(newcomer: Browser, lockhouse: TestPlatform) -> None:
    for _ in range(3):
        lockhouse.travel(minutes=40)
        assert newcomer.get("/iam/apikeys").path == "/iam/apikeys"


def test_several_requests_may_renew_the_token_with_the_same_cookie(
    newcomer: Browser, lockhouse: TestPlatform
) -> None:
    lockhouse.travel(minutes=58)
    kept = newcomer.cookies["lockhouse"]

    for _ in range(3):
        newcomer.put_back(kept)
        assert newcomer.get("/iam/apikeys").path == "/iam/apikeys"


def test_a_session_that_nobody_uses_is_over_after_two_hours(
    newcomer: Browser, lockhouse: TestPlatform
) -> None:
    lockhouse.travel(minutes=121)

    assert newcomer.get("/iam/apikeys").path == "/login"


def test_a_session_is_over_after_a_day_however_busy(newcomer: Browser, lockhouse: TestPlatform) -> None:
    for _ in range(24):
        assert newcomer.get("/iam/apikeys").path == "/iam/apikeys"
        lockhouse.travel(minutes=61)

    assert newcomer.get("/iam/apikeys").path == "/login"


def test_no_answer_of_the_console_may_be_kept_by_a_cache(newcomer: Browser) -> None:
    for path in ("/iam/apikeys", "/iam/apikeys/new", "/login", "/iam/apikeys/none"):
        assert newcomer.get(path, follow=False).headers["Cache-Control"] == "no-store"
