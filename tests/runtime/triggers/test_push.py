"""The event door's requests."""

import pytest

from lockhouse.errors import Mistakes
from lockhouse.runtime.triggers.push import read_event


@pytest.mark.parametrize("header", ["event-id", "idempotency-key"])
def test_the_sender_names_the_event(header: str) -> None:
    assert read_event({header: " order-7 "}, b'{"number": 7}') == ("order-7", {"number": 7})


def test_an_event_without_a_name_gets_one_of_its_own() -> None:
    names = {read_event({}, b"{}")[0] for _ in range(10)}

    assert len(names) == 10


@pytest.mark.parametrize(
    ("body", "payload"), [(b"", {}), (b" \n", {}), (b"[1]", [1]), (b'"x"', "x"), (b"null", None)]
)
def test_any_json_is_a_payload(body: bytes, payload: object) -> None:
    assert read_event({}, body)[1] == payload


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b"{"),
        ({}, b'{"a": 1, "a": 2}'),
        ({}, b"\xff"),
        ({}, b"[" * 100_000),
        ({"event-id": "x" * 201}, b"{}"),
        ({"event-id": "a\x00b"}, b"{}"),
        ({"event-id": "a\nb"}, b"{}"),
    ],
)
def test_what_is_no_event_is_refused_with_a_reason(headers: dict[str, str], body: bytes) -> None:
    with pytest.raises(Mistakes) as refusal:
        read_event(headers, body)

    assert refusal.value.mistakes[0].code
