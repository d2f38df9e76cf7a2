"""docs/compatibility.md against IBM's client, and against what the platform says that it serves."""

from __future__ import annotations

import inspect
import itertools
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests
from ibm_platform_services import IamIdentityV1, UserManagementV1

from lockhouse.iam.grants import GRANTS, OFFERED

if TYPE_CHECKING:
    from lockhouse.testing import TestPlatform

PAGE = (Path(__file__).resolve().parents[2] / "docs/compatibility.md").read_text()
ROW = re.compile(r"^\| `(\w+)` \| ([A-Z]+) `([^`]+)` \| (yes|partly|no) \|", re.MULTILINE)
GRANT = re.compile(r"^\| `POST /identity/token`, `([^`]+)` \| (yes|partly|no) \|", re.MULTILINE)
OURS = re.compile(r"/v1/(accounts$|accounts/\{\}/(disable|events)|signing_keys)|/v2/(accounts|users)/")


def _same(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path).rstrip("/")


def _operations() -> set[tuple[str, str, str]]:
    """Each operation of IBM's clients: its name, method and path."""
    found = set()
    members = [inspect.getmembers(client, inspect.isfunction) for client in (IamIdentityV1, UserManagementV1)]
    for name, function in itertools.chain(*members):
        source = inspect.getsource(function)
        method, path = re.search(r"method='(\w+)'", source), re.search(r"url = '([^']+)'", source)
        if method and path:
            found.add((name, method[1], path[1]))
    return found


@pytest.fixture
def served(lockhouse: TestPlatform) -> set[tuple[str, str]]:
    """Method and path of everything in the OpenAPI document."""
    document = requests.get(f"{lockhouse.url}/openapi.json", timeout=10).json()
    return {(verb.upper(), _same(path)) for path, verbs in document["paths"].items() for verb in verbs}


def test_every_operation_of_ibms_clients_stands_in_the_table_once() -> None:
    told = [row[:3] for row in ROW.findall(PAGE)]

    assert len(told) == len(set(told))
    assert set(told) == _operations()


def test_what_the_table_says_is_served_is_served_and_nothing_else(served: set[tuple[str, str]]) -> None:
    wrong = [
        (name, state)
        for name, method, path, state in ROW.findall(PAGE)
        if ((method, _same(path)) in served) == (state == "no")
    ]

    assert wrong == []


def test_what_is_served_under_ibms_paths_stands_in_the_table_or_is_ours(served: set[tuple[str, str]]) -> None:
    told = {(method, _same(path)) for _name, method, path, _state in ROW.findall(PAGE)}
    untold = {
        (method, path)
        for method, path in served - told
        if path.startswith(("/v1/", "/v2/")) and not OURS.match(path)
    }

    assert untold == set()


def test_the_grants_of_the_table_are_those_of_the_token_door() -> None:
    told = dict(GRANT.findall(PAGE))

    assert set(told) == set(GRANTS)
    assert {grant for grant, state in told.items() if state == "yes"} == set(OFFERED)
