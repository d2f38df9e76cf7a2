"""broker.xml: overrides are read and written, nothing else is done with it."""

import pytest

from lockhouse.errors import Mistakes
from lockhouse.flows.broker_xml import read_overrides, write_overrides


def test_overrides_survive_writing_whatever_they_hold() -> None:
    data = write_overrides("gen.A & <B>", {"url": 'https://x.example/?a="1"&b=<2>', "plain": None})

    assert read_overrides(data, file="broker.xml") == {"gen.A & <B>#url": 'https://x.example/?a="1"&b=<2>'}


def test_a_property_without_an_override_is_passed_over() -> None:
    text = b'<Broker><ConfigurableProperty uri="f#a"/><ConfigurableProperty uri="f#b" override=""/></Broker>'

    assert read_overrides(text, file="broker.xml") == {"f#b": ""}


@pytest.mark.parametrize(
    "text", [b"", b"\xff\xfe", b"<a><b></a>", b"<!DOCTYPE a SYSTEM 'file:///etc/passwd'><a/>", b"<a>&b;</a>"]
)
def test_what_is_not_plain_xml_is_refused_with_its_place(text: bytes) -> None:
    with pytest.raises(Mistakes) as refused:
        read_overrides(text, file="broker.xml")

    (mistake,) = refused.value.mistakes
    assert (mistake.code, mistake.file) == ("broker_xml_broken", "broker.xml")
    assert mistake.line >= 1
