"""Rows of worksheets: a row is a list of cells on the wire and an object with column numbers in flows."""

import hashlib
import re
from dataclasses import dataclass
from typing import Any

import msgspec

from lockhouse.connectors import filters
from lockhouse.connectors.coercion import missing_fields
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.filters import NEVER, Condition, Group
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_COLUMNS = 18_278  # ZZZ
MOST_CHARACTERS = 50_000
MOST_CHANGED = 1_000
MOST_PAGES = 100
_PLACES = ("spreadsheetID", "worksheetID")
_FORMULA_SIGNS = ("=", "+", "-", "@")
_NUMBER = re.compile(r"[+-]?(\d+([.,]\d+)*|\.\d+)([eE][+-]?\d+)?%?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet of a spreadsheet, and the session that reads and writes it."""

    spreadsheet: str
    title: str
    session: Session

    def places(self, cells: str) -> dict[str, Any]:
        """What a request's address needs for some cells, such as `A1` or `2:7`; all for nothing."""
        quoted = "'" + self.title.replace("'", "''") + "'"
        return {"spreadsheetID": self.spreadsheet, "range": f"{quoted}!{cells}" if cells else quoted}

    async def read(self, cells: str) -> list[list[Any]]:
        """The rows of a range; empty ones at the end are not there."""
        try:
            body = (await self.session.send("read", {"places": self.places(cells)})).body
        except Rejected as refused:
            if "exceeds grid limits" in str(refused):
                return []
            raise
        found: list[list[Any]] = body.get("values") or []
        return found

    def row(self, number: int, values: list[Any]) -> dict[str, Any]:
        """A row as flows read it."""
        fields = {str(at): value for at, value in enumerate(values, start=1)}
        told = {"spreadsheetID": self.spreadsheet, "worksheetID": self.title}
        return {"rowNumber": number, "values": values, "fields": fields, **told}


async def create_row(call: ActionCall, session: Session) -> ActionResult:
    """Append a row below the table that stands in column A."""
    _require(call, session)
    sheet = _sheet(call.input, session)
    return ActionResult(payload=await _append(sheet, call.input), status_code=201)


async def retrieve_rows(call: ActionCall, session: Session) -> ActionResult:
    """The rows of a worksheet that meet the filter; every row counts, the heading too."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    rows = await _find(tree, session, call.limit)
    more = call.limit is not None and len(rows) > call.limit
    return ActionResult(payload=rows[: call.limit], status_code=206 if more else 200 if rows else 204)


async def update_rows(call: ActionCall, session: Session) -> ActionResult:
    """Change cells of the rows that the filter finds; columns that are not given stay as they are."""
    changed = []
    for row, sheet in await _reached(call, session):
        changed.append(await _write(sheet, row["rowNumber"], call.input))
    if not changed:
        return ActionResult(payload=[], status_code=204)
    return ActionResult(payload=changed[0] if len(changed) == 1 else changed)


async def clear_rows(call: ActionCall, session: Session) -> ActionResult:
    """Clear the rows that the filter finds."""
    found = await _reached(call, session)
    for row, sheet in found:
        number = row["rowNumber"]
        await session.send("clear", {"places": sheet.places(f"{number}:{number}")})
    return ActionResult(payload={"count": len(found)}, status_code=200 if found else 204)


async def upsert_row(call: ActionCall, session: Session) -> ActionResult:
    """Change the one row that the filter finds, or append one."""
    tree = filters.read_where(call.where)
    if tree == NEVER or not _conditions(tree).members:
        raise Rejected("the filter of an upsert must say by which values the row is known")
    rows = await _find(tree, session, 1)
    if len(rows) > 1:
        raise Rejected("several rows match the filter of the upsert", status_code=409)
    known = filters.equalities(tree)
    sheet = _sheet(known, session)
    if rows:
        return ActionResult(payload=await _write(sheet, rows[0]["rowNumber"], call.input))
    told = {name.removeprefix("fields."): value for name, value in known.items() if "fields." in name}
    values = {**call.input, "fields": {**told, **(call.input.get("fields") or {})}}
    return ActionResult(payload=await _append(sheet, values), status_code=201)


def _require(call: ActionCall, session: Session) -> None:
    missing = missing_fields(session.connector.objects["worksheetRow"].fields, call.input)
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")


def _sheet(values: dict[str, Any], session: Session) -> Sheet:
    missing = [name for name in _PLACES if values.get(name) in (None, "")]
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")
    return Sheet(as_text(values["spreadsheetID"]), as_text(values["worksheetID"]), session)


async def _append(sheet: Sheet, values: dict[str, Any]) -> dict[str, Any]:
    cells = cells_of(values.get("fields") or {})
    reply = await sheet.session.send("append", {"places": sheet.places("A1"), "values": [cells]})
    updates = reply.body.get("updates") or {}
    return _written(sheet, row_number(as_text(updates.get("updatedRange") or "")), values)


async def _write(sheet: Sheet, number: int, values: dict[str, Any]) -> dict[str, Any]:
    cells = cells_of(values.get("fields") or {})
    await sheet.session.send("write", {"places": sheet.places(f"A{number}"), "values": [cells]})
    return _written(sheet, number, values)


def _written(sheet: Sheet, number: int | None, values: dict[str, Any]) -> dict[str, Any]:
    given = values.get("fields") or {}
    fields = {name: given[name] for name in sorted(given, key=int) if given[name] is not None}
    told = {"rowNumber": number, "spreadsheetID": sheet.spreadsheet, "worksheetID": sheet.title}
    return {**told, "fields": fields}


def cells_of(fields: dict[str, Any]) -> list[Any]:
    """The cells of a row, None for columns that are not given. Raises Rejected."""
    columns: dict[int, Any] = {}
    for name, value in fields.items():
        if not (name.isascii() and name.isdigit()) or not 1 <= int(name[:9]) <= MOST_COLUMNS:
            raise Rejected(f"fields: {name[:40]!r} is no column number; columns are numbered from 1")
        columns[int(name)] = cell(name, value)
    if not columns:
        raise Rejected("fields: a row needs at least one cell")
    return [columns.get(at) for at in range(1, max(columns) + 1)]


def cell(name: str, value: Any) -> Any:
    """A value as a cell takes it: what would be read as a formula is kept as text. Raises Rejected."""
    if value is None or isinstance(value, bool | int | float):
        return value
    text = as_text(value)
    if len(text) > MOST_CHARACTERS:
        raise Rejected(f"fields: column {name} has more than {MOST_CHARACTERS:,} characters")
    is_formula = text.startswith(_FORMULA_SIGNS) and not _NUMBER.fullmatch(text)
    return f"'{text}" if is_formula else text


def row_number(written: str) -> int | None:
    """The row of a range such as `Sheet1!A7:F7`."""
    found = re.search(r"![A-Z]*(\d+)(?::[A-Z]*\d+)?$", written)
    return int(found[1]) if found else None


def _conditions(tree: Group) -> Group:
    """The conditions on rows: all but where the rows are."""
    kept = [one for one in tree.members if not (isinstance(one, Condition) and one.field in _PLACES)]
    return Group(tree.joint, tuple(kept))


async def _find(tree: Group, session: Session, limit: int | None) -> list[dict[str, Any]]:
    """The rows that a filter finds; one more than the limit where there is one."""
    known = filters.equalities(tree)
    sheet, conditions = _sheet(known, session), _conditions(tree)
    number = as_text(known.get("rowNumber", "")).strip()
    first, cells = 1, ""
    if number.isascii() and number.isdigit() and int(number[:9]) > 0:
        first, cells = int(number[:9]), f"{int(number[:9])}:{int(number[:9])}"
    elif limit is not None and not conditions.members:
        cells = f"1:{limit + 1}"
    rows = [sheet.row(at, values) for at, values in enumerate(await sheet.read(cells), start=first)]
    return [row for row in rows if filters.holds(conditions, row)]


async def _reached(call: ActionCall, session: Session) -> list[tuple[dict[str, Any], Sheet]]:
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return []
    if not _conditions(tree).members:
        raise Rejected("a filter is needed: without one every row would be reached")
    rows = await _find(tree, session, call.limit or MOST_CHANGED)
    sheet = _sheet(filters.equalities(tree), session)
    return [(row, sheet) for row in rows[: call.limit or MOST_CHANGED]]


async def new_rows(call: ActionCall, session: Session) -> ActionResult:
    """The rows that were added since the last call and are complete (runtime.triggers.managed).

    Complete is a row with a value in every column that the first row names.
    """
    sheet = _sheet(filters.equalities(filters.read_where(call.where)), session)
    rows = await sheet.read("")
    state = call.input.get("state")
    if not isinstance(state, dict):
        return _told([], {"rows": len(rows), "open": [], "told": 0})
    known, told = min(int(state["rows"]), len(rows)), int(state["told"])
    waiting = [*(at for at in state["open"] if at <= known), *range(known + 1, len(rows) + 1)]
    columns = [at for at, name in enumerate(rows[0] if rows else []) if name not in (None, "")]
    events, unfinished = [], []
    for at in waiting:
        values = rows[at - 1]
        if any(len(values) <= column or values[column] in (None, "") for column in columns):
            unfinished.append(at)
            continue
        told += 1
        mark = hashlib.sha256(msgspec.json.encode(values)).hexdigest()[:16]
        events.append({"id": f"{at}-{mark}-{told}", "payload": sheet.row(at, values)})
    return _told(events, {"rows": len(rows), "open": unfinished, "told": told})


async def new_spreadsheets(call: ActionCall, session: Session) -> ActionResult:
    """The spreadsheets that were made since the last call (runtime.triggers.managed)."""
    state = call.input.get("state")
    since = as_text(
        (state if isinstance(state, dict) else call.input).get("since") or session.now.isoformat()
    )
    events: list[dict[str, Any]] = []
    cursor = None
    for _ in range(MOST_PAGES):
        body = (await session.send("created", {"since": since, "cursor": cursor})).body
        found = body.get("files") or []
        events += [{"id": file["id"], "payload": {**file, "title": file.get("name")}} for file in found]
        cursor = body.get("nextPageToken")
        if not cursor:
            break
    newest = events[-1]["payload"].get("createdTime") if events else None
    return _told(events, {"since": newest or since})


def _told(events: list[dict[str, Any]], state: dict[str, Any]) -> ActionResult:
    return ActionResult(payload={"events": events, "state": state})
