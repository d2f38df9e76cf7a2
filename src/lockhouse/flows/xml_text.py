"""XML text → objects, within limits (our choice of shape: no published flow parses XML).

An element with text only is a string; attributes are `@name`, text beside them `#text`; elements that repeat
are a list. The root element is a key of the result. Document types are refused: no entity can be declared.
"""

from typing import Any
from xml.parsers import expat

DEEPEST = 100
MOST_ELEMENTS = 100_000


class XmlRefused(ValueError):
    """The text is no XML, or more than we take."""


class _Element:
    __slots__ = ("fields", "name", "text")

    def __init__(self, name: str, attributes: dict[str, str]) -> None:
        self.name = name
        self.fields: dict[str, Any] = {f"@{key}": value for key, value in attributes.items()}
        self.text: list[str] = []

    def add(self, name: str, value: Any) -> None:
        if name not in self.fields:
            self.fields[name] = value
        elif isinstance(self.fields[name], list):
            self.fields[name].append(value)
        else:
            self.fields[name] = [self.fields[name], value]

    def value(self) -> Any:
        text = "".join(self.text).strip()
        if not self.fields:
            return text
        return self.fields | ({"#text": text} if text else {})


def parse_xml(text: str) -> dict[str, Any]:
    """Parse a whole XML document. Raises XmlRefused."""
    stack = [_Element("", {})]
    count = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal count
        count += 1
        if count > MOST_ELEMENTS or len(stack) > DEEPEST:
            raise XmlRefused(f"more than {MOST_ELEMENTS} elements, or nested more than {DEEPEST} deep")
        stack.append(_Element(name, attributes))

    def end(name: str) -> None:
        done = stack.pop()
        stack[-1].add(name, done.value())

    def text_found(data: str) -> None:
        stack[-1].text.append(data)

    def refuse(*_declared: Any) -> None:
        raise XmlRefused("document types are not accepted")

    parser = expat.ParserCreate("utf-8")
    parser.buffer_text = True
    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = text_found
    parser.StartDoctypeDeclHandler = refuse
    try:
        parser.Parse(text.encode("utf-8", "replace"), True)
    except expat.ExpatError as error:
        raise XmlRefused(
            f"{expat.ErrorString(error.code)} in line {error.lineno}, column {error.offset + 1}"
        ) from None
    return stack[0].fields
