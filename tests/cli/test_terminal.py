"""What a person or a script reads."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from lockhouse.cli import terminal
from lockhouse.client.transport import Problem
from lockhouse.errors import LockhouseError, Mistake, Mistakes
from lockhouse.wire.servers import Endpoint, ServerSpec


class CupboardEmpty(LockhouseError):
    pass


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (CupboardEmpty("no cheese"), ["lockhouse: no cheese [cupboard_empty]"]),
        (
            Problem(status=400, code="BXNIM0415E", message="Provided API key could not be found."),
            ["lockhouse: Provided API key could not be found. [BXNIM0415E]"],
        ),
        (
            Mistakes([Mistake("a", "one", "f.yaml", 1, 2), Mistake("b", "two", "f.yaml", 3, 4, "x.y")]),
            ["lockhouse: f.yaml:1:2: one [a]", "lockhouse: f.yaml:3:4: x.y: two [b]"],
        ),
        (
            Problem(
                status=400,
                code="server_invalid",
                message="the server cannot be deployed",
                body={"error": {"mistakes": [{"code": "c", "message": "three", "field": "spec.version"}]}},
            ),
            ["lockhouse: spec.version: three [c]"],
        ),
    ],
)
def test_a_failure_is_told_on_standard_error_with_its_code_and_every_mistake(
    error: LockhouseError, told: list[str], capsys: pytest.CaptureFixture[str]
) -> None:
    terminal.complain(error)

    said = capsys.readouterr()
    assert said.err.splitlines() == told
    assert said.out == ""


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain ünïcode", "plain ünïcode"),
        ("two\nlines\tand tab", "two\nlines\tand tab"),
        ("\x1b[2Jgone", "\\x1b[2Jgone"),
        ("a\rb\x07\x9b31m", "a\\rb\\x07\\x9b31m"),
        ("right\u202eto left", "right\\u202eto left"),
    ],
)
def test_the_texts_of_others_cannot_drive_the_terminal(text: str, shown: str) -> None:
    assert terminal.harmless(text) == shown


def test_a_listing_is_a_table_with_a_heading(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say_table(
        ("NAME", "STATE"), [("long name", True), ("x", ["a", "b"]), ("n\x1b", None)], empty="none"
    )

    assert capsys.readouterr().out.splitlines() == [
        "NAME       STATE",
        "long name  yes",
        "x          a, b",
        "n\\x1b",
    ]


def test_an_empty_listing_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    terminal.say_table(("NAME",), [], empty="There is nothing.")

    assert capsys.readouterr().out == "There is nothing.\n"


def test_json_speaks_the_names_of_the_wire(capsys: pytest.CaptureFixture[str]) -> None:
    spec = ServerSpec(bar_url="orders", designer_flows_operation_mode="all")
    when = datetime(2030, 1, 2, tzinfo=UTC)
    terminal.say_json(
        {"spec": spec, "ends": [Endpoint(name="http", uri="u")], "at": when, "file": Path("a/b")}
    )

    assert json.loads(capsys.readouterr().out) == {
        "spec": {"barURL": "orders", "designerFlowsOperationMode": "all"},
        "ends": [{"name": "http", "uri": "u"}],
        "at": "2030-01-02T00:00:00+00:00",
        "file": "a/b",
    }


def test_facts_stand_under_one_another_and_what_is_unknown_is_left_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal.say_facts([("Name", "x"), ("Description", None), ("Used by", ["a", "b"])])

    assert capsys.readouterr().out.splitlines() == ["Name     x", "Used by  a, b"]
