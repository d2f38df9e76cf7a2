"""The pages that are made from the code say what the code says now."""

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

TOP = Path(__file__).resolve().parents[2]


def _generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("docs_generate", TOP / "docs" / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize(
    "page", ["commands.md", "settings.md", "configurations.md", "errors.md", "compatibility.md"]
)
def test_a_generated_page_is_up_to_date(page: str) -> None:
    assert (TOP / "docs" / page).read_text() == _generator().PAGES[page](), "run `make docs` and commit"


def test_every_command_and_option_explains_itself() -> None:
    mute = [
        line
        for line in _generator().commands_page().splitlines()
        if line.startswith("- ") and line.rstrip().endswith(":")
    ]

    assert mute == []
