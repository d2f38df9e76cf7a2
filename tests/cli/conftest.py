"""Commands run in this process, against a platform that runs beside it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from lockhouse.cli.root import run
from lockhouse.testing import TestPlatform


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
