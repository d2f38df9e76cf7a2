"""SQL of pages and filters, for every list alike."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.compiler import compiles

from lockhouse.iam.filters import Filter, Joined, Matches
from lockhouse.iam.paging import Page, PageRequest

Column = sa.ColumnElement[Any]
Values = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Shape:
    """How a page's statement looks, apart from its values: those of one shape share a statement."""

    sort: str
    upwards: bool
    inside: bool
    """Whether the page begins beside a row, and not at the list's end."""


def shape_of(request: PageRequest) -> Shape:
    """The shape of a request's statement."""
    return Shape(request.sort, request.descending == request.backwards, request.edge is not None)


def page_statement(rows: sa.Select[Any], shape: Shape, *, sort: Column, tie: Column) -> sa.Select[Any]:
    """The part of `rows` that a page holds, ordered by `sort` and then `tie`, which become the last columns.

    Cut by values, not by counting, so that a page deep in a long list costs what the first one costs.
    """
    if shape.inside:
        edge = sa.tuple_(sa.bindparam("edge_sort", type_=sort.type), sa.bindparam("edge_tie", type_=tie.type))
        place = sa.tuple_(sort, tie)
        rows = rows.where(place > edge if shape.upwards else place < edge)
    ordered = rows.add_columns(sort, tie).order_by(
        sort.asc() if shape.upwards else sort.desc(), tie.asc() if shape.upwards else tie.desc()
    )
    return ordered.limit(sa.bindparam("most"))


def read_page(
    find: Callable[[dict[str, Any]], Sequence[Any]],
    request: PageRequest,
    values: Mapping[str, Any],
    make: Callable[..., Any],
) -> Page:
    """The page whose rows a statement finds for values; each row becomes what `make` makes of its columns."""
    bound = {**values, "most": request.size + 1}
    if request.edge is not None:
        bound["edge_sort"], bound["edge_tie"] = request.edge
    found = find(bound)
    kept = found[: request.size]
    if request.backwards:
        kept = kept[::-1]
    return Page(
        request=request,
        rows=[make(*row[:-2]) for row in kept],
        first_edge=(kept[0][-2], kept[0][-1]) if kept else None,
        last_edge=(kept[-1][-2], kept[-1][-1]) if kept else None,
        more=request.backwards or len(found) > request.size,
    )


def condition(tree: Filter, columns: Mapping[str, Column]) -> Column:
    """A filter as SQL. Only plain functions are used: patterns would need escapes, and differ between
    databases."""
    if isinstance(tree, Joined):
        parts: Sequence[Column] = [condition(part, columns) for part in tree.parts]
        return sa.and_(*parts) if tree.how == "and" else sa.or_(*parts)
    return _matches(tree, columns[tree.attribute])


def _matches(wanted: Matches, column: Column) -> Column:
    text: Column = sa.literal(wanted.text)
    value = column
    if wanted.blind:
        # The database folds both, so that whatever it takes for the same letter, it takes for it twice.
        text, value = _Folded(text), _Folded(column)
    if wanted.how == "sw":
        return sa.func.substr(value, 1, sa.func.length(text)) == text
    if wanted.how == "ew":
        start = sa.func.length(value) - sa.func.length(text) + 1
        return sa.and_(start > 0, sa.func.substr(value, start) == text)
    return sa.func.replace(value, text, "") != value


class _Folded(sa.sql.functions.GenericFunction[str]):
    """A text in lower case. Columns that are sorted byte by byte would fold ASCII letters only."""

    type = sa.Text()
    inherit_cache = True


@compiles(_Folded)
def _folded(element: _Folded, compiler: Any, **more: Any) -> str:
    return f"lower({compiler.process(element.clauses, **more)})"


@compiles(_Folded, "postgresql")
def _folded_on_postgresql(element: _Folded, compiler: Any, **more: Any) -> str:
    return f'lower(({compiler.process(element.clauses, **more)}) COLLATE "default")'
