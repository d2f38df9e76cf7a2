"""Cron expressions: what is read, what is refused, which days they mean."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from lockhouse.errors import Mistakes
from lockhouse.flows.cron import fires_between, parse_cron


def days_of(text: str) -> list[int]:
    """The days of January 2026 (the first is a Thursday) on which it fires at midnight."""
    start, end = datetime(2025, 12, 31, 23, 59, tzinfo=UTC), datetime(2026, 1, 31, 23, 59, tzinfo=UTC)
    return [moment.day for moment in fires_between(parse_cron(text), ZoneInfo("UTC"), start, end)]


@pytest.mark.parametrize(
    ("text", "days"),
    [
        ("0 0 * * *", list(range(1, 32))),
        ("0 0 1,15 * *", [1, 15]),
        ("0 0 10-12 * ?", [10, 11, 12]),
        ("0 0 */10 * *", [1, 11, 21, 31]),
        ("0 0 20/5 * *", [20, 25, 30]),
        ("0 0 * * mon", [5, 12, 19, 26]),
        ("0 0 * * 0", [4, 11, 18, 25]),
        ("0 0 * * 7", [4, 11, 18, 25]),
        ("0 0 * * SAT-SUN", [3, 4, 10, 11, 17, 18, 24, 25, 31]),
        ("0 0 * * FRI-MON/3", [2, 5, 9, 12, 16, 19, 23, 26, 30]),
        ("0 0 ? FEB *", []),
        ("0 0 13 * FRI", [2, 9, 13, 16, 23, 30]),
        ("0 0 13 1-6/5 *", [13]),
    ],
)
def test_an_expression_means_these_days(text: str, days: list[int]) -> None:
    assert days_of(text) == days


@pytest.mark.parametrize(
    ("text", "mistakes"),
    [
        ("", 1),
        ("* * * *", 1),
        ("* * * * * *", 1),
        ("@daily", 1),
        ("60 24 0 13 8", 5),
        ("*/0 * * * *", 1),
        ("1-  * * * *", 1),
        ("5-1 * * * *", 1),
        ("a * * FOO *", 2),
        ("-1 * * * *", 1),
        ("1,,2 * * * *", 1),
        ("1//2 * * * *", 1),
        ("٣ * * * *", 1),
        ("* ? * * *", 1),
        (f"{'1,' * 3}{'9' * 5000} * * * *", 1),
    ],
)
def test_what_is_no_expression_is_refused_field_by_field(text: str, mistakes: int) -> None:
    with pytest.raises(Mistakes) as refusal:
        parse_cron(text)

    assert [mistake.code for mistake in refusal.value.mistakes] == ["schedule_cron"] * mistakes
    assert all(len(mistake.message) < 200 for mistake in refusal.value.mistakes)
