"""The pytest fixture that every installation of Lockhouse offers, for those who use IBM Cloud IAM."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import TestPlatform


@pytest.fixture(scope="session")
def lockhouse_platform() -> Iterator[TestPlatform]:
    """A running platform with a store of its own: url, account_id, iam_id, apikey, travel(minutes=61)."""
    # Every pytest run of the environment loads this module; the platform only who asks for it.
    from lockhouse.testing import platform

    with platform() as running:
        yield running
