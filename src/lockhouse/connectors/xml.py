"""XML that an application answers, as elements with what they hold."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.parsers import expat

MOST_ELEMENTS = 50_000


class NotXml(ValueError):
    """An answer is no XML that is read here: broken, or with a document type."""


@dataclass(slots=True)
class Element:
    """An element: its name without a namespace, its text, the elements inside, its attributes by their names
    without namespaces.
    """

    name: str
    text: str = ""
    inner: "list[Element]" = field(default_factory=list)
    attributes: dict[str, str] = field(default_factory=dict)

    def all(self, name: str) -> "Iterator[Element]":
        """The elements of this name directly inside."""
        return (element for element in self.inner if element.name == name)

    def value(self, name: str) -> str:
        """The text of the first element of this name directly inside; empty when there is none."""
        return next((element.text for element in self.all(name)), "")


def read_xml(data: bytes) -> Element:
    """The root of a document. Entities of a document's own cannot be declared. Raises NotXml."""
    root = Element("")
    open_elements: list[tuple[Element, list[str]]] = [(root, [])]
    count = 0
    parser = expat.ParserCreate()
    parser.buffer_text = True

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS:
            raise ValueError
        told = {key.rpartition(":")[2]: value for key, value in attributes.items()}
        element = Element(name.rpartition(":")[2], attributes=told)
        open_elements[-1][0].inner.append(element)
        open_elements.append((element, []))

    def end(_: str) -> None:
        element, texts = open_elements.pop()
        element.text = "".join(texts)

    def text(given: str) -> None:
        open_elements[-1][1].append(given)

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text
    parser.StartDoctypeDeclHandler = _refuse
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError):
        raise NotXml("the answer is not readable XML") from None
    return root.inner[0]


def _refuse(*_: object) -> None:
    raise ValueError
