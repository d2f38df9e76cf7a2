"""What a setdbparms.txt says."""

import pytest

from lockhouse.errors import Mistakes
from lockhouse.runtime.setdbparms import read_setdbparms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("AppConnectAPIKey apikey EXAMPLE-KEY", [("AppConnectAPIKey", "apikey", "EXAMPLE-KEY")]),
        ("Orders\tapikey   EXAMPLE-KEY\r\n", [("Orders", "apikey", "EXAMPLE-KEY")]),
        ("\ufeffOrders apikey EXAMPLE-KEY", [("Orders", "apikey", "EXAMPLE-KEY")]),
        ("# comment\n\nA b c\nD e f\n", [("A", "b", "c"), ("D", "e", "f")]),
        ("A b it's", [("A", "b", "it's")]),
        ('A b "c"', [("A", "b", '"c"')]),
        ("mqsisetdbparms -n A -u b -p c", [("A", "b", "c")]),
        ("mqsisetdbparms -w /work -p c -n A -u b", [("A", "b", "c")]),
        ("", []),
    ],
)
def test_each_line_is_a_credential(text: str, expected: list[tuple[str, str, str]]) -> None:
    read = read_setdbparms(text)

    assert [(one.resource, one.user, one.password.reveal()) for one in read] == expected


@pytest.mark.parametrize(
    ("text", "codes"),
    [
        ("AppConnectAPIKey EXAMPLE-KEY", ["setdbparms_too_few"]),
        ("AppConnectAPIKey apikey EXAMPLE-KEY # the shop's key", ["setdbparms_too_many"]),
        ('A b "c d"', ["setdbparms_too_many"]),
        ("A b\nC d e f\nG h i", ["setdbparms_too_few", "setdbparms_too_many"]),
        ("mqsisetdbparms -n A -u b", ["setdbparms_too_few"]),
        ("mqsisetdbparms -n A -u b -p", ["setdbparms_too_few"]),
        ("mqsisetdbparms -n A -u b -x c", ["setdbparms_option"]),
        ("A b EXAMPLE-1\nA b EXAMPLE-2", ["setdbparms_twice"]),
        ("a b c\n" * 2000, ["setdbparms_too_long"]),
    ],
)
def test_every_bad_line_is_named_at_once_and_no_word_of_it_is_repeated(text: str, codes: list[str]) -> None:
    with pytest.raises(Mistakes) as caught:
        read_setdbparms(text)

    assert [mistake.code for mistake in caught.value.mistakes] == codes
    assert "EXAMPLE" not in str(caught.value)
