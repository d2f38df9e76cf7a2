"""People at a console."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import pytest
from tests.console.browser import Browser

if TYPE_CHECKING:
    from lockhouse.testing import TestPlatform


@pytest.fixture(scope="module")
def lockhouse(database_url: str | None) -> Iterator[TestPlatform]:
    """A platform on which one person may have more keys than the tests of a module make."""
    from lockhouse.testing import platform

    with platform(database_url=database_url, api_keys_per_identity=500) as running:
        yield running


@pytest.fixture
def stranger(lockhouse: TestPlatform) -> Iterator[Browser]:
    """Somebody who is not logged in."""
    browser = Browser(lockhouse.url)
    yield browser
    browser.client.close()


@pytest.fixture
def newcomer(stranger: Browser, lockhouse: TestPlatform) -> Browser:
    """The account's owner in a session of his own, which a test may end."""
    stranger.log_in(lockhouse.email, lockhouse.password)
    return stranger


@pytest.fixture(scope="module")
def session_cookie(lockhouse: TestPlatform) -> str:
    """The cookie of a session that the tests of a module share, since logging in is slow on purpose."""
    browser = Browser(lockhouse.url)
    browser.log_in(lockhouse.email, lockhouse.password)
    browser.client.close()
    return str(browser.cookies["lockhouse"])


@pytest.fixture
def owner(stranger: Browser, session_cookie: str) -> Browser:
    """The account's owner, logged in."""
    stranger.put_back(session_cookie)
    return stranger


@pytest.fixture(scope="module")
def member_cookie(lockhouse: TestPlatform) -> str:
    """The session of a plain member of the account."""
    return _cookie_of(lockhouse, "member@example.com", [])


@pytest.fixture
def member(lockhouse: TestPlatform, member_cookie: str) -> Iterator[Browser]:
    """A plain member of the account, logged in."""
    browser = Browser(lockhouse.url)
    browser.put_back(member_cookie)
    yield browser
    browser.client.close()


@pytest.fixture(scope="module")
def viewer_cookie(lockhouse: TestPlatform) -> str:
    """The session of somebody who may see everything and change nothing."""
    return _cookie_of(lockhouse, "viewer@example.com", ["Viewer"])


@pytest.fixture
def viewer(lockhouse: TestPlatform, viewer_cookie: str) -> Iterator[Browser]:
    """Somebody who may see everything and change nothing, logged in."""
    browser = Browser(lockhouse.url)
    browser.put_back(viewer_cookie)
    yield browser
    browser.client.close()


def _cookie_of(lockhouse: TestPlatform, email: str, roles: Sequence[str]) -> str:
    known = lockhouse.new_user(email, roles=roles)
    browser = Browser(lockhouse.url)
    browser.log_in(known.email, known.password)
    browser.client.close()
    return str(browser.cookies["lockhouse"])
