"""Google Sheets: rows by their numbers and columns, as the Sheets API takes and gives them."""

import json
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from tests.connectors.conftest import serving
from tests.connectors.judge import Description

from lockhouse.clock import utc_now
from lockhouse.connectors.accounts import check_credentials
from lockhouse.connectors.builtin.googlesheet.actions import cell, row_number
from lockhouse.connectors.catalogue import Catalogue
from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.execute import execute
from lockhouse.connectors.model import STAND_IN_URL
from lockhouse.connectors.outlet import Outlet
from lockhouse.outbound import Reach
from lockhouse.wire.actions import ActionCall, ActionResult

PLACE = {"spreadsheetID": "1AbcEXAMPLE", "worksheetID": "It's"}


@dataclass
class Spreadsheet:
    """A worksheet named `It's` with a grid of ten rows, as the Sheets API shows it."""

    rows: list[list[Any]] = field(default_factory=list)
    requests: list[dict[str, Any]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        path = "/" + request.rel_url.raw_path.lstrip("/").partition("/")[2]
        body = await request.text()
        noted = {"method": request.method, "path": path, "query": list(request.query.items())}
        self.requests.append(noted | {"body": body, "content_type": request.headers.get("Content-Type", "")})
        assert request.headers["Authorization"] == "Bearer EXAMPLE"
        whole = re.fullmatch(r"/v4/spreadsheets/1AbcEXAMPLE/values/([^/:]+?)(?::(append|clear))?", path)
        cells = re.fullmatch(r"%27It%27%27s%27(?:%21(.+))?", whole[1]) if whole else None
        if whole is None or cells is None:
            return refusal(400, f"Unable to parse range: {path}", "INVALID_ARGUMENT")
        verb = whole[2] or request.method
        first, last = bounds(cells[1] or "")
        if first > 10:
            return refusal(400, f"Range ('It''s'!{first}:{last}) exceeds grid limits.", "INVALID_ARGUMENT")
        return web.json_response(self.carried_out(verb, first, last, json.loads(body) if body else {}))

    def carried_out(self, verb: str, first: int, last: int, given: dict[str, Any]) -> dict[str, Any]:
        if verb == "append":
            self.rows.append([shown(value) for value in given["values"][0]])
            at = len(self.rows)
            return {"spreadsheetId": "1AbcEXAMPLE", "updates": {"updatedRange": f"'It''s'!A{at}:D{at}"}}
        if verb == "PUT":
            row = self.rows[first - 1]
            for at, value in enumerate(given["values"][0]):
                row.extend([""] * (at + 1 - len(row)))
                row[at] = row[at] if value is None else shown(value)
            return {"updatedRows": 1}
        if verb == "clear":
            self.rows[first - 1] = []
            return {}
        found = self.rows[first - 1 : last]
        return {"majorDimension": "ROWS"} | ({"values": found} if found else {})


def shown(value: Any) -> str:
    """A value as Sheets formats it when it is typed in."""
    return "" if value is None else str(value).removeprefix("'")


def bounds(cells: str) -> tuple[int, int]:
    numbers = [int(number) for number in re.findall(r"\d+", cells)]
    return (numbers[0], numbers[-1]) if numbers else (1, 10)


def refusal(status: int, message: str, word: str) -> web.Response:
    return web.json_response({"error": {"code": status, "message": message, "status": word}}, status=status)


@dataclass
class Flow:
    """A flow's calls on rows."""

    catalogue: Catalogue
    outlet: Outlet
    url: str

    async def __call__(self, action: str, name: str = "worksheetRow", **parts: Any) -> ActionResult:
        connector = self.catalogue.get("googlesheet")
        account = check_credentials(
            connector,
            name="a",
            auth_type="",
            credentials={"accessToken": "EXAMPLE"},
            endpoint={STAND_IN_URL: self.url},
        )
        call = ActionCall(connector="googlesheet", business_object=name, action=action, **parts)
        return await execute(connector, call, account, self.outlet, now=utc_now())


@pytest.fixture
def sheet() -> Spreadsheet:
    return Spreadsheet([["id", "name"], ["17", "Ada"], ["18", "Bo"]])


@pytest.fixture
async def flow(catalogue: Catalogue, sheet: Spreadsheet) -> AsyncIterator[Flow]:
    application = web.Application()
    application.router.add_route("*", "/{path:.*}", sheet.answer)
    async with serving(application) as url, Outlet(Reach.LOCAL) as outlet:
        yield Flow(catalogue, outlet, url)


async def test_a_row_is_appended_by_column_numbers(sheet: Spreadsheet, flow: Flow) -> None:
    fields = {"10": True, "1": "17", "2": None, "4": {"a": 1}}
    result = await flow("CREATE", input={**PLACE, "fields": fields})

    sent = sheet.requests[0]
    assert sent["path"] == "/v4/spreadsheets/1AbcEXAMPLE/values/%27It%27%27s%27%21A1:append"
    assert dict(sent["query"]) == {"valueInputOption": "USER_ENTERED", "insertDataOption": "INSERT_ROWS"}
    assert json.loads(sent["body"]) == {
        "majorDimension": "ROWS",
        "values": [["17", None, None, '{"a":1}', None, None, None, None, None, True]],
    }
    assert (result.status_code, result.payload["rowNumber"]) == (201, 4)
    assert result.payload["fields"] == {"1": "17", "4": {"a": 1}, "10": True}


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("=IMPORTDATA(1)", "'=IMPORTDATA(1)"), ("+cmd", "'+cmd"), ("@x", "'@x"), ("- note", "'- note"),
        ("-5", "-5"), ("+1.5e3", "+1.5e3"), ("2023-07-01", "2023-07-01"),
        (7, 7), (False, False), (None, None), ([1], "[1]"),
    ],
)  # fmt: skip
def test_our_choice_a_text_that_would_be_a_formula_stays_a_text(value: Any, expected: Any) -> None:
    assert cell("1", value) == expected


@pytest.mark.parametrize(
    "fields", [{}, {"A": "x"}, {"0": "x"}, {"-1": "x"}, {"99999": "x"}, {"1": "x" * 50_001}, {"²": "x"}]
)
async def test_a_row_that_sheets_would_not_take_is_not_sent(
    sheet: Spreadsheet, flow: Flow, fields: dict[str, Any]
) -> None:
    with pytest.raises(Rejected, match="fields"):
        await flow("CREATE", input={**PLACE, "fields": fields})
    assert sheet.requests == []


@pytest.mark.parametrize("missing", ["spreadsheetID", "worksheetID", "fields"])
async def test_what_a_row_needs_is_asked_for(sheet: Spreadsheet, flow: Flow, missing: str) -> None:
    given = {name: value for name, value in {**PLACE, "fields": {"1": "x"}}.items() if name != missing}
    with pytest.raises(Rejected, match=missing):
        await flow("CREATE", input=given)
    assert sheet.requests == []


async def test_all_rows_count_the_heading_too(sheet: Spreadsheet, flow: Flow) -> None:
    result = await flow("RETRIEVEALL", where=PLACE, limit=10)
    assert dict(sheet.requests[0]["query"]) == {"majorDimension": "ROWS"}
    assert sheet.requests[0]["path"].endswith("%211%3A11")
    assert result.payload[1] == {
        "rowNumber": 2, "values": ["17", "Ada"], "fields": {"1": "17", "2": "Ada"}, **PLACE,
    }  # fmt: skip
    assert (len(result.payload), result.status_code) == (3, 200)


@pytest.mark.parametrize(
    ("condition", "limit", "numbers", "status"),
    [
        ({}, 2, [1, 2], 206), ({}, None, [1, 2, 3], 200), ({"rowNumber": 3}, 1, [3], 200),
        ({"rowNumber": "9"}, 1, [], 204),
        ({"rowNumber": 11}, 1, [], 204), ({"fields.2": "Bo"}, 5, [3], 200),
        ({"rowNumber": {"gt": 1}}, 5, [2, 3], 200),
        ({"rowNumber": "two"}, 5, [], 204),
    ],
)  # fmt: skip
async def test_rows_are_found_by_number_and_by_cells(
    flow: Flow, condition: dict[str, Any], limit: int | None, numbers: list[int], status: int
) -> None:
    result = await flow("RETRIEVEALL", where={**PLACE, **condition}, limit=limit)
    assert ([row["rowNumber"] for row in result.payload], result.status_code) == (numbers, status)


async def test_a_change_leaves_the_other_cells(sheet: Spreadsheet, flow: Flow) -> None:
    result = await flow("UPDATEALL", where={**PLACE, "fields.1": "18"}, input={"fields": {"3": "x"}})
    assert (result.status_code, sheet.rows[2]) == (200, ["18", "Bo", "x"])
    assert sheet.requests[-1]["path"].endswith("/values/%27It%27%27s%27%21A3")
    missing = await flow("UPDATEALL", where={**PLACE, "rowNumber": 7}, input={"fields": {"3": "x"}})
    assert missing.status_code == 204


async def test_a_cleared_row_leaves_its_place(sheet: Spreadsheet, flow: Flow) -> None:
    result = await flow("DELETEALL", where={**PLACE, "rowNumber": 2})
    assert (result.payload, sheet.rows) == ({"count": 1}, [["id", "name"], [], ["18", "Bo"]])


@pytest.mark.parametrize("action", ["UPDATEALL", "DELETEALL"])
async def test_not_every_row_is_reached_by_mistake(sheet: Spreadsheet, flow: Flow, action: str) -> None:
    with pytest.raises(Rejected, match="filter"):
        await flow(action, where=PLACE, input={"fields": {"1": "x"}})
    assert (
        await flow(action, where={**PLACE, "rowNumber": None}, input={"fields": {"1": "x"}})
    ).status_code == 204
    assert sheet.requests == []


async def test_an_upsert_changes_the_row_or_appends_it_with_what_the_filter_says(
    sheet: Spreadsheet, flow: Flow
) -> None:
    given = {"fields": {"2": "Cy"}}
    assert (await flow("UPSERTWITHWHERE", where={**PLACE, "fields.1": "17"}, input=given)).status_code == 200
    assert (await flow("UPSERTWITHWHERE", where={**PLACE, "fields.1": "19"}, input=given)).status_code == 201
    assert sheet.rows[1:] == [["17", "Cy"], ["18", "Bo"], ["19", "Cy"]]
    sheet.rows.append(["19"])
    with pytest.raises(Rejected, match="several"):
        await flow("UPSERTWITHWHERE", where={**PLACE, "fields.1": "19"}, input=given)


async def test_a_worksheet_that_is_not_there_is_not_found(flow: Flow) -> None:
    with pytest.raises(NotFound, match="Unable to parse range"):
        await flow("RETRIEVEALL", where={**PLACE, "worksheetID": "Nope"})


async def test_a_spreadsheet_that_is_not_shared_leaves_the_account_good(catalogue: Catalogue) -> None:
    async def answer(_request: web.Request) -> web.Response:
        return refusal(403, "The caller does not have permission", "PERMISSION_DENIED")

    application = web.Application()
    application.router.add_route("*", "/{path:.*}", answer)
    async with serving(application) as url, Outlet(Reach.LOCAL) as outlet:
        with pytest.raises(Rejected, match="permission"):
            await Flow(catalogue, outlet, url)("RETRIEVEALL", where=PLACE)
        with pytest.raises(Rejected, match="permission"):
            await Flow(catalogue, outlet, url)("RETRIEVEALL", "worksheet", where={"spreadsheetID": "x"})


async def test_our_choice_a_row_is_told_once_when_it_is_complete(sheet: Spreadsheet, flow: Flow) -> None:
    async def poll(state: Any = None) -> tuple[list[Any], Any]:
        given = {"since": "2026-01-01T00:00:00.000Z"} | ({} if state is None else {"state": state})
        payload = (await flow("CREATED", where=PLACE, input=given)).payload
        return [event["payload"]["values"] for event in payload["events"]], payload["state"]

    sheet.rows.append(["19"])
    told, state = await poll()
    assert told == []  # what was there before the flow started
    sheet.rows += [["20", ""], ["21", "Dee"]]
    told, state = await poll(state)
    assert told == [["21", "Dee"]]
    sheet.rows[4] = ["20", "Eve"]
    told, state = await poll(state)
    assert told == [["20", "Eve"]]
    del sheet.rows[3:]
    assert (await poll(state))[0] == []
    state = (await poll(state))[1]
    sheet.rows.append(["22", "Flo"])
    assert (await poll(state))[0] == [["22", "Flo"]]


@pytest.mark.parametrize(
    ("written", "number"), [("Sheet1!A7:F7", 7), ("'It''s 5!B2'!A12", 12), ("Sheet1!A7:A9", 7), ("", None)]
)
def test_the_row_is_read_from_the_range_that_was_written(written: str, number: int | None) -> None:
    assert row_number(written) == number


async def test_the_vendor_describes_every_request(shared: Path, sheet: Spreadsheet, flow: Flow) -> None:
    for action, where in (
        ("CREATE", None),
        ("RETRIEVEALL", PLACE),
        *((a, {**PLACE, "rowNumber": 2}) for a in ("UPDATEALL", "DELETEALL")),
    ):
        await flow(
            action, where=where, input={**PLACE, "fields": {"1": "x"}} if action != "RETRIEVEALL" else {}
        )
    description = Description(json.loads((shared / "specs/googlesheet/openapi.json").read_text()))
    assert [told for request in sheet.requests for told in description.complaints(request)] == []
