"""What every answer of the console carries."""

import pytest
from jinja2 import Environment, FileSystemLoader
from tests.console.browser import Browser
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.console.rendering import TEMPLATES, moment

PATHS = ["/login", "/iam/apikeys", "/iam/apikeys/new", "/iam/apikeys/none"]


@pytest.mark.parametrize("path", PATHS)
def test_a_page_may_run_and_load_only_what_is_ours_and_be_framed_by_nobody(owner: Browser, path: str) -> None:
    headers = owner.get(path, follow=False).headers
    policy = dict(part.strip().split(" ", 1) for part in headers["Content-Security-Policy"].split(";"))

    assert policy["default-src"] == "'none'"
    assert policy["frame-ancestors"] == "'none'"
    assert policy["base-uri"] == "'none'"
    assert policy["form-action"] == "'self'"
    assert all("unsafe" not in sources and "*" not in sources for sources in policy.values())
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"


def test_every_template_can_be_read() -> None:
    templates = Environment(loader=FileSystemLoader(TEMPLATES))
    templates.filters["moment"] = moment

    for name in templates.list_templates():
        templates.get_template(name)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("2026-06-02T10:37+0000", "2 Jun 2026, 10:37 UTC"),
        ("2026-06-02T10:37+0200", "2 Jun 2026, 08:37 UTC"),
        ("0001-01-01T00:00+2359", "0001-01-01T00:00+2359"),
        ("tomorrow", "tomorrow"),
        ("", ""),
    ],
)
def test_a_time_is_written_for_people_and_in_one_zone(text: str, shown: str) -> None:
    assert moment(text) == shown
