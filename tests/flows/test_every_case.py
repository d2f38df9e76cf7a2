"""Published flows run with events, answers and expected calls that were written from the documents."""

from pathlib import Path

import pytest

from lockhouse.cli.flow_tests import run_file

CASES = sorted((Path(__file__).parent / "cases").glob("*.test.yaml"))


@pytest.mark.parametrize("case", CASES, ids=lambda path: path.name.removesuffix(".test.yaml"))
async def test_a_published_flow_does_what_its_document_says(shared: Path, case: Path) -> None:
    results = await run_file(case)

    assert [(result.name, result.differences) for result in results if not result.passed] == []


def test_there_are_cases_enough() -> None:
    assert len(CASES) >= 40
