"""An API flow as an OpenAPI 3 document: what its caller needs to know."""

from collections.abc import Mapping
from typing import Any

from lockhouse.flows.document import Flow, Model, Operation
from lockhouse.flows.operations import FILTERED

VERSION = "3.0.3"
SUCCESS = {"create": 201}
_SUMMARIES = {
    "create": "Create a {name}",
    "retrieve": "Retrieve a {name} by its {id}",
    "retrieveall": "Retrieve {plural}",
    "replace": "Replace a {name} by its {id}",
    "replaceorcreate": "Replace or create a {name} by its {id}",
    "update": "Update a {name} by its {id}",
    "updateall": "Update all {plural} that match",
    "upsertwithwhere": "Update or create a {name}",
    "delete": "Delete a {name} by its {id}",
    "deleteall": "Delete all {plural} that match",
}
_ERROR = {
    "type": "object",
    "required": ["error"],
    "properties": {
        "error": {
            "type": "object",
            "required": ["statusCode", "name", "message"],
            "properties": {
                "statusCode": {"type": "integer"},
                "name": {"type": "string"},
                "message": {"type": "string"},
            },
        }
    },
}


def openapi_document(flow: Flow, *, server_url: str = "") -> dict[str, Any]:
    """The OpenAPI 3.0 document of an API flow; `server_url` is the address that its paths are below."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in flow.operations:
        for path in operation.paths:
            paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, path)
    models = {_component(each.model.name): each.model.schema for each in flow.operations}
    document: dict[str, Any] = {
        "openapi": VERSION,
        "info": {"title": flow.name, "version": "1.0.0"} | _described(flow.description),
        "paths": paths,
        "components": {"schemas": models | {"Error": _ERROR}},
    }
    return document | ({"servers": [{"url": server_url}]} if server_url else {})


def _operation(operation: Operation, path: str) -> dict[str, Any]:
    model = operation.model
    summary = _SUMMARIES.get(operation.name, "{operation} for {plural}").format(
        name=model.name, plural=model.plural, id=model.id_property, operation=operation.name
    )
    suffix = "" if path == operation.paths[0] else "ById"
    told: dict[str, Any] = {
        "operationId": f"{model.name}.{operation.name}{suffix}",
        "summary": summary,
        "tags": [model.name],
        "parameters": [*_path_parameters(model, path), *_query_parameters(operation)],
        "responses": _responses(operation),
    }
    if operation.takes_body:
        told["requestBody"] = {"required": bool(model.required), "content": _json(_reference(model))}
    return told


def _path_parameters(model: Model, path: str) -> list[dict[str, Any]]:
    if "{id}" not in path:
        return []
    said = f"The {model.id_property} of the {model.name}"
    return [{"name": "id", "in": "path", "required": True, "description": said, "schema": {"type": "string"}}]


def _query_parameters(operation: Operation) -> list[dict[str, Any]]:
    if operation.name not in FILTERED:
        return []
    found = [_query(name, {"type": "string"}, f"Only those with this {name}") for name in operation.queryable]
    if operation.queryable:
        example = '{"where": {"' + operation.queryable[0] + '": "…"}}'
        found.append(_query("filter", {"type": "string"}, f"The same as JSON: {example}"))
    if operation.pages:
        found.append(_query("limit", {"type": "integer", "minimum": 0}, "The most to return"))
        found.append(_query("token", {"type": "string"}, "The next_page_token of the page before"))
    return found


def _query(name: str, schema: Mapping[str, Any], description: str) -> dict[str, Any]:
    return {"name": name, "in": "query", "description": description, "schema": schema}


def _responses(operation: Operation) -> dict[str, Any]:
    body: dict[str, Any] = _reference(operation.model)
    if operation.name == "retrieveall":
        body = {"type": "array", "items": body}
        if operation.pages:
            following = {
                "type": "object",
                "properties": {"limit": {"type": "integer"}, "next_page_token": {"type": "string"}},
            }
            body = {"type": "object", "properties": {operation.model.name: body, "next": following}}
    status = str(SUCCESS.get(operation.name, 200))
    return {
        status: {"description": "What the flow answers", "content": _json(body)},
        "400": {"description": "The call is not what the operation takes", "content": _json(_error())},
        "default": {"description": "The flow failed", "content": _json(_error())},
    }


def _reference(model: Model) -> dict[str, Any]:
    return {"$ref": f"#/components/schemas/{_component(model.name)}"}


def _error() -> dict[str, Any]:
    return {"$ref": "#/components/schemas/Error"}


def _component(name: str) -> str:
    """A model's name as the name of a component, which has fewer letters to choose from."""
    plain = "".join(
        letter if letter.isascii() and (letter.isalnum() or letter in "._-") else "_" for letter in name
    )
    return f"{plain}_model" if plain in ("", "Error") else plain


def _json(schema: Mapping[str, Any]) -> dict[str, Any]:
    return {"application/json": {"schema": schema}}


def _described(description: str) -> dict[str, str]:
    return {"description": description} if description else {}
