"""Hot statements on PostgreSQL, inside a transaction: straight from the driver."""

from collections.abc import Sequence
from typing import Any, cast

import psycopg

from lockhouse.storage.terms import Tx


def rows_of(tx: Tx, text: str, values: dict[str, Any]) -> Sequence[tuple[Any, ...]]:
    """What a query finds, straight from the driver: SQLAlchemy describes each column of each answer."""
    driver = _driver(tx)
    try:
        return driver.execute(text, values).fetchall()
    except psycopg.OperationalError:
        if driver.closed:
            _tell_lost(tx, text, values)
        raise


def insert_rows(tx: Tx, text: str, rows: Sequence[dict[str, Any]]) -> None:
    """Run an insert for each of the rows, straight from the driver."""
    driver = _driver(tx)
    try:
        if len(rows) == 1:
            driver.execute(text, rows[0])
        else:
            with driver.cursor() as cursor:
                cursor.executemany(text, rows)
    except psycopg.OperationalError:
        if driver.closed:
            _tell_lost(tx, text, rows[0])
        raise


def _driver(tx: Tx) -> "psycopg.Connection[tuple[Any, ...]]":
    return cast("psycopg.Connection[tuple[Any, ...]]", tx.connection.driver_connection)


def _tell_lost(tx: Tx, text: str, values: dict[str, Any]) -> None:
    """Fail once more through SQLAlchemy, which then trusts no connection of the pool any more."""
    tx.exec_driver_sql(text, values)
