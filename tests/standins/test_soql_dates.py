"""Which days a date literal of SOQL names."""

from datetime import date

import pytest

from lockhouse.standins.soql_dates import compared, span_of

THURSDAY = date(2024, 2, 29)


@pytest.mark.parametrize(
    ("word", "first", "after"),
    [
        ("TODAY", "2024-02-29", "2024-03-01"),
        ("yesterday", "2024-02-28", "2024-02-29"),
        ("TOMORROW", "2024-03-01", "2024-03-02"),
        ("THIS_WEEK", "2024-02-25", "2024-03-03"),
        ("LAST_WEEK", "2024-02-18", "2024-02-25"),
        ("NEXT_MONTH", "2024-03-01", "2024-04-01"),
        ("LAST_MONTH", "2024-01-01", "2024-02-01"),
        ("THIS_QUARTER", "2024-01-01", "2024-04-01"),
        ("LAST_QUARTER", "2023-10-01", "2024-01-01"),
        ("THIS_YEAR", "2024-01-01", "2025-01-01"),
        ("NEXT_YEAR", "2025-01-01", "2026-01-01"),
        ("LAST_N_DAYS:7", "2024-02-22", "2024-03-01"),
        ("NEXT_N_DAYS:7", "2024-03-01", "2024-03-08"),
    ],
)
def test_a_literal_names_its_days(word: str, first: str, after: str) -> None:
    assert span_of(word, THURSDAY) == (date.fromisoformat(first), date.fromisoformat(after))


@pytest.mark.parametrize("word", ["", "SOMEDAY", "LAST_N_DAYS", "LAST_N_DAYS:x", "THIS_YEARS"])
def test_other_words_name_none(word: str) -> None:
    assert span_of(word, THURSDAY) is None


@pytest.mark.parametrize(
    ("operator", "expected"),
    [
        ("=", [False, True, True, False, False]),
        ("!=", [True, False, False, True, True]),
        ("<", [True, False, False, False, False]),
        ("<=", [True, True, True, False, False]),
        (">", [False, False, False, True, False]),
        (">=", [False, True, True, True, False]),
    ],
)
def test_a_value_is_compared_with_all_the_days(operator: str, expected: list[bool]) -> None:
    is_so = compared(operator, (date(2024, 1, 1), date(2025, 1, 1)))
    values = [
        "2023-12-31",
        "2024-01-01",
        "2024-12-31T23:59:59.000+0000",
        "2024-12-31T23:30:00.000-0100",
        None,
    ]

    assert [is_so(value) for value in values] == expected
