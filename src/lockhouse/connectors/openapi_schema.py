"""The schemas of an OpenAPI document: references followed, alternatives and `allOf` put together."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import unquote, urlsplit

from lockhouse.documents import Document, Path
from lockhouse.errors import Mistake

Schema = dict[str, Any]

_DEEPEST = 4
"""How deep fields are read: forms show three levels."""
_MOST_PARTS = 20
"""How deep `allOf` and its like may stand in each other."""
_MOST_STEPS = 50
_SAYABLE = re.compile(r"(?!.*\{\{)[^`\x00-\x1f]{1,200}")


class Reader:
    """A document that is being read: whatever is not of the expected kind is noted, with its place."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.root: Schema = document.value if isinstance(document.value, dict) else {}
        self.notes: list[Mistake] = []
        self._told: set[Mistake] = set()
        self._read: dict[tuple[int, int], tuple[Schema, Schema]] = {}

    def note(self, code: str, message: str, path: Path) -> None:
        """Note what the connector will not have; once, however often it is met."""
        mistake = self.document.mistake(code, message, path)
        if mistake not in self._told:
            self._told.add(mistake)
            self.notes.append(mistake)

    def resolved(self, node: Any, path: Path) -> Any:
        """What stands behind a `$ref`; None, and a note, for one that leads nowhere or elsewhere."""
        steps = 0
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference, steps = node["$ref"], steps + 1
            node = self._at(reference) if reference.startswith("#/") and steps < _MOST_STEPS else None
            if node is None:
                why = "is not in this document" if steps < _MOST_STEPS else "leads back to itself"
                self.note("openapi_reference", f"{reference[:200]!r} {why}", path)
        return node

    def _at(self, reference: str) -> Any:
        node: Any = self.root
        for step in reference[2:].split("/"):
            name = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(node, list) and name.isdecimal() and int(name[:9]) < len(node):
                node = node[int(name[:9])]
            else:
                node = node.get(name) if isinstance(node, dict) else None
        return node

    def mapping(self, node: Any, path: Path) -> Schema:
        """An object, its reference followed; an empty one, and a note, for anything else that was given."""
        found = self.resolved(node, path)
        if found is not None and not isinstance(found, dict):
            self.note("openapi_type", f"expected an object, got {_kind(found)}", path)
        return found if isinstance(found, dict) else {}

    def mappings(self, node: Any, path: Path) -> Iterator[tuple[str, Schema]]:
        """The objects of an object, by name."""
        for name, inner in self.mapping(node, path).items():
            yield str(name), self.mapping(inner, (*path, name))

    def listed(self, node: Any, path: Path) -> list[Any]:
        """A list; an empty one, and a note, for anything else that was given."""
        if node is not None and not isinstance(node, list):
            self.note("openapi_type", f"expected a list, got {_kind(node)}", path)
        return node if isinstance(node, list) else []

    def texts(self, node: Any, path: Path) -> list[str]:
        """The texts of a list; what is none is noted."""
        found = []
        for at, one in enumerate(self.listed(node, path)):
            if isinstance(one, str):
                found.append(one)
            else:
                self.note("openapi_type", f"expected a text, got {_kind(one)}", (*path, at))
        return found

    def text(self, node: Any, path: Path) -> str:
        """A text; an empty one, and a note, for anything else that was given."""
        if node is not None and not isinstance(node, str):
            self.note("openapi_type", f"expected a text, got {_kind(node)}", path)
        return node if isinstance(node, str) else ""

    def schema(self, node: Any, path: Path, depth: int = 0, parts: int = 0) -> Schema:
        """A schema as one object: `type`, `format`, `enum`, `properties`, `items`, `required`.

        It is as deep as fields need. What one of several forms may have is not required; the rest of JSON
        Schema is left to the API, which checks it.
        """
        if node is True:  # JSON Schema of 3.1: anything
            return {"required": []}
        found = self.mapping(node, path)
        if not found or depth > _DEEPEST:
            return {"required": []}
        known = self._read.get((id(found), depth))
        if known is not None:
            return known[1]
        if parts > _MOST_PARTS:
            self.note("openapi_reference", "the schema is made of itself", path)
            return {"required": []}
        made = self._schema(found, path, depth, parts)
        self._read[(id(found), depth)] = (found, made)  # an id is one thing's only while the thing lives
        return made

    def _schema(self, found: Schema, path: Path, depth: int, parts: int) -> Schema:
        made: Schema = {key: found[key] for key in ("format", "maximum", "readOnly") if key in found}
        kind = _one_type(found.get("type"))
        if isinstance(found.get("enum"), list):
            made["enum"] = found["enum"]
        properties: Schema = {}
        required = self.texts(found.get("required"), (*path, "required"))
        for part in self._parts(found, path, depth, parts):
            properties |= part.get("properties", {})
            required += part["required"]
            inner = {key: value for key, value in part.items() if key not in ("properties", "required")}
            made = {**inner, **made}
        for name, value in self.mapping(found.get("properties"), (*path, "properties")).items():
            at = (*path, "properties", name)
            if may_be_named(str(name)):
                properties[str(name)] = self.schema(value, at, depth + 1)
            else:
                self.note("openapi_field", f"the field {str(name)[:80]!r} is not carried", at)
        if kind:
            made["type"] = kind
        if properties:
            made |= {"type": made.get("type") or "object", "properties": properties}
        if "items" in found:
            made["items"] = self.schema(found["items"], (*path, "items"), depth + 1)
        return {
            **made,
            "required": [name for name in dict.fromkeys(required) if not _only_read(properties, name)],
        }

    def _parts(self, found: Schema, path: Path, depth: int, parts: int) -> Iterator[Schema]:
        for at, part in enumerate(self.listed(found.get("allOf"), (*path, "allOf"))):
            yield self.schema(part, (*path, "allOf", at), depth, parts + 1)
        for word in ("oneOf", "anyOf"):
            listed = self.listed(found.get(word), (*path, word))
            forms = [
                self.schema(one, (*path, word, at), depth, parts + 1)
                for at, one in enumerate(listed)
                if not (isinstance(one, dict) and one.get("type") == "null")
            ]
            if forms:
                yield self._any_of(forms, (*path, word))

    def _any_of(self, forms: list[Schema], path: Path) -> Schema:
        if len(forms) == 1:
            return forms[0]
        kinds = {form.get("type") for form in forms}
        if kinds != {"object"}:
            return {"type": kinds.pop() if len(kinds) == 1 else None, "required": []}
        self.note(
            "openapi_forms", f"which of the fields of {len(forms)} forms belong together is not checked", path
        )
        properties: Schema = {}
        for form in forms:
            properties |= form.get("properties", {})
        common = [name for name in forms[0]["required"] if all(name in form["required"] for form in forms)]
        return {"type": "object", "properties": properties, "required": common}


def may_be_named(name: str) -> bool:
    """Whether expressions can say a name: of up to 200 characters, without backticks, line ends and `{{`."""
    return _SAYABLE.fullmatch(name) is not None


def is_address(text: str) -> bool:
    """Whether a text is a whole address of http or https, without holes."""
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and not re.search(r"[\s{}]", text)
    except ValueError:
        return False


def _only_read(properties: Mapping[str, Any], name: str) -> bool:
    # What is both required and only read is required of the answer (OpenAPI 3.0.3, 4.7.24.2).
    return properties.get(name, {}).get("readOnly") is True


def _one_type(kind: Any) -> str:
    if isinstance(kind, list):
        kinds = [one for one in kind if isinstance(one, str) and one != "null"]
        return kinds[0] if len(kinds) == 1 else ""
    return kind if isinstance(kind, str) else ""


def _kind(value: Any) -> str:
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    kinds = {dict: "an object", list: "a list", str: "a text", int: "a number", float: "a number"}
    return kinds.get(type(value), "something else")
