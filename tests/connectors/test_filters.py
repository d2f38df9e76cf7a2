"""What a filter means: which conditions can be met, and how values are compared here."""

import re
from typing import Any

import pytest

from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.filters import (
    ALWAYS,
    NEVER,
    Condition,
    Group,
    compare,
    equalities,
    expressible,
    holds,
    read_where,
    written,
)
from lockhouse.connectors.model import Field, QueryLanguage

SQL = QueryLanguage(
    name="sql",
    operators={"=": "{field} = {value}", "gt": "{field} > {value}", "contains": "{field} LIKE '%{text}%'"},
    joint_or=" OR ",
    quote="'",
    escapes={"\\": "\\\\", "'": "\\'"},
)


def both(*members: Any) -> Group:
    return Group("and", members)


@pytest.mark.parametrize(
    ("where", "tree"),
    [
        (None, ALWAYS),
        ({}, ALWAYS),
        ({"a": "1"}, both(Condition("a", "=", "1"))),
        ({"a": {"gt": 5}}, both(Condition("a", "gt", 5))),
        ({"a": {"=": 5, "hashKey": "object:7"}}, both(Condition("a", "=", 5))),
        ({"a": "1", "b": "2"}, both(Condition("a", "=", "1"), Condition("b", "=", "2"))),
        (
            {"and": [{"a": "1"}, {"b": {"neq": ""}}]},
            both(Condition("a", "=", "1"), Condition("b", "neq", "")),
        ),
        (
            {"or": [{"a": "1"}, {"a": "2"}]},
            both(Group("or", (Condition("a", "=", "1"), Condition("a", "=", "2")))),
        ),
        ({"a": ["1", "2"]}, both(Group("or", (Condition("a", "=", "1"), Condition("a", "=", "2"))))),
        ({"a": False}, both(Condition("a", "=", False))),
        ({"a": ""}, both(Condition("a", "=", ""))),
    ],
)
def test_a_filter_is_read(where: dict[str, Any] | None, tree: Group) -> None:
    assert read_where(where) == tree


@pytest.mark.parametrize(
    "where",
    [
        {"a": None},
        {"a": {"gt": None}},
        {"a": {"neq": None}},
        {"a": "1", "b": None},
        {"and": [{"a": "1"}, {"b": None}]},
        {"and": [{"and": [{"b": None}]}]},
        {"or": [{"a": None}, {"b": None}]},
        {"a": []},
        {"a": [None]},
        {"and": [{"or": [{"a": None}]}, {"b": "1"}]},
    ],
)
def test_a_value_that_is_nothing_can_never_be_met(where: dict[str, Any]) -> None:
    assert read_where(where) == NEVER


def test_one_side_of_an_or_may_be_nothing() -> None:
    assert read_where({"or": [{"a": None}, {"b": "1"}]}) == both(Condition("b", "=", "1"))


@pytest.mark.parametrize(
    "where",
    [
        {"or": [{}, {"a": "1"}]},
        {"a": {"gt": 1, "lt": 2}},
        {"a": {"like": 1}},
        {"a": {}},
        {"and": ["a"]},
        {"a": {"gt": [1]}},
        {"or": [{"a": str(number)} for number in range(300)]},
    ],
)
def test_a_filter_that_says_nothing_clear_is_refused(where: dict[str, Any]) -> None:
    with pytest.raises(Rejected):
        read_where(where)


def test_only_what_must_hold_is_known_of_a_record() -> None:
    tree = read_where({"and": [{"a": "1"}, {"b": {"gt": 1}}, {"or": [{"c": 1}, {"c": 2}]}]})
    assert equalities(tree) == {"a": "1"}


@pytest.mark.parametrize(
    ("value", "operator", "wanted", "result"),
    [
        ("10", "gt", "9", True),
        (10, "=", "10.0", True),
        ("0010", "=", "10", True),
        ("a", "=", "A", False),
        ("Alpha", "contains", "pha", True),
        (True, "=", "true", True),
        (None, "=", "", True),
        (None, "=", "x", False),
        (None, "neq", "x", True),
        (None, "gt", "0", False),
        (["a", "b"], "=", "b", True),
        (["a", "b"], "neq", "b", True),
        ("2026-01-02T00:00:00Z", "gte", "2026-01-01T00:00:00Z", True),
        ("2026-01-02 00:30:00", "lt", "2026-01-01T23:00:00-02:00", True),
        ("2026-01-01 09:00:00.000", "gt", "2026-01-01T10:00:00Z", False),
        ("2026-01-01T10:00:00+0530", "=", "2026-01-01T04:30:00Z", True),
        ("2026-13-01T10:00:00Z", "gt", "2026-12-01T10:00:00Z", True),
        ("2026-01-01T10:00:00Z", "gt", "9", False),
        ("abc", "gt", "5", True),
        ("1e3", "=", "1000", False),
    ],
)
def test_values_are_compared_as_flows_compare_them(
    value: Any, operator: str, wanted: Any, result: bool
) -> None:
    assert compare(value, operator, wanted) is result


def test_an_item_is_held_against_a_filter_by_names_and_paths() -> None:
    item = {"status": "open", "owner": {"name": "Ada"}, "a.b": "dotted"}
    assert holds(read_where({"and": [{"status": "open"}, {"owner.name": "Ada"}, {"a.b": "dotted"}]}), item)
    assert not holds(read_where({"or": [{"status": "closed"}, {"missing": "x"}]}), item)


def test_a_vendors_language_is_written_with_its_quotes_and_escapes() -> None:
    tree = read_where(
        {"and": [{"name": "O'Neil\\"}, {"or": [{"size": {"gt": 5}}, {"note": {"contains": "a'b"}}]}]}
    )
    assert expressible(tree, SQL)
    assert written(tree, SQL, {}) == "(name = 'O\\'Neil\\\\' AND (size > '5' OR note LIKE '%a\\'b%'))"
    assert not expressible(read_where({"a": {"lte": 1}}), SQL)


def test_an_alternative_of_several_conditions_is_not_said_in_a_language_without_brackets() -> None:
    flat = QueryLanguage("flat", {"=": "{field}={value}"}, joint_and="^", joint_or="^OR")
    assert written(read_where({"and": [{"a": ["1", "2"]}, {"b": 3}]}), flat, {}) == "a=1^ORa=2^b=3"
    assert not expressible(read_where({"or": [{"a": 1, "b": 2}, {"c": 3}]}), flat)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("2026-01-31T10:00:00+02:00", "2026-01-31 08:00:00"),
        (" 2026-01-31T10:00:00.5Z", "2026-01-31 10:00:00"),
        ("2026-01-31", "2026-01-31"), ("2026-13-31T10:00:00Z", "2026-13-31T10:00:00Z"), (5, "5"),
    ],
)  # fmt: skip
def test_a_moment_is_written_as_the_language_writes_it(value: Any, text: str) -> None:
    language = QueryLanguage("q", {"gt": "{field}>{value}"}, moments="%Y-%m-%d %H:%M:%S")
    assert written(Condition("at", "gt", value), language, {}) == f"at>{text}"


@pytest.mark.parametrize(
    ("field", "value", "text"),
    [
        ("age", 5, "age>5"), ("age", "5", "age>5"), ("name", 5, "name>'5'"),
        ("age", "5 or 1", "age>'5 or 1'"),
        ("at", "2026-01-31T10:00:00+02:00", "at>datetime'2026-01-31T08:00:00Z'"),
        ("at", "datetime'x' or 'a", "at>'datetime''x'' or ''a'"),
    ],
)  # fmt: skip
def test_a_bare_value_has_no_quotes_and_nothing_else_goes_without(field: str, value: Any, text: str) -> None:
    language = QueryLanguage(
        "odata",
        {"gt": "{field}>{value}"},
        quote="'",
        escapes={"'": "''"},
        moments="datetime'%Y-%m-%dT%H:%M:%SZ'",
        bare=re.compile(r"[0-9]+|datetime'[-0-9T:Z]+'"),
    )
    assert written(Condition(field, "gt", value), language, {"name": Field("name", "string")}) == text
