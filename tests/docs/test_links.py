"""No page sends its reader nowhere."""

import re
import subprocess
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[2]
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")


def test_every_link_within_the_repository_leads_somewhere() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", "*.md"], cwd=TOP, capture_output=True, check=False, text=True
    )
    if listed.returncode != 0:
        pytest.skip("not in a git checkout")
    broken = []
    for name in filter(None, listed.stdout.split("\0")):
        page = TOP / name
        for target in LINK.findall(page.read_text(encoding="utf-8")):
            path = target.partition("#")[0]
            if (
                path
                and "://" not in path
                and not path.startswith("mailto:")
                and not (page.parent / path).exists()
            ):
                broken.append(f"{name}: {target}")

    assert broken == []
