"""Errors become answers by a table; what is in no table says nothing outside."""

from __future__ import annotations

import io
import json

import pytest

from lockhouse.errors import LockhouseError
from lockhouse.web.answers import Answer, answer_for, answer_headers, envelope_for, told
from lockhouse.web.log import configure_logging


class Broken(LockhouseError):
    """A test's own error."""


class BrokenInHalf(Broken):
    """A kind of it."""


class Busy(LockhouseError):
    """With a time to wait."""

    def __init__(self) -> None:
        super().__init__("busy")
        self.retry_after = 1.2


TABLE = {Broken: Answer(409, "broken"), LockhouseError: Answer(400, "other", "Fixed words.")}


def test_the_nearest_ancestor_wins() -> None:
    found = answer_for(TABLE, BrokenInHalf("x"))
    assert found is not None
    assert found.code == "broken"
    assert told(TABLE, BrokenInHalf("in half"), trace="t")[1] == "in half"
    assert told(TABLE, Busy(), trace="t")[1] == "Fixed words."


def test_what_is_in_no_table_is_logged_with_its_place_and_says_nothing() -> None:
    log = io.StringIO()
    configure_logging("json", log)
    with pytest.raises(ValueError, match="canary") as raised:
        int("canary")
    answer, text = told(TABLE, raised.value, trace="the-trace")
    configure_logging()

    assert (answer.status, "canary" in text) == (500, False)
    line = json.loads(log.getvalue())
    assert (line["trace"], line["error"]) == ("the-trace", "ValueError")
    assert "test_answers.py" in line["stack"]
    assert "canary" not in log.getvalue()


def test_seconds_to_wait_are_whole_and_enough() -> None:
    assert answer_headers(Busy()) == {"retry-after": "2"}


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/identity/token", "errorCode"),
        ("/identity", "errorCode"),
        ("//identity/token", "errorCode"),
        ("/v1", "errors"),
        ("/v1/apikeys", "errors"),
        ("//v1/apikeys", "errors"),
        ("/v2/accounts", "errors"),
        ("/api/v1/bar-files", "error"),
    ],
)
def test_each_path_has_its_envelope(path: str, field: str) -> None:
    body = envelope_for(path)(Answer(404, "gone"), "words", "trace")
    assert field in body
    assert "words" in json.dumps(body)
