"""A query for the two or three look-ups that every request makes: compiled once, run by the driver itself.

A Core statement that was built once costs 25 µs on sqlite3, the driver 6 µs. The statement stays Core, so
that it is checked and portable like every other.
"""

import sqlite3
from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects.postgresql.base import PGDialect
from sqlalchemy.dialects.sqlite.base import SQLiteDialect

from lockhouse.storage.terms import Tx

_DIALECTS: dict[str, sa.Dialect] = {
    "sqlite": SQLiteDialect(paramstyle="named"),
    "postgresql": PGDialect(paramstyle="pyformat"),  # type: ignore[no-untyped-call]  # untyped there
}


class HotQuery:
    """A select whose rows come as plain tuples."""

    def __init__(self, statement: sa.Select[Any]) -> None:
        compiled = {name: statement.compile(dialect=dialect) for name, dialect in _DIALECTS.items()}
        self._text = {name: str(one) for name, one in compiled.items()}
        # Values that stand in the statement itself, such as the offset that SQLite wants beside a limit.
        self._constants = {
            name: {key: value for key, value in one.params.items() if value is not None}
            for name, one in compiled.items()
        }
        columns = statement.selected_columns
        # What SQLite's driver gives as 0 or 1.
        self._booleans = [at for at, column in enumerate(columns) if isinstance(column.type, sa.Boolean)]

    def on(self, dialect: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        """Text and values of the query for a dialect's driver."""
        constants = self._constants[dialect]
        return self._text[dialect], {**constants, **values} if constants else values

    def first(self, tx: Tx, values: dict[str, Any]) -> tuple[Any, ...] | None:
        """The first row inside a transaction, or None."""
        text, bound = self.on(tx.dialect.name, values)
        driver = tx.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            return self.typed(driver.execute(text, bound).fetchone())
        found = _on_postgresql(tx, text, bound)
        return found[0] if found else None

    def all(self, tx: Tx, values: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
        """Every row inside a transaction."""
        text, bound = self.on(tx.dialect.name, values)
        driver = tx.connection.driver_connection
        if not isinstance(driver, sqlite3.Connection):
            return _on_postgresql(tx, text, bound)
        found: list[tuple[Any, ...]] = driver.execute(text, bound).fetchall()
        return [self._typed(row) for row in found] if self._booleans else found

    def typed(self, row: tuple[Any, ...] | None) -> tuple[Any, ...] | None:
        """A row of SQLite's driver with its booleans."""
        return row if row is None or not self._booleans else self._typed(row)

    def _typed(self, row: tuple[Any, ...]) -> tuple[Any, ...]:
        values = list(row)
        for at in self._booleans:
            if values[at] is not None:
                values[at] = bool(values[at])
        return tuple(values)


class HotInsert:
    """An insert of many rows at once, each a tuple in the order of the columns named."""

    def __init__(self, table: sa.Table, *columns: str) -> None:
        self._columns = columns
        # Inline: nobody asks for the number that the table gives a row.
        statement = sa.insert(table).values({name: sa.bindparam(name) for name in columns}).inline()
        self._named = str(statement.compile(dialect=_DIALECTS["postgresql"]))
        compiled = statement.compile(dialect=SQLiteDialect(paramstyle="qmark"))
        if tuple(compiled.positiontup or ()) != columns:
            raise sa.exc.ArgumentError(
                f"the columns are not in the order of the table: {compiled.positiontup}"
            )
        self._text = str(compiled)

    def many(self, tx: Tx, rows: Sequence[tuple[Any, ...]]) -> None:
        """Insert the rows in their order."""
        driver = tx.connection.driver_connection
        if isinstance(driver, sqlite3.Connection):
            driver.executemany(self._text, rows)
        else:
            from lockhouse.storage.postgresql_rows import insert_rows

            insert_rows(tx, self._named, [dict(zip(self._columns, row, strict=True)) for row in rows])


def _on_postgresql(tx: Tx, text: str, values: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    # Only here: psycopg costs a fifth of a second and 20 MB.
    from lockhouse.storage.postgresql_rows import rows_of

    return rows_of(tx, text, values)
