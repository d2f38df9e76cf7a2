"""What each action does with a table: functions of a connection inside its transaction. All of them block."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy import Connection, CursorResult, Row, Table
from sqlalchemy.exc import IntegrityError

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.filters import ALWAYS, Group, equalities
from lockhouse.connectors.reading import nearest
from lockhouse.connectors.sql.conditions import column_named, condition_of
from lockhouse.connectors.sql.times import with_times_quoted
from lockhouse.connectors.sql.values import to_column, to_json

MOST_ROWS = 10_000
MOST_CHANGED = 1_000
MOST_BYTES = 32 * 1024 * 1024

Record = dict[str, Any]

_READS = re.compile(r"(\s|\(|--[^\n]*\n|/\*.*?\*/)*(select|with|values|table)\b", re.IGNORECASE | re.DOTALL)
_CHANGES = re.compile(r"\b(insert|update|delete|merge|into)\b", re.IGNORECASE)


def create(connection: Connection, table: Table, values: Mapping[str, Any]) -> Record:
    """Insert one row; the row as the database made it."""
    fitted = _fitted(table, values)
    if connection.dialect.insert_returning:
        row = connection.execute(sa.insert(table).values(fitted).returning(*table.c)).one()
        return _record(row)
    result = connection.execute(sa.insert(table).values(fitted))
    key = result.inserted_primary_key
    if key is None or None in key:
        return {name: to_json(value) for name, value in fitted.items()}
    return _record(connection.execute(sa.select(table).where(_is_one_of(table, [key]))).one())


def retrieve(
    connection: Connection, table: Table, tree: Group, limit: int | None
) -> tuple[list[Record], bool]:
    """The rows that meet a filter, in the order of the key, and whether there are more than the limit."""
    most = min(limit or MOST_ROWS, MOST_ROWS)
    statement = sa.select(table).where(condition_of(tree, table)).order_by(*table.primary_key).limit(most + 1)
    rows = _read(connection, connection.execute(statement.execution_options(stream_results=True)))
    return rows[:most], len(rows) > most


def update(
    connection: Connection, table: Table, tree: Group, values: Mapping[str, Any], limit: int | None
) -> tuple[list[Record], bool]:
    """Change at most `limit` of the rows that meet a filter; the rows as they are now, and if more met it."""
    fitted = _fitted(table, values)
    found = _chosen(connection, table, tree, limit, lock=True)
    if found is None:
        changed = connection.execute(sa.update(table).where(condition_of(tree, table)).values(fitted))
        return [{name: to_json(value) for name, value in fitted.items()}] * changed.rowcount, False
    keys, more = found
    if not keys:
        return [], False
    if fitted:
        connection.execute(sa.update(table).where(_is_one_of(table, keys)).values(fitted))
    now = [
        [fitted.get(column.name, part) for column, part in zip(table.primary_key, key, strict=True)]
        for key in keys
    ]
    statement = sa.select(table).where(_is_one_of(table, now)).order_by(*table.primary_key)
    return _read(connection, connection.execute(statement)), more


def delete(connection: Connection, table: Table, tree: Group, limit: int | None) -> tuple[int, bool]:
    """Delete at most `limit` of the rows that meet a filter: how many, and whether more met it."""
    found = _chosen(connection, table, tree, limit, lock=False)
    if found is None:
        return connection.execute(sa.delete(table).where(condition_of(tree, table))).rowcount, False
    keys, more = found
    if not keys:
        return 0, False
    return connection.execute(sa.delete(table).where(_is_one_of(table, keys))).rowcount, more


def upsert(
    connection: Connection, table: Table, tree: Group, values: Mapping[str, Any]
) -> tuple[Record, bool]:
    """Change the one row that meets the filter, or insert it with what the filter says of it.

    The row as it is now, and whether it is new.
    """
    known = equalities(tree)
    if not known or len(known) != len(tree.members):
        raise Rejected("the filter of an upsert must say by which values the record is known")
    changed = _changed_one(connection, table, tree, values)
    if changed is not None:
        return changed, False
    try:
        with connection.begin_nested():
            return create(connection, table, {**known, **values}), True
    except IntegrityError:
        # Another call inserted it between our look and our insert; else the conflict is about something else.
        changed = _changed_one(connection, table, tree, values)
        if changed is None:
            raise
        return changed, False


def execute_sql(connection: Connection, text: str) -> Record:
    """Run a statement: `data` its rows, `rowCount` their number or that of the rows changed."""
    text = with_times_quoted(text, connection.dialect.name)
    options = {"no_parameters": True, "stream_results": _reads_only(text)}
    result = connection.execution_options(**options).exec_driver_sql(text)
    if not result.returns_rows:
        return {"data": [], "rowCount": max(result.rowcount, 0)}
    rows = _read(connection, result)
    return {"data": rows, "rowCount": len(rows)}


def _reads_only(text: str) -> bool:
    """Whether it may be read row by row: PostgreSQL declares a cursor for that, which no change can have."""
    return _READS.match(text) is not None and _CHANGES.search(text) is None


def _changed_one(
    connection: Connection, table: Table, tree: Group, values: Mapping[str, Any]
) -> Record | None:
    rows, more = update(connection, table, tree, values, 1)
    if more or len(rows) > 1:
        raise Rejected("several records match the filter of the upsert", status_code=409)
    return rows[0] if rows else None


def _chosen(
    connection: Connection, table: Table, tree: Group, limit: int | None, *, lock: bool
) -> tuple[list[Sequence[Any]], bool] | None:
    """The keys of the rows that a change is for, and whether there are more; None for a table without one."""
    if tree == ALWAYS:
        raise Rejected("a change needs a filter: without one it would reach every record")
    most = limit or MOST_CHANGED
    condition = condition_of(tree, table)
    if not table.primary_key:
        count = connection.execute(
            sa.select(sa.func.count()).select_from(table).where(condition)
        ).scalar_one()
        if count > most:
            raise Rejected(
                f"{count} records match, and {table.name} has no key to change only {most} of them"
            )
        return None
    statement = sa.select(*table.primary_key).where(condition).order_by(*table.primary_key).limit(most + 1)
    keys = connection.execute(statement.with_for_update() if lock else statement).all()
    return [tuple(key) for key in keys[:most]], len(keys) > most


def _is_one_of(table: Table, keys: Sequence[Sequence[Any]]) -> sa.ColumnElement[bool]:
    columns = list(table.primary_key)
    if len(columns) == 1:
        return columns[0].in_([key[0] for key in keys])
    return sa.tuple_(*columns).in_([tuple(key) for key in keys])


def _fitted(table: Table, values: Mapping[str, Any]) -> Record:
    """The values by column, each of its type. Raises Rejected, naming everything that does not fit."""
    fitted, wrong = {}, []
    for name, value in values.items():
        column = column_named(table, name)
        if column is None:
            wrong.append(
                f"{table.name} has no column {name!r}{nearest(name, [known.name for known in table.c])}"
            )
            continue
        try:
            fitted[column.name] = to_column(column.type, value)
        except ValueError as error:
            wrong.append(f"{name}: {error}")
    if wrong:
        raise Rejected("; ".join(wrong))
    return fitted


def _read(connection: Connection, result: CursorResult[Any]) -> list[Record]:
    rows: list[Record] = []
    size = 0
    for row in result:
        record = _record(row)
        size += sum(len(value) if isinstance(value, str) else 16 for value in record.values())
        if size > MOST_BYTES or len(rows) > MOST_ROWS:
            _give_up(connection, result)
            raise Rejected(f"the answer has more than {MOST_ROWS} rows or {MOST_BYTES} bytes")
        rows.append(record)
    return rows


def _give_up(connection: Connection, result: CursorResult[Any]) -> None:
    raw: Any = connection.connection.dbapi_connection
    if connection.dialect.name in ("mysql", "mariadb"):
        raw._result.unbuffered_active = False  # else PyMySQL reads all the rest before it lets go
        connection.invalidate()
    result.close()


def _record(row: Row[Any]) -> Record:
    return {name: to_json(value) for name, value in row._mapping.items()}
