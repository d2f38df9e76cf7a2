"""Every trigger of the published flow documents becomes something that starts the flow."""

from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

from lockhouse.errors import Mistakes
from lockhouse.flows.document import EventTrigger
from lockhouse.flows.load import read_flow
from lockhouse.flows.schedule import parse_schedule
from lockhouse.runtime.triggers.poll import Subject, is_polled, parse_poll

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def kind_of(trigger: EventTrigger) -> str:
    """What a trigger becomes. Raises Mistakes."""
    if trigger.way == "schedule":
        subscription = trigger.options.get("subscription")
        assert isinstance(subscription, dict)
        return type(parse_schedule(subscription.get("scheduleConfiguration"), now=NOW)).__name__
    subject = Subject(trigger.connector, trigger.business_object, trigger.event, trigger.account_name)
    if trigger.way != "webhook" and is_polled(subject, trigger.options):
        parse_poll(subject, trigger.options)
        return "Poll"
    return trigger.way


def test_every_published_trigger_is_understood_but_the_one_that_is_unfinished(shared: Path) -> None:
    kinds: Counter[str] = Counter()
    refused = []
    for path in sorted((shared / "corpus" / "flows").glob("*.yaml")):
        try:
            flow = read_flow(path.read_bytes(), file=path.name)
        except Mistakes:
            continue  # three of them are malformed; the flow room's tests say where
        try:
            if flow.event is not None:
                kinds[kind_of(flow.event)] += 1
        except Mistakes as mistakes:
            refused.append([mistake.code for mistake in mistakes.mistakes])

    assert refused == [["schedule_unfinished"]]
    assert set(kinds) == {"Interval", "Calendar", "Poll", "webhook", "push"}
    assert sum(kinds.values()) > 250
