"""Worksheets as Google Sheets and Excel keep them, for their doubles: rows of cells, reached by ranges.

Every spreadsheet and worksheet that is asked for is there, empty at first.
Sources: Sheets API v4 (spreadsheets.values), Microsoft Graph v1.0 (workbook range).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import unquote

import msgspec
from aiohttp import web

from lockhouse.connectors.builtin.msexcel.cells import address_of, index_of
from lockhouse.connectors.errors import Rejected
from lockhouse.standins.routes import Mismatch

MOST_ROWS = 10_000
_GOOGLE = re.compile(r"/v4/spreadsheets/([^/]+)/values/([^/:]+)(?::(append|clear))?")
_EXCEL = re.compile(
    r"/v1\.0(/drives/[^/]+/items/[^/]+)/workbook/"
    r"(?:(createSession|closeSession)"
    r"|worksheets/([^/]+)/(?:(usedRange)\(valuesOnly=true\)|range\(address=(?:'|%27)([^/']+?)(?:'|%27)\)(/delete)?))"
)
_CELLS = re.compile(r"([A-Z]*)(\d+)(?::([A-Z]*)(\d+))?")

Row = list[Any]


@dataclass(slots=True)
class Worksheet:
    """The rows of a worksheet, from row 1."""

    rows: list[Row] = field(default_factory=list)

    @property
    def last(self) -> int:
        """The number of the last row that has a value; 0 when none has."""
        return max(
            (at for at, row in enumerate(self.rows, start=1) if any(cell != "" for cell in row)), default=0
        )

    def write(self, number: int, column: int, cells: Row) -> None:
        """Write cells of one row from a column on; None leaves a cell as it is. Raises Mismatch."""
        if not 1 <= number <= MOST_ROWS:
            raise Mismatch(f"a double has {MOST_ROWS:,} rows, not {number:,}")
        self.rows += [[] for _ in range(number - len(self.rows))]
        row = self.rows[number - 1]
        row += [""] * (column + len(cells) - len(row))
        for at, value in enumerate(cells, start=column):
            if value is not None:
                row[at] = value


@dataclass(slots=True)
class Worksheets:
    """The worksheets of one double, by spreadsheet (or workbook) and worksheet."""

    kept: dict[str, Worksheet] = field(default_factory=dict)

    def shown(self) -> dict[str, list[Row]]:
        """The rows by place."""
        return {place: sheet.rows for place, sheet in self.kept.items()}

    def at(self, spreadsheet: str, title: str) -> Worksheet:
        """A worksheet."""
        return self.kept.setdefault(f"{spreadsheet}/{title}", Worksheet())


Play = Callable[[Worksheets, web.Request, bytes], web.Response]
"""Answers a request for rows, whose body is given; raises Mismatch."""


def play_of(connector: str, path: str) -> Play | None:
    """What answers at a vendor's path of rows; None at others."""
    pattern, answer = _PLAYS.get(connector, (None, None))
    asked = pattern.fullmatch(path) if pattern is not None else None
    return partial(answer, asked) if asked is not None and answer is not None else None


def _google(asked: re.Match[str], sheets: Worksheets, request: web.Request, content: bytes) -> web.Response:
    spreadsheet, quoted = unquote(asked[1]), unquote(asked[2])
    title, _, cells = quoted.rpartition("!") if "!" in quoted else (quoted, "", "")
    if title.startswith("'"):
        title = title[1:-1].replace("''", "'")
    sheet = sheets.at(spreadsheet, title)
    verb = asked[3] or request.method
    if verb == "GET":
        return web.json_response(_google_read(sheet, quoted, cells))
    if verb in ("append", "PUT") and "valueInputOption" not in request.query:
        raise Mismatch("'valueInputOption' is required but not specified")
    column, first, last = _bounds(cells, sheet)
    if verb == "clear":
        for number in range(first, min(last, len(sheet.rows)) + 1):
            sheet.rows[number - 1] = []
        return web.json_response({"spreadsheetId": spreadsheet, "clearedRange": quoted})
    number = sheet.last + 1 if verb == "append" else first
    rows = [[_as_google_shows(cell) for cell in row] for row in _values(content)]
    for at, row in enumerate(rows):
        sheet.write(number + at, column, row)
    width = max(map(len, rows), default=1) or 1
    start, _, end = address_of(number, column, width).partition(":")
    told = {"updatedRange": f"{quoted.rpartition('!')[0]}!{start}:{end}", "updatedRows": len(rows)}
    return web.json_response({"spreadsheetId": spreadsheet, "updates": told} if verb == "append" else told)


def _google_read(sheet: Worksheet, quoted: str, cells: str) -> dict[str, Any]:
    _, first, last = _bounds(cells, sheet)
    rows = [_trimmed(["" if cell is None else cell for cell in row]) for row in sheet.rows[first - 1 : last]]
    while rows and not rows[-1]:
        rows.pop()
    return {"range": quoted, "majorDimension": "ROWS", **({"values": rows} if rows else {})}


def _excel(asked: re.Match[str], sheets: Worksheets, request: web.Request, content: bytes) -> web.Response:
    workbook, session, worksheet, used, address, deletion = asked.groups()
    if session == "closeSession":
        return web.Response(status=204)
    if session:
        return web.json_response({"id": "EXAMPLE-session", "persistChanges": True}, status=201)
    sheet = sheets.at(unquote(workbook).removeprefix("/drives/").replace("/items/", "/"), unquote(worksheet))
    if used:
        return web.json_response(_excel_used(sheet))
    column, first, last = _bounds(unquote(address), sheet)
    if deletion:
        del sheet.rows[first - 1 : last]
        return web.Response(status=204)
    if request.method != "PATCH":
        raise Mismatch(f"{request.method} is not expected here")
    rows = _values(content)
    for at, row in enumerate(rows):
        sheet.write(first + at, column, [_typed(cell) for cell in row])
    return web.json_response({"address": unquote(address), "values": rows})


def _excel_used(sheet: Worksheet) -> dict[str, Any]:
    rows = [_trimmed(row) for row in sheet.rows[: sheet.last]]
    empty = next((at for at, row in enumerate(rows) if row), 0)
    width = max(map(len, rows), default=0)
    values = [row + [""] * (width - len(row)) for row in rows[empty:]] or [[""]]
    size = {"rowCount": len(values), "columnCount": len(values[0])}
    return {"rowIndex": empty, "columnIndex": 0, "values": values, **size}


def _bounds(cells: str, sheet: Worksheet) -> tuple[int, int, int]:
    """First column from 0, first and last row from 1 of `A4:C4`, `4:7`, `A1` or nothing (all rows)."""
    if not cells:
        return 0, 1, max(len(sheet.rows), 1)
    found = _CELLS.fullmatch(cells)
    if found is None or not 1 <= int(found[2][:9]) <= MOST_ROWS:
        raise Mismatch(f"Unable to parse range: {cells[:80]}")
    try:
        column = index_of(found[1]) if found[1] else 0
    except Rejected as error:
        raise Mismatch(str(error)) from None
    return column, int(found[2]), int((found[4] or found[2])[:9])


def _values(content: bytes) -> list[Row]:
    try:
        body = msgspec.json.decode(content)
    except msgspec.DecodeError:
        raise Mismatch("the body is no JSON") from None
    rows = body.get("values") if isinstance(body, dict) else None
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise Mismatch("expected values, a list of rows")
    if any(isinstance(cell, list | dict) for row in rows for cell in row):
        raise Mismatch("Invalid values: a cell is a text, a number, true or false")
    return rows


def _trimmed(row: Row) -> Row:
    end = len(row)
    while end and row[end - 1] == "":
        end -= 1
    return row[:end]


def _typed(cell: Any) -> Any:
    # An apostrophe in front says that what follows is text; it is no part of the value.
    return cell[1:] if isinstance(cell, str) and cell.startswith("'") else cell


def _as_google_shows(cell: Any) -> Any:
    if isinstance(cell, bool):
        return "TRUE" if cell else "FALSE"
    return str(cell) if isinstance(cell, int | float) else _typed(cell)


_PLAYS: Mapping[str, tuple[re.Pattern[str], Callable[..., web.Response]]] = {
    "googlesheet": (_GOOGLE, _google),
    "msexcel": (_EXCEL, _excel),
}
