"""The actions of a connector whose business objects are the tables of a database.

SQLAlchemy and the driver are loaded at the first call: a server that calls no database does not carry them.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.filters import NEVER, read_where
from lockhouse.connectors.session import Session
from lockhouse.connectors.templates import as_text
from lockhouse.connectors.threads import in_thread
from lockhouse.wire.actions import ActionCall, ActionResult

_NOTHING = ActionResult(payload=[], status_code=204)


class TableActions:
    """The actions for one kind of database, named as in sql.drivers.DRIVERS."""

    def __init__(self, kind: str) -> None:
        self._kind = kind

    async def create(self, call: ActionCall, session: Session) -> ActionResult:
        """CREATE: insert the input as one row."""

        def work(tables: Tables) -> ActionResult:
            record = tables.statements.create(tables.connection, tables.table(call), call.input)
            return ActionResult(payload=record, status_code=201)

        return await self._run(session, work)

    async def retrieve(self, call: ActionCall, session: Session) -> ActionResult:
        """RETRIEVEALL: the rows that meet the filter."""
        tree = read_where(call.where)

        def work(tables: Tables) -> ActionResult:
            rows, more = tables.statements.retrieve(tables.connection, tables.table(call), tree, call.limit)
            return ActionResult(payload=rows, status_code=206 if more else 200 if rows else 204)

        return await self._run(session, work) if tree != NEVER else _NOTHING

    async def update(self, call: ActionCall, session: Session) -> ActionResult:
        """UPDATEALL: change the rows that meet the filter."""
        tree = read_where(call.where)

        def work(tables: Tables) -> ActionResult:
            table = tables.table(call)
            rows, more = tables.statements.update(tables.connection, table, tree, call.input, call.limit)
            payload = rows[0] if len(rows) == 1 else rows
            return ActionResult(payload=payload, status_code=206 if more else 200 if rows else 204)

        return await self._run(session, work) if tree != NEVER else _NOTHING

    async def delete(self, call: ActionCall, session: Session) -> ActionResult:
        """DELETEALL: delete the rows that meet the filter."""
        tree = read_where(call.where)

        def work(tables: Tables) -> ActionResult:
            count, more = tables.statements.delete(tables.connection, tables.table(call), tree, call.limit)
            return ActionResult(payload={"count": count}, status_code=206 if more else 200 if count else 204)

        return await self._run(session, work) if tree != NEVER else _NOTHING

    async def upsert(self, call: ActionCall, session: Session) -> ActionResult:
        """UPSERTWITHWHERE: change the row that meets the filter, or insert it."""
        tree = read_where(call.where)
        if tree == NEVER:
            raise Rejected("the filter of an upsert must say by which values the record is known")

        def work(tables: Tables) -> ActionResult:
            record, new = tables.statements.upsert(tables.connection, tables.table(call), tree, call.input)
            return ActionResult(payload=record, status_code=201 if new else 200)

        return await self._run(session, work)

    async def execute_custom_sql(self, call: ActionCall, session: Session) -> ActionResult:
        """EXECUTECUSTOMSQL: run `customSql` as it is written."""
        text = as_text(call.input.get("customSql")).strip()
        if not text:
            raise Rejected("customSql: a value is needed")

        def work(tables: Tables) -> ActionResult:
            return ActionResult(payload=tables.statements.execute_sql(tables.connection, text))

        return await self._run(session, work)

    async def check(self, call: ActionCall, session: Session) -> ActionResult:
        """Log in and ask for nothing."""
        del call
        return await self._run(session, lambda _: ActionResult(payload={}))

    async def _run(self, session: Session, work: Callable[["Tables"], ActionResult]) -> ActionResult:
        return await in_thread(session, _in_transaction, self._kind, session, work)


@dataclass(frozen=True, slots=True)
class Tables:
    """What an action's work is handed inside its transaction."""

    statements: Any
    connection: Any
    database: Any

    def table(self, call: ActionCall) -> Any:
        """The table of the call's business object. Raises NotFound."""
        return self.database.table(self.connection, call.business_object)


def _in_transaction(kind: str, session: Session, work: Callable[[Tables], ActionResult]) -> ActionResult:
    from lockhouse.connectors.sql import statements
    from lockhouse.connectors.sql.accounts import open_database
    from lockhouse.connectors.sql.errors import REFUSALS, translated

    account = session.account.values({})
    try:
        database = open_database(kind, account, session)
        return database.run(lambda connection: work(Tables(statements, connection, database)))
    except REFUSALS as error:
        raise translated(error, secret=account.get("password", "")) from None
