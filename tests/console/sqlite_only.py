"""For tests of what the console itself does with a page: that does not hang on the store."""

import pytest


@pytest.fixture(scope="module")
def database_url() -> None:
    """SQLite in the data directory, in place of one store after the other."""
