"""A change without its audit record does not happen."""

from __future__ import annotations

import contextlib
import sqlite3
from typing import TYPE_CHECKING

import psycopg
import pytest

from lockhouse.testing import TestPlatform, platform

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.iam.conftest import Wire


@pytest.fixture
def lockhouse(database_url: str | None) -> Iterator[TestPlatform]:
    """A platform of its own: its store is broken on purpose."""
    if database_url is not None:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
    with platform(database_url=database_url) as running:
        yield running


def run_in_store(running: TestPlatform, statement: str) -> None:
    if running.settings.database_url is not None:
        with psycopg.connect(running.settings.database_url.reveal(), autocommit=True) as connection:
            connection.execute(statement)
        return
    with contextlib.closing(sqlite3.connect(running.data / "lockhouse.db")) as store:
        store.execute(statement)


def test_without_a_trail_nothing_changes_and_tokens_go_on(wire: Wire) -> None:
    key = wire.new_key("before")
    token, account = wire.token(), wire.platform.account_id
    run_in_store(wire.platform, "ALTER TABLE iam_audit RENAME TO iam_audit_away")

    body = {"name": "unrecorded", "iam_id": wire.platform.iam_id}
    refused = [
        wire.ask("POST", "/v1/apikeys", token, json=body).status_code,
        wire.ask("DELETE", f"/v1/apikeys/{key['id']}", token).status_code,
        wire.ask("POST", f"/v1/apikeys/{key['id']}/disable", token).status_code,
    ]
    assert refused == [503, 503, 503]
    assert wire.exchange(key["apikey"]).status_code == 200
    assert wire.introspect(token)["active"] is True

    run_in_store(wire.platform, "ALTER TABLE iam_audit_away RENAME TO iam_audit")
    names = [
        one["name"] for one in wire.ask("GET", f"/v1/apikeys?account_id={account}", token).json()["apikeys"]
    ]
    assert "unrecorded" not in names
    assert "before" in names
    assert wire.ask("DELETE", f"/v1/apikeys/{key['id']}", token).status_code == 204
