"""The list of API keys, and a key's details."""

import re

import pytest
from tests.console.browser import Browser, path_of_key, value_in

from lockhouse.testing import TestPlatform

HOSTILE = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "'; DROP TABLE iam_api_keys; --",
    "{{ 7 * 7 }}{% raw %}${7*7}",
    "</textarea></dialog><h1>owned</h1>",
    "javascript:alert(1)",
    "\u202egnp.exe",
    "a" * 256,
    "=cmd|' /C calc'!A0",
    "%00%0d%0aSet-Cookie: a=b",
    "Zoë 日本語 🔑 ﷽",
    "a  b\u00a0c\u200bd",
    "&lt;b&gt; &amp;",
]  # fmt: skip


def _names(page_html: str) -> list[str]:
    return re.findall(r'<td class="keys__name"><a [^>]*><bdi>(.*?)</bdi>', page_html)


def test_the_list_shows_the_keys_of_whoever_is_logged_in(owner: Browser) -> None:
    owner.create_key("listed one", "for the list")
    page = owner.get("/iam/apikeys")

    assert "View: My Lockhouse API keys" in page.words
    assert "listed one" in page.links
    assert "for the list" in page.words


def test_an_administrator_may_choose_to_see_all_keys_of_the_account(owner: Browser) -> None:
    mine = owner.get("/iam/apikeys")
    everyones = owner.get(mine.links["All API keys of the account"])

    assert "View: All API keys of the account" in everyones.words
    assert "Owner" in everyones.words
    assert "You" in everyones.words


def test_a_member_sees_his_own_keys_and_no_others(owner: Browser, member: Browser) -> None:
    others = path_of_key(owner.create_key("not for members"))
    own = path_of_key(member.create_key("of the member"))
    page = member.get("/iam/apikeys")

    assert "of the member" in page.links
    assert "not for members" not in page.words
    assert "All API keys of the account" not in page.links
    assert member.get("/iam/apikeys?view=account").status == 403
    assert member.get(others).status == 403
    assert member.get(own).status == 200


def test_an_administrator_sees_whose_key_a_key_is(owner: Browser, member: Browser) -> None:
    own = path_of_key(member.create_key("seen by the owner"))

    assert "seen by the owner" not in owner.get("/iam/apikeys").words
    assert "seen by the owner" in owner.get("/iam/apikeys?view=account").words
    assert "Owner You" not in owner.get(own).words
    assert "Owner You" in member.get(own).words


def test_an_administrator_may_choose_the_keys_of_service_ids(owner: Browser, member: Browser) -> None:
    owner.create_key("of a person")
    form = owner.get("/iam/serviceids/new").form("/iam/serviceids")
    path = owner.submit(form, name="a program").path
    owner.submit(owner.get(f"{path}/keys/new").form(f"{path}/keys"), name="of the program")
    page = owner.get(owner.get("/iam/apikeys").links["API keys of service IDs"])

    assert "of the program" in page.links
    assert "of a person" not in page.links
    assert page.links[path.rpartition("/")[2]] == path
    assert member.get("/iam/apikeys?view=serviceids").status == 403


def test_a_key_of_another_account_is_not_there(owner: Browser, lockhouse: TestPlatform) -> None:
    foreign = lockhouse.new_account("Other", "other@example.com")
    other = Browser(lockhouse.url)
    other.log_in(foreign.email, foreign.password)
    path = path_of_key(owner.create_key("in this account"))
    csrf = other.get("/iam/apikeys").form("/logout").fields["csrf"]

    assert "in this account" not in other.get("/iam/apikeys?view=account").words
    for end in ("", "/edit", "/delete"):
        assert other.get(path + end).status == 404
    for end in ("edit", "delete", "lock", "disable"):
        assert other.post(f"{path}/{end}", {"csrf": csrf, "name": "x", "entity_tag": "*"}).status == 404
    assert "in this account" in owner.get(path).words
    other.client.close()


def test_searching_finds_names_and_descriptions_whatever_their_case(owner: Browser) -> None:
    owner.create_key("Needle", "")
    owner.create_key("other", "in it a NEEDLE too")
    owner.create_key("hay", "stack")

    found = _names(owner.get("/iam/apikeys?search=needle").html)

    assert set(found) == {"Needle", "other"}


@pytest.mark.parametrize(
    "text",
    ['"', "\\", '\\"', '" or name co "', "%", "_", "'", "(", ") and (", "<b>", "\x00nul", "é" * 300, '\\\\"'],
)
def test_a_search_for_anything_is_answered_and_finds_nothing_else(owner: Browser, text: str) -> None:
    owner.create_key("plain name")
    answer = owner.client.get("/iam/apikeys", params={"search": text})

    assert answer.status_code == 200
    assert "plain name" not in _names(answer.text)


def test_a_search_finds_quotes_and_backslashes_as_they_are(owner: Browser) -> None:
    owner.create_key('odd "quoted\\ name')
    answer = owner.client.get("/iam/apikeys", params={"search": '"quoted\\'})

    assert _names(answer.text) == ["odd &#34;quoted\\ name"]


def test_the_list_is_sorted_by_a_column_and_turned_round(owner: Browser) -> None:
    for name in ("sort b", "sort a", "sort c"):
        owner.create_key(name)

    rising = _names(owner.get("/iam/apikeys?search=sort+&sort=name").html)
    falling = _names(owner.get("/iam/apikeys?search=sort+&sort=name&order=desc").html)

    assert rising == ["sort a", "sort b", "sort c"]
    assert falling == rising[::-1]


def test_a_heading_of_the_list_sorts_by_it_and_keeps_the_search(owner: Browser) -> None:
    owner.create_key("heading")
    page = owner.get("/iam/apikeys?search=heading")
    once = page.links["Created"]
    twice = owner.get(once).links["Created"]

    assert once == "/iam/apikeys?search=heading&sort=created_at"
    assert twice == "/iam/apikeys?search=heading&sort=created_at&order=desc"


@pytest.mark.parametrize(
    "query", ["view=x", "sort=apikey", "order=sideways", "view=", "page=1", "view=mine&view=account"]
)
def test_a_list_that_does_not_exist_is_the_first_one(owner: Browser, query: str) -> None:
    assert "View: My Lockhouse API keys" in owner.get(f"/iam/apikeys?{query}").words


@pytest.mark.parametrize("token", ["x", "1' or 1=1", "\u00e9", "a" * 5000])
def test_a_forged_place_in_the_list_is_refused_with_a_page(owner: Browser, token: str) -> None:
    answer = owner.client.get("/iam/apikeys", params={"pagetoken": token})

    assert answer.status_code == 400
    assert answer.headers["Content-Type"].startswith("text/html")


def test_details_show_all_but_the_value(owner: Browser) -> None:
    created = owner.create_key("detailed", "two\nlines")
    page = owner.get(path_of_key(created))

    assert value_in(created) not in page.html
    for words in (
        "detailed",
        "two\nlines",
        path_of_key(created).rpartition("/")[2],
        "Never",
        "Enabled",
        "History",
    ):
        assert words in page.words


@pytest.mark.parametrize("key_id", ["ApiKey-none", "%3Cscript%3E", "..%2F..%2Flogout", "%00", "é"])
def test_a_key_that_is_not_there_is_a_page_that_says_so(owner: Browser, key_id: str) -> None:
    page = owner.get(f"/iam/apikeys/{key_id}")

    assert page.status in (400, 404)
    assert "<script>" not in page.html.replace("<script src=", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_hostile_name_is_only_a_name_on_every_page(owner: Browser, text: str) -> None:
    created = owner.create_key(text, text)
    path = path_of_key(created)
    pages = [created, *(owner.get(f"{path}{end}") for end in ("", "/edit", "/delete"))]
    pages += [owner.get("/iam/apikeys"), owner.get("/iam/apikeys?view=account&sort=description")]

    for page in pages:
        # The reader of pages refuses inline scripts, handlers and styles wherever they come from.
        assert page.status in (200, 201)
        assert text in page.words or text in page.form(f"{path}/edit").fields.values()
        assert "a=b" not in str(page.headers)
