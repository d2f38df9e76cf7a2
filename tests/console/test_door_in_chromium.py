"""The console as a person meets it: in Chromium, by keyboard, with and without JavaScript."""

import shutil
from collections.abc import Iterator

import pytest
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.testing import TestPlatform

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")

PATHS = (
    "/iam/apikeys",
    "/iam/apikeys?view=account",
    "/iam/apikeys/new",
    "/iam/users",
    "/iam/users/invite",
    "/iam/serviceids",
    "/iam/serviceids/new",
    "/iam/settings",
    "/iam/settings/edit",
    "/iam/audit",
    "/iam/audit?action=iam-identity",
)
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


@pytest.fixture(scope="module")
def chromium(lockhouse: TestPlatform) -> Iterator[playwright.Browser]:
    # After the platform: while Playwright runs, this thread can start no other event loop.
    with playwright.sync_playwright() as started:
        browser = started.chromium.launch(
            executable_path=CHROMIUM,
            args=ARGUMENTS,
            ignore_default_args=["--disable-back-forward-cache"],
        )
        yield browser
        browser.close()


@pytest.fixture
def context(chromium: playwright.Browser, lockhouse: TestPlatform) -> Iterator[playwright.BrowserContext]:
    context = chromium.new_context(base_url=lockhouse.url)
    context.set_default_timeout(10_000)
    yield context
    context.close()


def _log_in(page: playwright.Page, lockhouse: TestPlatform) -> None:
    page.goto("/")
    page.get_by_label("E-mail address").fill(lockhouse.email)
    page.get_by_label("Password").fill(lockhouse.password)
    page.keyboard.press("Enter")
    page.wait_for_url("**/iam/apikeys")


def _create(page: playwright.Page, name: str) -> str:
    page.goto("/iam/apikeys/new")
    page.get_by_label("Name", exact=True).fill(name)
    page.get_by_role("button", name="Create", exact=True).click()
    return page.get_by_label("API key", exact=True).input_value()


def test_a_key_is_made_kept_and_deleted_by_keyboard_alone(
    context: playwright.BrowserContext, lockhouse: TestPlatform
) -> None:
    page = context.new_page()
    _log_in(page, lockhouse)

    page.get_by_role("link", name="Create API key").focus()
    page.keyboard.press("Enter")
    page.wait_for_url("**/new")
    page.wait_for_function("document.activeElement.id === 'name'")
    page.keyboard.type("by keyboard")
    page.keyboard.press("Tab")
    page.keyboard.type("no mouse")
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="API key created").wait_for()
    value = page.get_by_label("API key", exact=True).input_value()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download apiKey.json").press("Enter")
    page.get_by_role("link", name="Close").last.press("Enter")
    page.get_by_role("button", name="Actions of by keyboard").press("Enter")
    page.get_by_role("link", name="Delete", exact=True).press("Enter")
    page.get_by_role("heading", name="Delete this API key?").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/iam/apikeys")

    assert download.value.suggested_filename == "apiKey.json"
    assert value in download.value.path().read_text()
    assert page.get_by_role("link", name="by keyboard").count() == 0


@pytest.mark.parametrize("elsewhere", ["/iam/apikeys", "/login?next=/iam/apikeys/new", "about:blank"])
def test_back_to_the_page_with_the_value_shows_no_value_and_makes_no_key(
    context: playwright.BrowserContext, lockhouse: TestPlatform, elsewhere: str
) -> None:
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    _log_in(page, lockhouse)
    name = f"left for {len(elsewhere)}"
    value = _create(page, name)

    page.goto(elsewhere)
    try:
        page.go_back()
        after_back = page.content()
    except playwright.Error as error:
        # The browser has not kept the page: it shows one of its own, with the question whether to post again.
        after_back = str(error)
    page = context.new_page()
    page.goto("/iam/apikeys")

    assert value not in after_back
    assert "<html" in after_back or "ERR_CACHE_MISS" in after_back
    assert page.get_by_role("link", name=name, exact=True).count() == 1


def test_refreshing_the_page_with_the_value_makes_no_second_key(
    context: playwright.BrowserContext, lockhouse: TestPlatform
) -> None:
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    _log_in(page, lockhouse)
    value = _create(page, "refreshed")

    page.reload()
    shown = page.content()
    page.goto("/iam/apikeys?search=refreshed")

    assert value not in shown
    assert page.get_by_role("link", name="refreshed").count() == 1


def test_a_double_click_makes_one_key_and_shows_its_value(
    context: playwright.BrowserContext, lockhouse: TestPlatform
) -> None:
    page = context.new_page()
    _log_in(page, lockhouse)
    page.goto("/iam/apikeys/new")
    page.get_by_label("Name", exact=True).fill("twice clicked")
    page.get_by_role("button", name="Create", exact=True).dblclick()

    assert len(page.get_by_label("API key", exact=True).input_value()) == 44


def test_the_value_is_hidden_until_it_is_asked_for_and_can_be_copied(
    context: playwright.BrowserContext, lockhouse: TestPlatform
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = context.new_page()
    _log_in(page, lockhouse)
    value = _create(page, "copied")
    field = page.get_by_label("API key", exact=True)
    hidden = field.evaluate("field => getComputedStyle(field).webkitTextSecurity")
    page.get_by_role("button", name="Show").click()
    shown = field.evaluate("field => getComputedStyle(field).webkitTextSecurity")
    page.get_by_role("button", name="Copy").click()
    page.get_by_text("Copied.").wait_for()

    assert (hidden, shown) == ("disc", "none")
    assert page.evaluate("navigator.clipboard.readText()") == value


def test_a_value_that_was_copied_by_keyboard_counts_as_kept(
    context: playwright.BrowserContext, lockhouse: TestPlatform
) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    asked: list[str] = []
    page = context.new_page()
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    _log_in(page, lockhouse)
    value = _create(page, "kept by copying")
    page.get_by_role(
        "button", name="Copy", exact=True
    ).wait_for()  # shown by the script that hears of the copy
    page.get_by_label("API key", exact=True).press("Control+c")
    page.get_by_text("Copied.").wait_for()
    page.get_by_role("link", name="Close").last.click()
    page.wait_for_url("**/iam/apikeys")

    assert page.evaluate("navigator.clipboard.readText()") == value
    assert asked == []


def test_a_user_is_invited_by_keyboard_and_the_code_is_shown_once(
    context: playwright.BrowserContext, lockhouse: TestPlatform
) -> None:
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    _log_in(page, lockhouse)
    page.goto("/iam/users")
    page.get_by_role("link", name="Invite user").press("Enter")
    page.wait_for_url("**/iam/users/invite")
    page.wait_for_function("document.activeElement.id === 'email'")
    page.keyboard.type("by-keyboard@example.com")
    page.keyboard.press("Tab")
    page.keyboard.press("Space")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="User invited").wait_for()
    code = page.get_by_label("Code", exact=True).input_value()
    page.get_by_role("link", name="Done").press("Enter")
    page.get_by_role("heading", name="by-keyboard@example.com").wait_for()

    assert len(code) >= 32
    assert "Administrator" in page.content()
    assert code not in page.content()


def test_leaving_a_value_that_was_not_kept_is_asked_about(
    context: playwright.BrowserContext, lockhouse: TestPlatform
) -> None:
    asked: list[str] = []
    page = context.new_page()
    page.on("dialog", lambda dialog: (asked.append(dialog.type), dialog.accept()))
    _log_in(page, lockhouse)
    _create(page, "left behind")
    page.get_by_role("link", name="Close").last.click()
    page.wait_for_url("**/iam/apikeys")

    assert asked == ["beforeunload"]


def test_escape_closes_a_dialogue_and_menus_open_by_keyboard(
    context: playwright.BrowserContext, lockhouse: TestPlatform
) -> None:
    page = context.new_page()
    _log_in(page, lockhouse)
    page.goto("/iam/apikeys/new")
    page.keyboard.press("Escape")
    page.wait_for_url("**/iam/apikeys")
    page.get_by_role("button", name="View:").press("Enter")
    page.get_by_role("link", name="All API keys of the account").press("Enter")
    page.wait_for_url("**/iam/apikeys?view=account")

    assert page.get_by_role("columnheader", name="Owner").is_visible()


def test_nothing_that_a_page_does_is_refused_by_its_own_policy(
    context: playwright.BrowserContext, lockhouse: TestPlatform
) -> None:
    said: list[str] = []
    page = context.new_page()
    page.on("console", lambda message: said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    _log_in(page, lockhouse)
    _create(page, "<img src=x onerror=alert(1)>")
    for path in PATHS:
        page.goto(path)

    assert said == []


@pytest.mark.parametrize("width", [400, 1280])
def test_no_page_is_wider_than_the_window(
    chromium: playwright.Browser, lockhouse: TestPlatform, width: int
) -> None:
    context = chromium.new_context(base_url=lockhouse.url, viewport={"width": width, "height": 800})
    page = context.new_page()
    page.on("dialog", lambda dialog: dialog.accept())
    _log_in(page, lockhouse)
    _create(page, "w" * 256)
    page.goto("/iam/serviceids/new")
    page.get_by_label("Name", exact=True).fill("w" * 256)
    page.get_by_role("button", name="Create", exact=True).click()
    page.wait_for_url("**/iam/serviceids/ServiceId-*")
    for path in (page.url, *PATHS):
        page.goto(path)
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
    context.close()


def test_it_works_without_javascript(chromium: playwright.Browser, lockhouse: TestPlatform) -> None:
    context = chromium.new_context(base_url=lockhouse.url, java_script_enabled=False)
    page = context.new_page()
    _log_in(page, lockhouse)
    page.get_by_role("link", name="Create API key").click()
    page.get_by_label("Name", exact=True).fill("no script")
    page.get_by_role("button", name="Create", exact=True).click()
    value = page.get_by_label("API key", exact=True).input_value()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download apiKey.json").click()
    page.get_by_role("link", name="Close").last.click()
    page.get_by_role("button", name="Actions of no script").click()
    page.get_by_role("link", name="Delete", exact=True).click()
    page.get_by_role("button", name="Delete", exact=True).click()
    page.wait_for_url("**/iam/apikeys")

    assert value in download.value.path().read_text()
    assert page.get_by_role("link", name="no script").count() == 0
    context.close()
