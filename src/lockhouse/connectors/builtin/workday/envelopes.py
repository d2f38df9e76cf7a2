"""JSON as flows map it, and the XML of Workday's web services (urn:com.workday/bsvc).

A name is an element, a list repeats it. `ID__NORMALIZED` holds IDs by their types. A name that ends with
`___Date` is the element without that.
"""

import base64
import re
from collections.abc import Iterable, Mapping
from html import escape
from typing import Any

from lockhouse.connectors.bodies import from_base64
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.model import Field
from lockhouse.connectors.templates import as_text
from lockhouse.connectors.xml import Element, NotXml

MOST_DEEP = 60
IDS = "ID__NORMALIZED"
_FILES = frozenset({"File_Content", "File"})
_NAME = re.compile(r"[A-Za-z_][\w.-]*", re.ASCII)
_NOT_IN_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def request(name: str, values: Mapping[str, Any], fields: Mapping[str, Field], version: str) -> str:
    """The element of a request, its parts in the order of the fields. Raises Rejected."""
    inner = "".join(_parts(values, fields, 0))
    return f'<wd:{name} xmlns:wd="urn:com.workday/bsvc" wd:version="{escape(version)}">{inner}</wd:{name}>'


def response(envelope: Element) -> Any:
    """What stands in the body of an answer. Raises NotXml."""
    body = next(envelope.all("Body"), None)
    if envelope.name != "Envelope" or body is None or not body.inner:
        raise NotXml("the answer is no envelope with a body")
    return _value(body.inner[0], 0)


def _parts(values: Mapping[str, Any], fields: Mapping[str, Field], depth: int) -> Iterable[str]:
    """The elements of an object: those that are known in the order of the schema, then the others."""
    if depth > MOST_DEEP:
        raise Rejected("the request is nested too deeply")
    order = [name for name in fields if name in values]
    for name in (*order, *(name for name in values if name not in fields)):
        members = fields[name].members if name in fields else {}
        for one in values[name] if isinstance(values[name], list) else [values[name]]:
            if one in (None, "", {}):
                continue
            yield from _ids(one) if name == IDS else _element(name, one, members, depth)


def _element(name: str, value: Any, members: Mapping[str, Field], depth: int) -> Iterable[str]:
    tag = name.removesuffix("___Date")
    if not _NAME.fullmatch(tag):
        raise Rejected(f"{name[:60]!r} cannot be the name of an element")
    if isinstance(value, Mapping):
        inner = "".join(_parts(value, members, depth + 1))
    else:
        inner = _file(value) if tag in _FILES else _text(value)
    if inner:
        yield f"<wd:{tag}>{inner}</wd:{tag}>"


def _ids(value: Any) -> Iterable[str]:
    if not isinstance(value, Mapping):
        raise Rejected(f"{IDS}: expected the types of IDs with their values")
    for kind, number in value.items():
        # `attributes` has IDs whose types only their names tell; one without a name says nothing.
        if kind != "attributes" and number not in (None, ""):
            yield f'<wd:ID wd:type="{_text(kind)}">{_text(number)}</wd:ID>'
    listed = value.get("attributes") or []
    for one in listed if isinstance(listed, list) else [listed]:
        kind = one.get("attr_name") if isinstance(one, Mapping) else None
        if kind and one.get("attr_value") not in (None, ""):
            yield f'<wd:ID wd:type="{_text(kind)}">{_text(one["attr_value"])}</wd:ID>'


def _text(value: Any) -> str:
    text = as_text(value)
    if _NOT_IN_XML.search(text):
        raise Rejected(f"{text[:40]!r} has a character that XML cannot carry")
    return escape(text)


def _file(value: Any) -> str:
    """A file's content in base64; what is none already is taken as text."""
    text = as_text(value)
    return text if from_base64(text) is not None else base64.b64encode(text.encode()).decode()


def _value(element: Element, depth: int) -> Any:
    if depth > MOST_DEEP:
        raise NotXml("the answer is nested too deeply")
    if not element.inner:
        return element.text
    found: dict[str, Any] = {}
    for inner in element.inner:
        if inner.name == "ID" and "type" in inner.attributes:
            found.setdefault(IDS, {})[inner.attributes["type"]] = inner.text
            continue
        value = _value(inner, depth + 1)
        if inner.name not in found:
            found[inner.name] = value
        elif isinstance(found[inner.name], list):
            found[inner.name].append(value)
        else:
            found[inner.name] = [found[inner.name], value]
    if element.attributes.get("Descriptor"):
        found["Descriptor"] = element.attributes["Descriptor"]
    return found
