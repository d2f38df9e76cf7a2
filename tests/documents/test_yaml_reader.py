"""YAML from strangers: what is read, what is refused, and where."""

import resource
import time
from pathlib import Path

import pytest

from lockhouse.documents import Limits, read_yaml
from lockhouse.errors import Mistake, Mistakes

MOST = Limits().bytes


def mistakes_in(text: str | bytes) -> list[Mistake]:
    with pytest.raises(Mistakes) as refused:
        read_yaml(text, file="flow.yaml")
    return list(refused.value.mistakes)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("no", "no"),
        ("yes", "yes"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("", None),
        ("# nothing", None),
        ("12:30:45", "12:30:45"),
        ("2024-03-14", "2024-03-14"),
        ("0777", 777),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("-12", -12),
        ("1.50", 1.5),
        ("6.02e23", 6.02e23),
        ("123456789012345678901234567890", 1.2345678901234568e29),
        ("'12'", "12"),
        ('"true"', "true"),
        ("|\n  a\n  b\n", "a\nb\n"),
        (">-\n  a\n  b\n", "a b"),
        ("a: 1\r\nb: [x, {c: }]\r\n", {"a": 1, "b": ["x", {"c": None}]}),
        ("1: a\ntrue: b\nnull: c", {"1": "a", "true": "b", "null": "c"}),
        ("\ufeffa: 1", {"a": 1}),
        ("%YAML 1.2\n---\na: 1\n...\n", {"a": 1}),
    ],
)
def test_scalars_are_those_of_yaml_1_2_and_keys_are_text(text: str, value: object) -> None:
    read = read_yaml(text, file="flow.yaml")

    assert read.value == value
    assert type(read.value) is type(value)


def test_everything_has_a_place() -> None:
    read = read_yaml("a:\n  - b: 1\n    c: {d: x}\n  - y\n", file="f")

    assert read.place(()) == (1, 1)
    assert read.place(("a", 0, "b")) == (2, 8)
    assert read.key_place(("a", 0, "b")) == (2, 5)
    assert read.place(("a", 0, "c", "d")) == (3, 12)
    assert read.place(("a", 1)) == (4, 5)
    assert read.key_place(("a", 1)) == (4, 5)
    assert read.place(("a", 7, "nowhere")) == (2, 3)
    assert (
        str(read.mistake("odd", "this is odd", ("a", 0, "c", "d"))) == "f:3:12: a[0].c.d: this is odd [odd]"
    )


def test_an_alias_is_read_and_has_the_place_of_its_anchor() -> None:
    read = read_yaml("a: &x {k: [1, 2]}\nb: *x\n", file="f")

    assert read.value == {"a": {"k": [1, 2]}, "b": {"k": [1, 2]}}
    assert read.place(("b", "k", 1)) == (1, 15)


@pytest.mark.parametrize(
    ("text", "codes", "place"),
    [
        ("a: 1\nb: 2\na: 3\nb: 4\n", ["yaml_duplicate_key"] * 2, (3, 1)),
        ("a: {b: 1, b: 2}", ["yaml_duplicate_key"], (1, 11)),
        ("a: 1\n'a': 2", ["yaml_duplicate_key"], (2, 1)),
        ("x: !!python/object/apply:os.system [id]", ["yaml_tag"], (1, 4)),
        ("x: !custom 1\ny: !!str 2", ["yaml_tag", "yaml_tag"], (1, 4)),
        ("%TAG ! tag:x,2000:\n---\na: 1", ["yaml_tag"], (1, 1)),
        ("a: &a {x: 1}\nb:\n  <<: *a\n", ["yaml_merge_key"], (3, 3)),
        ("a: *nothing", ["yaml_alias"], (1, 4)),
        ("&a [*a]", ["yaml_alias"], (1, 5)),
        ("a: 1\n---\nb: 2", ["yaml_documents"], (2, 1)),
        ("? [a]\n: 1", ["yaml_key"], (1, 3)),
        ("? {a: 1}\n: 1", ["yaml_key"], (1, 3)),
        ("a: 1e400", ["yaml_number"], (1, 4)),
        ("a: .inf\nb: .nan", ["yaml_number"] * 2, (1, 4)),
        ("a: " + "9" * 5000, ["yaml_number"], (1, 4)),
        ("a: 'unclosed", ["yaml_syntax"], (1, 13)),
        ("a: [1, 2", ["yaml_syntax"], (2, 1)),
        ("a:\n\tb: 1", ["yaml_syntax"], (2, 1)),
        ("a: \x07", ["yaml_character"], (1, 4)),
        ("a: é\nb: \x00", ["yaml_character"], (2, 4)),
        (b"a: \xff", ["yaml_not_utf8"], (1, 4)),
        ("a: 1".encode("utf-16"), ["yaml_not_utf8"], (1, 1)),
        ("a: \ud800", ["yaml_not_utf8"], (1, 1)),
    ],
)
def test_what_a_flow_never_holds_is_refused_with_its_place(
    text: str | bytes, codes: list[str], place: tuple[int, int]
) -> None:
    found = mistakes_in(text)

    assert [mistake.code for mistake in found] == codes
    assert (found[0].line, found[0].column) == place


def test_all_mistakes_are_told_at_once() -> None:
    found = mistakes_in("a: !x 1\na: 2\nb: {<<: 1}\nc: 1e999\n")

    assert [mistake.code for mistake in found] == [
        "yaml_tag", "yaml_duplicate_key", "yaml_merge_key", "yaml_number",
    ]  # fmt: skip


def test_a_tab_that_strict_readers_refuse_is_a_warning_with_its_place() -> None:
    read = read_yaml('a: "b"\t\nc: "d\te"  # f\tg\n', file="f")

    assert read.value == {"a": "b", "c": "d\te"}
    assert [(each.code, each.line, each.column) for each in read.warnings] == [("yaml_tab", 1, 7)]


LAUGHS = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + n)}: &{chr(98 + n)} [{','.join(['*' + chr(97 + n)] * 9)}]\n" for n in range(9)
)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        pytest.param(LAUGHS, "yaml_too_many_nodes", id="billion laughs"),
        pytest.param("[&a x" + ",*a" * 200_000 + "]", "yaml_too_many_nodes", id="aliases"),
        pytest.param("[" * MOST, "yaml_too_deep", id="brackets"),
        pytest.param("- " * (MOST // 2), "yaml_too_deep", id="dashes"),
        pytest.param("\n".join(" " * n + "a:" for n in range(1000)), "yaml_too_deep", id="deep mapping"),
        pytest.param("".join(f"k{n}: 1\n" for n in range(70_000)), "yaml_too_many_nodes", id="keys"),
        pytest.param("[" + "1," * 400_000 + "]", "yaml_too_many_nodes", id="items"),
        pytest.param("a:\n" * 200_000, "yaml_duplicate_key", id="duplicates"),
        pytest.param(
            "".join(f"%TAG !a{n}! b\n" for n in range(40_000)) + "---\n1", "yaml_tag", id="directives"
        ),
        pytest.param('- "a"\t\n' * 100_000, "yaml_too_many_nodes", id="tabs"),
        pytest.param("x" * (MOST + 1), "yaml_too_large", id="size"),
        pytest.param("&" + "a" * (MOST - 1) + " !", "yaml_too_large", id="size again"),
        pytest.param('"' + "a" * (MOST - 1), "yaml_syntax", id="an endless text"),
        pytest.param("[" * 90 + '"a", ' * 150_000, "yaml_too_many_nodes", id="deep and many"),
        pytest.param(
            "a: &a {x: 1}\n" + "".join(f"b{n}: {{<<: *a}}\n" for n in range(9000)),
            "yaml_merge_key",
            id="merges",
        ),
    ],
)
def test_a_hostile_document_is_refused_soon_and_cheaply(text: str, code: str) -> None:
    before, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()

    found = mistakes_in(text)

    assert found[0].code == code
    assert len(found) <= 100
    assert time.process_time() - started < 10
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 128 * 1024


def test_many_tabs_between_values_cost_no_more_than_their_document() -> None:
    started = time.process_time()

    read = read_yaml('- "a"\t\n' * 40_000, file="f")

    assert len(read.warnings) == 100
    assert time.process_time() - started < 10


def test_every_published_flow_is_read(shared: Path) -> None:
    flows = sorted((shared / "corpus/flows").glob("*.yaml"))
    for path in flows:
        assert read_yaml(path.read_bytes(), file=path.name).value["integration"]

    assert len(flows) == 279
