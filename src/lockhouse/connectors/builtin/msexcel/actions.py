"""Rows and columns of a worksheet: Graph knows ranges of cells only, so each operation is a few calls."""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any
from weakref import WeakValueDictionary

import msgspec

from lockhouse.connectors import filters
from lockhouse.connectors.builtin.msexcel.cells import address_of, cells_of, index_of, letters_of
from lockhouse.connectors.coercion import missing_fields
from lockhouse.connectors.errors import ActionFailed, Rejected
from lockhouse.connectors.filters import NEVER, Condition, Group
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.wire.actions import ActionCall, ActionResult

MOST_CHANGED = 1_000
_PLACES = ("DriveId", "WorkbookId", "WorksheetId")
_APPENDING: WeakValueDictionary[tuple[bytes, str], asyncio.Lock] = WeakValueDictionary()
"""Two rows that are appended at once would be written to the same place: one goes after the other."""


@dataclass(frozen=True, slots=True)
class Used:
    """What a worksheet holds. `first` is the number of its first row, `left` its first column from 0."""

    first: int
    left: int
    values: list[list[Any]]

    @property
    def last(self) -> int:
        """The number of the last row with a value; 0 in an empty worksheet."""
        return self.first + len(self.values) - 1 if self.values else 0


@dataclass(frozen=True, slots=True)
class Sheet:
    """One worksheet, and the session that reads and writes it."""

    places: Mapping[str, str]
    session: Session
    workbook_session: str | None = None

    async def used(self) -> Used:
        """What is in the worksheet."""
        body = (await self._send("used", {})).body
        values = body.get("values") or []
        if values == [[""]]:
            return Used(1, 0, [])
        return Used(int(body.get("rowIndex") or 0) + 1, int(body.get("columnIndex") or 0), values)

    async def write(self, number: int, first: int, cells: list[Any]) -> None:
        """Write cells of one row, beginning at a column; None leaves a cell as it is."""
        await self._send("write", {"values": [cells]}, address_of(number, first, len(cells)))

    async def delete(self, number: int) -> None:
        """Delete a row; those below move up."""
        await self._send("delete", {}, f"{number}:{number}")

    def row(self, number: int, left: int, values: list[Any]) -> dict[str, Any]:
        """A row as flows read it."""
        data = {letters_of(at): value for at, value in enumerate(values, start=left)}
        return {"rowIndex": number, "rowData": data, **self.places}

    async def _send(self, name: str, values: dict[str, Any], address: str = "") -> Any:
        places = {**self.places, "address": address}
        return await self.session.send(name, {**values, "places": places, "session": self.workbook_session})

    @asynccontextmanager
    async def opened(self) -> AsyncIterator["Sheet"]:
        """The worksheet in a session of its workbook, whose calls see each other's changes."""
        answer = (await self._send("open", {})).body
        sheet = replace(self, workbook_session=as_text(answer.get("id") or "") or None)
        try:
            yield sheet
        finally:
            if sheet.workbook_session:
                await _closed(sheet)


async def _closed(sheet: Sheet) -> None:
    try:
        await sheet.session.send("close", {"places": sheet.places, "session": sheet.workbook_session})
    except ActionFailed:
        return  # it ends by itself; what was written is written


async def append_row(call: ActionCall, session: Session) -> ActionResult:
    """Write a row below the last one that is used."""
    known = filters.equalities(filters.read_where(call.where))
    values = {**known, **call.input}
    missing = missing_fields(session.connector.objects["Row"].fields, values)
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")
    return ActionResult(payload=await _append(_sheet(values, session), values), status_code=201)


async def retrieve_rows(call: ActionCall, session: Session) -> ActionResult:
    """The rows of a worksheet that meet the filter."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    rows = await _find(tree, session)
    more = call.limit is not None and len(rows) > call.limit
    return ActionResult(payload=rows[: call.limit], status_code=206 if more else 200 if rows else 204)


async def update_rows(call: ActionCall, session: Session) -> ActionResult:
    """Change cells of the rows that the filter finds; columns that are not given stay as they are."""
    rows, sheet = await _reached(call, session)
    if not rows or sheet is None:
        return ActionResult(payload=[], status_code=204)
    changed = [await _write(sheet, row["rowIndex"], call.input) for row in rows]
    return ActionResult(payload=changed[0] if len(changed) == 1 else changed)


async def delete_rows(call: ActionCall, session: Session) -> ActionResult:
    """Delete the rows that the filter finds, from the last to the first: those below move up."""
    rows, sheet = await _reached(call, session)
    if not rows or sheet is None:
        return ActionResult(payload={"count": 0}, status_code=204)
    for row in reversed(rows):
        await sheet.delete(row["rowIndex"])
    return ActionResult(payload={"count": len(rows)})


async def upsert_row(call: ActionCall, session: Session) -> ActionResult:
    """Change the one row that the filter finds, or append one with what the filter says of it."""
    tree = filters.read_where(call.where)
    if tree == NEVER or not _conditions(tree).members:
        raise Rejected("the filter of an upsert must say by which values the row is known")
    rows, known = await _find(tree, session), filters.equalities(tree)
    if len(rows) > 1:
        raise Rejected("several rows match the filter of the upsert", status_code=409)
    sheet = _sheet(known, session)
    if rows:
        return ActionResult(payload=await _write(sheet, rows[0]["rowIndex"], call.input))
    told = {
        name.removeprefix("rowData."): value for name, value in known.items() if name.startswith("rowData.")
    }
    values = {**call.input, "rowData": {**told, **(call.input.get("rowData") or {})}}
    return ActionResult(payload=await _append(sheet, values), status_code=201)


async def retrieve_column(call: ActionCall, session: Session) -> ActionResult:
    """The values of one column, from the first row that is used to the last."""
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return ActionResult(payload=[], status_code=204)
    known = filters.equalities(tree)
    column = index_of(as_text(known.get("targetedColumn") or ""))
    used = await _sheet(known, session).used()
    if not used.values or not used.left <= column < used.left + len(used.values[0]):
        return ActionResult(payload=[], status_code=204)
    values = [row[column - used.left] for row in used.values]
    return ActionResult(payload=[{"targetedColumn": letters_of(column), "columnData": values}])


async def new_rows(call: ActionCall, session: Session) -> ActionResult:
    """The rows below the last one that was known (runtime.triggers.managed)."""
    sheet = _sheet(filters.equalities(filters.read_where(call.where)), session)
    used, state = await sheet.used(), call.input.get("state")
    if not isinstance(state, dict):
        return ActionResult(payload={"events": [], "state": {"last": used.last, "told": 0}})
    known, told, events = min(int(state["last"]), used.last), int(state["told"]), []
    for number, values in enumerate(used.values, start=used.first):
        if number > known:
            told += 1
            mark = hashlib.sha256(msgspec.json.encode(values)).hexdigest()[:16]
            row = sheet.row(number, used.left, values)
            events.append({"id": f"{number}-{mark}-{told}", "payload": row})
    return ActionResult(payload={"events": events, "state": {"last": used.last, "told": told}})


def _sheet(values: Mapping[str, Any], session: Session) -> Sheet:
    missing = [name for name in _PLACES if values.get(name) in (None, "")]
    if missing:
        raise Rejected(f"{', '.join(missing)}: a value is needed")
    return Sheet({name: as_text(values[name]) for name in _PLACES}, session)


async def _append(sheet: Sheet, values: Mapping[str, Any]) -> dict[str, Any]:
    data = values.get("rowData") or {}
    first, cells = cells_of(data)
    key = (sheet.session.account.key, "/".join(sheet.places.values()))
    lock = _APPENDING.get(key)
    if lock is None:
        lock = _APPENDING[key] = asyncio.Lock()
    async with lock, sheet.opened() as opened:
        number = (await opened.used()).last + 1
        await opened.write(number, 0, [None] * first + cells)
    return {"rowIndex": number, "rowData": data, **sheet.places}


async def _write(sheet: Sheet, number: int, values: Mapping[str, Any]) -> dict[str, Any]:
    data = values.get("rowData") or {}
    first, cells = cells_of(data)
    await sheet.write(number, first, cells)
    return {"rowIndex": number, "rowData": data, **sheet.places}


def _conditions(tree: Group) -> Group:
    """The conditions on rows: all but where the rows are."""
    kept = [one for one in tree.members if not (isinstance(one, Condition) and one.field in _PLACES)]
    return Group(tree.joint, tuple(kept))


async def _find(tree: Group, session: Session) -> list[dict[str, Any]]:
    sheet, conditions = _sheet(filters.equalities(tree), session), _conditions(tree)
    used = await sheet.used()
    rows = [sheet.row(at, used.left, values) for at, values in enumerate(used.values, start=used.first)]
    return [row for row in rows if filters.holds(conditions, row)]


async def _reached(call: ActionCall, session: Session) -> tuple[list[dict[str, Any]], Sheet | None]:
    tree = filters.read_where(call.where)
    if tree == NEVER:
        return [], None
    if not _conditions(tree).members:
        raise Rejected("a filter is needed: without one every row would be reached")
    sheet = _sheet(filters.equalities(tree), session)
    return (await _find(tree, session))[: call.limit or MOST_CHANGED], sheet
