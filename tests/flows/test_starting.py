"""What is wrong with a schedule or a poll is told when the document is read."""

from collections.abc import Callable

import pytest

from lockhouse.errors import Mistakes
from lockhouse.flows import read_flow

Written = Callable[..., str]
START = """
trigger-interface-1:
  type: event-trigger
  connector-type: {connector}
  triggers:
    {event}:
      input-context: {{data: thing}}
      assembly: {{$ref: '#/integration/assemblies/assembly-1'}}
      options: {{subscription: {subscription}}}
"""
SCHEDULER = {"connector": "streaming-connector-scheduler", "event": "SCHEDULE"}
POLLER = {"connector": "salesforce", "event": "CREATED_POLLER"}


def codes(text: str) -> list[tuple[str, int, str]]:
    with pytest.raises(Mistakes) as refused:
        read_flow(text.replace("type: api", "type: trigger-action"), file="flow.yaml")
    return [(each.code, each.line, each.field.rpartition(".")[2]) for each in refused.value.mistakes]


@pytest.mark.parametrize(
    ("schedule", "expected"),
    [
        ("{interval: {unit: day, value: 1}}", {("schedule_unit", "unit")}),
        ("{interval: {unit: hour, value: 0}}", {("schedule_value", "value")}),
        (
            "{interval: {unit: hour, value: x, days: [FOO], timeZone: Nowhere}}",
            {("schedule_value", "value"), ("schedule_days", "days"), ("zone_unknown", "timeZone")},
        ),
        ("{calendar: {cronExp: '00 09 * *'}}", {("schedule_cron", "cronExp")}),
        ("{calendar: {cronExp: '0 0 30 2 *'}}", {("schedule_never", "calendar")}),
        (
            "{calendar: {cronExp: '0 0 1 1 *'}, interval: {unit: hour, value: 1}}",
            {("schedule_ambiguous", "scheduleConfiguration")},
        ),
    ],
)
def test_a_schedule_that_cannot_be_kept_is_refused_with_its_place(
    written: Written, schedule: str, expected: set[tuple[str, str]]
) -> None:
    found = codes(
        written("", start=START.format(**SCHEDULER, subscription=f"{{scheduleConfiguration: {schedule}}}"))
    )

    assert {(code, name) for code, _, name in found} == expected
    assert {line for _, line, _ in found} == {13}


@pytest.mark.parametrize("told", ["''", "{}", "{calendar: ~}", "{interval: {}}"])
def test_an_unfinished_schedule_is_a_warning(written: Written, told: str) -> None:
    text = written("", start=START.format(**SCHEDULER, subscription=f"{{scheduleConfiguration: {told}}}"))
    flow = read_flow(text, file="flow.yaml")

    assert [each.code for each in flow.warnings] == ["schedule_unfinished"]


def test_a_poll_in_a_zone_that_is_none_is_refused(written: Written) -> None:
    found = codes(
        written("", start=START.format(**POLLER, subscription="{timeZone: Mars, pollingInterval: often}"))
    )

    assert found == [("zone_unknown", 13, "timeZone"), ("flow_not_a_number", 13, "pollingInterval")]
