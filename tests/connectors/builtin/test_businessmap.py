"""Businessmap: answers in `data`, lists of cards in pages, and rights that only the right user may get."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable

URL = "https://acme.kanbanize.com"
LOGIN = {"apiKey": "EXAMPLE-KEY"}
ASSIGN = "putBoardsByBoardIdUserRolesByUserId"


def businessmap(
    *answers: Any, url: str = URL, kind: str = "BASIC_API_KEY"
) -> AbstractAsyncContextManager[Vendor]:
    return vendor("businessmap", answers, LOGIN, auth_type=kind, endpoint={"apiUrl": url})


@pytest.mark.parametrize("kind", ["BASIC_API_KEY", "API_KEY"])
@pytest.mark.parametrize("url", [URL, f"{URL}/", f"{URL}/api/v2"])
async def test_the_key_is_in_a_header(url: str, kind: str) -> None:
    async with businessmap({"data": {"user_id": 1}}, url=url, kind=kind) as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == ("acme.kanbanize.com", ["GET /api/v2/me"])
        assert desk.sent[0].headers["apikey"] == "EXAMPLE-KEY"


async def test_our_choice_only_the_user_with_this_address_is_found() -> None:
    users = [{"user_id": 1, "email": "bo@example.com"}, {"user_id": 2, "email": "ada@example.com"}]
    async with businessmap({"data": users}, {"data": users[:1]}) as desk:
        where = {"emails": "ada@example.com"}
        found = await desk.call("getUsers_model", "RETRIEVEALL", where=where, limit=1)
        assert [user["user_id"] for user in found.payload] == [2]
        assert (desk.lines, desk.sent[0].query) == (["GET /api/v2/users"], where)
        assert (await desk.call("getUsers_model", "RETRIEVEALL", where=where, limit=1)).status_code == 204


async def test_a_user_gets_a_role_on_a_board() -> None:
    async with businessmap(Answer(None, 204)) as desk:
        where = {"and": [{"user_id": 2}, {"board_id": "2"}]}
        given = {"board_id": "2", "role_id": 1}
        result = await desk.call(f"{ASSIGN}_model", ASSIGN, where=where, input=given)
        assert (desk.lines, desk.sent[0].body) == (["PUT /api/v2/boards/2/userRoles/2"], {"role_id": 1})
        assert result.status_code == 200


async def test_nobody_gets_a_role_when_it_is_not_said_who() -> None:
    async with businessmap() as desk:
        where = {"user_id": None, "board_id": 2}
        result = await desk.call(f"{ASSIGN}_model", ASSIGN, where=where, input={"role_id": 1})
        assert result.status_code == 204
        with pytest.raises(Rejected, match="user_id"):
            await desk.call(f"{ASSIGN}_model", ASSIGN, where={"board_id": 2}, input={"role_id": 1})
        assert desk.lines == []


async def test_a_comment_is_made_on_its_card() -> None:
    answer = {"data": {"comment_id": 5, "text": "from ada: done"}}
    async with businessmap(answer) as desk:
        given = {"card_id": "18", "text": "from ada: done"}
        result = await desk.call("postCardsByCardIdComments_model", "postCardsByCardIdComments", input=given)
        assert (desk.lines, desk.sent[0].body) == (
            ["POST /api/v2/cards/18/comments"],
            {"text": "from ada: done"},
        )
        assert result.payload == answer["data"]


@pytest.mark.parametrize("card", ["", "18/../../users/7", "x"])
async def test_a_comment_needs_the_number_of_a_card(card: str) -> None:
    async with businessmap() as desk:
        with pytest.raises(Rejected, match="card_id"):
            await desk.call(
                "postCardsByCardIdComments_model",
                "postCardsByCardIdComments",
                input={"card_id": card, "text": "x"},
            )
        assert desk.lines == []


@pytest.mark.parametrize(
    ("where", "query"),
    [
        (None, {}),
        (
            {
                "and": [
                    {"in_current_position_since_from": {"gte": "2024-05-16T10:50:52.485Z"}},
                    {"column_ids": "18"},
                ]
            },
            {"in_current_position_since_from": "2024-05-16T10:50:52.485Z", "column_ids": "18"},
        ),
        ({"created_to": {"lt": "2026-01-01"}}, {"created_to": "2026-01-01"}),
    ],
)
async def test_cards_are_found_by_the_vendors_parameters(where: Any, query: dict[str, str]) -> None:
    pagination = {"all_pages": 1, "current_page": 1, "results_per_page": 11}
    async with businessmap({"data": {"pagination": pagination, "data": [{"card_id": 1}]}}) as desk:
        result = await desk.call("getCards_model", "RETRIEVEALL", where=where, limit=10)
        assert ([card["card_id"] for card in result.payload], desk.lines) == ([1], ["GET /api/v2/cards"])
        assert desk.sent[0].query == {"per_page": "200", "page": "1", **query}


async def test_other_conditions_are_compared_here() -> None:
    cards = [{"card_id": 1, "title": "a"}, {"card_id": 2, "title": "b"}]
    async with businessmap({"data": {"data": cards}}) as desk:
        result = await desk.call("getCards_model", "RETRIEVEALL", where={"title": "b"})
        assert result.payload == [cards[1]]


async def test_a_card_is_made_found_changed_and_deleted() -> None:
    card = {"card_id": 9, "title": "Tea"}
    answers = ({"data": [card]}, {"data": card}, {"data": [{**card, "title": "Coffee"}]}, Answer(None, 204))
    async with businessmap(*answers) as desk:
        made = await desk.call("Cards", "CREATE", input={"title": "Tea", "column_id": "18"})
        assert (made.status_code, made.payload, desk.sent[0].body) == (
            201,
            card,
            {"title": "Tea", "column_id": 18},
        )
        assert (await desk.call("Cards", "RETRIEVEALL", where={"card_id": 9})).payload == [card]
        changed = await desk.call("Cards", "UPDATEALL", where={"card_id": 9}, input={"title": "Coffee"})
        assert changed.payload["title"] == "Coffee"
        assert (await desk.call("Cards", "DELETEALL", where={"card_id": 9})).payload == {"count": 1}
        assert desk.lines == [
            "POST /api/v2/cards", "GET /api/v2/cards/9", "PATCH /api/v2/cards/9", "DELETE /api/v2/cards/9",
        ]  # fmt: skip


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (401, "BS11", AuthFailed),
        (403, "BS04", AuthFailed),
        (404, "BS03", NotFound),
        (429, "RL02", RateLimited),
        (400, "BS05", Rejected),
        (500, "SE01", Unavailable),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    status: int, code: str, word: type[ActionFailed]
) -> None:
    refusal = Answer({"error": {"code": code, "message": "No"}}, status, {"Retry-After": "60"})
    async with businessmap(refusal, refusal, refusal) as desk:
        with pytest.raises(word, match=f"{code}: No") as caught:
            await desk.call("getCards_model", "RETRIEVEALL")
        assert type(caught.value) is word
