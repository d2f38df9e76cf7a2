"""Each connector has its page, and the page says what its manifest says."""

import importlib.util
from pathlib import Path

import pytest

from lockhouse.connectors.catalogue import load_catalogue

FOLDER = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize("name", ["README", *load_catalogue().names()])
def test_a_connectors_page_is_up_to_date(name: str) -> None:
    spec = importlib.util.spec_from_file_location("docs_generate", FOLDER / "generate.py")
    assert spec is not None
    assert spec.loader is not None
    generator = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generator)
    page = generator.CONNECTOR_PAGES[f"connectors/{name}.md"]()
    assert (FOLDER / "connectors" / f"{name}.md").read_text() == page, "run `make docs` and commit"
