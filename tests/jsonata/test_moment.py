"""Dates in moment's tokens."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.jsonata.moment import NoSuchDate, format_moment, millis_of, moment_of, parse_moment, zone_named

MOMENT = datetime(2024, 1, 2, 15, 4, 5, 678900, tzinfo=ZoneInfo("America/New_York"))


@pytest.mark.parametrize(
    ("pattern", "text"),
    [
        ("YYYY YY Y Q", "2024 24 2024 1"),
        ("MMMM MMM MM M Mo", "January Jan 01 1 1st"),
        ("DD D Do DDDD DDD DDDo", "02 2 2nd 002 2 2nd"),
        ("dddd ddd dd d E", "Tuesday Tue Tu 2 2"),
        ("HH H hh h kk k A a", "15 15 03 3 15 15 PM pm"),
        ("mm m ss s S SS SSS SSSSSS", "04 4 05 5 6 67 678 678900"),
        ("Z ZZ", "-05:00 -0500"),
        ("X", "1704225845"),
        ("x", "1704225845678"),
        ("WW W GGGG", "01 1 2024"),
        ("[week] W [of] GGGG", "week 1 of 2024"),
        (
            "LT | LTS | L | LL | LLL",
            "3:04 PM | 3:04:05 PM | 01/02/2024 | January 2, 2024 | January 2, 2024 3:04 PM",
        ),
        ("YYYY-MM-DDTHH:mm:ss.SSSZZ", "2024-01-02T15:04:05.678-0500"),
        ("", ""),
        ("[[]", "["),
    ],
)
def test_tokens_are_written(pattern: str, text: str) -> None:
    assert format_moment(MOMENT, pattern) == text


@pytest.mark.parametrize(
    ("text", "pattern", "expected"),
    [
        ("2024-01-02", "YYYY-MM-DD", datetime(2024, 1, 2, tzinfo=UTC)),
        ("Jan 2nd, 24 3:04 pm", "MMM Do, YY h:mm a", datetime(2024, 1, 2, 15, 4, tzinfo=UTC)),
        ("Tuesday, january 2 2024", "dddd, MMMM D YYYY", datetime(2024, 1, 2, tzinfo=UTC)),
        ("12:30 AM", "hh:mm A", datetime(1970, 1, 1, 0, 30, tzinfo=UTC)),
        ("2024 060", "YYYY DDDD", datetime(2024, 2, 29, tzinfo=UTC)),
        (
            "2024-01-02T15:04:05.5Z",
            "YYYY-MM-DDTHH:mm:ss.SZ",
            datetime(2024, 1, 2, 15, 4, 5, 500000, tzinfo=UTC),
        ),
        ("2024-01-02 +0530", "YYYY-MM-DD ZZ", datetime(2024, 1, 1, 18, 30, tzinfo=UTC)),
        ("1704225845", "X", datetime(2024, 1, 2, 20, 4, 5, tzinfo=UTC)),
        ("1704225845678", "x", datetime(2024, 1, 2, 20, 4, 5, 678000, tzinfo=UTC)),
        ("on 2 of 01", "[on] D [of] MM", datetime(1970, 1, 2, tzinfo=UTC)),
    ],
)
def test_tokens_are_read(text: str, pattern: str, expected: datetime) -> None:
    assert parse_moment(text, pattern) == expected


@given(st.integers(0, 200_000_000_000_000))
def test_what_is_written_is_read_again(millis: int) -> None:
    whole = moment_of(millis)
    pattern = "YYYY-MM-DDTHH:mm:ss.SSSZ"

    assert parse_moment(format_moment(whole, pattern), pattern) == whole
    assert millis_of(whole) == millis


@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        ("2024-13-01", "YYYY-MM-DD"),
        ("24:61", "HH:mm"),
        ("x", "YYYY"),
        ("1" * 60 + "x", "HH" * 30),
        ("1", "Q"),
    ],
)
def test_what_is_no_date_is_refused(text: str, pattern: str) -> None:
    with pytest.raises(NoSuchDate):
        parse_moment(text, pattern)


def test_a_zone_is_a_name_or_an_offset() -> None:
    assert zone_named("Europe/London").utcoffset(datetime(2024, 7, 1, tzinfo=UTC)) == timedelta(hours=1)
    assert zone_named("-03:30").utcoffset(None) == timedelta(hours=-3.5)
    for odd in ("Nowhere/Town", "", "/etc/passwd", "+99:99", "\x00"):
        with pytest.raises(NoSuchDate):
            zone_named(odd)
