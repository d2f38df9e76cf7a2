"""What a user expects of a run, compared with how it went.

Only what is named is compared, and that exactly: `status`, `response`, `error` and `variables`; `calls` and
`log` one by one and in order, each by the fields that are named of it. A line of the log may be its message.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from lockhouse.jsonata.template import json_text

FIELDS = ("status", "calls", "response", "log", "error", "variables")
MOST = 50


def differences(expected: Mapping[str, Any], run: Mapping[str, Any]) -> list[str]:
    """Each difference as a line that says where it is; `run` is a rehearsal as JSON."""
    found: list[str] = []
    for name in FIELDS:
        if name in expected:
            found += _field(name, expected[name], run[name])
    return found[:MOST]


def _field(name: str, expected: Any, found: Any) -> Iterator[str]:
    if name == "variables" and isinstance(expected, list):
        yield from _same(name, sorted(map(str, expected)), sorted(map(str, found)))
    elif name in ("calls", "log") and isinstance(expected, list):
        yield from _one_by_one(name, expected, found)
    elif name in ("response", "error") and isinstance(expected, dict) and isinstance(found, dict):
        yield from _named_fields(name, expected, found)
    else:
        yield from _same(name, expected, found)


def _one_by_one(name: str, expected: list[Any], found: list[Any]) -> Iterator[str]:
    for number, (wanted, had) in enumerate(zip(expected, found, strict=False)):
        if name == "log" and isinstance(wanted, str):
            yield from _same(f"log[{number}]", wanted, had["message"])
        elif isinstance(wanted, dict):
            yield from _named_fields(f"{name}[{number}]", wanted, had)
        else:
            yield from _same(f"{name}[{number}]", wanted, had)
    for number in range(len(found), len(expected)):
        yield f"{name}[{number}]: expected {_short(expected[number])}, there is none"
    for number in range(len(expected), len(found)):
        yield f"{name}[{number}]: not expected: {_short(found[number])}"


def _named_fields(where: str, expected: Mapping[str, Any], found: Mapping[str, Any]) -> Iterator[str]:
    for key, wanted in expected.items():
        if key not in found:
            yield f"{where}.{key}: expected {_short(wanted)}, there is none"
        else:
            yield from _same(f"{where}.{key}", wanted, found[key])


def _same(where: str, expected: Any, found: Any) -> Iterator[str]:
    """Differences of two JSON values; true is not 1, and 1 is 1.0."""
    if isinstance(expected, dict) and isinstance(found, dict):
        for key in expected.keys() | found.keys():
            if key not in found:
                yield f"{where}.{key}: expected {_short(expected[key])}, there is none"
            elif key not in expected:
                yield f"{where}.{key}: not expected: {_short(found[key])}"
            else:
                yield from _same(f"{where}.{key}", expected[key], found[key])
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for number, (wanted, had) in enumerate(zip(expected, found, strict=True)):
            yield from _same(f"{where}[{number}]", wanted, had)
    elif isinstance(expected, bool) != isinstance(found, bool) or expected != found:
        yield f"{where}: expected {_short(expected)}, found {_short(found)}"


def _short(value: Any) -> str:
    text = json_text(value)
    return text if len(text) <= 300 else f"{text[:300]}…"
