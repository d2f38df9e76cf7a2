"""The functions that App Connect adds to JSONata."""

from typing import Any

import pytest

from lockhouse.jsonata import NOTHING, ExpressionFailed, compile_expression


def value(text: str, **bindings: Any) -> Any:
    return compile_expression(text).evaluate(bindings)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('$formatDate(1710417845123, "YYYY-MM-DD")', "2024-03-14"),
        ('$formatDate(1710417845123, "YYYYMMDD", "UTC")', "20240314"),
        ('$formatDate(1710417845123, "dddd", "UTC")', "Thursday"),
        ('$formatDate(1710417845123, "HH:MM:SS")', "12:03:12"),
        (
            '$formatDate(1710417845123, "YYYY-MM-DDTHH:mm:ss.SSSZ", "Europe/London")',
            "2024-03-14T12:04:05.123+00:00",
        ),
        ('$formatDate(1720000000000, "HH:mm Z", "Europe/London")', "10:46 +01:00"),
        ('$formatDate(1720000000000, "DD/MM/YYYY HH:mm", "CST6CDT")', "03/07/2024 04:46"),
        ('$formatDate("2024-03-14T12:04:05Z", "DD/MM/YYYY")', "14/03/2024"),
        ('$formatDate($toMillis($due) , "YYYYMMDD", "UTC")', "20240506"),
        ('$formatDate($missing, "YYYY")', NOTHING),
        ("$formatDate(1710417845123)", "2024-03-14T12:04:05.123Z"),
        ('$parseDate("14/03/2024", "DD/MM/YYYY")', 1710374400000),
        ('$parseDate("14/03/2024 09:30", "DD/MM/YYYY HH:mm", "Europe/Berlin")', 1710405000000),
        ('$parseDate("2024-03-14T09:30:00+02:00", "YYYY-MM-DDTHH:mm:ssZ", "Europe/Berlin")', 1710401400000),
        ('$parseDate($missing, "YYYY")', NOTHING),
        ("$isNull(null)", True),
        ("$isNull($missing)", True),
        ("$isNull('')", False),
        ("$isNull(0)", False),
        ("$isNull([])", False),
        ('$base64encode("user:pass", "UTF8")', "dXNlcjpwYXNz"),
        ('$base64encode("user:pass", utf-8)', "dXNlcjpwYXNz"),
        ('$base64encode("user:pass")', "dXNlcjpwYXNz"),
        ("$base64encode($missing, 'utf8')", NOTHING),
        ('$base64decode("dXNlcjpwYXNz", "utf8")', "user:pass"),
        ('$base64encode("\u20ac")', "4oKs"),
        ('$base64decode("4oKs", "utf8")', "\u20ac"),
    ],
)
def test_app_connects_functions(text: str, expected: Any) -> None:
    assert value(text, due="2024-05-06") == expected


def test_our_choice_an_encoding_of_base64_is_kept_to_when_it_is_utf8() -> None:
    assert value('$base64encode("\u00e9")') == "6Q=="
    assert value('$base64encode("\u00e9", "UTF8")') == "w6k="


@pytest.mark.parametrize(
    "text",
    [
        '$formatDate(1710417845123, "YYYY", "Mars/Olympus")',
        '$formatDate(1e300, "YYYY")',
        '$formatDate("yesterday", "YYYY")',
        '$formatDate(1710417845123, "YYYY", "../../etc/passwd")',
        '$parseDate("31/02/2024", "DD/MM/YYYY")',
        '$parseDate("today", "DD/MM/YYYY")',
        '$base64decode("@@@@=")',
    ],
)
def test_what_cannot_be_is_an_error_of_the_expression(text: str) -> None:
    with pytest.raises(ExpressionFailed):
        value(text)
