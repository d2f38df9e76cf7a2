"""Text with {{…}}: rules 1 to 7 of flow-document.md, section 7."""

import contextlib
import time
from typing import Any

import pytest

from lockhouse.jsonata import NOTHING, ExpressionMistake, as_text, compile_template

BINDINGS = {
    "name": "Ada", "n": 5, "f": 2.5, "yes": True, "none": None, "list": [1, "a", None], "one": [{"Id": "7"}],
    "object": {"a": "ü", "b": [1.0]},
    "tiny": 0.0000001, "small": 0.00001234, "huge": 1e21,
}  # fmt: skip


def value(text: str) -> Any:
    return compile_template(text).evaluate(BINDINGS)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        # 1: no braces
        ("0", "0"),
        ("2024-03-14", "2024-03-14"),
        ("", ""),
        ("a } b { c }}", "a } b { c }}"),
        # 2: text and braces
        ("Hello {{$name}}!", "Hello Ada!"),
        ("{{$name}}{{$n}}", "Ada5"),
        ("{{$n}} {{$f}} {{$yes}}", "5 2.5 true"),
        ("[{{$none}}|{{$missing}}]", "[|]"),
        ("{{$list}}: {{$object}}", '[1,"a",null]: {"a":"ü","b":[1]}'),
        ("{{$tiny}} {{$small}} {{$huge}}", "1e-7 0.00001234 1e+21"),
        # 3: one {{…}}
        ("{{$name}}", "Ada"),
        ("{{$n}}", 5),
        ("{{$yes}}", True),
        ("{{$list}}", [1, "a", None]),
        ("{{$one.Id}}", "7"),
        ("{{$missing}}", NOTHING),
        ("{{$none}}", None),
        # 4: blanks around
        ("{{$n}} ", "5 "),
        ("\n{{$missing}}", "\n"),
        # 6: braces, quotes, comments, regular expressions and lines inside
        ('{{{"a": {"b": $n}}}}', {"a": {"b": 5}}),
        ('{{ {"a": 1}.a }}', 1),
        ('{{"}}" & $name}}', "}}Ada"),
        ("{{'{{' & \"}\" & $name}}", "{{}Ada"),
        ('{{"\\"}}" & $n}}', '"}}5'),
        ("{{/* }} */ $n}}", 5),
        ('{{$replace($name, /d{1}/, "}}")}}', "A}}a"),
        ("{{$n / 2 & '/' & $n}}", "2.5/5"),
        ("{{ $n\n  + 1 }}", 6),
        ("{{$n}} }} {{$f}}", "5 }} 2.5"),
        # 7: blanks in an expression
        ("{{  $name   }}", "Ada"),
    ],
)
def test_a_template_gives(text: str, expected: Any) -> None:
    found = value(text)

    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize(
    ("text", "code", "position"),
    [
        ("Hello {{$name", "template_unclosed", 6),
        ("{{", "template_unclosed", 0),
        ("ab {{$n +}} cd", "S0207", 9),
        ("{{$n}} and {{$a b}}", "S0201", 17),
        ("{{}}", "S0207", 2),
        ("{{$x[}} and {{$n}}", "S0203", 5),
    ],
)
def test_a_mistake_has_its_place_in_the_whole_text(text: str, code: str, position: int) -> None:
    with pytest.raises(ExpressionMistake) as refused:
        compile_template(text)

    assert (refused.value.code, refused.value.position) == (code, position)
    assert refused.value.text == text


def test_a_template_tells_what_it_reads() -> None:
    template = compile_template("{{$a.b}} and {{$sum($c)}}")

    assert template.variables == {"a", "c"}
    assert not template.is_single
    assert compile_template("plain").is_constant


@pytest.mark.parametrize(
    "text", ["{{" * 20_000, "{{(" * 20_000 + "}}", "{{'" + "}}" * 50_000, "}}" * 50_000, "{{/" * 20_000]
)
def test_a_hostile_template_is_read_or_refused_soon(text: str) -> None:
    started = time.process_time()

    with contextlib.suppress(ExpressionMistake):
        compile_template(text)

    assert time.process_time() - started < 10


def test_text_of_values() -> None:
    assert as_text("x") == "x"
    assert as_text(None) == as_text(NOTHING) == ""
    assert as_text(False) == "false"
    assert as_text(-0.5) == "-0.5"
    assert as_text(2**60) == "1152921504606846976"
    assert as_text({'q"': "\n\u2028é"}) == '{"q\\"":"\\n\u2028é"}'
