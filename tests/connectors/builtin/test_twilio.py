"""Twilio: numbers as it takes them, forms, lists by address, and names that flows can read."""

from typing import Any
from urllib.parse import parse_qs

import pytest
from tests.connectors.scripted import Answer, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected

SID = "ACaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
BASE = f"/2010-04-01/Accounts/{SID}"
MESSAGE = {"sid": "SMbbbb", "to": "+15550100002", "from": "+15550100001", "status": "queued"}
SEND = ("postMessagesjsonByFromphone_model", "postMessagesjsonByFromphone")
CALL = ("postCallsjsonByFromphone_model", "postCallsjsonByFromphone")


def twilio(*answers: Any, **credentials: str) -> Any:
    account = {"username": SID, "password": "EXAMPLE-NOT-REAL", **credentials}
    return vendor("twilio", answers, account)


@pytest.mark.parametrize(
    ("given", "form"),
    [
        (
            {"From": "+15550100001", "To": "+15550100002", "Body": "a & b", "MessageType": "Text"},
            {"From": ["+15550100001"], "To": ["+15550100002"], "Body": ["a & b"]},
        ),
        (
            {"From": "15550100001", "To": 15550100002, "Body": "hi", "MessageType": "Whatsapp"},
            {"From": ["whatsapp:+15550100001"], "To": ["whatsapp:+15550100002"], "Body": ["hi"]},
        ),
        (
            {"From": "12345", "To": " whatsapp:+15550100002 ", "Body": "hi", "MessageType": "WhatsApp"},
            {"From": ["whatsapp:12345"], "To": ["whatsapp:+15550100002"], "Body": ["hi"]},
        ),
        (
            {"To": "+15550100002", "MessagingServiceSid": "MG1", "MediaUrl": ["https://a", "https://b"]},
            {"To": ["+15550100002"], "MessagingServiceSid": ["MG1"], "MediaUrl": ["https://a", "https://b"]},
        ),
        (
            {"From": "Lockhouse", "To": "12", "Body": "hi"},
            {"From": ["Lockhouse"], "To": ["12"], "Body": ["hi"]},
        ),
    ],
)
async def test_a_message_is_sent_as_a_form_with_numbers_as_twilio_takes_them(
    given: dict[str, Any], form: dict[str, list[str]]
) -> None:
    async with twilio(Answer(MESSAGE, 201)) as phone:
        result = await phone.call(*SEND, input=given)
        sent = phone.sent[0]
        assert (sent.host, sent.line) == ("api.twilio.com", f"POST {BASE}/Messages.json")
        assert sent.headers["Content-Type"] == "application/x-www-form-urlencoded"
        assert sent.headers["Authorization"].startswith("Basic ")
        assert parse_qs(sent.content.decode()) == form
        names = {"_to_": "+15550100002", "_from_": "+15550100001"}
        assert (result.payload, result.status_code) == ({**MESSAGE, **names}, 201)


async def test_a_call_says_its_twiml() -> None:
    twiml = "<Response><Say>Hi & bye</Say></Response>"
    async with twilio(Answer(MESSAGE, 201)) as phone:
        given = {"From": "+15550100001", "To": "15550100002", "Twiml": twiml}
        await phone.call(*CALL, input=given)
        assert phone.lines == [f"POST {BASE}/Calls.json"]
        form = parse_qs(phone.sent[0].content.decode())
        assert form == {"From": ["+15550100001"], "To": ["+15550100002"], "Twiml": [twiml]}


@pytest.mark.parametrize(
    ("action", "given", "missing"),
    [(SEND, {"Body": "hi"}, "To"), (CALL, {"Twiml": "x", "To": "+15550100002"}, "From")],
)
async def test_nobody_to_call_is_refused_before_anything_is_sent(
    action: tuple[str, str], given: dict[str, Any], missing: str
) -> None:
    async with twilio() as phone:
        with pytest.raises(Rejected, match=missing):
            await phone.call(*action, input=given)
        assert phone.lines == []


async def test_a_list_is_followed_by_addresses_on_the_same_host() -> None:
    more = {"messages": [MESSAGE], "next_page_uri": f"{BASE}/Messages.json?PageSize=2&Page=1&PageToken=P"}
    # What follows an address on the vendor's host keeps to the stand-in, without the host in its path.
    async with twilio(more, {"messages": [MESSAGE], "next_page_uri": None}) as phone:
        result = await phone.call("getMessagesjson_model", "RETRIEVEALL", limit=50)
        assert [item["_to_"] for item in result.payload] == ["+15550100002"] * 2
        assert phone.sent[0].query == {"PageSize": "51"}
        assert phone.sent[1].query == {"PageSize": "2", "Page": "1", "PageToken": "P"}


async def test_conditions_are_asked_of_twilio() -> None:
    async with twilio({"messages": []}, {"calls": []}) as phone:
        where: dict[str, Any] = {"and": [{"To": "+15550100002"}, {"DateSent": {"gt": "2026-01-10"}}]}
        assert (await phone.call("getMessagesjson_model", "RETRIEVEALL", where=where)).status_code == 204
        assert phone.sent[0].query == {"To": "+15550100002", "DateSent>": "2026-01-10", "PageSize": "250"}
        where = {"and": [{"Status": "busy"}, {"StartTime": {"lt": "2026-01-10"}}]}
        await phone.call("getCallsjson_model", "RETRIEVEALL", where=where, limit=10)
        assert phone.sent[1].query == {"Status": "busy", "StartTime<": "2026-01-10", "PageSize": "11"}


async def test_the_text_of_a_message_is_taken_away() -> None:
    async with twilio(MESSAGE) as phone:
        await phone.call("getMessagesjson_model", "UPDATEALL", where={"sid": "SM1"}, input={"Body": ""})
        assert (phone.lines, phone.sent[0].content) == ([f"POST {BASE}/Messages/SM1.json"], b"Body=")


async def test_an_api_key_needs_the_account_beside_it() -> None:
    async with twilio({"sid": SID}, username="SKcccc", accountSid=SID) as phone:
        assert await phone.check() is True
        assert phone.lines == [f"GET {BASE}.json"]


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (401, 20003, AuthFailed),
        (403, 20003, AuthFailed),
        (403, 21408, Rejected),
        (404, 20404, NotFound),
        (400, 21211, Rejected),
        (429, 20429, RateLimited),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    status: int, code: int, word: type[ActionFailed]
) -> None:
    answer = Answer({"code": code, "message": "No", "status": status}, status)
    async with twilio(answer, answer, answer) as phone:
        with pytest.raises(word, match=f"{code}: No") as caught:
            await phone.call(*SEND, input={"From": "+15550100001", "To": "12", "Body": "hi"})
        assert type(caught.value) is word
