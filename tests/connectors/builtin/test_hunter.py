"""Hunter: addresses of a domain page by page, one person's address, and two ways of saying too much."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, RateLimited, Rejected

SEARCH, FINDER = "getV2DomainSearch_model", "getV2EmailFinder_model"


def hunter(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("hunter", answers, {"apiKey": "EXAMPLE-KEY"})


def found(*names: str, of: int) -> dict[str, Any]:
    return {"data": {"emails": [{"value": f"{name}@gm.example"} for name in names]}, "meta": {"results": of}}


async def test_addresses_of_a_domain_are_read_until_there_are_enough() -> None:
    async with hunter(found("a", "b", of=3), found("c", of=3)) as desk:
        where = {"domain": "gm.example", "department": "it"}
        result = await desk.call(SEARCH, "RETRIEVEALL", where=where)
        assert [one["value"] for one in result.payload] == ["a@gm.example", "b@gm.example", "c@gm.example"]
        assert desk.lines == ["GET /v2/domain-search"] * 2
        assert desk.sent[1].query == {
            "domain": "gm.example", "limit": "100", "offset": "2", "department": "it",
        }  # fmt: skip
        assert desk.sent[0].headers["X-API-KEY"] == "EXAMPLE-KEY"
    async with hunter(found("a", "b", "c", "d", of=9)) as desk:
        result = await desk.call(SEARCH, "RETRIEVEALL", where={"domain": "gm.example"}, limit=3)
        assert (len(result.payload), result.status_code) == (3, 206)
        assert desk.sent[0].query["limit"] == "4"


async def test_a_person_is_found_by_filter_or_by_input() -> None:
    answer = {"data": {"email": "a@reddit.example"}, "meta": {"params": {"last_name": "O"}}}
    async with hunter(answer, answer) as desk:
        where = {"and": [{"domain": "reddit.example"}, {"first_name": "A"}, {"last_name": "O"}]}
        result = await desk.call(FINDER, "getV2EmailFinder", where=where)
        assert (result.payload, result.status_code) == (answer, 200)
        given = {"domain": "reddit.example", "first_name": "A", "last_name": "O"}
        await desk.call(FINDER, "getV2EmailFinder", input=given)
        assert desk.lines == ["GET /v2/email-finder"] * 2
        assert desk.sent[0].query == desk.sent[1].query == given


@pytest.mark.parametrize(
    ("status", "word"),
    [(400, Rejected), (401, AuthFailed), (403, RateLimited), (429, RateLimited), (451, Rejected)],
)
async def test_too_fast_and_too_much_are_both_limits(status: int, word: type[ActionFailed]) -> None:
    body = {"errors": [{"id": "so", "code": status, "details": "it is"}]}
    async with hunter(*[Answer(body, status)] * 3) as desk:
        with pytest.raises(word, match="so: it is") as caught:
            await desk.call(FINDER, "getV2EmailFinder", where={"domain": "x.example"})
        assert type(caught.value) is word
        # What the plan does not allow is not asked again at once.
        assert len(desk.sent) == (3 if status == 403 else 1)
