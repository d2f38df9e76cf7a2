"""Rows of the doubles of Google Sheets and Excel: what a flow appends can be read, changed and cleared."""

from typing import Any

import pytest
from tests.connectors.conftest import Desk, at_double

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.errors import Rejected

GOOGLE: dict[str, Any] = {"spreadsheetID": "1AbcEXAMPLE", "worksheetID": "It's"}
EXCEL: dict[str, Any] = {"DriveId": "b!EXAMPLE", "WorkbookId": "01EXAMPLE", "WorksheetId": "{00000000-1}"}


async def append_google(desk: Desk, *cells: Any) -> Any:
    fields = {str(at): value for at, value in enumerate(cells, start=1) if value is not None}
    made = await desk.call("worksheetRow", "CREATE", input={**GOOGLE, "fields": fields})
    return made.payload


async def append_excel(desk: Desk, *cells: Any) -> Any:
    data = {letter: value for letter, value in zip("ABC", cells, strict=False) if value is not None}
    return (await desk.call("Row", "APPENDROW", input={**EXCEL, "rowData": data})).payload


async def test_rows_of_google_sheets_are_kept() -> None:
    async with at_double(load_catalogue().get("googlesheet")) as desk:
        for cells in (("id", "name"), (17, "=Ada", None, True), ("18", "Grace")):
            made = await append_google(desk, *cells)
        assert made["rowNumber"] == 3
        found = await desk.call("worksheetRow", "RETRIEVEALL", where=GOOGLE, limit=2)
        assert [row["values"] for row in found.payload] == [["id", "name"], ["17", "=Ada", "", "TRUE"]]
        assert found.status_code == 206

        changed = {"fields": {"2": "Lovelace"}}
        await desk.call("worksheetRow", "UPDATEALL", where={**GOOGLE, "fields.1": "17"}, input=changed)
        await desk.call("worksheetRow", "DELETEALL", where={**GOOGLE, "rowNumber": 3})
        again = await desk.call("worksheetRow", "RETRIEVEALL", where=GOOGLE)
        assert [row["values"] for row in again.payload] == [["id", "name"], ["17", "Lovelace", "", "TRUE"]]

        known, name = {**GOOGLE, "fields.1": "19"}, {"fields": {"2": "Edsger"}}
        kept = await desk.call("worksheetRow", "UPSERTWITHWHERE", where=known, input=name)
        assert (kept.status_code, kept.payload["rowNumber"]) == (201, 3)


async def test_rows_of_excel_are_kept() -> None:
    async with at_double(load_catalogue().get("msexcel")) as desk:
        for cells in (("id", "name"), (17, "=Ada"), (18, "Grace", "x")):
            made = await append_excel(desk, *cells)
        assert made["rowIndex"] == 3
        found = await desk.call("Row", "RETRIEVEALL", where=EXCEL)
        assert [row["rowData"] for row in found.payload][1] == {"A": 17, "B": "=Ada", "C": ""}

        await desk.call(
            "Row", "UPDATEALL", where={**EXCEL, "rowIndex": 2}, input={"rowData": {"B": "Lovelace"}}
        )
        await desk.call("Row", "DELETEALL", where={**EXCEL, "rowIndex": 1})
        again = await desk.call("Row", "RETRIEVEALL", where=EXCEL)
        assert [(row["rowIndex"], row["rowData"]["B"]) for row in again.payload] == [
            (1, "Lovelace"),
            (2, "Grace"),
        ]
        column = await desk.call("Column", "RETRIEVEALL", where={**EXCEL, "targetedColumn": "A"})
        assert column.payload[0]["columnData"] == [17, 18]


@pytest.mark.parametrize(
    ("connector", "business_object", "where"),
    [("googlesheet", "worksheetRow", GOOGLE), ("msexcel", "Row", EXCEL)],
)
async def test_new_rows_are_told_once(connector: str, business_object: str, where: dict[str, Any]) -> None:
    append = append_google if connector == "googlesheet" else append_excel
    async with at_double(load_catalogue().get(connector)) as desk:
        await append(desk, "id", "name")
        first = await desk.call(business_object, "CREATED", where=where)
        await append(desk, "1", "Ada")
        state = first.payload["state"]
        second = await desk.call(business_object, "CREATED", where=where, input={"state": state})
        state = second.payload["state"]
        third = await desk.call(business_object, "CREATED", where=where, input={"state": state})
    assert [len(one.payload["events"]) for one in (first, second, third)] == [0, 1, 0]


async def test_a_double_with_rows_fails_when_it_is_told_to() -> None:
    async with at_double(load_catalogue().get("googlesheet")) as desk:
        desk.stand_in.failures = ["rejected"]
        with pytest.raises(Rejected):
            await append_google(desk, "a")
        assert desk.stand_in.worksheets.kept == {}
        desk.stand_in.worksheets.at("1AbcEXAMPLE", "It's").rows = [["1"]]
        assert (await desk.call("worksheetRow", "RETRIEVEALL", where=GOOGLE)).payload[0]["values"] == ["1"]
