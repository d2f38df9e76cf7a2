"""How an event flow starts: by which way, and what is wrong with its schedule or its poll."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows.document import SCHEDULER
from lockhouse.flows.reading import Part
from lockhouse.flows.schedule import parse_schedule, zone_named

_POLLER = "_POLLER"
_UNFINISHED = "schedule_unfinished"
# A cron expression names no year: whether it ever fires does not hang on when it is asked.
_SOME_TIME = datetime(2024, 1, 1, tzinfo=UTC)


def way_of(connector: str, event: str, options: Mapping[str, Any]) -> str:
    """`schedule`, `poll`, `webhook` or `push`."""
    if connector == SCHEDULER:
        return "schedule"
    if event.endswith(_POLLER):
        return "poll"
    return "webhook" if "webhookURLSuffix" in options else "push"


def judge_options(way: str, options: Part) -> None:
    """Note what is wrong with the options of a trigger; a schedule that is not finished yet is a warning."""
    subscription = options["subscription"]
    if way == "schedule":
        _judge_schedule(options, subscription)
    elif way == "poll" and isinstance(subscription.value, dict):
        subscription["pollingInterval"].whole()
        zone = zone_named(subscription["timeZone"].text(), field="timeZone")
        if isinstance(zone, Mistake):
            subscription["timeZone"].mistake(zone.code, zone.message)


def _judge_schedule(options: Part, subscription: Part) -> None:
    told = subscription["scheduleConfiguration"] if isinstance(subscription.value, dict) else None
    try:
        parse_schedule(told.value if told else None, now=_SOME_TIME)
    except Mistakes as mistakes:
        for each in mistakes.mistakes:
            if told is None or each.code == _UNFINISHED:
                options.warn(_UNFINISHED, "no schedule is set: the flow runs only when it is started by hand")
            else:
                _below(told, each.field).mistake(each.code, each.message)


def _below(told: Part, field: str) -> Part:
    for name in field.split(".")[1:]:
        told = told[name]
    return told
