"""What the token door does not tell: whether a key that gives no token ever was one."""

from __future__ import annotations

import statistics
import time
from typing import TYPE_CHECKING

import pytest

from lockhouse.testing import TestPlatform, platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.iam.conftest import Wire

TRIES = 300


@pytest.fixture
def lockhouse() -> Iterator[TestPlatform]:
    """A platform that does not slow its caller down."""
    with platform(rate_limits=False) as running:
        yield running


def seconds(wire: Wire, value: str) -> float:
    began = time.perf_counter()
    answer = wire.exchange(value)
    took = time.perf_counter() - began
    assert answer.json()["errorCode"] == "BXNIM0415E"
    return took


def test_unknown_malformed_and_deleted_keys_take_the_same_time(wire: Wire) -> None:
    key = wire.new_key("gone")
    wire.ask("DELETE", f"/v1/apikeys/{key['id']}")
    values = {"deleted": key["apikey"], "unknown": "u" * 44, "malformed": "not a key"}
    taken: dict[str, list[float]] = {name: [] for name in values}
    for _ in range(TRIES):
        for name, value in values.items():
            taken[name].append(seconds(wire, value))

    medians = [statistics.median(times) for times in taken.values()]
    assert max(medians) - min(medians) < 0.02
