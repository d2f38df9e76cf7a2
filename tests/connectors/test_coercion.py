"""How a flow's values become what a vendor's fields want."""

from typing import Any

import pytest

from lockhouse.connectors.coercion import coerced, convert, missing_fields, record_of, with_defaults
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.model import Field

LEFT_OUT = object()


@pytest.mark.parametrize(
    ("kind", "value", "result"),
    [
        ("string", 5, "5"),
        ("string", 1.5, "1.5"),
        ("string", True, "true"),
        ("string", {"a": [1, None]}, '{"a":[1,null]}'),
        ("string", "", ""),
        ("integer", " 42 ", 42),
        ("integer", "42.0", 42),
        ("integer", "", LEFT_OUT),
        ("number", "1.5", 1.5),
        ("number", "-3", -3),
        ("number", 7, 7),
        ("boolean", "TRUE", True),
        ("boolean", "false", False),
        ("boolean", "", LEFT_OUT),
        ("date", "2026-01-31T10:00:00Z", "2026-01-31"),
        ("date", "2026-01-31", "2026-01-31"),
        ("date", "tomorrow", "tomorrow"),
        ("datetime", "2026-01-31", "2026-01-31"),
        ("array", "one", ["one"]),
        ("array", ["one", None, "two"], ["one", "two"]),
        ("array", "", []),
        ("object", {"a": 1}, {"a": 1}),
        ("any", {"a": 1}, {"a": 1}),
        ("integer", None, None),
    ],
)
def test_a_value_takes_the_type_of_its_field(kind: str, value: Any, result: Any) -> None:
    found = coerced({"f": Field("f", kind)}, {"f": value})
    assert found == ({} if result is LEFT_OUT else {"f": result})


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("integer", "1.5"), ("integer", "many"), ("integer", True), ("number", "NaN"), ("number", "1e999"),
        ("number", [1]), ("boolean", "yes"), ("boolean", 1), ("object", "text"), ("number", "\uff11\uff12"),
    ],
)  # fmt: skip
def test_a_value_that_cannot_be_converted_is_named(kind: str, value: Any) -> None:
    with pytest.raises(Rejected, match=r"^f: expected"):
        coerced({"f": Field("f", kind)}, {"f": value})


def test_all_values_that_cannot_be_converted_are_named_at_once() -> None:
    fields = {"a": Field("a", "integer"), "b": Field("b", "boolean")}
    with pytest.raises(Rejected, match=r"a: .*; b: "):
        coerced(fields, {"a": "x", "b": "x", "c": object})


def test_elements_and_members_have_types_too() -> None:
    members = {"count": Field("count", "integer")}
    assert convert(Field("f", "array", element="object", members=members), [{"count": "3"}]) == [{"count": 3}]
    assert convert(Field("f", "array", element="string"), 5) == ["5"]
    assert convert(Field("f", "object", members=members), {"count": "3", "more": "x"}) == {
        "count": 3,
        "more": "x",
    }


@pytest.mark.parametrize(
    ("value", "told"),
    [
        ("2026-01-31T10:00:00+02:00", "2026-01-31 08:00:00"),
        ("2026-01-31T10:00:00.123Z", "2026-01-31 10:00:00"),
        ("2026-01-31", "2026-01-31 00:00:00"),
        ("Sat, 31 Jan 2026 08:00:00 +0000", "Sat, 31 Jan 2026 08:00:00 +0000"),
    ],
)
def test_a_time_is_written_as_the_vendor_writes_it(value: str, told: str) -> None:
    assert convert(Field("f", "datetime", format="%Y-%m-%d %H:%M:%S"), value) == told


def test_a_record_has_the_vendors_names_and_only_what_may_be_sent() -> None:
    fields = {
        "parent_id": Field("parent_id", target=("parent", "id")),
        "list": Field("list", place=True),
        "id": Field("id", read_only=True),
        "owner": Field("owner", create_only=True),
    }
    values = {"parent_id": "0", "list": "L", "id": "7", "owner": "Ada", "name": "n"}
    assert record_of(fields, values, creating=True) == {"parent": {"id": "0"}, "owner": "Ada", "name": "n"}
    assert record_of(fields, values, creating=False) == {"parent": {"id": "0"}, "name": "n"}


def test_defaults_fill_in_and_required_fields_are_missed() -> None:
    fields = {"status": Field("status", default="new"), "name": Field("name", required=True)}
    assert with_defaults(fields, {"x": 1}) == {"status": "new", "x": 1}
    assert with_defaults(fields, {"status": "old"}) == {"status": "old"}
    assert missing_fields(fields, {"status": "new", "name": ""}) == ["name"]
