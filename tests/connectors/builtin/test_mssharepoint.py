"""Microsoft SharePoint: sites by path, columns of any name, attachments and files as bytes."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.judge import Description
from tests.connectors.polling import asked
from tests.connectors.scripted import Answer, vendor

from lockhouse.clock import utc_now
from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable
from lockhouse.runtime.triggers.poll import Subject, parse_poll, start_of

LIST = "7e11aaae-7418-45b9-aad5-809ef5143716"
ROOT = {"SitePath": "/", "ListId": LIST}
ITEMS = f"/_api/web/lists(guid'{LIST}')/items"
HOST = "https://contoso.sharepoint.com"
ATTACHED = "/Lists/Tasks/Attachments/4/a.txt"


def sharepoint(*answers: Any, url: str = HOST, **fields: str) -> Any:
    return vendor("mssharepoint", answers, {"accessToken": "EXAMPLE-TOKEN", **fields}, endpoint={"url": url})


@pytest.mark.parametrize(
    ("path", "prefix"),
    [
        ("/", ""),
        ("", ""),
        (None, ""),
        ("/sites/team", "/sites/team"),
        ("sites/team/", "/sites/team"),
        ("/sites/a b?c#d", "/sites/a%20b%3Fc%23d"),
    ],
)
async def test_a_list_item_is_made_in_its_site(path: str | None, prefix: str) -> None:
    async with sharepoint(Answer({"ID": 41, "Title": "Form"}, 201), url=f"{HOST}/") as desk:
        given = {"SitePath": path, "ListId": LIST, "Title": "Form", "Description": "See 12", "Own": 5}
        result = await desk.call("ListItem", "CREATE", input=given)
        assert (desk.lines, desk.sent[0].host) == ([f"POST {prefix}{ITEMS}"], "contoso.sharepoint.com")
        assert desk.sent[0].body == {"Title": "Form", "Description": "See 12", "Own": 5}
        assert desk.sent[0].headers["Accept"] == "application/json;odata=nometadata"
        assert (result.status_code, result.payload["ID"]) == (201, 41)


@pytest.mark.parametrize("path", ["/sites/../other", "..", "/./x"])
async def test_a_site_is_not_left_by_its_path(path: str) -> None:
    async with sharepoint() as desk:
        with pytest.raises(Rejected):
            await desk.call("ListItem", "CREATE", input={"SitePath": path, "ListId": LIST, "Title": "x"})
        assert desk.sent == []


async def test_an_item_is_read_changed_and_deleted_by_its_number() -> None:
    missing = Answer({"odata.error": {"code": "-2130575338, x", "message": {"value": "gone"}}}, 404)
    async with sharepoint({"ID": 4}, Answer(None, 204), missing) as desk:
        where = {"and": [{"ID": "4"}, {"ListId": LIST}, {"SitePath": "/"}]}
        await desk.call("ListItem", "RETRIEVEALL", where=where)
        changed = await desk.call("ListItem", "UPDATEALL", where=where, input={**ROOT, "Title": "New"})
        gone = await desk.call("ListItem", "DELETEALL", where=where)
        assert desk.lines == [f"GET {ITEMS}(4)", f"POST {ITEMS}(4)", f"POST {ITEMS}(4)"]
        told = [(sent.headers.get("X-HTTP-Method"), sent.headers.get("If-Match")) for sent in desk.sent]
        assert told == [(None, None), ("MERGE", "*"), ("DELETE", "*")]
        assert (desk.sent[1].body, changed.payload) == ({"Title": "New"}, {"Title": "New", "ID": 4})
        assert gone.status_code == 204


@pytest.mark.parametrize("number", ["4)/recycle(", "4/x", "a b"])
async def test_a_number_cannot_become_another_address(number: str) -> None:
    async with sharepoint() as desk:
        with pytest.raises(Rejected, match="ID"):
            await desk.call("ListItem", "DELETEALL", where={**ROOT, "ID": number})
        assert desk.sent == []


async def test_a_quote_in_a_value_of_an_address_is_doubled() -> None:
    async with sharepoint({"value": []}) as desk:
        await desk.call("ListItem", "RETRIEVEALL", where={"SitePath": "/", "ListId": "x')/y"})
        assert desk.lines == ["GET /_api/web/lists(guid'x%27%27%29%2Fy')/items"]


@pytest.mark.parametrize(
    ("condition", "filter_"),
    [
        ({"Title": "it's"}, "Title eq 'it''s'"),
        ({"Title": "5"}, "Title eq '5'"),
        ({"Age": {"gt": 5}}, "Age gt 5"),
        ({"Done": True}, "Done eq true"),
        (
            {"Modified": {"gte": "2026-01-10T09:00:00+01:00"}},
            "Modified ge datetime'2026-01-10T08:00:00Z'",
        ),
        ({"Title": {"contains": "a"}}, "substringof('a',Title)"),
        ({"or": [{"A": "x"}, {"B": {"neq": "y"}}]}, "(A eq 'x' or B ne 'y')"),
        ({"A": "datetime'x' or 1 eq 1"}, "A eq 'datetime''x'' or 1 eq 1'"),
    ],
)
async def test_conditions_are_an_odata_filter(condition: dict[str, Any], filter_: str) -> None:
    async with sharepoint({"value": [{"ID": 1}]}) as desk:
        result = await desk.call("ListItem", "RETRIEVEALL", where={"and": [condition, ROOT]}, limit=10)
        assert (desk.lines, desk.sent[0].query) == ([f"GET {ITEMS}"], {"$filter": filter_, "$top": "11"})
        assert result.payload == [{"ID": 1}]


async def test_items_are_followed_by_the_next_link() -> None:
    pages = [{"value": [{"ID": 1}], "odata.nextLink": "?$skiptoken=Paged"}, {"value": [{"ID": 2}]}]
    async with sharepoint(*pages) as desk:
        result = await desk.call("ListItem", "RETRIEVEALL", where=ROOT)
        assert [item["ID"] for item in result.payload] == [1, 2]
        assert desk.sent[1].query == {"$skiptoken": "Paged"}


@pytest.mark.parametrize(
    ("kind", "content", "told"), [("Text", "hello", b"hello"), ("Binary", "AAE=", b"\x00\x01")]
)
async def test_an_attachment_is_its_bytes(kind: str, content: str, told: bytes) -> None:
    made = {"FileName": "it's.txt", "ServerRelativeUrl": ATTACHED}
    async with sharepoint(made) as desk:
        given = {**ROOT, "ListItemId": "4", "FileName": "it's.txt", "content": content, "fileType": kind}
        result = await desk.call("ListItemAttachment", "CREATE", input=given)
        assert desk.lines == [f"POST {ITEMS}(4)/AttachmentFiles/add(FileName='it%27%27s.txt')"]
        assert (desk.sent[0].content, result.status_code) == (told, 201)
        assert result.payload == made


@pytest.mark.parametrize("where", [{"ListItemId": 4}, {"ServerRelativeUrl": ATTACHED}])
async def test_our_choice_an_attachment_is_found_by_its_path_too(where: dict[str, Any]) -> None:
    other = {"FileName": "b.txt", "ServerRelativeUrl": "/Lists/Tasks/Attachments/4/b.txt"}
    async with sharepoint({"value": [{"FileName": "a.txt", "ServerRelativeUrl": ATTACHED}, other]}) as desk:
        result = await desk.call("ListItemAttachment", "RETRIEVEALL", where={**ROOT, **where}, limit=1)
        assert desk.lines == [f"GET {ITEMS}(4)/AttachmentFiles"]
        assert (result.payload[0]["FileName"], result.payload[0]["SiteCollectionURL"]) == ("a.txt", HOST)
        assert result.status_code == (206 if "ListItemId" in where else 200)


@pytest.mark.parametrize("where", [{}, {"ServerRelativeUrl": "/Lists/Tasks/a.txt"}])
async def test_an_attachment_of_no_item_is_not_looked_for(where: dict[str, Any]) -> None:
    async with sharepoint() as desk:
        with pytest.raises(Rejected, match="ListItemId"):
            await desk.call("ListItemAttachment", "RETRIEVEALL", where={**ROOT, **where})
        assert desk.sent == []


@pytest.mark.parametrize(("kind", "content"), [("Text", "hi"), ("Binary", "aGk="), (None, "aGk=")])
async def test_an_attachment_is_downloaded_from_its_site(kind: str | None, content: str) -> None:
    async with sharepoint(Answer(b"hi")) as desk:
        given = {"SiteCollectionURL": f"{HOST}/sites/t", "ServerRelativeUrl": "/sites/t/a b.txt"}
        result = await desk.call(
            "ListItemAttachment", "DOWNLOADLISTITEMATTACHMENT", input={**given, "fileType": kind}
        )
        path = "/sites/t/_api/web/GetFileByServerRelativeUrl('%2Fsites%2Ft%2Fa%20b.txt')/$value"
        assert (desk.lines, result.payload) == ([f"GET {path}"], {"content": content})


@pytest.mark.parametrize(
    "address",
    [
        "https://elsewhere.example.com",
        f"{HOST}.example.com",
        f"{HOST}@example.com",
        f"{HOST}/x?y=",
        "http://contoso.sharepoint.com",
        "",
        "/sites/t",
    ],
)
async def test_the_token_does_not_follow_to_another_host(address: str) -> None:
    async with sharepoint() as desk:
        given = {"SiteCollectionURL": address, "ServerRelativeUrl": ATTACHED}
        with pytest.raises(Rejected, match="SiteCollectionURL"):
            await desk.call("ListItemAttachment", "DOWNLOADLISTITEMATTACHMENT", input=given)
        assert desk.sent == []


@pytest.mark.parametrize("overwrite", [{}, {"Overwrite": True}])
async def test_a_file_is_written_to_its_folder(overwrite: dict[str, Any]) -> None:
    async with sharepoint({"Name": "a.txt", "ServerRelativeUrl": "/sites/t/Lib/a.txt"}) as desk:
        given = {"SitePath": "/sites/t", "ParentFolderPath": "/sites/t/Lib", "Name": "a.txt", "content": "x"}
        result = await desk.call("File", "CREATE", input={**given, **overwrite})
        folder = "/sites/t/_api/web/GetFolderByServerRelativeUrl('%2Fsites%2Ft%2FLib')"
        told = "true" if overwrite else "false"
        assert desk.lines == [f"POST {folder}/Files/add(url='a.txt',overwrite={told})"]
        assert (desk.sent[0].content, result.payload["Name"]) == (b"x", "a.txt")


@pytest.mark.parametrize(
    ("url", "told"), [("news", "news"), (" Q&A: our / page? ", "Q-A-our-page"), ("/news/", "news")]
)
async def test_our_choice_a_site_s_address_is_made_of_any_text(url: str, told: str) -> None:
    async with sharepoint({"ServerRelativeUrl": "/sites/t/x"}) as desk:
        given = {"SitePath": "/sites/t", "Title": "News", "Url": url, "WebTemplate": "STS"}
        result = await desk.call("Site", "CREATE", input=given)
        assert desk.lines == ["POST /sites/t/_api/web/webs/add"]
        assert desk.sent[0].body == {
            "parameters": {
                "Title": "News", "Url": told, "WebTemplate": "STS", "Language": 1033,
                "UseSamePermissionsAsParentSite": True,
            }
        }  # fmt: skip
        assert result.status_code == 201


async def test_a_whole_address_makes_a_site_of_its_own() -> None:
    made = {"SiteId": "1", "SiteStatus": 2, "SiteUrl": f"{HOST}/sites/n"}
    async with sharepoint(made) as desk:
        given = {"Title": "N", "Url": f"{HOST}/sites/n", "WebTemplate": "STS#3", "Language": 1033}
        result = await desk.call("Site", "CREATE", input=given)
        assert desk.lines == ["POST /_api/SPSiteManager/create"]
        request = {"Title": "N", "Url": f"{HOST}/sites/n", "WebTemplate": "STS#3", "Lcid": 1033}
        assert (desk.sent[0].body, result.payload["SiteStatus"]) == ({"request": request}, 2)


@pytest.mark.parametrize(
    ("where", "line"),
    [({"ServerRelativeUrl": "/sites/t"}, "GET /sites/t/_api/web"), (None, "GET /_api/web/webs")],
)
async def test_sites_are_found(where: Any, line: str) -> None:
    async with sharepoint({"value": []}) as desk:
        await desk.call("Site", "RETRIEVEALL", where=where)
        assert desk.lines == [line]


@pytest.mark.parametrize("path", ["", "/", "//", " "])
async def test_the_first_site_of_an_address_is_not_deleted(path: str) -> None:
    async with sharepoint() as desk:
        with pytest.raises(Rejected, match="ServerRelativeUrl"):
            await desk.call("Site", "DELETEALL", where={"ServerRelativeUrl": path})
        assert desk.sent == []


async def test_a_site_is_changed_and_deleted_by_its_path() -> None:
    async with sharepoint(Answer(None, 204), Answer(None, 204)) as desk:
        where = {"ServerRelativeUrl": "/sites/t/news"}
        given = {"Title": "News", "Url": "elsewhere", "WebTemplate": "STS"}
        await desk.call("Site", "UPDATEALL", where=where, input=given)
        await desk.call("Site", "DELETEALL", where=where)
        assert desk.lines == ["POST /sites/t/news/_api/web"] * 2
        assert [sent.headers["X-HTTP-Method"] for sent in desk.sent] == ["MERGE", "DELETE"]
        assert (desk.sent[0].body, desk.sent[1].content) == ({"Title": "News"}, b"")


async def test_items_that_a_filter_finds_are_changed_one_by_one() -> None:
    found = {"value": [{"ID": 4, "Title": "x"}, {"ID": 7, "Title": "x"}]}
    async with sharepoint(found, Answer(None, 204), Answer(None, 204)) as desk:
        result = await desk.call("ListItem", "UPDATEALL", where={**ROOT, "Title": "x"}, input={"Title": "y"})
        assert desk.lines == [f"GET {ITEMS}", f"POST {ITEMS}(4)", f"POST {ITEMS}(7)"]
        assert [item["ID"] for item in result.payload] == [4, 7]


async def test_an_upsert_of_an_item_goes_to_the_list_of_the_filter() -> None:
    async with sharepoint({"value": []}, Answer({"ID": 9}, 201)) as desk:
        where = {**ROOT, "Title": "x"}
        result = await desk.call("ListItem", "UPSERTWITHWHERE", where=where, input={"Description": "d"})
        assert desk.lines == [f"GET {ITEMS}", f"POST {ITEMS}"]
        assert (desk.sent[1].body, result.status_code) == ({"Title": "x", "Description": "d"}, 201)


async def test_a_poll_finds_an_item_that_came_after_its_start() -> None:
    now = utc_now()
    told = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    old = {"ID": 3, "Created": "2020-01-01T00:00:00Z", "Modified": told}
    async with sharepoint({"value": [{"ID": 4, "Created": told, "Modified": told}, old]}) as desk:
        subscription = {
            "createdField": "Created",
            "updatedField": "Modified",
            "timeFormat": "YYYY-MM-DDTHH:mm:ssZ",
        }
        options = {"subscription": subscription, "parentFilter": ROOT}
        poll = parse_poll(Subject("mssharepoint", "ListItem", "CREATED_POLLER"), options)
        events, _ = await asked(poll, start_of(now), desk.credentials, now)
        assert [event["ID"] for event in events] == [4]
        assert desk.sent[0].query["$filter"] == f"Created ge datetime'{told}'"


async def test_a_token_is_asked_for_the_host_of_the_site() -> None:
    fields = {"refreshToken": "EXAMPLE-REFRESH", "clientId": "EXAMPLE-ID", "clientSecret": "EXAMPLE-SECRET"}
    refused = Answer({"error_description": "Invalid JWT token"}, 401)
    async with sharepoint(refused, {"access_token": "EXAMPLE-NEW"}, {"Title": "t"}, **fields) as desk:
        assert await desk.check() is True
        form = desk.sent[1].content.decode()
        assert desk.sent[1].host == "login.microsoftonline.com"
        assert "scope=https%3A%2F%2Fcontoso.sharepoint.com%2F.default+offline_access" in form
        assert desk.sent[2].headers["Authorization"] == "Bearer EXAMPLE-NEW"


@pytest.mark.parametrize(
    ("status", "code", "headers", "word"),
    [
        (401, "-2147024891, System.UnauthorizedAccessException", {}, AuthFailed),
        (403, "-2147024891, System.UnauthorizedAccessException", {}, AuthFailed),
        (404, "-1, System.ArgumentException", {}, NotFound),
        (412, "-2130575305, x", {}, Rejected),
        (423, "-2147018894, x", {}, Rejected),
        (500, "-2130575169, Microsoft.SharePoint.SPException", {}, Rejected),
        (500, "-2147024860, Microsoft.SharePoint.SPQueryThrottledException", {}, Rejected),
        (500, "-1, System.Exception", {}, Unavailable),
        (503, "", {"Retry-After": "60"}, RateLimited),
        (503, "", {}, Unavailable),
    ],
)
@pytest.mark.parametrize("form", ["odata.error", "error"])
async def test_a_refusal_is_told_in_one_of_five_words(
    status: int, code: str, headers: dict[str, str], word: type[ActionFailed], form: str
) -> None:
    text = {"lang": "en-US", "value": "No"} if form == "odata.error" else "No"
    refusal = Answer({form: {"code": code, "message": text}}, status, headers)
    async with sharepoint(refusal, refusal, refusal) as desk:
        with pytest.raises(word, match="No") as caught:
            await desk.call("ListItem", "CREATE", input={**ROOT, "Title": "x"})
        assert type(caught.value) is word


async def test_the_vendor_describes_the_requests_that_only_we_build(shared: Path) -> None:
    description = Description(json.loads((shared / "specs/mssharepoint/openapi.json").read_text()))
    site = {"Title": "N", "Url": "n", "WebTemplate": "STS#3", "SitePath": "/team"}
    async with sharepoint({}, {}) as desk:
        await desk.call("Site", "CREATE", input=site)
        await desk.call("Site", "CREATE", input={**site, "Url": f"{HOST}/sites/n"})
        for sent in desk.sent:
            method, path = sent.line.split(" ", 1)
            kind = sent.headers.get("Content-Type", "")
            request = {"method": method, "path": path, "query": list(sent.query.items())}
            assert description.complaints({**request, "content_type": kind, "body": sent.content}) == []
