"""Microsoft OneDrive for Business: files are their content at an address; folders lie among them."""

from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected, Unavailable

DRIVE = "b!MmVm-PM4"
PLACE = {"parentDriveId": DRIVE, "parentFolderId": "01EM"}
AT = "/v1.0/drives/b%21MmVm-PM4"
ITEM = {
    "id": "01F",
    "name": "a.txt",
    "file": {"mimeType": "text/plain"},
    "@microsoft.graph.downloadUrl": "https://contoso.example/x?tempauth=EXAMPLE",
    "parentReference": {"driveId": DRIVE, "id": "01EM"},
}


def onedrive(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("msonedrive", answers)


@pytest.mark.parametrize(
    ("given", "content"),
    [
        ({"fileContent": "héllo"}, "héllo".encode()),
        ({"fileContent": "aGk=", "contentType": "Text"}, b"aGk="),
        ({"fileContent": "aGk=", "contentType": "Binary"}, b"hi"),
        ({"fileContent": {"a": 1}}, b'{"a":1}'),
        ({}, b""),
    ],
)
async def test_our_choice_a_file_is_its_content_at_its_name(given: dict[str, Any], content: bytes) -> None:
    async with onedrive(Answer(ITEM, 201)) as desk:
        result = await desk.call("File", "CREATE", input={**PLACE, "name": "a & b.txt", **given})
        assert desk.lines == [f"PUT {AT}/items/01EM:/a%20%26%20b.txt:/content"]
        assert (desk.sent[0].content, desk.sent[0].headers["Content-Type"]) == (
            content,
            "application/octet-stream",
        )
        assert (result.status_code, result.payload["id"]) == (201, "01F")
        assert result.payload["contentDownloadUrl"] == ITEM["@microsoft.graph.downloadUrl"]


async def test_a_file_goes_to_the_root_when_no_folder_is_told() -> None:
    async with onedrive(Answer(ITEM, 201)) as desk:
        given = {"parentDriveId": DRIVE, "name": "../x", "fileContent": "x"}
        await desk.call("File", "CREATE", input=given)
        assert desk.lines == [f"PUT {AT}/items/root:/..%2Fx:/content"]


@pytest.mark.parametrize("missing", ["parentDriveId", "name"])
async def test_what_a_file_needs_is_asked_for(missing: str) -> None:
    given = {name: value for name, value in {**PLACE, "name": "a"}.items() if name != missing}
    async with onedrive() as desk:
        with pytest.raises(Rejected, match=missing):
            await desk.call("File", "CREATE", input=given)
        assert desk.lines == []


async def test_binary_content_that_is_no_base64_is_not_sent() -> None:
    async with onedrive() as desk:
        given = {**PLACE, "name": "a", "fileContent": "%%%", "contentType": "Binary"}
        with pytest.raises(Rejected, match="base64"):
            await desk.call("File", "CREATE", input=given)
        assert desk.lines == []


@pytest.mark.parametrize(
    ("name", "where", "line"),
    [
        ("File", {"id": "01F"}, "/v1.0/me/drive/items/01F"),
        ("File", {"id": "01F", "parentDriveId": DRIVE}, f"{AT}/items/01F"),
        ("File", PLACE, f"{AT}/items/01EM/children"),
        ("File", {"parentDriveId": DRIVE}, f"{AT}/root/children"),
        ("File", None, "/v1.0/me/drive/root/children"),
        ("Folder", PLACE, f"{AT}/items/01EM/children"),
        ("Drive", None, "/v1.0/me/drives"),
    ],
)
async def test_where_things_are_found(name: str, where: Any, line: str) -> None:
    async with onedrive({"value": []}) as desk:
        await desk.call(name, "RETRIEVEALL", where=where, limit=1)
        assert desk.lines == [f"GET {line}"]


@pytest.mark.parametrize(("name", "ids"), [("File", ["01F", "01G"]), ("Folder", ["01D"])])
async def test_files_and_folders_are_told_apart_on_every_page(name: str, ids: list[str]) -> None:
    folder = {"id": "01D", "name": "d", "folder": {"childCount": 0}, "parentReference": {"driveId": DRIVE}}
    following = f"/graph.microsoft.com{AT}/items/01EM/children?$skiptoken=x"
    pages = ({"value": [ITEM, folder], "@odata.nextLink": following}, {"value": [{**ITEM, "id": "01G"}]})
    async with onedrive(*pages) as desk:
        result = await desk.call(name, "RETRIEVEALL", where=PLACE)
        assert [one["id"] for one in result.payload] == ids
        assert {one["parentDriveId"] for one in result.payload} == {DRIVE}


async def test_a_file_that_is_there_is_replaced_and_deleted() -> None:
    async with onedrive({"value": [ITEM]}, ITEM, Answer(None, 204)) as desk:
        given = {"fileContent": "new"}
        where = {**PLACE, "name": "a.txt"}
        changed = await desk.call("File", "UPSERTWITHWHERE", where=where, input=given)
        assert (changed.status_code, desk.sent[1].content) == (200, b"new")
        gone = await desk.call("File", "DELETEALL", where={"parentDriveId": DRIVE, "id": "01F"})
        assert gone.payload == {"count": 1}
        assert desk.lines[1:] == [f"PUT {AT}/items/01F/content", f"DELETE {AT}/items/01F"]


async def test_a_folder_is_made_and_a_link_to_it() -> None:
    made = Answer({"id": "01D", "name": "d", "folder": {}}, 201)
    link = Answer({"id": "L", "link": {"webUrl": "https://contoso.example/s"}}, 201)
    async with onedrive(made, link) as desk:
        await desk.call("Folder", "CREATE", input={**PLACE, "name": "d"})
        assert desk.sent[0].body == {
            "name": "d",
            "folder": {},
            "@microsoft.graph.conflictBehavior": "fail",
        }
        given = {"driveId": DRIVE, "itemId": "01D", "scope": "organization"}
        result = await desk.call("SharedLink", "CREATE", input=given)
        assert desk.sent[1].body == {"type": "view", "scope": "organization"}
        assert result.payload["link"]["webUrl"] == "https://contoso.example/s"
        assert desk.lines == [f"POST {AT}/items/01EM/children", f"POST {AT}/items/01D/createLink"]


@pytest.mark.parametrize(
    ("status", "word"),
    [(403, AuthFailed), (404, NotFound), (423, Unavailable), (429, RateLimited), (507, Rejected)],
)
async def test_a_refusal_is_told_in_one_of_five_words(status: int, word: type[ActionFailed]) -> None:
    refusal = Answer({"error": {"code": "c", "message": "No"}}, status, {"Retry-After": "60"})
    async with onedrive(refusal, refusal, refusal) as desk:
        with pytest.raises(word, match="c: No") as caught:
            await desk.call("Drive", "RETRIEVEALL")
        assert type(caught.value) is word
