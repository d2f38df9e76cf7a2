"""An OpenAPI document (3.0, 3.1, Swagger 2) read into operations: what each takes, gives and needs to be let
in.

What a connector cannot carry is noted, with its place in the document, never dropped in silence.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from lockhouse.connectors.openapi_schema import Reader, Schema, is_address, may_be_named
from lockhouse.documents import Document, Path
from lockhouse.errors import Mistakes

METHODS = ("get", "head", "post", "put", "patch", "delete")
_PLACES = ("path", "query", "header")
_JSON = re.compile(r"application/([\w.+-]+\+)?json\b|\*/\*")
_PATH = re.compile(r"/([^{}\s`]|\{[^{}\s/`]+\})*")
_LONGEST_PATH = 500
_BESIDE_METHODS = ("summary", "description", "servers", "parameters", "$ref")
_JOINTS = {
    "csv": ",", "ssv": " ", "tsv": "\t", "pipes": "|",  # Swagger 2: collectionFormat
    "form": ",", "simple": ",", "spaceDelimited": " ", "pipeDelimited": "|",  # OpenAPI 3: style
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation; `place` is path, query or header, `joint` what stands between the values
    of a list that is sent as one text.
    """

    name: str
    place: str
    schema: Mapping[str, Any]
    required: bool = False
    joint: str = ""


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
    server: str = ""


class Description(Reader):
    """A document that is being read."""

    def __init__(self, document: Document) -> None:
        super().__init__(document)
        version = str(self.root.get("openapi") or self.root.get("swagger") or "")
        self.is_swagger = version.startswith("2")
        if not (self.is_swagger or version.startswith("3")) or not isinstance(self.root.get("paths"), dict):
            message = "expected an OpenAPI 3.0 or 3.1 document, or Swagger 2.0, with paths"
            raise Mistakes([document.mistake("openapi_not_one", message)])
        if self.root.get("webhooks"):
            self.note("openapi_webhooks", "calls that the API makes are not carried", ("webhooks",))

    @property
    def title(self) -> str:
        """The API's own name."""
        title = self.text(self.mapping(self.root.get("info"), ("info",)).get("title"), ("info", "title"))
        return " ".join(title.split())[:120]

    def base_url(self) -> str:
        """The address of the first server, its variables at their defaults; empty when none is told."""
        url = self._swagger_url() if self.is_swagger else self._server_url()
        if is_address(url):
            return url.rstrip("/")
        if url.strip("/"):
            message = f"{url[:200]!r} is no whole address: the account's url must end with its path"
            self.note("openapi_servers", message, ("basePath",) if self.is_swagger else ("servers", 0, "url"))
        return ""

    def _swagger_url(self) -> str:
        host = self.text(self.root.get("host"), ("host",))
        base = self.text(self.root.get("basePath"), ("basePath",))
        schemes = self.texts(self.root.get("schemes"), ("schemes",))
        scheme = "https" if "https" in schemes or not schemes else schemes[0]
        return f"{scheme}://{host}/{base.lstrip('/')}" if host else base

    def _server_url(self) -> str:
        servers = self.listed(self.root.get("servers"), ("servers",))
        at: Path = ("servers", 0)
        server = self.mapping(servers[0], at) if servers else {}
        if len(servers) > 1:
            self.note("openapi_servers", "the first server is the account's default address", ("servers",))
        url = self.text(server.get("url"), (*at, "url"))
        for name, variable in self.mappings(server.get("variables"), (*at, "variables")):
            url = url.replace(f"{{{name}}}", str(variable.get("default") or name))
        return url

    def operations(self) -> Iterator[Operation]:
        """Every operation that a connector can have."""
        for name, value in self.root["paths"].items():
            at: Path = ("paths", name)
            path = str(name)
            if path.startswith("x-"):
                continue
            if not _PATH.fullmatch(path) or len(path) > _LONGEST_PATH:
                message = "expected a path that begins with /, its parameters in braces; it is not carried"
                self.note("openapi_path", message, at)
                continue
            item = self.mapping(value, at)
            for method in item:
                if method in METHODS:
                    if item[method] is not None:
                        yield self._operation(path, method, item, (*at, method))
                elif method not in _BESIDE_METHODS and not str(method).startswith("x-"):
                    self.note("openapi_method", f"{method} is not carried", (*at, method))

    def _operation(self, path: str, method: str, item: Schema, at: Path) -> Operation:
        source = self.mapping(item[method], at)
        if source.get("callbacks"):
            self.note("openapi_operation", "callbacks are not carried", (*at, "callbacks"))
        parameters = [
            *self._listed_parameters(item.get("parameters"), (*at[:-1], "parameters")),
            *self._listed_parameters(source.get("parameters"), (*at, "parameters")),
        ]
        kind, body_type, body, required = self._body(source, parameters, at)
        status, answer_kind, answer = self._answer(source, at)
        title = source.get("summary") or source.get("operationId")
        return Operation(
            method=method,
            path=path,
            title=" ".join(self.text(title, (*at, "summary")).split())[:120],
            parameters=tuple(self._parameters(path, parameters)),
            body_kind=kind,
            body_type=body_type,
            body=body,
            body_required=required,
            answer=answer,
            answer_kind=answer_kind,
            status=status,
            server=self._own_server(source.get("servers") or item.get("servers"), at),
        )

    def _own_server(self, value: Any, at: Path) -> str:
        """The address of an operation that is elsewhere than the others; empty when it is not."""
        servers = self.listed(value, at)
        url = self.text(self.mapping(servers[0], at).get("url"), at).rstrip("/") if servers else ""
        if not url:
            return ""
        if is_address(url):
            self.note("openapi_operation", f"called at {url[:200]}, whatever the account's url is", at)
            return url
        self.note("openapi_operation", "servers of one operation are not carried", at)
        return ""

    def _listed_parameters(self, value: Any, at: Path) -> Iterator[tuple[Schema, Path]]:
        for number, one in enumerate(self.listed(value, at)):
            found = self.mapping(one, (*at, number))
            if (
                not isinstance(found.get("name"), str)
                or not found["name"]
                or not isinstance(found.get("in"), str)
            ):
                self.note("openapi_parameter", "expected a parameter's name and place", (*at, number))
            elif not may_be_named(found["name"]):
                self.note("openapi_parameter", f"{found['name'][:80]!r} is not carried", (*at, number))
            else:
                yield found, (*at, number)

    def _parameters(self, path: str, parameters: list[tuple[Schema, Path]]) -> Iterator[Parameter]:
        holes = re.findall(r"\{([^{}]+)\}", path)
        found: dict[tuple[str, str], Parameter] = {}
        for one, at in parameters:
            name, place = one["name"], one["in"]
            if place in ("body", "formData") and self.is_swagger:
                continue
            if place not in _PLACES:
                self.note("openapi_cookie", f"{name} in {place[:40]!r} is not carried", at)
            elif place == "path" and name not in holes:
                self.note("openapi_parameter", f"the path has no {{{name}}}", at)
            else:
                found[(name, place)] = self._parameter(one, at)
        for name in holes:
            found.setdefault((name, "path"), Parameter(name, "path", {"type": "string"}, required=True))
        yield from found.values()

    def _parameter(self, one: Schema, at: Path) -> Parameter:
        contents = self.mapping(one.get("content"), (*at, "content"))
        media = self.mapping(next(iter(contents.values()), None), (*at, "content"))
        if contents:
            schema = self.schema(media.get("schema"), (*at, "content"))
        elif "schema" in one:
            schema = self.schema(one["schema"], (*at, "schema"))
        else:
            schema = self.schema({key: one[key] for key in one if key != "required"}, at)
        name, place = one["name"], one["in"]
        if one.get("style") == "deepObject" or schema.get("type") == "object":
            self.note("openapi_style", f"{name} is sent as JSON text", at)
        joint = ""
        if schema.get("type") == "array" and not contents:
            joint = self._joint(one)
            if place == "path":
                self.note("openapi_style", f"{name} is sent as one value", at)
        return Parameter(name, place, schema, one.get("required") is True or place == "path", joint)

    def _joint(self, one: Schema) -> str:
        if self.is_swagger:
            return _JOINTS.get(str(one.get("collectionFormat") or "csv"), "")
        style = str(one.get("style") or ("form" if one["in"] == "query" else "simple"))
        exploded = one.get("explode", style == "form") is True and one["in"] == "query"
        return "" if exploded else _JOINTS.get(style, "")

    def _body(
        self, source: Schema, parameters: list[tuple[Schema, Path]], at: Path
    ) -> tuple[str, str, Mapping[str, Any], bool]:
        if self.is_swagger:
            return self._swagger_body(source, parameters, at)
        here = (*at, "requestBody")
        body = self.mapping(source.get("requestBody"), here)
        contents = self.mapping(body.get("content"), (*here, "content"))
        if not contents:
            return "", "", {}, False
        chosen = _chosen(contents)
        if not may_be_named(chosen):
            self.note("openapi_body", f"a body of type {chosen[:80]!r} is not carried", here)
            return "", "", {}, False
        if len(contents) > 1:
            left = ", ".join(str(name) for name in contents if name != chosen)
            self.note("openapi_body", f"sent as {chosen}; not as {left}", here)
        media = self.mapping(contents[chosen], (*here, "content", chosen))
        schema = self.schema(media.get("schema"), (*here, "content", chosen, "schema"))
        return _kind_of(chosen), chosen, schema, body.get("required") is True

    def _swagger_body(
        self, source: Schema, parameters: list[tuple[Schema, Path]], at: Path
    ) -> tuple[str, str, Mapping[str, Any], bool]:
        consumes = self.texts(source.get("consumes") or self.root.get("consumes"), (*at, "consumes"))
        for one, here in parameters:
            if one["in"] == "body":
                known = [name for name in consumes if may_be_named(name)]
                chosen = _chosen(dict.fromkeys(known or ["application/json"]))
                kind = _kind_of(chosen)
                schema = self.schema(one.get("schema"), (*here, "schema"))
                return kind, chosen, schema, one.get("required") is True
        listed = [(one, here) for one, here in parameters if one["in"] == "formData"]
        if not listed:
            return "", "", {}, False
        plain = [({key: one[key] for key in one if key != "required"}, here) for one, here in listed]
        fields = {one["name"]: self.schema(one, here) | {"required": []} for one, here in plain}
        has_file = any(schema.get("type") == "file" for schema in fields.values())
        kind = "multipart" if has_file or "multipart/form-data" in consumes else "form"
        required = [one["name"] for one, _ in listed if one.get("required") is True]
        return kind, "", {"type": "object", "properties": fields, "required": required}, bool(required)

    def _answer(self, source: Schema, at: Path) -> tuple[int, str, Mapping[str, Any]]:
        here = (*at, "responses")
        listed = self.mapping(source.get("responses"), here)
        good = [code for code in listed if str(code).startswith("2")] or [
            code for code in listed if code == "default"
        ]
        if not good:
            return 0, "none", {}
        here = (*here, good[0])
        response = self.mapping(listed[good[0]], here)
        status = int(good[0]) if re.fullmatch(r"2\d\d", str(good[0]), re.ASCII) else 0
        if self.is_swagger:
            schema = self.schema(response.get("schema"), (*here, "schema"))
            kind = "file" if schema.get("type") == "file" else "json" if response.get("schema") else "none"
            return status, kind, schema if kind == "json" else {}
        contents = self.mapping(response.get("content"), (*here, "content"))
        chosen = next((name for name in contents if _JSON.match(str(name))), next(iter(contents), None))
        if chosen is None:
            return status, "none", {}
        if not _JSON.match(str(chosen)):
            self.note("openapi_answer", f"{chosen} is handed over as a file's content", here)
            return status, "text" if str(chosen).startswith("text/") else "file", {}
        media = self.mapping(contents[chosen], (*here, "content", chosen))
        return status, "json", self.schema(media.get("schema"), (*here, "content", chosen, "schema"))


def _chosen(contents: Mapping[str, Any]) -> str:
    for wanted in (_JSON, re.compile("application/x-www-form-urlencoded"), re.compile("multipart/form-data")):
        for name in contents:
            if wanted.match(str(name)):
                return str(name)
    return str(next(iter(contents)))


def _kind_of(media: str) -> str:
    if _JSON.match(media):
        return "json"
    plain = media.partition(";")[0].strip()
    return {"application/x-www-form-urlencoded": "form", "multipart/form-data": "multipart"}.get(plain, "raw")
