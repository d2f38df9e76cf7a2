"""The style sheet, the script and the fonts."""

import re

import httpx
import pytest
from tests.console.browser import Browser
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.testing import TestPlatform


def _assets(page: str) -> list[str]:
    return re.findall(r'"(/assets/[^"]+)"', page)


def test_all_that_a_page_names_is_there_and_may_be_kept_for_ever(stranger: Browser) -> None:
    names = _assets(stranger.get("/login").html)

    assert len(names) == 3
    for name in names:
        answer = stranger.client.get(name)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


def test_the_style_sheet_takes_nothing_from_other_sites_and_its_fonts_are_there(stranger: Browser) -> None:
    (name,) = [name for name in _assets(stranger.get("/login").html) if name.endswith(".css")]
    css = stranger.client.get(name).text
    fonts = set(re.findall(r"url\(\"?\./([^)\"]+)\"?\)", css))

    assert len(fonts) == 3
    assert not re.search(r"url\(\"?(https?:)?//", css)
    for font in fonts:
        assert stranger.client.get(f"/assets/{font}").headers["Content-Type"] == "font/woff2"


def test_the_style_sheet_travels_compressed_to_who_can_read_that(stranger: Browser) -> None:
    (name,) = [name for name in _assets(stranger.get("/login").html) if name.endswith(".css")]
    small = stranger.client.get(name, headers={"Accept-Encoding": "gzip"})
    plain = stranger.client.get(name, headers={"Accept-Encoding": "identity"})

    assert small.headers["Content-Encoding"] == "gzip"
    assert "Content-Encoding" not in plain.headers
    assert small.text == plain.text
    assert int(small.headers["Content-Length"]) < 60_000


@pytest.mark.parametrize(
    "name",
    [
        "manifest.json",
        "../door.py",
        "..%2Fdoor.py",
        "%2e%2e/door.py",
        "nothing.css",
        "",
        "sources.sha256",
        "%00",
        ".",
    ],
)
def test_nothing_else_can_be_had(lockhouse: TestPlatform, name: str) -> None:
    assert httpx.get(f"{lockhouse.url}/assets/{name}").status_code in (400, 404)
