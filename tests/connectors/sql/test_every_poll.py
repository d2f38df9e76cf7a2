"""A table as a trigger, as published flows use one: each row that comes after the start is one event."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from tests.connectors.polling import asked
from tests.connectors.sql.conftest import Shop

from lockhouse.runtime.triggers.poll import Poll, start_of

START = datetime(2026, 5, 1, 10, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
@pytest.mark.parametrize("column", ["ordered", "shipped"])
async def test_each_new_row_is_one_event(shop: Shop, zone: str, column: str) -> None:
    poll = Poll(shop.server.kind, "ORDERS", "created", created_field=column, zone=ZoneInfo(zone), key="id")
    polled, found = start_of(START), []
    rows = {"before": "2026-05-01T09:59:00Z", "first": "2026-05-01T10:00:00Z", "next": "2026-05-01T10:01:30Z"}

    for customer, moment in rows.items():
        await shop.call("CREATE", input={"customer": customer, column: moment})
        for _ in range(2):
            events, polled = await asked(poll, polled, shop.credentials(), START)
            found += [row["customer"] for row in events]

    assert found == ["first", "next"]
