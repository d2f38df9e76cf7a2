"""What a flow does with files and folders, on a real server."""

from typing import Any

import pytest
from tests.connectors.builtin.sftp.conftest import Desk

from lockhouse.connectors.errors import NotFound, Rejected


@pytest.mark.parametrize(
    "path", ["/plain.txt", "relative.txt", "/Größe 数 😀.txt", "/with blank & 'quote'.txt"]
)
async def test_a_file_comes_back_under_its_path_whatever_that_holds(desk: Desk, path: str) -> None:
    made = await desk.call("CREATE", input={"path": path, "content": "Grüße"})
    read = await desk.call("DOWNLOADFILE", input={"path": path, "fileType": "Text"})

    assert (made.status_code, made.payload["size"], made.payload["name"]) == (201, 7, path.strip("/"))
    assert read.payload["content"] == "Grüße"
    assert [file.name for file in desk.server.root.iterdir()] == [path.strip("/")]


async def test_binary_content_is_base64_both_ways(desk: Desk) -> None:
    await desk.call("CREATE", input={"path": "/a", "content": "AP8=", "fileType": "Binary"})

    assert (desk.server.root / "a").read_bytes() == b"\x00\xff"
    assert (await desk.call("DOWNLOADFILE", input={"path": "/a"})).payload["content"] == "AP8="


async def test_a_file_that_is_there_is_kept_unless_the_flow_says_otherwise(desk: Desk) -> None:
    await desk.call("CREATE", input={"path": "/a", "content": "1"})

    with pytest.raises(Rejected) as refused:
        await desk.call("CREATE", input={"path": "/a", "content": "2"})
    assert (refused.value.status_code, (desk.server.root / "a").read_text()) == (409, "1")

    await desk.call("CREATE", input={"path": "/a", "content": "2", "overwrite": "true"})
    assert (desk.server.root / "a").read_text() == "2"


async def test_an_upsert_says_whether_the_file_was_there(desk: Desk) -> None:
    first = await desk.call("UPSERTWITHWHERE", where={"path": "/a"}, input={"content": "1"})
    second = await desk.call("UPSERTWITHWHERE", where={"path": "/a"}, input={"content": "2"})

    assert (first.status_code, second.status_code) == (201, 200)
    assert (desk.server.root / "a").read_text() == "2"


async def test_whoever_watches_the_folder_never_sees_half_a_file(desk: Desk) -> None:
    await desk.call("CREATE", input={"path": "/a", "content": "x" * 100_000})

    assert [file.name for file in desk.server.root.iterdir()] == ["a"]


async def test_text_is_added_to_the_end_of_a_file(desk: Desk) -> None:
    await desk.call("APPENDFILE", input={"path": "/log", "content": "1\n"})
    await desk.call("APPENDFILE", input={"path": "/log", "content": "2\n"})

    assert (desk.server.root / "log").read_text() == "1\n2\n"


async def test_a_file_gets_another_path_and_never_takes_anothers(desk: Desk) -> None:
    await desk.call("CREATE", input={"path": "/a", "content": "1"})
    await desk.call("CREATE", input={"path": "/b", "content": "2"})

    with pytest.raises(Rejected, match="there already"):
        await desk.call("RENAMEFILE", input={"path": "/a", "destinationPath": "/b"})
    renamed = await desk.call("RENAMEFILE", input={"path": "/a", "destinationPath": "/c"})

    assert renamed.payload["path"] == "/c"
    assert sorted(file.name for file in desk.server.root.iterdir()) == ["b", "c"]


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"folder": "/in"}, ["/in/a.csv", "/in/b.csv", "/in/c.txt"]),
        ({"folder": "/in/", "name": {"contains": ".csv"}}, ["/in/a.csv", "/in/b.csv"]),
        ({"folder": "/in", "size": {"gt": "1"}}, ["/in/c.txt"]),
        (
            {"folder": "/in", "modified": {"gt": "2020-01-01T00:00:00Z"}},
            ["/in/a.csv", "/in/b.csv", "/in/c.txt"],
        ),
        ({"path": "/in/a.csv"}, ["/in/a.csv"]),
        ({"path": "/in/none"}, []),
        ({"path": "/in"}, []),
        ({"folder": "/in", "name": None}, []),
        ({}, ["top"]),
    ],
)
async def test_a_filter_finds_what_it_says(desk: Desk, where: dict[str, Any], found: list[str]) -> None:
    (desk.server.root / "in" / "deeper").mkdir(parents=True)
    for name, content in {"in/a.csv": "1", "in/b.csv": "2", "in/c.txt": "333", "top": "4"}.items():
        (desk.server.root / name).write_text(content)

    result = await desk.call("RETRIEVEALL", where=where)

    assert [item["path"] for item in result.payload] == found
    assert result.status_code == (200 if found else 204)


async def test_more_files_than_the_limit_are_cut_and_told(desk: Desk) -> None:
    for name in "cab":
        (desk.server.root / name).touch()

    some = await desk.call("RETRIEVEALL", where={"folder": "/"}, limit=2)

    assert ([item["name"] for item in some.payload], some.status_code) == (["a", "b"], 206)


async def test_files_are_deleted_and_counted_but_no_folder_is_emptied(
    desk: Desk,
) -> None:
    for name in ("a.csv", "b.csv", "c.txt"):
        (desk.server.root / name).touch()

    with pytest.raises(Rejected, match="filter"):
        await desk.call("DELETEALL", where={"folder": "/"})
    deleted = await desk.call("DELETEALL", where={"folder": "/", "name": {"contains": "csv"}})
    none = await desk.call("DELETEALL", where={"path": "/a.csv"})

    assert (deleted.payload, none.payload, none.status_code) == ({"count": 2}, {"count": 0}, 204)
    assert [file.name for file in desk.server.root.iterdir()] == ["c.txt"]


async def test_folders_are_made_listed_and_removed_when_empty(desk: Desk) -> None:
    made = await desk.call("CREATE", "folder", input={"path": "/in/2026/05"})
    listed = await desk.call("RETRIEVEALL", "folder", where={"folder": "/in"})
    await desk.call("CREATE", input={"path": "/in/2026/05/a", "content": ""})

    assert (made.status_code, [item["path"] for item in listed.payload]) == (201, ["/in/2026"])
    with pytest.raises(Rejected):
        await desk.call("DELETEALL", "folder", where={"path": "/in/2026/05"})
    await desk.call("DELETEALL", where={"path": "/in/2026/05/a"})
    assert (await desk.call("DELETEALL", "folder", where={"path": "/in/2026/05"})).payload == {"count": 1}
    assert (await desk.call("DELETEALL", "folder", where={"path": "/in/2026/05"})).status_code == 204


async def test_what_is_not_there_is_not_found(desk: Desk) -> None:
    with pytest.raises(NotFound):
        await desk.call("DOWNLOADFILE", input={"path": "/none"})
    with pytest.raises(NotFound):
        await desk.call("RETRIEVEALL", where={"folder": "/none"})
    with pytest.raises(NotFound):
        await desk.call("CREATE", input={"path": "/none/a", "content": "x"})


async def test_a_file_too_large_is_not_downloaded(desk: Desk) -> None:
    with (desk.server.root / "large").open("wb") as file:
        file.truncate(11 * 1024 * 1024)

    with pytest.raises(Rejected, match="more than"):
        await desk.call("DOWNLOADFILE", input={"path": "/large"})


@pytest.mark.parametrize(
    "values", [{}, {"path": ""}, {"path": "a\0b"}, {"path": "a\nb"}, {"path": "x" * 5000}], ids=range(5)
)
async def test_a_path_that_is_none_is_refused(desk: Desk, values: dict[str, Any]) -> None:
    with pytest.raises(Rejected, match="path"):
        await desk.call("CREATE", input={"content": "x", **values})
