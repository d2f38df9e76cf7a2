"""Bare times in SQL become literals, and nothing else changes."""

import time

import pytest
from tests.connectors.sql.conftest import Shop

from lockhouse.connectors.sql.times import with_times_quoted

BARE = [
    ("a > 2024-05-01T10:00:00.000Z", "a > '2024-05-01 10:00:00'"),
    ("a>2024-05-01T10:00:00+02:00 and b", "a>'2024-05-01 08:00:00' and b"),
    ("a<2024-05-01T10:00", "a<'2024-05-01 10:00:00'"),
    ("(2024-05-01T10:00:00.123456Z)", "('2024-05-01 10:00:00.123456')"),
    ("a > 2024-13-01T10:00:00Z", "a > 2024-13-01T10:00:00Z"),
    ("a = 2024-05-01", "a = 2024-05-01"),
]
KEPT = [
    "a = '2024-05-01T10:00:00Z'", "a = 'it''s 2024-05-01T10:00:00Z'", "-- 2024-05-01T10:00:00Z\nSELECT 1",
    "/* 2024-05-01T10:00:00Z */ SELECT 1", 'SELECT 1 AS "2024-05-01T10:00:00Z"', "SELECT 'a' -- it's\n, 1",
]  # fmt: skip


@pytest.mark.parametrize("dialect", ["postgresql", "mysql", "mariadb"])
@pytest.mark.parametrize(("given", "made"), [*BARE, *((text, text) for text in KEPT)])
def test_our_choice_a_bare_time_becomes_a_literal_in_utc(given: str, made: str, dialect: str) -> None:
    assert with_times_quoted(given, dialect) == made


def test_each_databases_own_quotes_are_known() -> None:
    assert with_times_quoted(r"'a\' > 2024-05-01T10:00Z", "mysql") == r"'a\' > 2024-05-01T10:00Z"
    assert with_times_quoted(r"'a\' > 2024-05-01T10:00Z", "postgresql") == r"'a\' > '2024-05-01 10:00:00'"
    assert with_times_quoted("$x$ 2024-05-01T10:00Z $x$", "postgresql") == "$x$ 2024-05-01T10:00Z $x$"
    assert with_times_quoted("`2024-05-01T10:00Z`", "mysql") == "`2024-05-01T10:00Z`"


STRANGE = [
    "'", "''", '"', "`", "$", "$a$ ", "$a", "/*", "/* ", "-- ", "\\", "'a\\'",
    "2024-05-01T", "2024-05-01T10:00",
]  # fmt: skip


@pytest.mark.parametrize("text", STRANGE)
@pytest.mark.parametrize("dialect", ["postgresql", "mysql"])
def test_a_strange_text_is_read_in_a_moment(text: str, dialect: str) -> None:
    began = time.process_time()
    with_times_quoted(text * 50_000, dialect)
    assert time.process_time() - began < 15


async def test_the_published_flows_way_of_asking_what_changed_since_works(shop: Shop) -> None:
    await shop.call("CREATE", input={"customer": "old", "ordered": "2024-05-01T09:59:59Z"})
    await shop.call("CREATE", input={"customer": "new", "ordered": "2024-05-01T10:00:01Z"})
    text = "SELECT * FROM orders where ordered> 2024-05-01T10:00:00.000Z"

    result = await shop.call("EXECUTECUSTOMSQL", "ibmappconcustomsql", input={"customSql": text})

    assert [row["customer"] for row in result.payload["data"]] == ["new"]
