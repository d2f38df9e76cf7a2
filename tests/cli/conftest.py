"""Commands run in this process, against a platform that runs beside it."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from lockhouse.cli.root import run
from lockhouse.testing import TestPlatform

_EXAMPLES = Path(__file__).parents[2] / "examples"


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """Its standard output as JSON."""
        return json.loads(self.out)


Command = Callable[..., Done]


@pytest.fixture
def command(
    lockhouse: TestPlatform, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Command:
    """Run a command line as the account's owner."""
    monkeypatch.setenv("LOCKHOUSE_URL", lockhouse.url)
    monkeypatch.setenv("LOCKHOUSE_APIKEY", lockhouse.apikey)

    def given(*words: str) -> Done:
        capsys.readouterr()
        code = run([str(word) for word in words])
        said = capsys.readouterr()
        return Done(code, said.out, said.err)

    return given


def deploy_with(
    command: Command,
    folder: Path,
    apikey_file: Mapping[str, str],
    name: str,
    *,
    flow: str = "greeting",
    mode: str = "all",
) -> None:
    """Deploy an example with the key of an apiKey.json on a server; no supervisor starts it here."""
    file, bar = folder / f"{name}.json", folder / f"{flow}.bar"
    file.write_text(json.dumps(apikey_file))
    for words in (
        ("bar", "create", str(_EXAMPLES / f"{flow}.yaml"), "-o", str(bar)),
        ("configuration", "create", f"{name}-key", "--apikey-file", str(file)),
        ("server", "deploy", name, "--bar", str(bar), "--configuration", f"{name}-key", "--mode", mode),
    ):
        done = command(*words)
        assert done.code == 0, done.err
