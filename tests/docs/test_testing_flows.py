"""The example of docs/testing-flows.md is a test that passes."""

import re
import shutil
from pathlib import Path

from lockhouse.cli.flow_tests import run_file

TOP = Path(__file__).resolve().parents[2]


async def test_the_test_file_of_the_page_passes(tmp_path: Path) -> None:
    page = (TOP / "docs" / "testing-flows.md").read_text()
    (example,) = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    shutil.copy(TOP / "examples" / "greeting.yaml", tmp_path / "greeting.yaml")
    (tmp_path / "greeting.test.yaml").write_text(example)

    results = await run_file(tmp_path / "greeting.test.yaml")

    assert [(result.name, result.differences) for result in results] == [
        ("A greeting counts the letters", [])
    ]
