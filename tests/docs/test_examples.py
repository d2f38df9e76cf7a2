"""Our own examples do what their README says."""

import json
from pathlib import Path

import pytest

from lockhouse.cli.root import run

EXAMPLES = Path(__file__).resolve().parents[2] / "examples"
FLOWS = sorted(path.name for path in EXAMPLES.glob("*.yaml"))


def test_every_example_is_told_of() -> None:
    told = (EXAMPLES / "README.md").read_text(encoding="utf-8")
    files = {path.name for path in EXAMPLES.iterdir() if path.is_file() and path.name != "README.md"}

    assert {name for name in files if f"`{name}`" not in told} == set()


@pytest.mark.parametrize("name", FLOWS)
def test_an_example_flow_has_no_mistake_and_no_warning(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["flow", "check", str(EXAMPLES / name), "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert (report["ok"], report["errors"], report["warnings"]) == (True, [], [])


def test_the_greeting_greets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "event.json").write_text('{"body": {"name": "Ada"}, "parameters": {}}')
    (tmp_path / "answers.json").write_text("[]")
    words = ["--event", str(tmp_path / "event.json"), "--answers", str(tmp_path / "answers.json"), "--json"]

    assert run(["flow", "run", str(EXAMPLES / "greeting.yaml"), *words]) == 0
    ran = json.loads(capsys.readouterr().out)
    assert (ran["status"], ran["response"]) == (
        "completed",
        {"status_code": 201, "body": {"text": "Hello, Ada!", "letters": 3}},
    )
