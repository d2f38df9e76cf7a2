"""JSON from strangers: what RFC 8259 means and no more."""

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockhouse.documents import Limits, read_json
from lockhouse.errors import Mistake, Mistakes


def mistakes_in(text: str | bytes, limits: Limits | None = None) -> list[Mistake]:
    with pytest.raises(Mistakes) as refused:
        read_json(text, file="body", limits=limits or Limits())
    return list(refused.value.mistakes)


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"])), inner),
    max_leaves=20,
)


@given(JSON)
def test_what_others_write_is_read_as_it_was(value: object) -> None:
    assert read_json(json.dumps(value), file="body").value == value
    assert read_json(json.dumps(value, ensure_ascii=False).encode(), file="body").value == value


def test_everything_has_a_place() -> None:
    read = read_json('{"a": [1,\n {"b": 2.50}],\n "c": null}', file="body")

    assert read.place(("a", 1, "b")) == (2, 8)
    assert read.key_place(("a", 1, "b")) == (2, 3)
    assert read.place(("c",)) == (3, 7)
    assert read.place(()) == (1, 1)


@pytest.mark.parametrize(
    ("text", "codes", "place"),
    [
        ('{"a":1,\n "a":2, "b":{"c":1,"c":[2]}}', ["json_duplicate_name"] * 2, (2, 2)),
        ('{"a":1,"\\u0061":2}', ["json_duplicate_name"], (1, 8)),
        ('{"a:":{"b":1,\n"b":"]}:"}}', ["json_duplicate_name"], (2, 1)),
        ('{"\\":":"\\\\",\n "\\":":[{":":1}]}', ["json_duplicate_name"], (2, 2)),
        ("[" + '{"a":"[{"},' * 90 + '{"a":1,\n"a":2}]', ["json_duplicate_name"], (2, 1)),
        ("[NaN,\n-Infinity,1e400]", ["json_number"] * 3, (1, 2)),
        ("9" * 5000, ["json_number"], (1, 1)),
        ('["\\ud800", "\\ud83d\\ude00"]', ["json_surrogate"], (1, 2)),
        ('{"\\udc00": 1}', ["json_surrogate"], (1, 2)),
        ("[" * 100_000 + "]" * 100_000, ["json_too_deep"], (1, 101)),
        ('{"a":' * 150 + "1" + "}" * 150, ["json_too_deep"], (1, 501)),
        ("[" * 100_000 + '"\\x"', ["json_too_deep"], (1, 101)),
        ("", ["json_syntax"], (1, 1)),
        ("[1] x", ["json_syntax"], (1, 5)),
        ("{'a': 1}", ["json_syntax"], (1, 2)),
        ('["\x01"]', ["json_syntax"], (1, 3)),
        ("[01]", ["json_syntax"], (1, 3)),
        (b'["\xff"]', ["json_not_utf8"], (1, 3)),
        ("[1]".encode("utf-16"), ["json_not_utf8"], (1, 1)),
        ("[1]".encode("utf-32-le"), ["json_syntax"], (1, 2)),
        ('"\ud800"', ["json_not_utf8"], (1, 1)),
    ],
)
def test_what_other_readers_let_pass_is_refused_with_its_place(
    text: str | bytes, codes: list[str], place: tuple[int, int]
) -> None:
    found = mistakes_in(text)

    assert [mistake.code for mistake in found] == codes
    assert (found[0].line, found[0].column) == place


def test_a_whole_number_beyond_64_bits_is_the_double_that_all_others_read() -> None:
    assert read_json("[18446744073709551615, 18446744073709551616]", file="body").value == [
        18446744073709551615,
        1.8446744073709552e19,
    ]


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("[" + "1," * 150_000 + "1]", "json_too_many_values"),
        ("[" + ",".join(["{}"] * 200_000) + "]", "json_too_many_values"),
        (
            '{"a":1,"a":' + "[0," * 90 + "0" + "]" * 90 + ',"b":"' + "\\" * 300_000 + '"}',
            "json_duplicate_name",
        ),
        ('"' + "a" * 900_000 + '"', "json_too_large"),
    ],
)
def test_a_hostile_text_is_refused_soon(text: str, code: str) -> None:
    started = time.process_time()

    assert mistakes_in(text)[0].code == code
    assert time.process_time() - started < 10


@pytest.mark.parametrize("sign", ["[", "]", "{", "}", ":", ",", '"', "\\", "9" * 70])
def test_what_is_said_inside_of_texts_counts_nowhere(sign: str) -> None:
    given = [{f"{sign}{number}": (sign * 200)[:200], "b": [sign]} for number in range(90)]

    assert read_json(json.dumps(given), file="body", limits=Limits(depth=3, nodes=400)).value == given


def test_limits_are_those_asked_for() -> None:
    assert mistakes_in("[[1]]", Limits(depth=1))[0].code == "json_too_deep"
    assert mistakes_in("[1,2,3]", Limits(nodes=3))[0].code == "json_too_many_values"
    assert read_json("[1,2,3]", file="body", limits=Limits(nodes=4)).value == [1, 2, 3]
    assert mistakes_in("[1,2,3]", Limits(bytes=6))[0].code == "json_too_large"
