"""Schemathesis over the OpenAPI document: whatever is sent, what comes back is what is described."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from lockhouse.testing import TestPlatform, platform
from lockhouse.wire.tokens import APIKEY_GRANT

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOMS = ("/identity/", "/v1/", "/v2/", "/v3/")
EXAMPLES = {True: 15, False: 4}
"""How many cases of each operation: more on SQLite than on PostgreSQL."""
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
]
# These would end the token or the keys with which the others are called.
LEFT_OUT = {"revokeSigningKey", "deleteApiKey", "disableApiKey", "removeUser", "v3RemoveUser", "revokeToken"}


@pytest.fixture(scope="module")
def lockhouse(database_url: str | None) -> Iterator[TestPlatform]:
    """A platform that does not slow its caller down."""
    with platform(database_url=database_url, rate_limits=False) as running:
        yield running


def made_real(case: Any, real: dict[str, str]) -> None:
    """Put ids that exist where a case has made-up ones: an unknown account answers little but 'no'."""
    for place in (case.path_parameters, case.query, case.body):
        if isinstance(place, dict):
            place.update({name: value for name, value in real.items() if name in place})


def mistakes_of(
    operation: Any, mode: GenerationMode, real: dict[str, str], send: dict[str, Any], examples: int
) -> list[str]:
    """What of the answers of one operation is not as described, with the call that shows it."""
    found: list[str] = []
    session = requests.Session()

    @given(case=operation.as_strategy(generation_mode=mode))
    @settings(
        max_examples=examples,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def ask(case: Any) -> None:
        made_real(case, real)
        try:
            case.call_and_validate(session=session, checks=CHECKS, **send)
        except FailureGroup as group:
            found.extend(f"{error} | {case.as_curl_command()}" for error in group.exceptions)

    with contextlib.suppress(
        Unsatisfiable
    ):  # An operation without parameters has nothing that could not fit.
        ask()
    session.close()
    return found


@pytest.mark.parametrize(
    "mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=["fitting", "unfitting"]
)
def test_every_operation_answers_as_described(lockhouse: TestPlatform, mode: GenerationMode) -> None:
    form = {"grant_type": APIKEY_GRANT, "apikey": lockhouse.apikey}
    token = requests.post(f"{lockhouse.url}/identity/token", data=form, timeout=30).json()["access_token"]
    document = requests.get(f"{lockhouse.url}/openapi.json", timeout=30).json()
    document["paths"] = {path: item for path, item in document["paths"].items() if path.startswith(ROOMS)}
    real = {"account_id": lockhouse.account_id, "iam_id": lockhouse.iam_id, "key_id": lockhouse.apikey_id}
    found = {}
    for result in schemathesis.openapi.from_dict(document).get_all_operations():
        operation = result.ok()
        name = operation.definition.raw["operationId"]
        if name not in LEFT_OUT:
            headers = {} if operation.path.startswith("/identity") else {"Authorization": f"Bearer {token}"}
            send = {"base_url": lockhouse.url, "headers": headers}
            examples = EXAMPLES[lockhouse.settings.database_url is None]
            found[name] = mistakes_of(operation, mode, real, send, examples)

    assert {name: mistakes for name, mistakes in found.items() if mistakes} == {}
