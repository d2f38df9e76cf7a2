"""The second judge of connectors: the vendor's own API description, which no manifest and no double is made
from.
"""

import json
import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator


class Description:
    """A vendor's API description, which no manifest and no double is made from."""

    def __init__(self, document: dict[str, Any]) -> None:
        self.document = document
        self.bases = {
            re.sub(r"https?://[^/]+", "", server["url"]).rstrip("/") for server in document.get("servers", [])
        }

    def operation(self, method: str, path: str) -> tuple[dict[str, Any], list[Any]] | None:
        """The operation that answers there, and the parameters of its path."""
        found = []
        for template, item in self.document["paths"].items():
            bases = self.bases | {
                re.sub(r"https?://[^/]+", "", server["url"]).rstrip("/")
                for holder in (item, item.get(method.lower(), {}))
                for server in holder.get("servers", [])
            }
            pattern = re.sub(r"\\\{[^}]+\\\}", "[^/]+", re.escape(template))
            if method.lower() in item and any(
                re.fullmatch(re.escape(base) + pattern, path) for base in bases
            ):
                found.append((template.count("{"), item[method.lower()], item.get("parameters", [])))
        return min(found, key=lambda one: one[0])[1:] if found else None

    def resolved(self, node: Any) -> Any:
        """A node of the document behind its `$ref`."""
        while isinstance(node, dict) and "$ref" in node:
            target: Any = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step.replace("~1", "/").replace("~0", "~")]
            node = target
        return node

    def complaints(self, request: dict[str, Any]) -> list[str]:
        """What the description has against a request."""
        known = self.operation(request["method"], request["path"])
        if known is None:
            return [f"no operation {request['method']} {request['path']}"]
        operation, shared = known
        return [*self._query(request, operation, shared), *self._body(request, operation)]

    def _query(self, request: dict[str, Any], operation: dict[str, Any], shared: list[Any]) -> Iterator[str]:
        parameters = [self.resolved(one) for one in [*shared, *operation.get("parameters", [])]]
        declared = {one["name"]: one for one in parameters if one["in"] == "query"}
        given = dict(request["query"])
        for name in given:
            if name not in declared:
                yield f"unknown query parameter {name}"
        for name, one in declared.items():
            if one.get("required") and name not in given:
                yield f"query parameter {name} is missing"

    def _body(self, request: dict[str, Any], operation: dict[str, Any]) -> Iterator[str]:
        contents = self.resolved(operation.get("requestBody") or {}).get("content") or {}
        if not request["content_type"].startswith("application/json") or "application/json" not in contents:
            return
        schema = contents["application/json"].get("schema", {})
        validator = Draft202012Validator({**schema, "components": self.document.get("components", {})})
        for error in validator.iter_errors(json.loads(request["body"])):
            yield f"{error.json_path}: {error.message}"[:300]
