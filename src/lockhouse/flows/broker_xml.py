"""`META-INF/broker.xml`: the properties of an application's compiled flows (deployment.md, section 8)."""

from collections.abc import Mapping
from html import escape
from xml.parsers import expat

from lockhouse.errors import Mistake, Mistakes

_MOST_BYTES = 128 * 1024


class _Refused(ValueError):
    """Raised inside the parser at a declaration that we do not read."""


def read_overrides(data: bytes, *, file: str) -> dict[str, str]:
    """The overridden properties by `uri` (`gen.Orders#connectorServiceUrl`).

    A document type, and with it every entity of the document's own, is refused. Raises Mistakes.
    """
    if len(data) > _MOST_BYTES:
        raise Mistakes([Mistake("broker_xml_too_large", f"broker.xml has at most {_MOST_BYTES} bytes", file)])
    overrides: dict[str, str] = {}

    def element(name: str, attributes: dict[str, str]) -> None:
        if name == "ConfigurableProperty" and "uri" in attributes and "override" in attributes:
            overrides[attributes["uri"]] = attributes["override"]

    parser = expat.ParserCreate()
    parser.StartElementHandler = element
    parser.StartDoctypeDeclHandler = _refuse_document_type
    try:
        parser.Parse(data, True)
    except (expat.ExpatError, LookupError, ValueError) as error:
        message = str(error) if isinstance(error, _Refused) else "broker.xml is not well-formed XML"
        place = (parser.CurrentLineNumber, parser.CurrentColumnNumber + 1)
        raise Mistakes([Mistake("broker_xml_broken", message, file, *place)]) from None
    return overrides


def write_overrides(flow: str, properties: Mapping[str, str | None]) -> bytes:
    """A broker.xml of one flow: property → override; None leaves the property at its default."""
    lines = ['<?xml version="1.0" encoding="UTF-8"?>', "<Broker>", "  <CompiledApplication>"]
    lines.append(f'    <CompiledMessageFlow name="{escape(flow)}" type="CompiledMessageFlow">')
    for name, override in properties.items():
        value = "" if override is None else f' override="{escape(override)}"'
        lines.append(f'      <ConfigurableProperty uri="{escape(f"{flow}#{name}")}"{value}/>')
    lines += ["    </CompiledMessageFlow>", "  </CompiledApplication>", "</Broker>", ""]
    return "\n".join(lines).encode()


def _refuse_document_type(*_: object) -> None:
    raise _Refused("broker.xml declares a document type, which is not read here")
