"""What holds for every file of the repository, and no other tool checks."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

TOP = Path(__file__).resolve().parents[1]
MOST_LINES = 400
EMPTY_NAMES = {"util", "utils", "helper", "helpers", "common", "base", "manager", "managers", "misc"}

TESTS_OF_THEIR_OWN = {
    "tests/wire": "IBM's own clients against our doors: they know no file of ours",
    "tests/walks": "whole journeys",
    "tests/docs": "what the documentation claims",
    "tests/bench": "the benches themselves",
    "tests/test_house_rules.py": "this file",
}


def _tracked(*patterns: str) -> list[Path]:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--", *patterns], cwd=TOP, capture_output=True, check=False, text=True
    )
    if listed.returncode != 0:
        pytest.skip("not in a git checkout")
    return [TOP / name for name in listed.stdout.split("\0") if name and (TOP / name).is_file()]


def _python() -> list[Path]:
    return [path for path in _tracked("*.py") if "node_modules" not in path.parts]


def _texts() -> Iterator[tuple[Path, str]]:
    for path in _tracked():
        try:
            yield path, path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue


def _name(path: Path) -> str:
    return path.relative_to(TOP).as_posix()


def test_no_file_is_longer_than_400_lines() -> None:
    long = {
        _name(path): count for path in _python() if (count := len(path.read_text().splitlines())) > MOST_LINES
    }

    assert long == {}


def test_no_file_and_no_class_has_an_empty_name() -> None:
    found = []
    for path in _python():
        words = {
            word
            for part in (path.stem, *path.relative_to(TOP).parts[:-1])
            for word in part.lower().split("_")
        }
        found += [_name(path)] if words & EMPTY_NAMES else []
        classes = [
            node.name for node in ast.walk(ast.parse(path.read_text())) if isinstance(node, ast.ClassDef)
        ]
        for name in classes:
            last = re.findall(r"[A-Z][a-z]*", name)[-1:]
            found += [f"{_name(path)}: {name}"] if last and last[0].lower() in EMPTY_NAMES else []

    assert found == []


def test_every_module_says_what_lives_in_it() -> None:
    mute = [
        _name(path)
        for path in _python()
        if path.read_text().strip() and not ast.get_docstring(ast.parse(path.read_text()))
    ]

    assert mute == []


def test_every_test_file_has_the_place_of_the_file_it_tests() -> None:
    lost = []
    for path in _tracked("tests/**/test_*.py", "tests/test_*.py"):
        name = _name(path)
        if any(name == place or name.startswith(f"{place}/") for place in TESTS_OF_THEIR_OWN):
            continue
        room = path.relative_to(TOP / "tests").parent
        tested = TOP / "src" / "lockhouse" / room / path.name.removeprefix("test_")
        folder = tested.with_suffix("")
        # test_<file>.py; test_<file>_<subject>.py where one file's promises fill two; test_every_… of a room.
        alike = [other for other in tested.parent.glob("*.py") if tested.stem.startswith(f"{other.stem}_")]
        if not (tested.is_file() or folder.is_dir() or alike or path.stem.startswith("test_every_")):
            lost.append(name)

    assert lost == []


def test_no_path_of_a_developers_machine_is_written_down() -> None:
    homes = "|".join(("home", "root", "work", "Users"))
    place = re.compile(rf"(?<![\w./}}>)-])/({homes})/[\w.-]+")
    found = [f"{_name(path)}: {match.group(0)}" for path, text in _texts() for match in place.finditer(text)]

    assert found == []


def test_lock_files_hold_hashes_and_no_addresses() -> None:
    locks = _tracked("*.lock", "*package-lock.json")
    addressed = [
        _name(path)
        for path in locks
        if re.search(r'https?://|"resolved"', _without_funding(path.read_text()))
    ]

    assert locks
    assert addressed == []


def test_nothing_is_left_for_later() -> None:
    marks = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b|raise NotImplemented" + "Error")
    found = [
        f"{_name(path)}:{number}"
        for path in _python()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if marks.search(line)
    ]

    assert found == []


def test_whoever_silences_a_check_says_why() -> None:
    silent = re.compile(r"#\s*(type: ignore(\[[\w, -]+\])?|noqa(: [A-Z]+\d+(, ?[A-Z]+\d+)*)?)\s*$")
    found = [
        f"{_name(path)}:{number}"
        for path in _python()
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if silent.search(line)
    ]

    assert found == []


def _without_funding(text: str) -> str:
    """A package-lock.json without the addresses at which authors ask for money."""
    return re.sub(r'"funding": (\{[^}]*\}|\[[^\]]*\]|"[^"]*")', "", text)


SQL_FILES = re.compile(
    r"src/lockhouse/(storage/.+|connectors/sql/.+|(iam|appconnect|runtime)/(tables|store|\w+_store))\.py"
)
DOORWAYS = {"sqlalchemy": SQL_FILES, "dbos": re.compile(r"src/lockhouse/runtime/run\w*\.py")}


@pytest.mark.parametrize("engine", sorted(DOORWAYS))
def test_an_engine_is_imported_only_by_its_own_files(engine: str) -> None:
    importer = re.compile(rf"^\s*(import|from) {engine}\b", re.MULTILINE)
    strangers = [
        _name(path)
        for path in _python()
        if path.is_relative_to(TOP / "src")
        and importer.search(path.read_text())
        and not DOORWAYS[engine].fullmatch(_name(path))
    ]

    assert strangers == []
