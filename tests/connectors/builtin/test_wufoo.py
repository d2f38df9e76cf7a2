"""Wufoo: forms with fields of their owners, refusals in good answers, new entries by their numbers."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected

FORM = {"Hash": "q1z0scqf0z2bi37"}
ENTRIES = "GET /api/v3/forms/q1z0scqf0z2bi37/entries.json"
SINCE = {"since": "2026-01-01T10:00:00.000Z"}


def wufoo(*answers: Any, name: str = "fishbowl") -> AbstractAsyncContextManager[Vendor]:
    return vendor("wufoo", answers, {"apiKey": "EXAMPLE-KEY"}, endpoint={"subdomain": name})


def entries(*numbers: int) -> dict[str, Any]:
    return {"Entries": [{"EntryId": str(number), "Field1": "a"} for number in numbers]}


async def test_the_account_is_a_host_of_its_own_and_nothing_else() -> None:
    async with wufoo({"Users": []}) as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == ("fishbowl.wufoo.com", ["GET /api/v3/users.json"])
        assert desk.sent[0].headers["Authorization"] == "Basic RVhBTVBMRS1LRVk6dW51c2Vk"
    async with wufoo({"Users": []}, name="evil.example/#") as desk:
        await desk.check()
        assert desk.sent[0].host.endswith(".wufoo.com")


async def test_an_entry_is_submitted_as_a_form() -> None:
    async with wufoo(Answer({"Success": 1, "EntryId": 7, "RedirectUrl": "https://e.example"}, 201)) as desk:
        given = {**FORM, "Field1": "Ann & Bob", "Field16": 42, "Field2": None}
        result = await desk.call("FormEntry", "CREATE", input=given)
        assert desk.lines == [ENTRIES.replace("GET", "POST")]
        assert desk.sent[0].content == b"Field1=Ann+%26+Bob&Field16=42"
        assert (result.payload["EntryId"], result.payload["Field1"], result.status_code) == (
            7,
            "Ann & Bob",
            201,
        )


async def test_an_entry_that_the_form_does_not_take_is_a_refusal_in_a_good_answer() -> None:
    refusal = {
        "Success": 0,
        "ErrorText": "Errors have been highlighted below.",
        "FieldErrors": [{"ID": "Field1", "ErrorText": "This field is required."}],
    }
    async with wufoo(refusal) as desk:
        with pytest.raises(Rejected, match="Field1: This field is required"):
            await desk.call("FormEntry", "CREATE", input={**FORM, "Field2": "x"})


async def test_entries_are_found_by_number_or_read_to_the_end() -> None:
    async with wufoo(entries(5), entries(*range(1, 101)), entries(101)) as desk:
        await desk.call("FormEntry", "RETRIEVEALL", where={**FORM, "EntryId": 5})
        assert desk.sent[0].query["Filter1"] == "EntryId Is_equal_to 5"
        result = await desk.call("FormEntry", "RETRIEVEALL", where={**FORM, "Field1": "a"}, limit=200)
        assert (len(result.payload), result.status_code) == (101, 200)
        assert [sent.query["pageStart"] for sent in desk.sent[1:]] == ["0", "100"]
        assert set(desk.lines) == {ENTRIES}


async def test_the_first_look_only_learns_the_newest_number() -> None:
    async with wufoo(entries(40)) as desk:
        answer = (await desk.call("FormEntry", "CREATED", input=SINCE, where=FORM)).payload
        assert answer == {"events": [], "state": 40}
        assert (desk.sent[0].query["sortDirection"], desk.sent[0].query["pageSize"]) == ("DESC", "1")


@pytest.mark.parametrize(
    ("pages", "told", "state"),
    [
        ([entries(42, 41)], ["41", "42"], 42),
        ([entries(40, 39)], [], 40),
        ([entries()], [], 40),
        ([{"Entries": [{"EntryId": "no"}, "odd", None]}], [], 40),
        ([entries(*range(41, 141)), entries(140, 141)], [str(number) for number in range(41, 142)], 141),
    ],
)
async def test_new_entries_are_told_once_in_their_order(pages: Any, told: list[str], state: int) -> None:
    async with wufoo(*pages) as desk:
        answer = (await desk.call("FormEntry", "CREATED", input={**SINCE, "state": 40}, where=FORM)).payload
        assert [event["id"] for event in answer["events"]] == told
        assert answer["state"] == state
        assert desk.sent[0].query["Filter1"] == "EntryId Is_greater_than 40"


async def test_events_need_a_form() -> None:
    async with wufoo() as desk:
        with pytest.raises(Rejected, match="Hash"):
            await desk.call("FormEntry", "CREATED", input=SINCE)


@pytest.mark.parametrize(
    ("status", "word"), [(401, AuthFailed), (403, AuthFailed), (404, NotFound), (429, RateLimited)]
)
async def test_a_refusal_is_told_in_the_vendors_words(status: int, word: type[ActionFailed]) -> None:
    async with wufoo(*[Answer({"Text": "so it is", "HTTPCode": status}, status)] * 3) as desk:
        with pytest.raises(word, match="so it is"):
            await desk.call("FormEntry", "RETRIEVEALL", where=FORM)
