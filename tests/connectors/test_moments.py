"""Moments in filters are written as the records write theirs."""

import pytest

from lockhouse.connectors.filters import holds, read_where
from lockhouse.connectors.moments import in_utc

RECORD = {"date": "2026-05-01T10:00:00Z", "other": "2026-05-01T12:00:00+02:00"}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ({"date": {"gte": "2026-05-01T12:00:00+02:00"}}, True),
        ({"date": {"gt": "2026-05-01T12:00:00+02:00"}}, False),
        ({"date": {"lt": "2026-05-01T10:00:01"}}, True),
        ({"or": [{"date": {"gt": "2026-05-01T14:00:00+02:00"}}, {"date": "2026-05-01T10:00Z"}]}, True),
        ({"date": {"gte": "soon"}}, False),
        ({"other": "2026-05-01T12:00:00+02:00"}, True),
    ],
)
def test_a_moment_in_another_zone_is_compared_as_the_moment_it_is(
    where: dict[str, object], found: bool
) -> None:
    assert holds(in_utc(read_where(where), ("date",)), RECORD) is found
