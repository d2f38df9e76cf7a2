"""IBM's Node.js clients, unmodified. Installed by `npm ci --ignore-scripts` (`make test` does it)."""

from __future__ import annotations

import json
import shutil
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from lockhouse.testing import TestPlatform

HERE = Path(__file__).parent / "node"


@pytest.fixture(scope="module")
def node() -> str:
    """The node command, where IBM's clients are installed."""
    command = shutil.which("node")
    if command is None or not (HERE / "node_modules").is_dir():
        pytest.skip(
            "IBM's Node.js clients are not installed: run `npm ci --ignore-scripts` in tests/wire/node"
        )
    return command


def drive(node: str, script: str, platform: TestPlatform) -> dict[str, object]:
    """What a script saw of a platform."""
    given = {name: getattr(platform, name) for name in ("url", "apikey", "iam_id", "account_id")}
    ran = subprocess.run(
        [node, script],
        cwd=HERE,
        env={"PLATFORM": json.dumps(given), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    seen: dict[str, object] = json.loads(ran.stdout)
    return seen


def test_a_key_lives_its_whole_life_through_nodes_client(node: str, lockhouse: TestPlatform) -> None:
    assert drive(node, "drive.mjs", lockhouse) == {
        "created": 201,
        "length": 44,
        "etag": True,
        "history": ["CREATE"],
        "renamed": "renamed",
        "listed": [1, "string"],
        "locked": 204,
        "refused": 409,
        "unlocked": 204,
        "disabled": 204,
        "enabled": 204,
        "details": True,
        "deleted": 204,
        "gone": 404,
        "noToken": [400, "Provided API key could not be found."],
    }


def test_every_other_operation_answers_nodes_client(node: str, lockhouse: TestPlatform) -> None:
    seen = drive(node, "drive_identities.mjs", lockhouse)
    deleted = {name for name in seen if name.startswith("delete")} | {"lockServiceId", "unlockServiceId"}
    made = {"createGroup", "createServiceId", "createProfile", "createRule", "createLink"}
    expected = dict.fromkeys(seen, 200) | dict.fromkeys(made, 201) | dict.fromkeys(deleted, 204)

    reports = {"createReport": 202, "getReport": 204, "createMfaReport": 202, "getMfaReport": 204}

    assert len(seen) > 45
    assert seen == expected | reports
