"""SurveyMonkey: responses of collectors and surveys, times without a zone, new responses by asking."""

from contextlib import AbstractAsyncContextManager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

BOTH = {"survey_id": "409030411", "collector_id": "427486607"}


def surveymonkey(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("surveymonkey", answers)


def page(*records: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    return {"data": list(records), "total": len(records) if total is None else total, "links": {}}


@pytest.mark.parametrize(
    ("where", "line"),
    [
        (BOTH, "GET /v3/collectors/427486607/responses/bulk"),
        ({"survey_id": "4"}, "GET /v3/surveys/4/responses/bulk"),
        ({**BOTH, "id": "7"}, "GET /v3/surveys/409030411/responses/7/details"),
        ({"collector_id": "4", "id": "7"}, "GET /v3/collectors/4/responses/7/details"),
    ],
)
async def test_where_responses_are_found(where: dict[str, str], line: str) -> None:
    async with surveymonkey(page({"id": "7"})) as desk:
        await desk.call("Responses", "RETRIEVEALL", where=where)
        assert desk.lines == [line]


async def test_responses_of_nowhere_are_refused_before_anything_is_sent() -> None:
    async with surveymonkey() as desk:
        with pytest.raises(Rejected, match="survey_id"):
            await desk.call("Responses", "RETRIEVEALL", where={"response_status": "completed"})
        assert desk.sent == []


async def test_times_are_asked_for_as_the_vendor_writes_them() -> None:
    first = page(
        *[{"id": str(n), "date_created": "2026-01-01T11:00:00+00:00"} for n in range(100)], total=101
    )
    last = page({"id": "x", "date_created": "2026-01-01T09:59:59+00:00"}, total=101)
    async with surveymonkey(first, last) as desk:
        where = {**BOTH, "date_created": {"gte": "2026-01-01T12:00:00+02:00"}, "response_status": "completed"}
        result = await desk.call("Responses", "RETRIEVEALL", where=where)
        assert (len(result.payload), [sent.query["page"] for sent in desk.sent]) == (100, ["1", "2"])
        assert desk.sent[0].query == {
            "per_page": "100", "page": "1", "start_created_at": "2026-01-01T10:00:00", "status": "completed",
        }  # fmt: skip


async def test_a_response_is_submitted_changed_and_deleted() -> None:
    pages = [{"id": "1", "questions": [{"id": "2", "answers": [{"text": "yes"}]}]}]
    async with surveymonkey(Answer({"id": "7"}, 201), {"id": "7"}, {"id": "7"}) as desk:
        made = await desk.call("Responses", "CREATE", input={"collector_id": "4", "pages": pages})
        assert (made.status_code, desk.sent[0].body) == (201, {"pages": pages})
        named = {"survey_id": "5", "id": "7"}
        await desk.call("Responses", "UPDATEALL", where=named, input={"response_status": "completed"})
        await desk.call("Responses", "DELETEALL", where=named)
        assert desk.lines == [
            "POST /v3/collectors/4/responses",
            "PATCH /v3/surveys/5/responses/7",
            "DELETE /v3/surveys/5/responses/7",
        ]


async def test_a_new_response_is_told_once() -> None:
    now = datetime(2026, 1, 1, 10, 0, tzinfo=UTC)
    poll = parse_poll(
        Subject("surveymonkey", "Responses", "CREATED"),
        {**BOTH, "parentFilter": BOTH},
        key="id",
        times=("date_created", "date_modified"),
    )
    new = {"id": "7", "date_created": "2026-01-01T10:00:40+00:00", "pages": []}
    async with surveymonkey(page(new), page(new)) as desk:
        told, polled = await asked(poll, start_of(now), desk.credentials, now + timedelta(minutes=1))
        assert told == [new]
        assert desk.lines == ["GET /v3/collectors/427486607/responses/bulk"]
        assert desk.sent[0].query["start_created_at"] == "2026-01-01T10:00:00"
        assert (await asked(poll, polled, desk.credentials, now + timedelta(minutes=2)))[0] == []


@pytest.mark.parametrize(
    ("status", "code", "word"),
    [
        (401, "1011", AuthFailed), (403, "1014", AuthFailed), (404, "1020", NotFound),
        (400, "1004", Rejected), (429, "1040", RateLimited),
    ],
)  # fmt: skip
async def test_a_refusal_is_told_in_the_vendors_words(
    status: int, code: str, word: type[ActionFailed]
) -> None:
    body = {"error": {"id": code, "name": "So", "message": "it is", "http_status_code": status}}
    headers = {"X-Ratelimit-App-Global-Minute-Reset": "40"}
    async with surveymonkey(*[Answer(body, status, headers)] * 3) as desk:
        with pytest.raises(word, match="So: it is") as caught:
            await desk.call("Surveys", "RETRIEVEALL")
        assert type(caught.value) is word
        if isinstance(caught.value, RateLimited):
            assert caught.value.retry_after == 40
