"""Google Drive: content beside metadata, Google's own documents, and the query language."""

import base64
import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, RateLimited, Rejected, Unavailable

FOLDER = "application/vnd.google-apps.folder"
FILES = f"trashed = false and mimeType != '{FOLDER}'"
COMMON = {"supportsAllDrives": "true", "fields": "*"}


def drive(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("googledrive", answers)


@pytest.mark.parametrize(
    ("given", "content", "kind"),
    [
        ({"content": "SGVsbG8=", "isText": True, "mimeType": "text/csv"}, b"SGVsbG8=", b"text/csv"),
        ({"content": "SGVsbG8="}, b"Hello", b"application/octet-stream"),
        ({"content": "plain, not base64"}, b"plain, not base64", b"application/octet-stream"),
        ({"content": "x,y", "isText": True, "mimeType": ""}, b"x,y", b"text/plain"),
        (
            {"content": "x,y", "isText": True, "mimeType": "application/vnd.google-apps.spreadsheet"},
            b"x,y",
            b"text/plain",
        ),
    ],
)
async def test_a_file_is_sent_with_its_metadata_first(
    given: dict[str, Any], content: bytes, kind: bytes
) -> None:
    async with drive({"id": "1FileEXAMPLE"}) as desk:
        more = {"name": "note.txt", "createdTime": "2026-01-31T10:00:00.000+0000", "folder": "F"}
        result = await desk.call("Files", "CREATE", input={**more, **given})
        assert (desk.lines, desk.sent[0].query) == (
            ["POST /upload/drive/v3/files"], {**COMMON, "uploadType": "multipart"},
        )  # fmt: skip
        content_type, _, boundary = desk.sent[0].headers["Content-Type"].partition("; boundary=")
        assert content_type == "multipart/related"
        _, first, second, end = desk.sent[0].content.split(f"--{boundary}".encode())
        head, _, metadata = first.partition(b"\r\n\r\n")
        assert head.strip() == b"Content-Type: application/json; charset=UTF-8"
        told = {"name": "note.txt", "createdTime": "2026-01-31T10:00:00Z", "parents": ["F"]}
        assert json.loads(metadata) == told | (
            {"mimeType": given["mimeType"]} if given.get("mimeType") else {}
        )
        assert second == b"\r\nContent-Type: " + kind + b"\r\n\r\n" + content + b"\r\n"
        assert end.strip() == b"--"
        assert (result.status_code, result.payload) == (201, {"id": "1FileEXAMPLE"})


async def test_a_file_without_content_is_metadata_alone() -> None:
    async with drive({"id": "1"}) as desk:
        await desk.call(
            "Files", "CREATE", input={"name": "Sheet", "mimeType": "application/vnd.google-apps.spreadsheet"}
        )
        assert desk.lines == ["POST /drive/v3/files"]


async def test_a_large_file_goes_in_a_session_that_google_names() -> None:
    content = base64.b64encode(bytes(5 * 1024 * 1024 + 1)).decode()
    begun = Answer(
        None, headers={"Location": "https://www.googleapis.com/upload/drive/v3/files?upload_id=EXAMPLE"}
    )
    async with drive(begun, {"id": "1"}) as desk:
        result = await desk.call("Files", "CREATE", input={"name": "big", "content": content})
        assert desk.lines == ["POST /upload/drive/v3/files", "PUT /upload/drive/v3/files"]
        assert desk.sent[0].query["uploadType"] == "resumable"
        assert len(desk.sent[1].content) == 5 * 1024 * 1024 + 1
        assert result.payload == {"id": "1"}
    async with drive(Answer(None, headers={"Location": "https://googleapis.com.example/x"})) as desk:
        with pytest.raises(Unavailable):
            await desk.call("Files", "CREATE", input={"name": "big", "content": content})
        assert len(desk.sent) == 1


@pytest.mark.parametrize(
    ("where", "query"),
    [
        (None, FILES),
        ({"name": "it's"}, f"name = 'it\\'s' and {FILES}"),
        ({"name": {"contains": "a\\b"}}, f"name contains 'a\\\\b' and {FILES}"),
        (
            {"createdTime": {"gte": "2026-01-31T11:00:00.000+01:00"}},
            f"createdTime >= '2026-01-31T10:00:00Z' and {FILES}",
        ),
        ({"size": {"gt": 5}}, FILES),
    ],
)
async def test_conditions_become_a_query(where: Any, query: str) -> None:
    async with drive({"files": [{"id": "1", "size": "6"}]}) as desk:
        result = await desk.call("Files", "RETRIEVEALL", where=where, limit=1)
        assert desk.sent[0].query["q"] == query
        assert desk.sent[0].query["fields"] == "nextPageToken,files(*)"
        assert desk.sent[0].query["includeItemsFromAllDrives"] == "true"
        assert len(result.payload) == 1


async def test_what_is_in_a_folder() -> None:
    async with drive({"files": []}) as desk:
        await desk.call("folderitem", "RETRIEVEALL", where={"parent": "it's"}, limit=20)
        assert desk.sent[0].query["q"] == "'it\\'s' in parents and trashed = false"


async def test_a_folder_is_a_file_of_its_own_type() -> None:
    async with drive({"id": "1"}, {"files": []}) as desk:
        await desk.call("Folder", "CREATE", input={"name": "Reports", "parent": "root"})
        assert desk.sent[0].body == {"parents": ["root"], "name": "Reports", "mimeType": FOLDER}
        await desk.call("Folder", "RETRIEVEALL", where={"name": "Reports"})
        assert desk.sent[1].query["q"] == f"name = 'Reports' and trashed = false and mimeType = '{FOLDER}'"


@pytest.mark.parametrize(
    ("kind", "wanted", "line", "content"),
    [
        ("text/plain", "Text/plain", "GET /drive/v3/files/F?alt=media", "Hello"),
        ("application/pdf", "Binary", "GET /drive/v3/files/F?alt=media", "SGVsbG8="),
        (
            "application/vnd.google-apps.document",
            "pdf",
            "GET /drive/v3/files/F/export?mimeType=application/pdf",
            "SGVsbG8=",
        ),
        (
            "application/vnd.google-apps.document",
            "Text/plain",
            "GET /drive/v3/files/F/export?mimeType=text/plain",
            "Hello",
        ),
        (
            "application/vnd.google-apps.spreadsheet",
            "Text/plain",
            "GET /drive/v3/files/F/export?mimeType=text/csv",
            "Hello",
        ),
        (
            "application/vnd.google-apps.drawing",
            None,
            "GET /drive/v3/files/F/export?mimeType=image/png",
            "SGVsbG8=",
        ),
    ],
)
async def test_content_is_downloaded_or_exported(kind: str, wanted: Any, line: str, content: str) -> None:
    async with drive({"id": "F", "name": "n", "mimeType": kind}, Answer(b"Hello")) as desk:
        given = {"id": "F", "type": wanted} if wanted else {"id": "F"}
        result = await desk.call("Files", "DOWNLOADCONTENT", input=given)
        query = "".join(
            f"?{key}={value}" for key, value in desk.sent[1].query.items() if key in ("alt", "mimeType")
        )
        assert desk.lines[1] + query == line
        assert result.payload == {"id": "F", "name": "n", "mimeType": kind, "content": content}


async def test_a_shortcut_is_followed_and_a_folder_has_no_content() -> None:
    shortcut = {
        "id": "S",
        "mimeType": "application/vnd.google-apps.shortcut",
        "shortcutDetails": {"targetId": "F"},
    }
    async with drive(shortcut, {"id": "F", "mimeType": FOLDER}) as desk:
        with pytest.raises(Rejected, match="folder"):
            await desk.call("Files", "DOWNLOADCONTENT", where={"id": "S"})


async def test_a_file_is_shared() -> None:
    async with drive({"id": "P"}) as desk:
        given = {
            "fileId": "F", "role": "reader", "type": "user", "emailAddress": "ada@example.com",
            "allowFileDiscovery": True, "sendNotificationEmail": False, "emailMessage": "Hi",
        }  # fmt: skip
        result = await desk.call("Permission", "CREATE", input=given)
        assert desk.lines == ["POST /drive/v3/files/F/permissions"]
        assert desk.sent[0].query == {**COMMON, "sendNotificationEmail": "false", "emailMessage": "Hi"}
        assert desk.sent[0].body == {"role": "reader", "type": "user", "emailAddress": "ada@example.com"}
        assert result.status_code == 201


@pytest.mark.parametrize(
    ("reason", "word"),
    [
        ("insufficientPermissions", AuthFailed), ("insufficientFilePermissions", Rejected),
        ("fileNotDownloadable", Rejected), ("userRateLimitExceeded", RateLimited),
    ],
)  # fmt: skip
async def test_a_403_means_many_things(reason: str, word: type[ActionFailed]) -> None:
    body = {"error": {"code": 403, "message": "so", "errors": [{"domain": "global", "reason": reason}]}}
    async with drive(*[Answer(body, 403)] * 3) as desk:
        with pytest.raises(word) as caught:
            await desk.call("Files", "DELETEALL", where={"id": "F"})
        assert type(caught.value) is word
