"""Oracle HCM: workers are known by the ID in their address, and come with what belongs to them."""

import base64
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable

URL = "https://acme.fa.us2.oraclecloud.example"
API = "/hcmRestApi/resources/11.13.18.05"
UNIQUE = "00020000000EACED00057708000110F0"
WORKER = {
    "PersonId": 300000047340498,
    "PersonNumber": "100001",
    "names": [{"FirstName": "Ada", "FullName": "Ada Lovelace", "DisplayName": "Lovelace, Ada"}],
    "emails": [{"EmailAddress": "ada@example.com"}],
    "workRelationships": [{"PeriodOfServiceId": 7, "LegalEmployerName": "Engines"}],
    "links": [
        {"rel": "self", "href": f"{URL}:443{API}/workers/{UNIQUE}", "name": "workers"},
        {"rel": "child", "href": f"{URL}:443{API}/workers/{UNIQUE}/child/names"},
    ],
}


def hcm(*answers: Any, url: str = URL) -> AbstractAsyncContextManager[Vendor]:
    login = {"username": "ada", "password": "EXAMPLE-PASSWORD"}
    return vendor("oraclehcm", answers, login, endpoint={"endpointUrl": url})


@pytest.mark.parametrize("url", [URL, f"{URL}/", f"{URL}/hcmRestApi/resources/latest"])
async def test_the_address_is_taken_as_people_copy_it(url: str) -> None:
    async with hcm({"items": []}, url=url) as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == (
            "acme.fa.us2.oraclecloud.example",
            [f"GET {API}/workers"],
        )
        told = base64.b64decode(desk.sent[0].headers["Authorization"].removeprefix("Basic ")).decode()
        assert told == "ada:EXAMPLE-PASSWORD"


async def test_our_choice_a_worker_has_its_children_twice_and_the_id_of_its_address() -> None:
    async with hcm({"items": [WORKER], "hasMore": False}) as desk:
        (worker,) = (await desk.call("worker", "RETRIEVEALL", limit=50)).payload
        assert worker["WorkerUniqueId"] == UNIQUE
        assert (worker["FullName"], worker["DisplayName"]) == ("Ada Lovelace", "Lovelace, Ada")
        assert worker["workRelationships"][0]["LegalEmployerName"] == "Engines"
        assert worker["AdditionalProperties"] == {
            name: WORKER[name] for name in ("names", "emails", "workRelationships")
        }
        assert desk.sent[0].headers["REST-Framework-Version"] == "2"
        assert desk.sent[0].query == {
            "q": "PersonId>0", "limit": "51", "offset": "0", "orderBy": "PersonId",
            "expand": "names,emails,phones,addresses,workRelationships",
        }  # fmt: skip


@pytest.mark.parametrize(
    ("name", "where", "line", "text"),
    [
        ("worker", {"PersonNumber": "100001"}, "/workers", "PersonNumber='100001'"),
        ("worker", {"PersonId": "300"}, "/workers", "PersonId=300"),
        ("worker", {"names.LastName": {"contains": "o'n"}}, "/workers", "names.LastName LIKE '%o''n%'"),
        (
            "worker",
            {"and": [{"PersonId": {"gt": 5}}, {"or": [{"PersonNumber": "1"}, {"PersonNumber": "2"}]}]},
            "/workers",
            "PersonId>5 and (PersonNumber='1' or PersonNumber='2')",
        ),
        ("talentPersonProfile", {"PersonNumber": "1"}, "/talentPersonProfiles", "PersonNumber='1'"),
        ("candidate", None, "/recruitingCandidates", "LastName is not null"),
        (
            "workerAssignment",
            {"WorkerUniqueId": UNIQUE, "PeriodOfServiceId": 7},
            f"/workers/{UNIQUE}/child/workRelationships/7/child/assignments",
            "AssignmentId>0",
        ),
    ],
)  # fmt: skip
async def test_a_filter_becomes_a_query(name: str, where: Any, line: str, text: str) -> None:
    async with hcm({"items": []}) as desk:
        result = await desk.call(name, "RETRIEVEALL", where=where, limit=5)
        assert (result.status_code, desk.lines) == (204, [f"GET {API}{line}"])
        assert desk.sent[0].query["q"] == text


async def test_pages_end_when_the_application_says_so() -> None:
    pages = ({"items": [WORKER] * 3, "hasMore": True}, {"items": [WORKER], "hasMore": False})
    async with hcm(*pages) as desk:
        assert len((await desk.call("worker", "RETRIEVEALL")).payload) == 4
        assert [sent.query["offset"] for sent in desk.sent] == ["0", "3"]


async def test_a_candidate_is_made_found_changed_and_deleted() -> None:
    candidate = {"CandidateNumber": "187476", "LastName": "Lovelace", "Email": "ada@example.com"}
    async with hcm(Answer(candidate, 201), candidate, candidate, Answer(None, 204)) as desk:
        given = {"LastName": "Lovelace", "Email": "ada@example.com", "SourceName": "Email"}
        made = await desk.call("candidate", "CREATE", input=given)
        assert (made.status_code, made.payload, desk.sent[0].body) == (201, candidate, given)
        where = {"CandidateNumber": "187476"}
        assert (await desk.call("candidate", "RETRIEVEALL", where=where)).payload == [candidate]
        await desk.call("candidate", "UPDATEALL", where=where, input={"KnownAs": "Ada"})
        assert desk.sent[2].body == {"KnownAs": "Ada"}
        assert (await desk.call("candidate", "DELETEALL", where=where)).payload == {"count": 1}
        one = f"{API}/recruitingCandidates/187476"
        assert desk.lines[1:] == [f"GET {one}", f"PATCH {one}", f"DELETE {one}"]


@pytest.mark.parametrize("missing", ["LastName", "Email"])
async def test_a_candidate_needs_a_name_and_an_address(missing: str) -> None:
    given = {"LastName": "Lovelace", "Email": "ada@example.com"}
    async with hcm() as desk:
        with pytest.raises(Rejected, match=missing):
            await desk.call("candidate", "CREATE", input={**given, missing: ""})
        assert desk.lines == []


async def test_assignments_of_a_worker_without_a_work_relationship_are_none() -> None:
    async with hcm() as desk:
        where = {"and": [{"PeriodOfServiceId": None}, {"WorkerUniqueId": UNIQUE}]}
        assert (await desk.call("workerAssignment", "RETRIEVEALL", where=where)).status_code == 204
        assert desk.lines == []


@pytest.mark.parametrize(
    ("status", "body", "word", "told"),
    [
        (401, "<html>Unauthorized</html>", AuthFailed, "Unauthorized"),
        (404, {"title": "Not Found", "detail": "No such worker"}, NotFound, "Not Found: No such worker"),
        (400, "The query parameter is invalid", Rejected, "The query parameter is invalid"),
        (429, {"title": "Too Many Requests"}, RateLimited, "Too Many Requests"),
        (500, "", Unavailable, "500"),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    status: int, body: Any, word: type[ActionFailed], told: str
) -> None:
    refusal = Answer(body, status, {"Retry-After": "60"})
    async with hcm(refusal, refusal, refusal) as desk:
        with pytest.raises(word, match=told) as caught:
            await desk.call("worker", "RETRIEVEALL")
        assert type(caught.value) is word
