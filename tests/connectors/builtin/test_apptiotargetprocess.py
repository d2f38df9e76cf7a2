"""IBM Targetprocess: one version of its API reads with .NET expressions, the other writes, in other cases."""

import base64
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable

URL = "https://acme.tpondemand.com"
LOGIN = {"username": "ada", "password": "EXAMPLE-PASSWORD"}
SINCE = "2026-01-10T09:00:00+01:00"


def targetprocess(*answers: Any, url: str = URL) -> AbstractAsyncContextManager[Vendor]:
    return vendor("apptiotargetprocess", answers, LOGIN, endpoint={"apiUrl": url})


@pytest.mark.parametrize("url", [URL, f"{URL}/", f"{URL}/api/v1"])
async def test_the_user_is_told_with_every_call(url: str) -> None:
    async with targetprocess({"Id": 1}, url=url) as desk:
        assert await desk.check() is True
        assert (desk.sent[0].host, desk.lines) == ("acme.tpondemand.com", ["GET /api/v1/Users/LoggedUser"])
        told = base64.b64decode(desk.sent[0].headers["Authorization"].removeprefix("Basic ")).decode()
        assert told == "ada:EXAMPLE-PASSWORD"


async def test_an_access_token_is_a_header_and_not_in_the_address() -> None:
    script = vendor(
        "apptiotargetprocess",
        [{"Id": 1}],
        {"accessToken": "EXAMPLE-TOKEN"},
        auth_type="BEARER_TOKEN",
        endpoint={"apiUrl": URL},
    )
    async with script as desk:
        await desk.check()
        assert desk.sent[0].headers["Authorization"] == "Bearer EXAMPLE-TOKEN"
        assert "EXAMPLE" not in str(desk.sent[0].query)


@pytest.mark.parametrize(
    ("name", "where", "text"),
    [
        ("Bugs", None, "id>0"),
        ("Bugs", {"Id": "1042"}, "id==1042"),
        ("Bugs", {"createDate": {"gt": SINCE}}, 'createDate>DateTime.Parse("2026-01-10T08:00:00Z")'),
        ("Bugs", {"Tags": {"contains": 'IT "x"'}}, 'tags.Contains("IT \\"x\\"")'),
        ("Tasks", {"EntityState___Name": "Open"}, 'entityState.name=="Open"'),
        ("Tasks", {"name": '") or (1==1'}, 'name=="\\") or (1==1"'),
        ("Tasks", {"name": "\\"}, 'name=="\\\\"'),
        ("Comments", {"and": [{"General___Id": 7}, {"tags": "x"}]}, 'general.id==7 and tags=="x"'),
        ("Comments", {"or": [{"id": 7}, {"id": 8}]}, "(id==7 or id==8)"),
        ("Users", {"effort": {"gte": "1.5"}}, "effort>=1.5"),
        ("Projects", {"Id": 7}, "id==7"),
        ("Projects", {"TeamProjectsName": "Team C"}, 'id>0 and TeamProjects.Any(Team.Name=="Team C")'),
        (
            "Projects",
            {"and": [{"Id": 7}, {"TeamProjectsName": 'a"b\\'}]},
            'id==7 and TeamProjects.Any(Team.Name=="a\\"b\\\\")',
        ),
    ],
)  # fmt: skip
async def test_our_choice_a_filter_becomes_a_net_expression(name: str, where: Any, text: str) -> None:
    async with targetprocess({"items": []}) as desk:
        result = await desk.call(f"getApiV2{name}_model", "RETRIEVEALL", where=where, limit=10)
        assert (result.status_code, desk.lines) == (204, [f"GET /api/v2/{name}"])
        page = {"take": "11", "skip": "0", "orderBy": "id", "isoDate": "true"}
        assert desk.sent[0].query == {"where": text, **page}


async def test_pages_end_where_none_follows() -> None:
    first = {"next": "http://acme.tpondemand.com/api/v2/Bugs?take=2&skip=2", "items": [{"id": 1}, {"id": 2}]}
    async with targetprocess(first, {"items": [{"id": 3}]}) as desk:
        result = await desk.call("getApiV2Bugs_model", "RETRIEVEALL")
        assert [bug["id"] for bug in result.payload] == [1, 2, 3]
        assert [sent.query["skip"] for sent in desk.sent] == ["0", "2"]


async def test_times_are_told_in_iso_whatever_the_version_says() -> None:
    bug = {"id": 1, "createDate": "/Date(1415826000000+0300)/", "modifyDate": "2026-01-10T08:00:00"}
    async with targetprocess({"items": [bug]}) as desk:
        (found,) = (await desk.call("getApiV2Bugs_model", "RETRIEVEALL")).payload
        assert found == {**bug, "createDate": "2014-11-12T21:00:00.000Z"}


@pytest.mark.parametrize(
    ("where", "line"),
    [(None, "POST /api/v1/Tasks"), ({"Id": 1042}, "POST /api/v1/Tasks/1042")],
)
async def test_our_choice_what_the_filter_names_is_changed_else_something_is_made(
    where: Any, line: str
) -> None:
    answer = {"Id": 1042, "Name": "Mend", "Project": {"Id": 5, "Name": "Engine"}}
    async with targetprocess(answer) as desk:
        given = {"AssignedTeams": {"Items": [{"Team": {"Id": 49400}}]}}
        result = await desk.call("postApiV1Tasks_model", "postApiV1Tasks", where=where, input=given)
        assert (desk.lines, desk.sent[0].body) == ([line], given)
        assert desk.sent[0].query == {"resultFormat": "json"}
        assert result.payload["_Project_"] == result.payload["Project"] == {"Id": 5, "Name": "Engine"}


async def test_a_user_is_made_with_values_of_their_types() -> None:
    async with targetprocess(Answer({"Id": 3}, 201)) as desk:
        given = {"Email": "ada@example.com", "IsActive": "true", "IsAdministrator": False, "LegacySkills": 5}
        result = await desk.call("postApiV1Users_model", "postApiV1Users", input=given)
        assert result.status_code == 201
        assert desk.sent[0].body == {**given, "IsActive": True, "LegacySkills": "5"}


@pytest.mark.parametrize(
    ("where", "text"),
    [
        (None, "(Id gt 0)"),
        ({"Name": "O'Neil"}, "(Name eq 'O\\'Neil')"),
        (
            {"and": [{"EntityState___Name": "Open"}, {"CreateDate": {"gte": SINCE}}]},
            "(EntityState.Name eq 'Open')and(CreateDate gte '2026-01-10T08:00:00Z')",
        ),
    ],
)
async def test_the_writing_version_has_conditions_of_its_own(where: Any, text: str) -> None:
    async with targetprocess({"Items": [{"Id": 7, "Name": "x"}]}) as desk:
        await desk.call("Bugs", "RETRIEVEALL", where=where, limit=1)
        assert desk.lines == ["GET /api/v1/Bugs"]
        assert desk.sent[0].query == {"where": text, "take": "2", "skip": "0"}


async def test_a_record_is_changed_by_a_post_and_deleted() -> None:
    async with targetprocess({"Id": 7, "Name": "y"}, {"Id": 7}) as desk:
        changed = await desk.call("Features", "UPDATEALL", where={"Id": 7}, input={"Name": "y"})
        assert (changed.payload, desk.sent[0].body) == ({"Id": 7, "Name": "y"}, {"Name": "y"})
        gone = await desk.call("Features", "DELETEALL", where={"Id": 7})
        assert (gone.payload, desk.lines) == (
            {"count": 1},
            ["POST /api/v1/Features/7", "DELETE /api/v1/Features/7"],
        )


@pytest.mark.parametrize(
    ("status", "word"),
    [(401, AuthFailed), (404, NotFound), (429, RateLimited), (400, Rejected), (500, Unavailable)],
)
async def test_a_refusal_is_told_in_one_of_five_words(status: int, word: type[ActionFailed]) -> None:
    refusal = Answer({"Status": "No", "Message": "so it is"}, status, {"Retry-After": "60"})
    async with targetprocess(refusal, refusal, refusal) as desk:
        with pytest.raises(word, match="No: so it is") as caught:
            await desk.call("getApiV2Bugs_model", "RETRIEVEALL")
        assert type(caught.value) is word
