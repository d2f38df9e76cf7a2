"""Test files of flows: runs that a user writes down, with what he expects of them.

flow: orders.yaml              # beside the test file
tests:
  - name: An order becomes a lead
    operation: create          # of an API flow with several
    event: {body: {name: Ada}}
    answers:
      salesforce|Lead|CREATE: {payload: {Id: 1}}
    now: 2024-03-14T12:00:00Z  # the time of the run, where it matters
    expect:
      status: completed
      calls: [{node: Make, input: {Name: Ada}}]
      response: {status_code: 201}
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from lockhouse.cli.options import read_bytes
from lockhouse.clock import utc_now
from lockhouse.documents import Document, read_yaml
from lockhouse.errors import Mistake, Mistakes
from lockhouse.flows import Flow, read_flow
from lockhouse.flows.expectations import FIELDS, differences
from lockhouse.flows.rehearsal import ScriptUnusable, rehearse

_KEYS = {"name", "operation", "event", "answers", "now", "expect"}


@dataclass(frozen=True, slots=True)
class Result:
    """How one test went."""

    file: str
    name: str
    passed: bool
    differences: list[str]

    def as_dict(self) -> dict[str, Any]:
        """As JSON: file, name, passed, differences."""
        return asdict(self)


async def run_file(path: Path) -> list[Result]:
    """Run all tests of a file. Raises Mistakes for what is wrong with the file or its flow."""
    document = read_yaml(read_bytes(path), file=str(path))
    tests = _tests(document)
    flow_path = path.parent / str(document.value["flow"])
    flow = read_flow(read_bytes(flow_path), file=str(flow_path))
    return [await _run(flow, test, str(path)) for test in tests]


async def _run(flow: Flow, test: dict[str, Any], file: str) -> Result:
    name = str(test["name"])
    try:
        run = await rehearse(
            flow,
            test.get("event"),
            test.get("answers"),
            operation=str(test.get("operation") or ""),
            now=_clock(test.get("now")),
        )
    except ScriptUnusable as error:
        return Result(file, name, passed=False, differences=[str(error)])
    found = differences(test["expect"], run.as_dict())
    return Result(file, name, not found, found)


def _clock(text: Any) -> Callable[[], datetime]:
    if text is None:
        return utc_now
    moment = datetime.fromisoformat(str(text))
    return lambda: moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def _tests(document: Document) -> list[dict[str, Any]]:
    value = document.value if isinstance(document.value, dict) else {}
    mistakes: list[Mistake] = []
    if not isinstance(value.get("flow"), str):
        mistakes.append(document.mistake("test_without_flow", "flow: expected the path of a flow document"))
    tests = value.get("tests")
    if not isinstance(tests, list) or not tests:
        mistakes.append(document.mistake("test_file_empty", "tests: expected a list of tests"))
        tests = []
    for number, test in enumerate(tests):
        mistakes += _mistakes_of(document, test, ("tests", number))
    if mistakes:
        raise Mistakes(mistakes)
    return tests


def _mistakes_of(document: Document, test: Any, path: tuple[str | int, ...]) -> list[Mistake]:
    if not isinstance(test, dict):
        return [document.mistake("test_not_a_mapping", "expected a mapping", path)]
    mistakes = [
        document.mistake(
            "test_key_unknown",
            f"{key}: expected one of {', '.join(sorted(_KEYS))}",
            (*path, key),
            at_key=True,
        )
        for key in test.keys() - _KEYS
    ]
    if not test.get("name"):
        mistakes.append(document.mistake("test_without_name", "name: expected text", path))
    expected = test.get("expect")
    if not isinstance(expected, dict) or not expected:
        mistakes.append(document.mistake("test_expects_nothing", "expect: expected a mapping", path))
        expected = {}
    mistakes += [
        document.mistake(
            "expect_key_unknown",
            f"{key}: expected one of {', '.join(FIELDS)}",
            (*path, "expect", key),
            at_key=True,
        )
        for key in expected.keys() - set(FIELDS)
    ]
    try:
        _clock(test.get("now"))
    except ValueError:
        mistakes.append(document.mistake("test_time", "now: expected a time in ISO 8601", (*path, "now")))
    return mistakes
