"""WordPress: posts of a site by number, categories by name, and refusals that have unusual statuses."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable

SITE = "/rest/v1.1/sites/136907143"
HERE = {"site_ID": "136907143"}
REFRESHABLE = {
    "accessToken": "EXAMPLE-OLD", "refreshToken": "EXAMPLE-REFRESH", "clientId": "EXAMPLE-ID",
    "clientSecret": "EXAMPLE-SECRET",
}  # fmt: skip


def wordpress(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("wordpress", answers)


async def test_a_post_is_published_on_its_site() -> None:
    async with wordpress({"ID": 27, "site_ID": 136907143, "status": "publish"}) as desk:
        given = {**HERE, "title": "Hackday", "content": "Details", "status": "publish", "type": "post"}
        result = await desk.call("Post", "CREATE", input=given)
        assert desk.lines == [f"POST {SITE}/posts/new"]
        assert desk.sent[0].body == {name: given[name] for name in ("title", "content", "status", "type")}
        assert desk.sent[0].host == "public-api.wordpress.com"
        assert (result.status_code, result.payload["ID"]) == (201, 27)


async def test_a_post_without_a_site_is_not_sent() -> None:
    async with wordpress() as desk:
        with pytest.raises(Rejected, match="site_ID"):
            await desk.call("Post", "CREATE", input={"title": "Hackday"})
        with pytest.raises(Rejected, match="site_ID"):
            await desk.call("Post", "RETRIEVEALL", where={"status": "publish"})
        assert desk.sent == []


@pytest.mark.parametrize(
    ("condition", "query"),
    [
        ({"status": "publish"}, {"status": "publish"}),
        ({"type": "page", "author": 5}, {"type": "page", "author": "5"}),
        ({"date": {"gt": "2026-01-01T00:00:00Z"}}, {"after": "2026-01-01T00:00:00Z"}),
        ({"modified": {"lt": "2026-01-01"}}, {"modified_before": "2026-01-01"}),
        ({"category": "news", "search": "a b"}, {"category": "news", "search": "a b"}),
        ({"title": "A"}, {}),
    ],
)
async def test_posts_are_found_by_parameters(condition: dict[str, Any], query: dict[str, str]) -> None:
    posts = {"found": 1, "posts": [{"ID": 1, "title": "A"}]}
    async with wordpress(posts) as desk:
        where = {"and": [condition, HERE]}
        result = await desk.call("Post", "RETRIEVEALL", where=where)
        assert desk.lines == [f"GET {SITE}/posts/"]
        assert desk.sent[0].query == {"number": "100", "offset": "0", **query}
        assert [post["ID"] for post in result.payload] == [1]


async def test_posts_are_followed_until_all_that_were_found_are_read() -> None:
    pages = [{"found": 3, "posts": [{"ID": 1}, {"ID": 2}]}, {"found": 3, "posts": [{"ID": 3}]}]
    async with wordpress(*pages) as desk:
        result = await desk.call("Post", "RETRIEVEALL", where=HERE)
        assert [post["ID"] for post in result.payload] == [1, 2, 3]
        assert desk.sent[1].query["offset"] == "2"


async def test_a_post_is_read_changed_and_deleted_by_its_number() -> None:
    unknown = Answer({"error": "unknown_post", "message": "Unknown post"}, 404)
    async with wordpress({"ID": 27}, {"ID": 27, "title": "New"}, unknown) as desk:
        where = {**HERE, "ID": 27}
        await desk.call("Post", "RETRIEVEALL", where=where)
        changed = await desk.call("Post", "UPDATEALL", where=where, input={**HERE, "title": "New"})
        gone = await desk.call("Post", "DELETEALL", where=where)
        post = f"{SITE}/posts/27"
        assert desk.lines == [f"GET {post}", f"POST {post}", f"POST {post}/delete"]
        assert (desk.sent[1].body, changed.payload["title"], gone.status_code) == (
            {"title": "New"},
            "New",
            204,
        )


async def test_a_deletion_is_not_repeated_since_the_second_one_is_for_good() -> None:
    async with wordpress(Answer({"error": "unavailable"}, 503)) as desk:
        with pytest.raises(Unavailable):
            await desk.call("Post", "DELETEALL", where={**HERE, "ID": 27})
        assert len(desk.sent) == 1


async def test_our_choice_a_category_is_found_by_its_name_without_case() -> None:
    found = [{"ID": 1, "name": "R&amp;D", "slug": "rd"}, {"ID": 2, "name": "R&amp;D news", "slug": "rd-news"}]
    async with wordpress({"found": 2, "categories": found}) as desk:
        result = await desk.call("Category", "RETRIEVEALL", where={**HERE, "name": "r&d"})
        assert desk.lines == [f"GET {SITE}/categories"]
        assert desk.sent[0].query["search"] == "r&d"
        assert [one["ID"] for one in result.payload] == [1]


async def test_a_category_is_known_by_its_slug() -> None:
    async with wordpress({"ID": 9}, {"ID": 9, "slug": "news"}, {"success": "true"}) as desk:
        where = {**HERE, "slug": "a/b"}
        await desk.call("Category", "RETRIEVEALL", where=where)
        await desk.call("Category", "UPDATEALL", where=where, input={"description": "x"})
        await desk.call("Category", "DELETEALL", where=where)
        category = f"{SITE}/categories/slug:a%2Fb"
        assert desk.lines == [f"GET {category}", f"POST {category}", f"POST {category}/delete"]


async def test_an_upsert_makes_the_category_that_is_not_there() -> None:
    async with wordpress({"found": 0, "categories": []}, {"ID": 9, "name": "News"}) as desk:
        result = await desk.call(
            "Category", "UPSERTWITHWHERE", where={**HERE, "name": "News"}, input={"description": "x"}
        )
        assert desk.lines[1] == f"POST {SITE}/categories/new"
        assert desk.sent[1].body == {"name": "News", "description": "x"}
        assert result.status_code == 201


async def test_a_token_that_ended_is_renewed() -> None:
    refused = Answer({"error": "invalid_token", "message": "The OAuth2 token is invalid."}, 400)
    answers = [refused, {"access_token": "EXAMPLE-NEW", "refresh_token": "EXAMPLE-NEXT"}, {"ID": 5}]
    async with vendor("wordpress", answers, REFRESHABLE) as desk:
        assert await desk.check() is True
        assert desk.lines[1] == "POST /oauth2-1/token"
        assert [desk.sent[at].headers["Authorization"] for at in (0, 2)] == [
            "Bearer EXAMPLE-OLD",
            "Bearer EXAMPLE-NEW",
        ]


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (400, "invalid_token", AuthFailed),
        (403, "authorization_required", AuthFailed),
        (403, "unauthorized", AuthFailed),
        (404, "unknown_blog", NotFound),
        (400, "duplicate", Rejected),
        (503, "rate_limit_exceeded", RateLimited),
        (500, "server_error", Unavailable),
    ],
)
async def test_a_refusal_is_told_with_its_code(status: int, code: str, word: type[ActionFailed]) -> None:
    async with wordpress(*[Answer({"error": code, "message": "so"}, status)] * 3) as desk:
        with pytest.raises(word, match=f"{code}: so") as caught:
            await desk.call("Post", "CREATE", input={**HERE, "title": "x"})
        assert type(caught.value) is word
