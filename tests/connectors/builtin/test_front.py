"""Front: messages are accepted, pages are named on another host, the contacts of an account are a list."""

import base64
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected

CHANNEL, ACCOUNT = "cha_g4xwc", "acc_e0vyak"


def front(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("front", answers)


@pytest.mark.parametrize(
    ("name", "action", "place"),
    [
        ("postChannelsByIdMessages_model", "postChannelsByIdMessages", {"id": CHANNEL}),
        (
            "postChannelsByChannelIdMessages_model",
            "postChannelsByChannelIdMessages",
            {"channel_id": CHANNEL},
        ),
        ("messages", "CREATE", {"channel_id": CHANNEL}),
    ],
)
async def test_a_message_is_sent_from_its_channel(name: str, action: str, place: dict[str, str]) -> None:
    async with front(Answer({"status": "accepted", "message_uid": "1eab"}, 202)) as desk:
        given = {**place, "to": ["cct@example.com"], "body": {"id": 1}}
        result = await desk.call(name, action, input=given)
        assert desk.lines == [f"POST /channels/{CHANNEL}/messages"]
        assert desk.sent[0].body == {"to": ["cct@example.com"], "body": '{"id":1}'}
        assert result.payload["message_uid"] == "1eab"


async def test_a_conversation_is_commented() -> None:
    async with front(Answer({"id": "com_1", "body": "900"}, 201)) as desk:
        name = "postConversationsByIdComments"
        result = await desk.call(f"{name}_model", name, input={"id": "cnv_1b64fqos", "body": 900})
        assert desk.lines == ["POST /conversations/cnv_1b64fqos/comments"]
        assert (desk.sent[0].body, result.payload["id"]) == ({"body": "900"}, "com_1")


@pytest.mark.parametrize(("name", "action"), [("postContacts_model", "postContacts"), ("contacts", "CREATE")])
async def test_a_contact_is_made_with_its_handles(name: str, action: str) -> None:
    async with front(Answer({"id": "crd_1"}, 201)) as desk:
        handles = [{"handle": "ada@example.com", "source": "email"}]
        result = await desk.call(name, action, input={"handles": handles})
        assert (desk.lines, desk.sent[0].body) == (["POST /contacts"], {"handles": handles})
        assert (result.payload, result.status_code) == ({"id": "crd_1"}, 201)


async def test_contacts_are_added_to_an_account() -> None:
    async with front(Answer(None, 204)) as desk:
        name = "postAccountsByIdContacts"
        await desk.call(f"{name}_model", name, input={"id": ACCOUNT, "contact_ids": "crd_1"})
        assert desk.lines == [f"POST /accounts/{ACCOUNT}/contacts"]
        assert desk.sent[0].body == {"contact_ids": ["crd_1"]}


@pytest.mark.parametrize(
    ("where", "given"), [({"id": ACCOUNT}, {"id": ACCOUNT}), ({"id": ACCOUNT}, {}), (None, {"id": ACCOUNT})]
)
async def test_the_contacts_of_an_account_come_page_by_page(where: Any, given: dict[str, str]) -> None:
    following = f"https://acme.api.frontapp.com/accounts/{ACCOUNT}/contacts?limit=100&page_token=abc"
    pages = [
        {"_pagination": {"next": following}, "_results": [{"id": "crd_1"}]},
        {"_pagination": {"next": None}, "_results": [{"id": "crd_2"}]},
    ]
    async with front(*pages) as desk:
        name = "getAccountsByIdContacts"
        result = await desk.call(f"{name}_model", name, where=where, input=given)
        assert [contact["id"] for contact in result.payload] == ["crd_1", "crd_2"]
        # The other host is not called: it would get the account's token.
        assert desk.lines == [f"GET /accounts/{ACCOUNT}/contacts"] * 2
        assert {sent.host for sent in desk.sent} == {"api2.frontapp.com"}
        assert [sent.query for sent in desk.sent] == [
            {"limit": "100"},
            {"limit": "100", "page_token": "abc"},
        ]


async def test_a_contact_is_changed_without_its_handles() -> None:
    async with front(Answer(None, 204)) as desk:
        given = {"name": "Ada", "handles": [{"handle": "x", "source": "email"}]}
        result = await desk.call("contacts", "UPDATEALL", where={"id": "crd_1"}, input=given)
        assert (desk.lines, desk.sent[0].body) == (["PATCH /contacts/crd_1"], {"name": "Ada"})
        assert (result.payload, result.status_code) == ({"name": "Ada", "id": "crd_1"}, 200)


async def test_a_refused_token_is_renewed_with_the_apps_name() -> None:
    fields = {
        "clientId": "EXAMPLE-ID",
        "clientSecret": "EXAMPLE-SECRET",
        "accessToken": "EXAMPLE-OLD",
        "refreshToken": "EXAMPLE-REFRESH",
    }
    refused = Answer({"_error": {"status": 401, "title": "Unauthenticated"}}, 401)
    answers = [refused, {"access_token": "EXAMPLE-NEW", "refresh_token": "EXAMPLE-NEXT"}, {"id": "cmp_1"}]
    async with vendor("front", answers, fields, auth_type="BASIC_OAUTH") as desk:
        assert await desk.check() is True
        assert desk.lines == ["GET /me", "POST /oauth/token", "GET /me"]
        told = desk.sent[1].headers["Authorization"].removeprefix("Basic ")
        assert base64.b64decode(told) == b"EXAMPLE-ID:EXAMPLE-SECRET"


@pytest.mark.parametrize(
    ("status", "word"),
    [(400, Rejected), (401, AuthFailed), (403, AuthFailed), (404, NotFound), (429, RateLimited)],
)
async def test_a_refusal_is_told_with_its_details(status: int, word: type[ActionFailed]) -> None:
    error = {"status": status, "title": "No", "message": "so", "details": ["body.to: missing"]}
    async with front(*[Answer({"_error": error}, status)] * 3) as desk:
        with pytest.raises(word, match=r"No: so: body\.to: missing") as caught:
            await desk.call("messages", "CREATE", input={"channel_id": "c", "to": "a", "body": "b"})
        assert type(caught.value) is word
