"""Dropbox: arguments in a header, refusals in a summary, cursors at another address."""

import json
from contextlib import AbstractAsyncContextManager
from typing import Any

import pytest
from tests.connectors.scripted import Answer, Vendor, vendor

from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, RateLimited, Rejected


def dropbox(*answers: Any) -> AbstractAsyncContextManager[Vendor]:
    return vendor("dropbox", answers)


def refused(summary: str, status: int = 409) -> Answer:
    return Answer({"error_summary": summary, "error": {}}, status)


@pytest.mark.parametrize(
    ("given", "content"),
    [
        ({"fileType": "Text", "fileContent": "SGVsbG8="}, b"SGVsbG8="),
        ({"fileType": "Binary", "fileContent": "SGVsbG8="}, b"Hello"),
        ({"fileType": "image/png", "fileContent": "SGVsbG8="}, b"Hello"),
        ({"fileContent": None}, b""),
    ],
)
async def test_a_file_is_bytes_with_its_argument_in_a_header(given: dict[str, Any], content: bytes) -> None:
    async with dropbox({"name": "a", "path_display": "/reports/a"}) as desk:
        more = {"path": "/reports/", "name": " a/b\u00e9\U0001f600.csv", "autorename": "true"}
        result = await desk.call("files", "CREATE", input={**more, **given})
        assert (desk.sent[0].host, desk.lines) == ("content.dropboxapi.com", ["POST /2/files/upload"])
        header = desk.sent[0].headers["Dropbox-API-Arg"]
        assert header.isascii()
        assert "\\u00e9\\ud83d\\ude00" in header
        assert json.loads(header) == {
            "path": "/reports/a_b\u00e9\U0001f600.csv", "mode": "add", "autorename": True, "mute": False,
        }  # fmt: skip
        assert desk.sent[0].headers["Content-Type"] == "application/octet-stream"
        assert desk.sent[0].content == content
        assert (result.status_code, result.payload["path"]) == (201, "/reports/a")


@pytest.mark.parametrize(("kind", "content"), [("Text", "Hello"), ("Binary", "SGVsbG8="), (None, "SGVsbG8=")])
async def test_a_download_has_no_body_and_its_metadata_in_a_header(kind: Any, content: str) -> None:
    told = {"Dropbox-API-Result": json.dumps({"name": "a.csv", "id": "id:1"})}
    async with dropbox(Answer(b"Hello", headers=told)) as desk:
        result = await desk.call("files", "DOWNLOADFILE", input={"path": "id:1", "fileType": kind})
        assert (desk.lines, desk.sent[0].content) == (["POST /2/files/download"], b"")
        assert "Content-Type" not in desk.sent[0].headers
        assert json.loads(desk.sent[0].headers["Dropbox-API-Arg"]) == {"path": "id:1"}
        assert result.payload == {
            "name": "a.csv",
            "id": "id:1",
            "fileContent": content,
            "contentType": "text/csv",
        }


async def test_a_search_keeps_files_of_exactly_that_name() -> None:
    names = [("file", "a.csv"), ("file", "a.csv.bak"), ("folder", "a.csv")]
    matches = [
        {"metadata": {".tag": "metadata", "metadata": {".tag": tag, "name": name}}} for tag, name in names
    ]
    async with dropbox(
        {"matches": matches, "has_more": True, "cursor": "C"}, {"matches": [], "has_more": False}
    ) as desk:
        result = await desk.call("files", "RETRIEVEALL", where={"name": "a.csv"})
        assert result.payload == [{"name": "a.csv", "tag": "file"}]
        assert desk.lines == ["POST /2/files/search_v2", "POST /2/files/search/continue_v2"]
        assert desk.sent[0].body["options"] == {
            "filename_only": True,
            "max_results": 1000,
            "file_status": "active",
        }
        assert desk.sent[1].body == {"cursor": "C"}


@pytest.mark.parametrize(
    ("name", "where", "asked", "shown"),
    [
        ("folderitem", {"path": "/"}, {"path": "", "recursive": False}, ["1", "2"]),
        ("folderitem", {"path": "/inbox"}, {"path": "/inbox", "recursive": False}, ["1", "2"]),
        ("foldercollection", None, {"path": "", "recursive": True}, ["2"]),
        ("filecollection", {"folder_id": "id:9"}, {"path": "id:9", "recursive": False}, ["1"]),
    ],
)
async def test_a_folder_is_listed_to_its_end(name: str, where: Any, asked: Any, shown: list[str]) -> None:
    pages = [
        {"entries": [{".tag": "file", "id": "1"}], "has_more": True, "cursor": "C"},
        {"entries": [{".tag": "folder", "id": "2"}], "has_more": False, "cursor": "D"},
    ]
    async with dropbox(*pages) as desk:
        result = await desk.call(name, "RETRIEVEALL", where=where)
        assert [entry["id"] for entry in result.payload] == shown
        assert all(entry["tag"] in ("file", "folder") for entry in result.payload)
        assert desk.lines == ["POST /2/files/list_folder", "POST /2/files/list_folder/continue"]
        assert desk.sent[0].body == {**asked, "limit": 500}
        assert desk.sent[1].body == {"cursor": "C"}


async def test_a_folder_is_made_and_told_with_its_path() -> None:
    async with dropbox(
        {"metadata": {"name": "x", "path_display": "/reports/x"}}, refused("path/conflict/folder/..")
    ) as desk:
        result = await desk.call("folders", "CREATE", input={"path": "/reports/x/"})
        assert desk.sent[0].body == {"path": "/reports/x", "autorename": False}
        assert result.payload == {"name": "x", "path_display": "/reports/x", "path": "/reports/x"}
        with pytest.raises(Rejected, match="conflict"):
            await desk.call("folders", "CREATE", input={"path": "/reports/x"})


async def test_a_link_that_is_there_is_given_again() -> None:
    link = {"url": "https://www.dropbox.com/s/EXAMPLE", "name": "a"}
    async with dropbox(refused("shared_link_already_exists/.."), {"links": [link]}) as desk:
        given = {"path": "/a", "settings_requested_visibility": "public", "settings_expires": ""}
        result = await desk.call("sharing", "CREATE", input=given)
        assert desk.sent[0].body == {"path": "/a", "settings": {"requested_visibility": "public"}}
        assert desk.sent[1].body == {"path": "/a", "direct_only": True}
        assert (result.payload, result.status_code) == (link, 201)


@pytest.mark.parametrize(
    ("answer", "word"),
    [
        (Answer("Error in call to API function", 400), Rejected), (refused("path/not_found/..."), NotFound),
        (refused("too_many_write_operations/."), RateLimited), (refused("missing_scope/.", 401), AuthFailed),
        (refused("path/insufficient_space/."), Rejected),
    ],
)  # fmt: skip
async def test_a_summary_tells_what_failed(answer: Answer, word: type[ActionFailed]) -> None:
    async with dropbox(answer, answer, answer) as desk:
        with pytest.raises(word) as caught:
            await desk.call("folders", "CREATE", input={"path": "/x"})
        assert type(caught.value) is word
