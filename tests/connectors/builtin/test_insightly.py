"""Insightly: one field and a time in a search, ids in bodies, times in two forms, new records by asking."""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

ALL = {"updated_after_utc": "2000-01-01T00:00:00Z", "top": "500", "skip": "0"}
AFTER = {"updated_after_utc": "2023-02-28T12:54:29Z"}


def insightly(
    *answers: Any, url: str = "https://api.eu1.insightly.com"
) -> AbstractAsyncContextManager[Vendor]:
    return vendor("insightly", answers, {"apiKey": "EXAMPLE-KEY"}, endpoint={"url": url})


@pytest.mark.parametrize(
    "url",
    [
        "https://api.eu1.insightly.com", "https://api.eu1.insightly.com/",
        "https://api.eu1.insightly.com/v3.1/", "https://api.eu1.insightly.com/v3.1",
    ],
)  # fmt: skip
async def test_the_address_of_the_account_may_be_copied_as_it_is_shown(url: str) -> None:
    async with insightly({"INSTANCE_NAME": "x"}, url=url) as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == ("api.eu1.insightly.com", ["GET /v3.1/Instance"])
        assert desk.sent[0].headers["Authorization"] == "Basic RVhBTVBMRS1LRVk6"


async def test_a_lead_is_made_with_fields_of_ones_own() -> None:
    async with insightly(Answer({"LEAD_ID": 5, "LAST_NAME": "Doe"}, 201)) as desk:
        given = {"LAST_NAME": "Doe", "EMPLOYEE_COUNT": "12", "EMAIL_ADDRESS": "d@example.com", "LEAD_ID": 9}
        result = await desk.call("Lead", "CREATE", input=given)
        assert desk.lines == ["POST /v3.1/Leads"]
        assert desk.sent[0].body == {
            "LAST_NAME": "Doe", "EMPLOYEE_COUNT": 12, "EMAIL_ADDRESS": "d@example.com",
        }  # fmt: skip
        assert (result.payload["LEAD_ID"], result.status_code) == (5, 201)


async def test_a_change_names_its_record_in_the_body_and_times_are_in_utc() -> None:
    async with insightly({"CONTACT_ID": 5}) as desk:
        given = {"FIRST_NAME": "Ann", "DATE_OF_BIRTH": "1980-02-03T01:00:00+02:00", "CONTACT_ID": 8}
        await desk.call("Contact", "UPDATEALL", where={"CONTACT_ID": "5"}, input=given)
        assert desk.lines == ["PUT /v3.1/Contacts"]
        told = {"CONTACT_ID": 5, "FIRST_NAME": "Ann", "DATE_OF_BIRTH": "1980-02-02 23:00:00"}
        assert desk.sent[0].body == told


@pytest.mark.parametrize(
    ("where", "query"),
    [
        (None, ALL),
        ({"updated_after_utc": "2023-02-28T12:54:29.642Z"}, ALL | AFTER),
        ({"DATE_UPDATED_UTC": {"gt": "2023-02-28T14:54:29+02:00"}}, ALL | AFTER),
        (
            {"STATUS": "IN PROGRESS"},
            {"field_name": "STATUS", "field_value": "IN PROGRESS", "top": "500", "skip": "0"},
        ),
        (
            {"STATUS": "x", "updated_after_utc": "2023-02-28T12:54:29Z"},
            {"field_name": "STATUS", "field_value": "x", **ALL, **AFTER},
        ),
    ],
)  # fmt: skip
async def test_a_list_is_a_search_by_one_field_or_by_time(where: Any, query: dict[str, str]) -> None:
    async with insightly([]) as desk:
        assert (await desk.call("Project", "RETRIEVEALL", where=where)).status_code == 204
        assert desk.lines == ["GET /v3.1/Projects/Search"]
        assert desk.sent[0].query == query


async def test_what_the_search_cannot_say_is_compared_here() -> None:
    records = [
        {"LEAD_ID": 1, "LAST_NAME": "Doe", "DATE_CREATED_UTC": "2026-01-01 09:00:00", "LEAD_RATING": 3},
        {"LEAD_ID": 2, "LAST_NAME": "Doe", "DATE_CREATED_UTC": "2026-01-01 11:00:00", "LEAD_RATING": 1},
        {"LEAD_ID": 3, "LAST_NAME": "Doe", "DATE_CREATED_UTC": "2026-01-01 11:00:00", "LEAD_RATING": 3},
    ]
    async with insightly(records) as desk:
        where = {
            "LAST_NAME": "Doe",
            "DATE_CREATED_UTC": {"gte": "2026-01-01T10:00:00Z"},
            "LEAD_RATING": {"gt": 2},
        }
        result = await desk.call("Lead", "RETRIEVEALL", where=where)
        assert [record["LEAD_ID"] for record in result.payload] == [3]
        assert desk.sent[0].query["updated_after_utc"] == "2026-01-01T10:00:00Z"


async def test_a_new_task_is_told_once_though_it_is_changed_later() -> None:
    now = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
    poll = parse_poll(
        Subject("insightly", "Task", "CREATED"),
        {},
        key="TASK_ID",
        times=("DATE_CREATED_UTC", "DATE_UPDATED_UTC"),
    )
    old = {"TASK_ID": 1, "DATE_CREATED_UTC": "2026-01-01 09:00:00", "DATE_UPDATED_UTC": "2026-01-01 10:00:30"}
    new = {"TASK_ID": 2, "DATE_CREATED_UTC": "2026-01-01 10:00:40", "DATE_UPDATED_UTC": "2026-01-01 10:00:40"}
    async with insightly([old, new], [old, new | {"DATE_UPDATED_UTC": "2026-01-01 10:01:30"}]) as desk:
        told, polled = await asked(poll, start_of(now), desk.credentials, now + timedelta(minutes=1))
        assert told == [new]
        assert desk.lines == ["GET /v3.1/Tasks/Search"]
        assert desk.sent[0].query["updated_after_utc"] == "2026-01-01T10:00:00Z"
        told, _ = await asked(poll, polled, desk.credentials, now + timedelta(minutes=2))
        assert told == []


@pytest.mark.parametrize(
    ("status", "word"),
    [
        (400, Rejected), (401, AuthFailed), (402, Rejected), (403, AuthFailed), (404, NotFound),
        (417, Rejected), (429, RateLimited),
    ],
)  # fmt: skip
async def test_a_refusal_is_one_of_the_five_words(status: int, word: type[ActionFailed]) -> None:
    async with insightly(*[Answer("no", status)] * 3) as desk:
        with pytest.raises(word) as caught:
            await desk.call("Lead", "CREATE", input={"LAST_NAME": "Doe"})
        assert type(caught.value) is word
        assert "EXAMPLE-KEY" not in str(caught.value)
