"""A mailbox as a trigger: each mail that comes after the start is one event, whatever the poll's zone."""

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from zoneinfo import ZoneInfo

import pytest
from tests.connectors.builtin.email.conftest import Desk, Mailbox
from tests.connectors.polling import asked

from lockhouse.runtime.triggers.poll import Poll, start_of


@pytest.mark.parametrize("zone", ["UTC", "Asia/Tokyo", "America/New_York"])
async def test_each_new_mail_is_one_event(reader: Desk, mailbox: Mailbox, zone: str) -> None:
    now = datetime.now(UTC)
    poll = Poll("email", "mail", "created", created_field="date", zone=ZoneInfo(zone), key="uid")
    polled = start_of(now - timedelta(seconds=1))
    message = EmailMessage()
    message["Subject"] = zone

    _, polled = await asked(poll, polled, reader.credentials(), now)
    mailbox.append("INBOX", message.as_bytes())
    first, polled = await asked(poll, polled, reader.credentials(), now)
    second, _ = await asked(poll, polled, reader.credentials(), now)

    assert [item["subject"] for item in first] == [zone]
    assert second == []
