"""A damaged BAR is refused, or says what it said before: never something else, and never a crash."""

from hypothesis import given, settings
from hypothesis import strategies as st

from lockhouse.errors import Mistakes
from lockhouse.flows.bar import read_bar, write_bar

FLOW = "$integration: x\nintegration:\n  type: trigger-action\n  name: " + "News " * 40 + "\n"
WHOLE = write_bar({"News": FLOW, "Größe": FLOW}, instance_id="one", instance_url="https://one.example")
SAID = read_bar(WHOLE, file="x.bar")

places = st.integers(0, len(WHOLE) - 1)
changes = st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=4)


def same_or_refused(data: bytes) -> None:
    try:
        bar = read_bar(data, file="x.bar")
    except Mistakes as refused:
        mistakes = refused.mistakes
    else:
        said = (bar.flows, bar.instance_id, bar.instance_url)
        assert said == (SAID.flows, SAID.instance_id, SAID.instance_url)
        return
    assert all(mistake.code and mistake.file for mistake in mistakes)


@settings(max_examples=400, deadline=None)
@given(changes)
def test_bytes_that_were_changed(changed: list[tuple[int, int]]) -> None:
    data = bytearray(WHOLE)
    for place, value in changed:
        data[place] = value

    same_or_refused(bytes(data))


@settings(max_examples=200, deadline=None)
@given(places, places, st.binary(max_size=40))
def test_a_part_that_was_cut_out_or_put_in(start: int, end: int, put_in: bytes) -> None:
    same_or_refused(WHOLE[: min(start, end)] + put_in + WHOLE[max(start, end) :])


@settings(max_examples=200, deadline=None)
@given(places, places, places)
def test_a_part_that_stands_twice(start: int, end: int, again: int) -> None:
    part = WHOLE[min(start, end) : max(start, end)]
    same_or_refused(WHOLE[:again] + part + WHOLE[again:])
