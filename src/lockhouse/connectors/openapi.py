"""An OpenAPI document (3.0, 3.1, Swagger 2) read into operations: what each takes, gives and needs to be let
in.

What a connector cannot carry is noted, with its place in the document, never dropped in silence.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from lockhouse.documents import Document, Path
from lockhouse.errors import Mistake, Mistakes

METHODS = ("get", "head", "post", "put", "patch", "delete")
_DEEPEST = 6
_JSON = re.compile(r"application/([\w.+-]+\+)?json\b|\*/\*")


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation; `place` is path, query or header."""

    name: str
    place: str
    schema: Mapping[str, Any]
    required: bool = False


@dataclass(frozen=True, slots=True)
class Operation:
    """One method and path. `body_kind` is json, form, multipart, raw or empty; `answer` the schema of what it
    gives.
    """

    method: str
    path: str
    title: str
    parameters: tuple[Parameter, ...]
    body_kind: str = ""
    body_type: str = ""
    body: Mapping[str, Any] = field(default_factory=dict)
    body_required: bool = False
    answer: Mapping[str, Any] = field(default_factory=dict)
    answer_kind: str = "none"
    status: int = 0


class Description:
    """A document that is being read: references resolved, what cannot be carried noted."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.root: dict[str, Any] = document.value if isinstance(document.value, dict) else {}
        self.notes: list[Mistake] = []
        version = str(self.root.get("openapi") or self.root.get("swagger") or "")
        self.is_swagger = version.startswith("2")
        if not (self.is_swagger or version.startswith("3")) or not isinstance(self.root.get("paths"), dict):
            message = "expected an OpenAPI 3.0 or 3.1 document, or Swagger 2.0, with paths"
            raise Mistakes([document.mistake("openapi_not_one", message)])

    def note(self, code: str, message: str, path: Path) -> None:
        """Note what the connector will not have."""
        self.notes.append(self.document.mistake(code, message, path))

    @property
    def title(self) -> str:
        """The API's own name."""
        info = self.root.get("info")
        return str(info.get("title") or "") if isinstance(info, dict) else ""

    def base_url(self) -> str:
        """The address of the first server, its variables at their defaults; empty when none is told."""
        if self.is_swagger:
            host = self.root.get("host")
            scheme = (self.root.get("schemes") or ["https"])[0]
            return f"{scheme}://{host}{self.root.get('basePath') or ''}".rstrip("/") if host else ""
        servers = self.root.get("servers") or []
        server = servers[0] if servers and isinstance(servers[0], dict) else {}
        if len(servers) > 1:
            self.note("openapi_servers", "the first server is the account's default address", ("servers",))
        url = str(server.get("url") or "")
        for name, variable in (server.get("variables") or {}).items():
            default = variable.get("default") if isinstance(variable, dict) else None
            url = url.replace(f"{{{name}}}", str(default or name))
        return url.rstrip("/") if "://" in url else ""

    def operations(self) -> Iterator[Operation]:
        """Every operation that a connector can have."""
        for path, item in self.root["paths"].items():
            resolved = self.resolved(item)
            if not isinstance(resolved, dict) or not str(path).startswith("/"):
                continue
            for method in resolved:
                if method in METHODS and isinstance(resolved[method], dict):
                    yield self._operation(str(path), method, resolved, ("paths", path, method))
                elif method in ("options", "trace"):
                    self.note("openapi_method", f"{method} is not carried", ("paths", path, method))

    def _operation(self, path: str, method: str, item: dict[str, Any], at: Path) -> Operation:
        source = item[method]
        listed = [*(item.get("parameters") or []), *(source.get("parameters") or [])]
        parameters = [found for one in listed if isinstance(found := self.resolved(one), dict)]
        kind, body_type, body, required = self._body(source, parameters, at)
        status, answer_kind, answer = self._answer(source, at)
        return Operation(
            method=method,
            path=path,
            title=str(source.get("summary") or source.get("operationId") or ""),
            parameters=tuple(self._parameters(parameters, at)),
            body_kind=kind,
            body_type=body_type,
            body=body,
            body_required=required,
            answer=answer,
            answer_kind=answer_kind,
            status=status,
        )

    def _parameters(self, parameters: list[dict[str, Any]], at: Path) -> Iterator[Parameter]:
        found: dict[tuple[str, str], Parameter] = {}
        for one in parameters:
            name, place = str(one.get("name") or ""), str(one.get("in") or "")
            if place == "cookie":
                self.note("openapi_cookie", f"the cookie {name} is not carried", (*at, "parameters"))
            elif place in ("path", "query", "header"):
                schema = self.schema(one.get("schema") or one)
                if one.get("style") == "deepObject" or schema.get("type") == "object":
                    self.note("openapi_style", f"{name} is sent as JSON text", (*at, "parameters"))
                needed = one.get("required") is True or place == "path"
                found[(name, place)] = Parameter(name, place, schema, needed)
        yield from found.values()

    def _body(
        self, source: dict[str, Any], parameters: list[dict[str, Any]], at: Path
    ) -> tuple[str, str, Mapping[str, Any], bool]:
        if self.is_swagger:
            return self._swagger_body(source, parameters)
        body = self.resolved(source.get("requestBody"))
        contents = body.get("content") if isinstance(body, dict) else None
        if not isinstance(contents, dict) or not contents:
            return "", "", {}, False
        chosen = _chosen(contents)
        if len(contents) > 1:
            left = ", ".join(name for name in contents if name != chosen)
            self.note("openapi_body", f"sent as {chosen}; not as {left}", (*at, "requestBody"))
        media = contents[chosen] if isinstance(contents[chosen], dict) else {}
        schema = self.schema(media.get("schema") or {})
        return _kind_of(chosen), chosen, schema, body.get("required") is True

    def _swagger_body(
        self, source: dict[str, Any], parameters: list[dict[str, Any]]
    ) -> tuple[str, str, Mapping[str, Any], bool]:
        for one in parameters:
            if one.get("in") == "body":
                return (
                    "json",
                    "application/json",
                    self.schema(one.get("schema") or {}),
                    one.get("required") is True,
                )
        fields = {str(one["name"]): self.schema(one) for one in parameters if one.get("in") == "formData"}
        if not fields:
            return "", "", {}, False
        consumes = source.get("consumes") or self.root.get("consumes") or []
        has_file = any(schema.get("type") == "file" for schema in fields.values())
        kind = "multipart" if has_file or "multipart/form-data" in consumes else "form"
        required = [one["name"] for one in parameters if one.get("in") == "formData" and one.get("required")]
        return kind, "", {"type": "object", "properties": fields, "required": required}, bool(required)

    def _answer(self, source: dict[str, Any], at: Path) -> tuple[int, str, Mapping[str, Any]]:
        responses = source.get("responses")
        listed = responses if isinstance(responses, dict) else {}
        good = [code for code in listed if str(code).startswith("2")] or [
            code for code in listed if code == "default"
        ]
        if not good:
            return 0, "none", {}
        response = self.resolved(listed[good[0]])
        status = int(good[0]) if str(good[0]).isdigit() else 0
        if not isinstance(response, dict):
            return status, "none", {}
        if self.is_swagger:
            schema = self.schema(response.get("schema") or {})
            return status, "json" if response.get("schema") else "none", schema
        contents = response.get("content") or {}
        chosen = next((name for name in contents if _JSON.match(name)), next(iter(contents), ""))
        if not chosen:
            return status, "none", {}
        if not _JSON.match(chosen):
            self.note("openapi_answer", f"{chosen} is handed over as a file's content", (*at, "responses"))
            return status, "text" if chosen.startswith("text/") else "file", {}
        return status, "json", self.schema((contents[chosen] or {}).get("schema") or {})

    def resolved(self, node: Any, seen: int = 0) -> Any:
        """What stands behind a `$ref`; None for one that leads nowhere or out of the document."""
        while isinstance(node, dict) and isinstance(node.get("$ref"), str):
            reference, seen = node["$ref"], seen + 1
            if not reference.startswith("#/") or seen > 50:
                return None
            node = self.root
            for step in reference[2:].split("/"):
                name = unquote(step).replace("~1", "/").replace("~0", "~")
                node = node.get(name) if isinstance(node, dict) else None
        return node

    def schema(self, node: Any, depth: int = 0) -> dict[str, Any]:
        """A schema with its references and `allOf` put together, to a depth that fields need; else an empty
        one.
        """
        found = self.resolved(node)
        if not isinstance(found, dict) or depth > _DEEPEST:
            return {}
        merged = {key: value for key, value in found.items() if key not in ("allOf", "properties", "items")}
        kind = merged.get("type")
        if isinstance(kind, list):
            merged["type"] = next((one for one in kind if one != "null"), None)
        properties: dict[str, Any] = {}
        required = list(found.get("required") or []) if isinstance(found.get("required"), list) else []
        for part in found.get("allOf") or []:
            inner = self.schema(part, depth)
            properties |= inner.get("properties", {})
            required += inner.get("required", []) if isinstance(inner.get("required"), list) else []
            merged = {
                **{key: value for key, value in inner.items() if key not in ("properties", "required")},
                **merged,
            }
        own = found.get("properties")
        if isinstance(own, dict):
            properties |= {str(name): self.schema(value, depth + 1) for name, value in own.items()}
        if properties:
            merged |= {"type": merged.get("type") or "object", "properties": properties}
        if "items" in found:
            merged["items"] = self.schema(found["items"], depth + 1)
        return {**merged, "required": required}


def _chosen(contents: Mapping[str, Any]) -> str:
    for wanted in (_JSON, re.compile("application/x-www-form-urlencoded"), re.compile("multipart/form-data")):
        for name in contents:
            if wanted.match(name):
                return str(name)
    return str(next(iter(contents)))


def _kind_of(media: str) -> str:
    if _JSON.match(media):
        return "json"
    return {"application/x-www-form-urlencoded": "form", "multipart/form-data": "multipart"}.get(media, "raw")
