"""The OpenAPI document of everything that is served: what Litestar knows of it, and what it cannot know."""

from collections.abc import Iterator, Sequence
from typing import Any

from lockhouse.web.door import Door

Json = dict[str, Any]
_METHODS = {"get", "put", "post", "delete", "patch"}
_TEXT = {"type": "string"}
_TOKEN_CONTEXT = ("requestId", "requestType", "userAgent", "url", "locale")
_IDENTITY_REFUSALS = {
    "400": "A parameter is missing or not as it must be.",
    "401": "The access token is missing, garbled, expired or revoked.",
    "403": "The token is good, but its identity may not do this.",
    "404": "There is no such entity.",
    "409": "The change does not fit the present state: locked, changed meanwhile, or taken.",
    "413": "The body is too large.",
    "415": "The body is compressed in another way than gzip.",
    "429": "Too many requests; Retry-After says how long to wait.",
    "503": "The store cannot be reached.",
}
SCHEMAS: Json = {
    "IdentityProblem": {
        "type": "object",
        "required": ["trace", "status_code", "errors"],
        "properties": {
            "trace": _TEXT,
            "status_code": {"type": "integer"},
            "errors": {
                "type": "array",
                "minItems": 1,
                "items": {
                    "type": "object",
                    "required": ["code", "message_code", "message"],
                    "properties": {"code": _TEXT, "message_code": _TEXT, "message": _TEXT, "details": _TEXT},
                },
            },
        },
    },
    "TokenProblem": {
        "type": "object",
        "required": ["errorCode", "errorMessage", "context"],
        "properties": {
            "errorCode": _TEXT,
            "errorMessage": _TEXT,
            "errorDetails": _TEXT,
            "context": {
                "type": "object",
                "required": ["requestId"],
                "properties": dict.fromkeys(_TOKEN_CONTEXT, _TEXT),
            },
        },
    },
    "AppConnectProblem": {
        "type": "object",
        "required": ["error"],
        "properties": {
            "error": {
                "type": "object",
                "required": ["code", "message"],
                "properties": {
                    "code": _TEXT,
                    "message": _TEXT,
                    "trace": _TEXT,
                    "mistakes": {"type": "array", "items": {"type": "object"}},
                    "details": {"type": "object"},
                },
            }
        },
    },
}


def complete(document: Json, doors: Sequence[Door]) -> Json:
    """The document with every room's plain doors, the errors in their envelopes, and who needs a token."""
    paths: Json = {**document.get("paths", {}), **_described(doors)}
    document["paths"] = paths
    components = document.setdefault("components", {})
    components["schemas"] = {**components.get("schemas", {}), **SCHEMAS}
    components["securitySchemes"] = {
        "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"},
        "client": {"type": "http", "scheme": "basic"},
    }
    access = {name: word for door in doors for name, word in door.access.items()}
    for path, operation in _operations(paths):
        # Litestar's own guess of a refusal is not the shape in which any door of ours tells one.
        refusals = _refusals(path)
        kept = {
            status: told for status, told in operation["responses"].items() if not refusals or status != "400"
        }
        operation["responses"] = {**kept, **refusals}
        word = access.get(operation["operationId"])
        if word is not None:
            operation["x-access"] = word
        operation.setdefault("security", [] if word == "public" else [{"bearer": []}])
    return document


def _operations(paths: Json) -> Iterator[tuple[str, Json]]:
    for path, item in paths.items():
        for method, operation in item.items():
            if method in _METHODS:
                yield path, operation


def _described(doors: Sequence[Door]) -> Json:
    return {path: item for door in doors for path, item in door.described.items()}


def _refusals(path: str) -> Json:
    if path.startswith("/identity/"):
        return {}
    name = "IdentityProblem" if path.startswith(("/v1/", "/v2/", "/v3/")) else "AppConnectProblem"
    return {
        status: {
            "description": text,
            "content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{name}"}}},
        }
        for status, text in _IDENTITY_REFUSALS.items()
    }
