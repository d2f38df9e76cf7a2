"""The list of service IDs, and one service ID with its keys."""

from tests.console.browser import Browser
from tests.console.sqlite_only import database_url  # noqa: F401 - a fixture

from lockhouse.testing import TestPlatform


def _create(browser: Browser, name: str, description: str = "") -> str:
    form = browser.get("/iam/serviceids/new").form("/iam/serviceids")
    return browser.submit(form, name=name, description=description).path


def test_the_list_is_searched_and_sorted(owner: Browser) -> None:
    for name, description in (("zebra", "striped"), ("aardvark", "a STRIPED one"), ("mole", "")):
        _create(owner, name, description)
    found = owner.get("/iam/serviceids?search=striped&sort=name&order=desc")
    nothing = owner.get("/iam/serviceids?search=%22%20or%20name%20co%20%22")

    assert [text for text in found.links if text in {"zebra", "aardvark", "mole"}] == ["zebra", "aardvark"]
    assert "No service ID's name or description has" in nothing.words


def test_a_member_sees_those_that_he_made_and_a_viewer_all(
    owner: Browser, member: Browser, viewer: Browser
) -> None:
    others, own = _create(owner, "of the owner"), _create(member, "of the member")
    page = member.get("/iam/serviceids")

    assert "of the member" in page.links
    assert "of the owner" not in page.links
    assert (member.get(own).status, member.get(others).status) == (200, 403)
    assert {"of the owner", "of the member"} <= set(viewer.get("/iam/serviceids").links)
    assert viewer.get(others).status == 200


def test_a_name_is_shown_as_it_is(owner: Browser) -> None:
    name = "<script>alert(1)</script> \u202e {{ 7 * 7 }}"
    page = owner.get(_create(owner, name))

    assert name in page.words
    assert "<script>alert" not in page.html


def test_a_service_id_of_another_account_is_not_there(owner: Browser, lockhouse: TestPlatform) -> None:
    foreign = lockhouse.new_account("Other", "other-sids@example.com")
    other = Browser(lockhouse.url)
    other.log_in(foreign.email, foreign.password)
    path = _create(owner, "in this account")
    csrf = other.get("/iam/serviceids").form("/logout").fields["csrf"]

    assert "in this account" not in other.get("/iam/serviceids").words
    for end in ("", "/edit", "/delete", "/keys/new"):
        assert other.get(path + end).status == 404
    for end in ("edit", "delete", "lock", "unlock", "keys"):
        assert other.post(f"{path}/{end}", {"csrf": csrf, "name": "x", "entity_tag": "*"}).status == 404
    assert "in this account" in owner.get(path).words
    other.client.close()
