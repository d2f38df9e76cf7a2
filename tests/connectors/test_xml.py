"""XML of an application is read without what XML can do to its reader."""

import time

import pytest

from lockhouse.connectors.xml import NotXml, read_xml


def test_elements_are_read_with_their_texts_whatever_their_namespace() -> None:
    root = read_xml(
        b'<?xml version="1.0"?><L xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><C><Key>a&amp;b</Key></C>'
        b"<C><Key>\xc3\xbc &#x1F600;</Key></C><n:T xmlns:n='x'>t</n:T></L>"
    )

    assert [element.value("Key") for element in root.all("C")] == ["a&b", "ü 😀"]
    assert (root.name, root.value("T"), root.value("none")) == ("L", "t", "")


BOMB = b"<!DOCTYPE a [" + b"".join(
    b'<!ENTITY e%d "%s">' % (n, b"&e%d;" % (n - 1) * 10 if n else b"lol") for n in range(9)
)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"nothing", b"<a>", b"<a></b>", b"\xff\xfe<a/>", b"<a>&unknown;</a>", BOMB + b"]><a>&e8;</a>",
        b'<!DOCTYPE a SYSTEM "file:///etc/passwd"><a/>', b'<?xml version="1.0" encoding="odd"?><a/>',
        b"<a>" + b"<b/>" * 60_000 + b"</a>", b"<a>" * 60_000,
    ],
    ids=range(11),
)  # fmt: skip
def test_what_is_no_plain_xml_is_refused(data: bytes) -> None:
    with pytest.raises(NotXml):
        read_xml(data)


def test_a_long_text_is_read_in_a_moment() -> None:
    data = b"<a>" + b"x\n" * 5_000_000 + b"</a>"

    began = time.process_time()
    assert len(read_xml(data).text) == 10_000_000
    assert time.process_time() - began < 15
