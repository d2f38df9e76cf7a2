"""Microsoft Excel Online: rows by their numbers and letters, as Graph's ranges take and give them."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.judge import Description
from tests.connectors.scripted import Answer, vendor

from lockhouse.connectors.builtin.msexcel.cells import cell, index_of, letters_of
from lockhouse.connectors.errors import ActionFailed, AuthFailed, NotFound, Rejected, Unavailable

PLACE = {
    "DriveId": "b!d1",
    "WorkbookId": "01ABC",
    "WorksheetId": "{00000000-0001-0000-0000-000000000000}",
}
BOOK = "/v1.0/drives/b%21d1/items/01ABC/workbook"
W = f"{BOOK}/worksheets/%7B00000000-0001-0000-0000-000000000000%7D"
USED = {"rowIndex": 0, "columnIndex": 0, "values": [["Name", "Mail"], ["Ada", "ada@example.com"], ["Bo", ""]]}
LOWER = {"rowIndex": 3, "columnIndex": 1, "values": [["x", 7]]}
EMPTY = {"rowIndex": 0, "columnIndex": 0, "values": [[""]]}


def excel(*answers: Any) -> Any:
    return vendor("msexcel", answers)


@pytest.mark.parametrize(("used", "number"), [(USED, 4), (LOWER, 5), (EMPTY, 1)])
@pytest.mark.parametrize("action", ["APPENDROW", "CREATE"])
async def test_a_row_is_appended_below_the_last_one(action: str, used: dict[str, Any], number: int) -> None:
    async with excel({"id": "session-1"}, used, {}, Answer(None, 204)) as book:
        row = {**PLACE, "rowData": {"C": 7, "A": "Cy"}}
        result = await book.call("Row", action, input=row)
        assert book.lines == [
            f"POST {BOOK}/createSession",
            f"GET {W}/usedRange(valuesOnly=true)",
            f"PATCH {W}/range(address='A{number}%3AC{number}')",
            f"POST {BOOK}/closeSession",
        ]
        assert book.sent[2].body == {"values": [["Cy", None, 7]]}
        assert {sent.headers["workbook-session-id"] for sent in book.sent[1:]} == {"session-1"}
        assert (result.status_code, result.payload) == (201, {"rowIndex": number, **row})


async def test_a_session_that_cannot_be_closed_does_not_spoil_the_row() -> None:
    failed = Answer({"error": {"code": "internalServerError"}}, 500)
    async with excel({"id": "s"}, USED, {}, failed) as book:
        assert (await book.call("Row", "APPENDROW", input={**PLACE, "rowData": {"A": 1}})).status_code == 201


@pytest.mark.parametrize(
    "given",
    [{}, {"1": "x"}, {"ZZZ": "x"}, {"": "x"}, {"A1": "x"}, {"A": "x" * 32_768}],
)
async def test_a_row_that_excel_would_not_take_is_not_sent(given: dict[str, Any]) -> None:
    async with excel() as book:
        with pytest.raises(Rejected):
            await book.call("Row", "APPENDROW", input={**PLACE, "rowData": given})
        assert book.lines == []


@pytest.mark.parametrize("missing", [*PLACE, "rowData"])
async def test_what_a_row_needs_is_asked_for(missing: str) -> None:
    given = {name: value for name, value in {**PLACE, "rowData": {"A": 1}}.items() if name != missing}
    async with excel() as book:
        with pytest.raises(Rejected, match=missing):
            await book.call("Row", "APPENDROW", input=given)
        assert book.lines == []


async def test_rows_are_those_seen_in_excel() -> None:
    async with excel(USED, LOWER, EMPTY) as book:
        rows = (await book.call("Row", "RETRIEVEALL", where=PLACE)).payload
        assert rows[1] == {"rowIndex": 2, "rowData": {"A": "Ada", "B": "ada@example.com"}, **PLACE}
        assert len(rows) == 3
        rows = (await book.call("Row", "RETRIEVEALL", where=PLACE)).payload
        assert [(row["rowIndex"], row["rowData"]) for row in rows] == [(4, {"B": "x", "C": 7})]
        assert (await book.call("Row", "RETRIEVEALL", where=PLACE)).status_code == 204


@pytest.mark.parametrize(
    ("condition", "limit", "numbers", "status"),
    [
        ({"rowIndex": "2"}, 1, [2], 200),
        ({"rowData.A": "Bo"}, 5, [3], 200),
        ({}, 2, [1, 2], 206),
        ({"rowIndex": {"gte": 2}}, 5, [2, 3], 200),
        ({"rowData.Z": "x"}, 5, [], 204),
    ],
)
async def test_rows_are_found_by_number_and_by_cells(
    condition: dict[str, Any], limit: int, numbers: list[int], status: int
) -> None:
    async with excel(USED) as book:
        result = await book.call("Row", "RETRIEVEALL", where={**PLACE, **condition}, limit=limit)
        assert ([row["rowIndex"] for row in result.payload], result.status_code) == (numbers, status)


async def test_a_change_writes_the_given_cells_only() -> None:
    async with excel(USED, {}, USED) as book:
        given = {**PLACE, "rowData": {"F": "=1+1", "D": True}}
        result = await book.call("Row", "UPDATEALL", where={**PLACE, "rowIndex": "2"}, input=given)
        assert book.lines[1] == f"PATCH {W}/range(address='D2%3AF2')"
        assert (book.sent[1].body, result.status_code) == ({"values": [[True, None, "'=1+1"]]}, 200)
        missing = await book.call("Row", "UPDATEALL", where={**PLACE, "rowIndex": 9}, input=given)
        assert missing.status_code == 204


async def test_rows_are_deleted_from_below() -> None:
    async with excel(USED, {}, {}) as book:
        result = await book.call("Row", "DELETEALL", where={**PLACE, "rowIndex": {"gt": 1}})
        assert (result.payload, book.sent[1].body) == ({"count": 2}, {"shift": "Up"})
        assert book.lines[1:] == [
            f"POST {W}/range(address='3%3A3')/delete",
            f"POST {W}/range(address='2%3A2')/delete",
        ]


@pytest.mark.parametrize("action", ["UPDATEALL", "DELETEALL", "UPSERTWITHWHERE"])
async def test_not_every_row_is_reached_by_mistake(action: str) -> None:
    async with excel() as book:
        with pytest.raises(Rejected, match="filter"):
            await book.call("Row", action, where=PLACE, input={"rowData": {"A": 1}})
        assert book.lines == []


async def test_an_upsert_appends_what_it_does_not_find() -> None:
    async with excel(USED, {}, USED, {"id": "s"}, USED, {}, Answer(None, 204)) as book:
        given = {"rowData": {"B": "x"}}
        for name, status in (("Ada", 200), ("Eve", 201)):
            where = {**PLACE, "rowData.A": name}
            assert (await book.call("Row", "UPSERTWITHWHERE", where=where, input=given)).status_code == status
        assert (book.sent[1].body, book.sent[5].body) == ({"values": [["x"]]}, {"values": [["Eve", "x"]]})


async def test_our_choice_a_column_is_one_item_with_its_values() -> None:
    async with excel(USED, USED) as book:
        result = await book.call("Column", "RETRIEVEALL", where={**PLACE, "targetedColumn": "b"})
        assert result.payload == [{"targetedColumn": "B", "columnData": ["Mail", "ada@example.com", ""]}]
        assert (
            await book.call("Column", "RETRIEVEALL", where={**PLACE, "targetedColumn": "C"})
        ).status_code == 204
        with pytest.raises(Rejected, match="column"):
            await book.call("Column", "RETRIEVEALL", where={**PLACE, "targetedColumn": "5"})


async def test_our_choice_a_row_below_the_last_known_one_is_new() -> None:
    more = {**USED, "values": [*USED["values"], ["Cy", ""]]}  # type: ignore[misc]  # the values are a list
    shrunk = {**USED, "values": USED["values"][:2]}  # type: ignore[index]  # the values are a list
    state, told = None, []
    async with excel(USED, more, more, shrunk, USED) as book:
        for _ in range(5):
            given = {"since": "2026-01-01T00:00:00.000Z"} | ({"state": state} if state else {})
            payload = (await book.call("Row", "CREATED", where=PLACE, input=given)).payload
            state = payload["state"]
            told.append([event["payload"]["rowData"]["A"] for event in payload["events"]])
        assert told == [[], ["Cy"], [], [], ["Bo"]]


@pytest.mark.parametrize(
    ("status", "code", "inner", "word"),
    [
        (403, "accessDenied", "", AuthFailed),
        (404, "ItemNotFound", "itemNotFound", NotFound),
        (409, "conflict", "", Rejected),
        (409, "conflict", "accessConflict", Unavailable),
        (423, "locked", "", Unavailable),
        (413, "requestSizeExceeded", "", Rejected),
    ],
)
async def test_a_refusal_is_told_in_one_of_five_words(
    status: int, code: str, inner: str, word: type[ActionFailed]
) -> None:
    refusal = Answer({"error": {"code": code, "message": "No", "innerError": {"code": inner}}}, status)
    async with excel(refusal, refusal, refusal) as book:
        with pytest.raises(word, match=f"{code}: No") as caught:
            await book.call("Row", "RETRIEVEALL", where=PLACE)
        assert type(caught.value) is word


@pytest.mark.parametrize(("letters", "index"), [("A", 0), ("Z", 25), ("AA", 26), ("XFD", 16_383)])
def test_a_column_has_letters(letters: str, index: int) -> None:
    assert (index_of(letters), letters_of(index)) == (index, letters)


@pytest.mark.parametrize(("value", "expected"), [("=A1", "'=A1"), ("-3", "-3"), ({"a": 1}, '{"a":1}')])
def test_our_choice_a_text_that_would_be_a_formula_stays_a_text(value: Any, expected: Any) -> None:
    assert cell("A", value) == expected


async def test_the_vendor_describes_every_request(shared: Path) -> None:
    description = Description(json.loads((shared / "specs/msexcel/openapi.json").read_text()))
    async with excel({"id": "s"}, USED, {}, Answer(None, 204), USED, {}) as book:
        await book.call("Row", "APPENDROW", input={**PLACE, "rowData": {"A": 1}})
        await book.call("Row", "DELETEALL", where={**PLACE, "rowIndex": 2})
        for sent in book.sent:
            method, path = sent.line.split(" ", 1)
            kind = sent.headers.get("Content-Type", "")
            request = {"method": method, "path": path, "query": list(sent.query.items())}
            assert description.complaints({**request, "content_type": kind, "body": sent.content}) == []
