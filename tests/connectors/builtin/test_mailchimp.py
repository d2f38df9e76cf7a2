"""Mailchimp: data centres, members by their address, throttling without words, and what is new."""

from typing import Any

import pytest
from tests.connectors.scripted import Answer, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, RateLimited, Rejected

ADA = {
    "id": "7f1c0a4d2c1e4b7a9d3e5f6a7b8c9d0e",
    "email_address": "ada@example.com",
    "list_id": "6fc8000000",
    "timestamp_opt": "2026-01-10T08:00:10+00:00",
}
EXISTS = {"title": "Member Exists", "status": 400, "detail": "ada@example.com is already a list member."}


def mailchimp(*answers: Any) -> Any:
    account = {"accessToken": "EXAMPLE"}
    return vendor("mailchimp", answers, account, auth_type="BASIC_OAUTH", endpoint={"dc": "us19"})


async def test_a_key_names_its_data_centre() -> None:
    key = {"apiKey": "00000000-EXAMPLE-NOT-REAL-us7"}
    async with vendor("mailchimp", [{"health_status": "ok"}], key, auth_type="API_KEY") as chimp:
        assert await chimp.check() is True
        assert (chimp.sent[0].host, chimp.lines) == ("us7.api.mailchimp.com", ["GET /3.0/ping"])
        assert chimp.sent[0].headers["Authorization"].startswith("Basic ")


async def test_a_member_is_added_and_subscribed_unless_the_flow_says_otherwise() -> None:
    async with mailchimp(ADA, ADA) as chimp:
        given = {
            "list_id": "6fc8000000",
            "email_address": "ada@example.com",
            "merge_fields": {"FNAME": "Ada"},
        }
        result = await chimp.call("Members", "CREATE", input=given)
        await chimp.call("Members", "CREATE", input={**given, "status": "pending", "tags": "vip"})
        sent = chimp.sent[0]
        assert (sent.host, sent.line) == ("us19.api.mailchimp.com", "POST /3.0/lists/6fc8000000/members")
        assert sent.headers["Authorization"] == "Bearer EXAMPLE"
        record = {"email_address": "ada@example.com", "merge_fields": {"FNAME": "Ada"}}
        assert sent.body == {**record, "status": "subscribed"}
        assert chimp.sent[1].body == {**record, "status": "pending", "tags": ["vip"]}
        assert (result.payload, result.status_code) == (ADA, 201)


async def test_members_are_looked_for_as_the_flow_says() -> None:
    async with mailchimp({"members": [], "total_items": 0}) as chimp:
        where = {"and": [{"unique_email_id": "ada@example.com"}, {"list_id": "6fc8000000"}]}
        result = await chimp.call("Members", "RETRIEVEALL", where=where, limit=10)
        assert chimp.lines == ["GET /3.0/lists/6fc8000000/members"]
        assert chimp.sent[0].query == {"unique_email_id": "ada@example.com", "count": "11", "offset": "0"}
        assert result.status_code == 204


async def test_a_member_is_known_by_the_address() -> None:
    async with mailchimp(ADA, ADA, Answer({"title": "Resource Not Found"}, 404), ADA) as chimp:
        for address, status in (("ada@example.com", 200), ("new@example.com", 201)):
            where = {"list_id": "6fc8000000", "email_address": address}
            given = {"merge_fields": {"LNAME": "L"}}
            result = await chimp.call("Members", "UPSERTWITHWHERE", where=where, input=given)
            assert result.status_code == status
        assert chimp.lines == [
            "GET /3.0/lists/6fc8000000/members/ada%40example.com",
            f"PATCH /3.0/lists/6fc8000000/members/{ADA['id']}",
            "GET /3.0/lists/6fc8000000/members/new%40example.com",
            "POST /3.0/lists/6fc8000000/members",
        ]
        assert chimp.sent[1].body == {"merge_fields": {"LNAME": "L"}}
        assert chimp.sent[3].body["email_address"] == "new@example.com"


async def test_a_campaign_has_its_audience_among_the_recipients() -> None:
    async with mailchimp({"id": "42694e9e57"}) as chimp:
        settings = {"subject_line": "Payment", "title": "Payment Due", "from_name": "Events"}
        given = {"list_id": "6fc8000000", "type": "regular", "settings": settings}
        await chimp.call("Campaigns", "CREATE", input=given)
        assert (chimp.lines, chimp.sent[0].body) == (
            ["POST /3.0/campaigns"],
            {"type": "regular", "recipients": {"list_id": "6fc8000000"}, "settings": settings},
        )


async def test_an_audience_that_is_not_there_is_nothing() -> None:
    async with mailchimp(Answer({"title": "Resource Not Found"}, 404)) as chimp:
        assert (await chimp.call("Lists", "RETRIEVEALL", where={"id": "x"})).status_code == 204


@pytest.mark.parametrize(
    ("answer", "word", "text"),
    [
        (Answer(EXISTS, 400), Rejected, "Member Exists; ada@example.com is already"),
        (Answer({"title": "Invalid", "errors": [{"field": "x", "message": "bad"}]}, 400), Rejected, "x bad"),
        (Answer({"title": "User Disabled", "detail": "gone"}, 403), AuthFailed, "User Disabled; gone"),
        (Answer("", 403), RateLimited, "403"),
        (Answer("<h1>Forbidden</h1>", 403), RateLimited, "403"),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    answer: Answer, word: type[ActionFailed], text: str
) -> None:
    async with mailchimp(answer, answer, answer) as chimp:
        given = {"list_id": "L", "email_address": "ada@example.com"}
        with pytest.raises(word, match=text) as caught:
            await chimp.call("Members", "CREATE", input=given)
        assert type(caught.value) is word


@pytest.mark.parametrize(
    ("name", "items", "field", "parameter", "path"),
    [
        ("Members", "members", "timestamp_opt", "since_timestamp_opt", "/3.0/lists/L/members"),
        ("Campaigns", "campaigns", "create_time", "since_create_time", "/3.0/campaigns"),
        ("Lists", "lists", "date_created", "since_date_created", "/3.0/lists"),
    ],
)
async def test_what_is_new_is_told_once(name: str, items: str, field: str, parameter: str, path: str) -> None:
    def page(*made: tuple[str, str]) -> dict[str, Any]:
        found = [{"id": one, field: f"2026-01-10T{at}+00:00"} for one, at in made]
        return {items: found, "total_items": len(found)}

    old, first, second = ("o", "07:59:59"), ("a", "08:00:10"), ("b", "08:00:10")
    late, last = ("c", "08:00:05"), ("d", "09:00:00")
    where = {"list_id": "L"} if name != "Lists" else None
    pages = page(old, first), page(first, second, late), page(first, second, last), page(last)
    state, told = None, []
    async with mailchimp(*pages) as chimp:
        for _ in pages:
            given = {"since": "2026-01-10T08:00:00.400Z"} | ({"state": state} if state else {})
            payload = (await chimp.call(name, "CREATED", where=where, input=given)).payload
            state = payload["state"]
            told.append([event["payload"]["id"] for event in payload["events"]])
        assert told == [["a"], ["b", "c"], ["d"], []]
        assert chimp.lines == [f"GET {path}"] * 4
        assert [sent.query[parameter] for sent in chimp.sent] == [
            "2026-01-10T08:00:00+00:00",
            "2026-01-10T08:00:00+00:00",
            "2026-01-10T08:00:00+00:00",
            "2026-01-10T08:55:00+00:00",
        ]
        if name == "Campaigns":
            assert chimp.sent[0].query["list_id"] == "L"


async def test_new_members_are_those_of_an_audience() -> None:
    async with mailchimp() as chimp:
        with pytest.raises(Rejected, match="list_id"):
            await chimp.call("Members", "CREATED", input={"since": "2026-01-10T08:00:00.000Z"})
