"""Each connector has its page, and the page says what its manifest says."""

import importlib.util
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from lockhouse.connectors.catalogue import load_catalogue

FOLDER = Path(__file__).resolve().parents[2] / "docs"


@pytest.fixture(scope="module")
def pages() -> Mapping[str, Callable[[], str]]:
    """What the generator makes of the connectors, by file."""
    spec = importlib.util.spec_from_file_location("docs_generate", FOLDER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    found: Mapping[str, Callable[[], str]] = generator.CONNECTOR_PAGES
    return found


@pytest.mark.parametrize("name", ["README", *load_catalogue().names()])
def test_a_connectors_page_is_up_to_date(name: str, pages: Mapping[str, Callable[[], str]]) -> None:
    page = pages[f"connectors/{name}.md"]()
    assert (FOLDER / "connectors" / f"{name}.md").read_text() == page, "run `make docs` and commit"
