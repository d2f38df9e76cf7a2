"""BARs by command."""

import io
import json
import zipfile
from importlib.resources import files
from pathlib import Path

import pytest

from lockhouse.cli.root import run

EXAMPLES = files("lockhouse").joinpath("examples")


@pytest.fixture
def flows(tmp_path: Path) -> list[str]:
    for name in ("contacts", "greeting"):
        (tmp_path / f"{name}.yaml").write_bytes(EXAMPLES.joinpath(f"{name}.yaml").read_bytes())
    return [str(tmp_path / "contacts.yaml"), str(tmp_path / "greeting.yaml")]


def test_a_bar_holds_the_flows_under_their_own_names(
    flows: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bar", "create", *flows, "-o", str(tmp_path / "both.bar")]) == 0
    assert zipfile.is_zipfile(tmp_path / "both.bar")
    capsys.readouterr()
    assert run(["bar", "show", str(tmp_path / "both.bar"), "--json"]) == 0
    shown = json.loads(capsys.readouterr().out)
    contacts, greeting = shown["flows"]
    assert (contacts["name"], greeting["name"]) == ("Contacts", "Greeting")
    assert contacts["operations"] == [{"name": "create", "method": "POST", "path": "/People"}]
    assert contacts["actions"] == ["salesforce|Contact|CREATE"]
    assert contacts["accounts"] == [{"connector": "salesforce", "account_name": "Account 1"}]
    assert "Contacts.appzip/Contacts.yaml" in [entry["name"] for entry in shown["entries"]]


def test_the_same_flows_make_the_same_bar(flows: list[str], tmp_path: Path) -> None:
    for name in ("one", "two"):
        run(["bar", "create", *flows, "-o", str(tmp_path / name)])

    assert (tmp_path / "one").read_bytes() == (tmp_path / "two").read_bytes()


def test_the_mistakes_of_every_document_are_told_and_an_older_bar_stays(
    flows: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "one.yaml").write_text("a: 1\na: 2\n")
    (tmp_path / "two.yaml").write_text("[]\n")
    (tmp_path / "old.bar").write_bytes(b"as it was")
    words = [str(tmp_path / "one.yaml"), *flows, str(tmp_path / "two.yaml")]

    assert run(["bar", "create", *words, "-o", str(tmp_path / "old.bar")]) == 1
    said = capsys.readouterr().err
    assert "one.yaml:2:1: " in said
    assert "two.yaml:" in said
    assert (tmp_path / "old.bar").read_bytes() == b"as it was"


def test_two_documents_of_one_flow_do_not_fit_into_a_bar(
    flows: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["bar", "create", flows[0], flows[0], "-o", str(tmp_path / "x.bar")]) == 1
    assert "[flow_twice]" in capsys.readouterr().err


def test_a_bar_that_is_none_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("../evil.appzip", b"")
    (tmp_path / "evil.bar").write_bytes(packed.getvalue())

    assert run(["bar", "show", str(tmp_path / "evil.bar")]) == 1
    assert "lockhouse: evil.bar" in capsys.readouterr().err
