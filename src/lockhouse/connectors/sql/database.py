"""One account's database: a bounded pool of connections, and the tables that were looked up."""

import random
import time
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from sqlalchemy import Connection, Inspector, MetaData, Table, create_engine, inspect

from lockhouse.connectors.errors import NotFound, Rejected
from lockhouse.connectors.reading import nearest
from lockhouse.connectors.sql.drivers import Driver
from lockhouse.connectors.sql.errors import is_passing
from lockhouse.connectors.threads import cut_when_late

T = TypeVar("T")

MOST_CONNECTIONS = 10
_USUAL_CONNECTIONS = 5
_WAIT_SECONDS = 30
_LIFE_SECONDS = 1800
_MOST_ATTEMPTS = 6
_PAUSE_SECONDS = 0.02
_OF_THE_SYSTEM = {"information_schema", "pg_catalog", "mysql", "performance_schema", "sys"}


class Database:
    """Kept open for the calls of one account. Every method blocks."""

    def __init__(
        self, driver: Driver, connect: Callable[[], Any], *, most: int = 0, schema: str = ""
    ) -> None:
        try:
            self._engine = create_engine(
                f"{driver.dialect}://",
                creator=connect,
                pool_size=min(most or _USUAL_CONNECTIONS, MOST_CONNECTIONS),
                max_overflow=0,
                pool_timeout=_WAIT_SECONDS,
                pool_recycle=_LIFE_SECONDS,
                pool_pre_ping=True,
                hide_parameters=True,
            )
        except ModuleNotFoundError as missing:
            message = f"this connector needs the library {missing.name}: pip install 'lockhouse[sql]'"
            raise Rejected(message, status_code=501) from None
        self._driver = driver
        self._schema = schema
        self._tables: dict[str, Table] = {}

    def run(self, work: Callable[[Connection], T]) -> T:
        """Run work in one transaction; again when the database rolled it back for a passing reason."""
        for attempt in range(1, _MOST_ATTEMPTS + 1):
            try:
                with self._engine.begin() as connection:
                    cut_when_late(self._driver.descriptor(connection.connection.dbapi_connection))
                    return work(connection)
            except Exception as error:
                if attempt == _MOST_ATTEMPTS or not is_passing(error):
                    self._tables.clear()  # perhaps a table is not any more what it was
                    raise
            time.sleep(random.uniform(0, attempt * _PAUSE_SECONDS))  # noqa: S311 - no secret
        raise AssertionError("the loop returns or raises")

    def table(self, connection: Connection, name: str) -> Table:
        """A table or view by its business object's name: `ORDERS`, or `SHOP_ORDERS` for one of schema SHOP.

        Raises NotFound, with the nearest name.
        """
        if name not in self._tables:
            inspector = inspect(connection)
            schema, table = _place(inspector, name, self._schema)
            self._tables[name] = Table(
                table, MetaData(), schema=schema, autoload_with=connection, resolve_fks=False
            )
        return self._tables[name]

    def close(self) -> None:
        """Close the connections that are not in use; the others close when they come back."""
        self._engine.dispose()


def _place(inspector: Inspector, name: str, schema: str) -> tuple[str | None, str]:
    """Schema (None for the usual one) and name of the table that a business object stands for."""
    own = _names(inspector, schema or None)
    if name in own:
        return schema or None, name
    found = list(_qualified(inspector, name, schema, str)) or [
        *((schema or None, known) for known in own if known.lower() == name.lower()),
        *_qualified(inspector, name, schema, str.lower),
    ]
    if not found:
        raise NotFound(f"there is no table or view {name!r}{nearest(name, own)}")
    if len(found) > 1:
        raise Rejected(f"several tables could be meant by {name!r}")
    return found[0]


def _qualified(
    inspector: Inspector, name: str, schema: str, fold: Callable[[str], str]
) -> Iterable[tuple[str | None, str]]:
    for known in [schema] if schema else inspector.get_schema_names():
        start = fold(known)
        if known in _OF_THE_SYSTEM or not fold(name).startswith((f"{start}_", f"{start}.")):
            continue
        rest = fold(name)[len(start) + 1 :]
        yield from ((known, table) for table in _names(inspector, known) if fold(table) == rest)


def _names(inspector: Inspector, schema: str | None) -> list[str]:
    return [*inspector.get_table_names(schema), *inspector.get_view_names(schema)]
