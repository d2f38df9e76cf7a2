"""A flow's filter as a condition of SQL, with every value bound and never written into the statement."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, Table, Text, and_, cast, false, or_, true

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.filters import NEVER, Condition, Group
from lockhouse.connectors.reading import nearest
from lockhouse.connectors.sql.values import to_column
from lockhouse.connectors.templates import as_text

_ORDER: Mapping[str, Callable[[Any, Any], ColumnElement[bool]]] = {
    "gt": lambda column, value: column > value,
    "gte": lambda column, value: column >= value,
    "lt": lambda column, value: column < value,
    "lte": lambda column, value: column <= value,
}


def condition_of(tree: Group, table: Table) -> ColumnElement[bool]:
    """The condition. Raises Rejected, naming every field that is none and every value that does not fit."""
    wrong: list[str] = []
    made = _made(tree, table, wrong)
    if wrong:
        raise Rejected("; ".join(dict.fromkeys(wrong)))
    return made


def column_named(table: Table, name: str) -> Any:
    """A column by its name, without case if no other has that name; None when there is none."""
    if name in table.c:
        return table.c[name]
    alike = [column for column in table.c if column.name.lower() == name.lower()]
    return alike[0] if len(alike) == 1 else None


def _made(tree: Condition | Group, table: Table, wrong: list[str]) -> ColumnElement[bool]:
    if tree == NEVER:
        return false()
    if isinstance(tree, Group):
        parts = [_made(member, table, wrong) for member in tree.members]
        return (and_(true(), *parts) if tree.joint == "and" else or_(false(), *parts)).self_group()
    column = column_named(table, tree.field)
    if column is None:
        wrong.append(
            f"{table.name} has no column {tree.field!r}{nearest(tree.field, [c.name for c in table.c])}"
        )
        return false()
    try:
        return _compared(column, tree)
    except ValueError as error:
        wrong.append(f"{tree.field}: {error}")
        return false()


def _compared(column: Any, condition: Condition) -> ColumnElement[bool]:
    if condition.operator == "contains":
        contained: ColumnElement[bool] = cast(column, Text).icontains(
            as_text(condition.value), autoescape=True
        )
        return contained
    if condition.operator in ("=", "neq"):
        equal = _equal(column, condition.value)
        return (
            equal
            if condition.operator == "="
            else or_(~equal, column.is_(None))
            if condition.value != ""
            else ~equal
        )
    return _ORDER[condition.operator](column, to_column(column.type, condition.value))


def _equal(column: ColumnElement[Any], wanted: Any) -> ColumnElement[bool]:
    """Nothing equals the empty text, as everywhere in a flow."""
    value = to_column(column.type, wanted)
    if value is None:
        return column.is_(None)
    return or_(column == value, column.is_(None)) if value == "" else column == value
