"""SQL of pages and filters, for every list alike."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa

from lockhouse.iam.filters import Filter, Joined, Matches
from lockhouse.iam.paging import Page, PageRequest
from lockhouse.storage import Tx

Column = sa.ColumnElement[Any]


def select_page(tx: Tx, rows: sa.Select[Any], request: PageRequest, *, sort: Column, tie: Column) -> Page:
    """The wanted part of `rows`, ordered by `sort` and then `tie`. The rows hold both as their last columns.

    Cut by values, not by counting, so that a page deep in a long list costs what the first one costs.
    """
    upwards = request.descending == request.backwards
    if request.edge is not None:
        edge = sa.tuple_(sa.literal(request.edge[0], sort.type), sa.literal(request.edge[1], tie.type))
        place = sa.tuple_(sort, tie)
        rows = rows.where(place > edge if upwards else place < edge)
    ordered = rows.add_columns(sort, tie).order_by(
        sort.asc() if upwards else sort.desc(), tie.asc() if upwards else tie.desc()
    )
    found = tx.execute(ordered.limit(request.size + 1)).all()
    kept = found[: request.size]
    if request.backwards:
        kept = kept[::-1]
    edges = [(row[-2], row[-1]) for row in kept]
    return Page(
        request=request,
        rows=[tuple(row)[:-2] for row in kept],
        first_edge=edges[0] if edges else None,
        last_edge=edges[-1] if edges else None,
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
    text = wanted.text.lower() if wanted.blind else wanted.text
    value = sa.func.lower(column) if wanted.blind else column
    if wanted.how == "sw":
        return sa.func.substr(value, 1, len(text)) == text
    if wanted.how == "ew":
        start = sa.func.length(value) - len(text) + 1
        return sa.and_(sa.func.length(value) >= len(text), sa.func.substr(value, start) == text)
    return sa.func.replace(value, text, "") != value
