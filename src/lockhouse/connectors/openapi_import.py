"""An OpenAPI document becomes a connector's manifest, its operations named as App Connect names those it
imports.
"""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from lockhouse.connectors.openapi import Description, Operation, Parameter
from lockhouse.connectors.openapi_auth import auth_of
from lockhouse.documents import Document
from lockhouse.errors import Mistake, Mistakes

_LISTS = ("items", "data", "results", "value", "values", "records", "entries", "list", "content")
_SIZES = (
    "limit",
    "per_page",
    "perPage",
    "pageSize",
    "page_size",
    "page[size]",
    "maxResults",
    "max_results",
    "count",
    "$top",
)
_OFFSETS = ("offset", "skip", "startAt", "start", "$skip")
_PAGES = ("page", "pageNumber", "page_number")
_CURSORS = {
    "after": "paging.next.after", "cursor": "next_cursor", "pageToken": "nextPageToken",
    "page_token": "next_page_token", "continuation": "pagination.continuation",
}  # fmt: skip
_TYPES = {
    "string": "string",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "object": "object",
    "array": "array",
}
_FORMATS = {"date": "date", "date-time": "datetime"}
_NOT_HEADERS = frozenset({"accept", "content-type", "authorization"})
_WORDS = frozenset({"null", "true", "false", "and", "or", "in"})
"""What an expression reads as its own words."""
_MOST_FIELDS = 20_000
"""How many fields within fields a connector shows; of an API with more, the first level."""


@dataclass(frozen=True, slots=True)
class Imported:
    """The manifest of an imported API, and what of the document it does not carry."""

    manifest: dict[str, Any]
    notes: tuple[Mistake, ...]
    operations: int


def import_openapi(document: Document, *, name: str) -> Imported:
    """Make a manifest of an OpenAPI document. Raises Mistakes when it is none, or has no operation."""
    description = Description(document)
    base_url = description.base_url()
    auth = auth_of(description, base_url)
    objects: dict[str, Any] = {}
    inner = InnerFields(description)
    for operation in description.operations():
        plain = operation_name = name_of(operation)
        number = 1
        while f"{operation_name}_model" in objects:
            number += 1
            operation_name = f"{plain}{number}"
        if number > 1:
            at = ("paths", operation.path)
            description.note("openapi_name", f"another {plain} is named {operation_name}", at)
        made = _Builder(description, operation, inner).business_object(operation_name)
        objects[f"{operation_name}_model"] = made
    if not objects:
        raise Mistakes(
            [document.mistake("openapi_no_operations", "expected at least one operation", ("paths",))]
        )
    manifest = {
        "connector": name,
        "title": description.title or name,
        "level": "preview",
        "auth": auth,
        "base-url": "{{$account.url}}",
        "headers": {"Accept": "application/json"},
        "objects": objects,
        "double": {"unknown-fields": "ignore"},
    }
    check = _harmless(objects)
    if check is not None:
        manifest["check"] = check
    return Imported(manifest, tuple(description.notes), len(objects))


def name_of(operation: Operation) -> str:
    """`getOrdersById`: method, then each segment of the path; `{name}` becomes `ByName`."""
    words = [operation.method]
    for segment in operation.path.split("/"):
        for part in re.split(r"(\{[^}]*\})", segment):
            plain = re.sub(r"[^A-Za-z0-9_-]", "", part)
            spelled = "".join(word[:1].upper() + word[1:] for word in plain.split("-") if word)
            words.append(f"By{spelled}" if part.startswith("{") else spelled)
    return "".join(words)


@dataclass(slots=True)
class InnerFields:
    """How many fields within fields there are so far: an API whose things hold each other has no end."""

    description: Description
    count: int = 0

    def of(self, schema: Mapping[str, Any], depth: int) -> dict[str, Any]:
        """The fields that a value of this schema has, as the manifest says them; none of too many."""
        properties = schema.get("properties")
        if not isinstance(properties, dict) or not properties or depth > 2:
            return {}
        self.count += len(properties)
        if self.count > _MOST_FIELDS:
            message = (
                f"more than {_MOST_FIELDS:,} fields within fields: those of later operations are not shown"
            )
            self.description.note("openapi_fields", message, ("paths",))
            return {}
        return {"fields": {name: self.field(inner, depth) for name, inner in properties.items()}}

    def field(self, schema: Mapping[str, Any], depth: int = 0) -> dict[str, Any]:
        """A schema as a field of the manifest."""
        kind = _FORMATS.get(str(schema.get("format")), _TYPES.get(str(schema.get("type")), "any"))
        made: dict[str, Any] = {"type": kind}
        allowed = schema.get("enum")
        if kind == "string" and allowed and all(isinstance(value, str) for value in allowed):
            made["values"] = list(allowed)
        if kind == "array":
            schema = schema.get("items") or {}
            made["of"] = _TYPES.get(str(schema.get("type")), "any")
        return made | self.of(schema, depth + 1)


@dataclass(slots=True)
class _Builder:
    """One operation on its way into the manifest."""

    description: Description
    operation: Operation
    inner: InnerFields
    fields: dict[str, Any] = field(default_factory=dict)

    def business_object(self, name: str) -> dict[str, Any]:
        """The business object that App Connect makes for an imported operation."""
        is_list = self.operation.method == "get" and self._list_place() is not None
        request = self._request(is_list=is_list)
        self._answer_fields(is_list=is_list)
        title = self.operation.title
        action = {"title": title, **request} if title else request
        made: dict[str, Any] = {"fields": self.fields} if self.fields else {}
        return {"title": title or name, **made, "actions": {"RETRIEVEALL" if is_list else name: action}}

    def _request(self, *, is_list: bool) -> dict[str, Any]:
        operation = self.operation
        request: dict[str, Any] = {operation.method: operation.path}
        paging = self._paging() if is_list else {}
        request |= self._parameters(dict(paging.pop("query", {})), is_list=is_list)
        request |= self._body()
        if is_list and (place := self._list_place()):
            request["items"] = place
        if operation.answer_kind in ("file", "text", "none"):
            request["answer"] = operation.answer_kind
        if operation.status in (200, 201, 202, 204):
            request["success"] = operation.status
        if operation.server:
            request["base-url"] = operation.server
        return request | paging

    def _parameters(self, query: dict[str, str], *, is_list: bool) -> dict[str, Any]:
        paging = frozenset(query)
        where: dict[str, str] = {}
        headers: dict[str, str] = {}
        for parameter in self.operation.parameters:
            turned = parameter.place == "query" and parameter.name in paging
            if turned or not self._place(parameter):
                continue
            if parameter.place == "header":
                headers[parameter.name] = self._hole(parameter)
            elif parameter.place == "query" and is_list and not parameter.required and not parameter.joint:
                where[parameter.name] = parameter.name
            elif parameter.place == "query":
                query[parameter.name] = self._hole(parameter)
        return {
            key: value for key, value in (("query", query), ("headers", headers), ("where", where)) if value
        }

    def _hole(self, parameter: Parameter) -> str:
        name = parameter.name
        plain = re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) and name not in _WORDS
        given = f"$given.{name}" if plain else f"$given.`{name}`"
        if parameter.joint:
            return f"{{{{$join({given}.$string(), {json.dumps(parameter.joint)})}}}}"
        return f"{{{{{given}}}}}"

    def _place(self, parameter: Parameter) -> bool:
        """Offer a parameter as a field; False, and a note, for one that is not carried."""
        at = ("paths", self.operation.path, self.operation.method, "parameters")
        if parameter.place == "header" and parameter.name.lower() in _NOT_HEADERS:
            self.description.note("openapi_header", f"{parameter.name} is the connector's own", at)
            return False
        if parameter.name in self.fields:
            message = f"{parameter.name} is a parameter in two places: both get the one value"
            self.description.note("openapi_twice", message, at)
        known = {**self.inner.field(parameter.schema), "place": True}
        if parameter.required:
            known["required"] = True
        self.fields[parameter.name] = known
        return True

    def _body(self) -> dict[str, Any]:
        operation = self.operation
        if not operation.body_kind:
            return {}
        properties = operation.body.get("properties")
        if operation.body_kind == "raw" or not isinstance(properties, dict) or not properties:
            return self._whole_body()
        required = set(operation.body.get("required") or [])
        for name, schema in properties.items():
            if name in self.fields:
                at = ("paths", operation.path, operation.method)
                self.description.note(
                    "openapi_twice", f"{name} is a parameter and a part of the body: the parameter stays", at
                )
                continue
            word = {"read-only": True} if schema.get("readOnly") is True else {"required": True}
            told = word if "read-only" in word or name in required else {}
            self.fields[name] = self.inner.field(schema) | told
        if operation.body_kind == "multipart":
            return {"multipart": [_part(name, schema) for name, schema in properties.items()]}
        return {"body" if operation.body_kind == "json" else "form": "{{$record}}"}

    def _whole_body(self) -> dict[str, Any]:
        operation = self.operation
        name = "body" if "body" not in self.fields else "requestBody"
        self.fields[name] = {"type": "any"} | ({"required": True} if operation.body_required else {})
        if operation.body_kind == "json":
            return {"body": f"{{{{$input.{name}}}}}"}
        if operation.body_kind == "form":
            return {"form": f"{{{{$input.{name}}}}}"}
        return {"raw": {"content": f"{{{{$input.{name}}}}}", "encoding": "auto", "type": operation.body_type}}

    def _answer_fields(self, *, is_list: bool) -> None:
        answer: Any = self.operation.answer
        if is_list:
            place = self._list_place()
            answer = answer.get("properties", {}).get(place, {}) if place else answer
            answer = answer.get("items", {})
        for name, schema in (answer.get("properties") or {}).items():
            if name not in self.fields:
                self.fields[name] = self.inner.field(schema) | {"read-only": True}

    def _list_place(self) -> str | None:
        """Where the answer has its items: an empty text when it is a list itself, None when it is no list."""
        answer = self.operation.answer
        if answer.get("type") == "array":
            return ""
        if self.operation.path.rstrip("/").endswith("}"):
            return None
        lists = [
            name for name, schema in (answer.get("properties") or {}).items() if schema.get("type") == "array"
        ]
        named = [name for name in _LISTS if name in lists]
        return named[0] if named else lists[0] if len(lists) == 1 else None

    def _paging(self) -> dict[str, Any]:
        names = [parameter.name for parameter in self.operation.parameters if parameter.place == "query"]
        size = next((name for name in _SIZES if name in names), None)
        offset = next((name for name in _OFFSETS if name in names), None)
        page = next((name for name in _PAGES if name in names), None)
        cursor = next(
            (name for name, place in _CURSORS.items() if name in names and self._answers(place)), None
        )
        if cursor is not None:
            size_query = {size: "{{$size}}"} if size else {}
            query = {**size_query, cursor: "{{$cursor}}"}
            return {"query": query, "next": {"cursor": _CURSORS[cursor]}, "most": self._most(size)}
        if size is None or not (offset or page):
            return {}
        query = {size: "{{$size}}", offset or str(page): "{{$offset}}" if offset else "{{$page}}"}
        following: dict[str, Any] = {"offset": True} if offset else {"page": True}
        return {"query": query, "next": following, "most": self._most(size)}

    def _most(self, size: str | None) -> int:
        most = next(
            (one.schema.get("maximum") for one in self.operation.parameters if one.name == size), None
        )
        return most if isinstance(most, int) and not isinstance(most, bool) and most > 0 else 100

    def _answers(self, place: str) -> bool:
        """Whether the answer has something at a place."""
        schema: Any = self.operation.answer
        for step in place.split("."):
            schema = (schema.get("properties") or {}).get(step)
            if schema is None:
                return False
        return True


def _part(name: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    hole = f"{{{{$input.`{name}`}}}}"
    if schema.get("format") in ("binary", "byte") or schema.get("type") == "file":
        return {
            "name": name,
            "filename": name,
            "type": "application/octet-stream",
            "content": hole,
            "encoding": "auto",
        }
    if schema.get("type") in ("object", "array"):
        return {"name": name, "json": hole}
    return {"name": name, "content": hole}


def _harmless(objects: Mapping[str, Any]) -> dict[str, Any] | None:
    """A read that needs no value, as the account's test."""
    for found in objects.values():
        for action in found["actions"].values():
            if (
                "get" in action
                and "{" not in action["get"]
                and not any(
                    known.get("required") and known.get("place") for known in found.get("fields", {}).values()
                )
            ):
                return {"get": action["get"]}
    return None
