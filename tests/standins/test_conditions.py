"""A query is read back as the conditions of which it was made."""

import re
from typing import Any

import pytest

from lockhouse.connectors.filters import read_where, written
from lockhouse.connectors.model import QueryLanguage
from lockhouse.standins.conditions import parse_conditions

OPERATORS = {
    "=": "{field}:{value}",
    "gt": "{field}>{text}",
    "gte": "{field}>={text}",
    "contains": "{field}~*{text}*",
}


@pytest.mark.parametrize(("joint", "escapes"), [(" ", {'"': '\\"'}), (" AND ", {'"': '\\"'})])
@pytest.mark.parametrize(
    "conditions",
    [
        [("updated", "gt", "2026-01-01T00:00:00Z")],
        [("updated", "gte", "2026-01-01T00:00:00Z"), ("name", "=", 'a "b" c'), ("size", "gt", "5")],
        [("name", "contains", "b"), ("size", "gte", "5")],
        [("name", "=", ""), ("name", "=", "a AND b")],
    ],
)
def test_a_query_is_read_as_it_was_written(
    conditions: list[tuple[str, str, Any]], joint: str, escapes: dict[str, str]
) -> None:
    language = QueryLanguage("search", OPERATORS, joint_and=joint, quote='"', escapes=escapes)
    trees = [read_where({name: {operator: value}}) for name, operator, value in conditions]
    text = joint.join(written(tree.members[0], language, {}) for tree in trees)
    assert parse_conditions(text, language) == conditions


@pytest.mark.parametrize(
    "conditions",
    [
        [("createdon", "gte", "2026-01-01T00:00:00Z"), ("size", "=", "5")],
        [("size", "gt", "2026-01-01"), ("name", "=", "2026 and more")],
    ],
)
def test_a_value_without_quotes_is_read_whole(conditions: list[tuple[str, str, Any]]) -> None:
    operators = {"=": "{field} eq {value}", "gt": "{field} gt {value}", "gte": "{field} ge {value}"}
    bare = re.compile("[0-9]+|[0-9]{4}-[0-9]{2}-[0-9]{2}(?:T[0-9:.]+Z)?")
    form = "%Y-%m-%dT%H:%M:%SZ"
    language = QueryLanguage("odata", operators, " and ", quote="'", moments=form, bare=bare)
    trees = [read_where({name: {operator: value}}) for name, operator, value in conditions]
    text = " and ".join(written(tree.members[0], language, {}) for tree in trees)
    assert parse_conditions(text, language) == conditions


@pytest.mark.parametrize("text", ["updated", 'name:"a', "no words", 'name:"a" OR name:"b"'])
def test_what_is_no_query_is_not_read(text: str) -> None:
    language = QueryLanguage("search", OPERATORS, joint_and=" AND ", quote='"', escapes={})
    assert parse_conditions(text, language) is None
