"""Operations of an API flow: their HTTP form (paths are our choice), and a request as the flow sees it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote

from lockhouse.documents import read_json
from lockhouse.errors import LockhouseError, Mistakes
from lockhouse.flows.document import Flow, Operation

# Operation → method, path below the flow's address, whether it has a body.
BUILT_IN: Mapping[str, tuple[str, str, bool]] = {
    "create": ("POST", "/{plural}", True),
    "retrieve": ("GET", "/{plural}/{id}", False),
    "retrieveall": ("GET", "/{plural}", False),
    "replace": ("PUT", "/{plural}/{id}", True),
    "replaceorcreate": ("PUT", "/{plural}/{id}", True),
    "update": ("PATCH", "/{plural}/{id}", True),
    "updateall": ("PATCH", "/{plural}", True),
    "upsertwithwhere": ("PUT", "/{plural}", True),
    "delete": ("DELETE", "/{plural}/{id}", False),
    "deleteall": ("DELETE", "/{plural}", False),
}

FILTERED = frozenset({"retrieveall", "updateall", "upsertwithwhere", "deleteall"})
"""Operations whose parameters are conditions, seen as `$api.where`."""


@dataclass(frozen=True, slots=True)
class ApiRequest:
    """A call of an operation: `body` is `#/trigger/payload`, `parameters` is `#/trigger/api/parameters`."""

    body: Any = None
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Route:
    """An operation that a method and a path reach, with the id that the path names."""

    operation: Operation
    object_id: str | None = None


class NoSuchPath(LockhouseError):
    """No operation of the flow has this path: 404."""


class MethodNotAllowed(LockhouseError):
    """The path is known, but not with this method: 405, with the `allowed` methods."""

    def __init__(self, allowed: Sequence[str]) -> None:
        super().__init__(f"expected {' or '.join(allowed)}")
        self.allowed = tuple(allowed)


class BadRequest(LockhouseError):
    """The call is not what the operation takes: 400; `field` says where."""

    def __init__(self, message: str, *, field_name: str = "") -> None:
        super().__init__(message)
        self.field_name = field_name


def find_operation(flow: Flow, method: str, path: str) -> Route:
    """The operation for a method and a path below the flow's address, percent-encoded as it came.

    Raises NoSuchPath, MethodNotAllowed.
    """
    asked = [unquote(part) for part in path.strip("/").split("/")]
    allowed: dict[str, None] = {}
    for operation in flow.operations:
        for template in operation.paths:
            matched, object_id = _match(template.strip("/").split("/"), asked)
            if matched and operation.method == method:
                return Route(operation, object_id)
            if matched:
                allowed[operation.method] = None
    if allowed:
        raise MethodNotAllowed(tuple(allowed))
    raise NoSuchPath("no operation has this path")


def _match(template: list[str], asked: list[str]) -> tuple[bool, str | None]:
    if len(template) != len(asked):
        return False, None
    object_id = None
    for wanted, given in zip(template, asked, strict=True):
        if wanted == "{id}" and given:
            object_id = given
        elif wanted != given:
            return False, None
    return True, object_id


def read_request(route: Route, query: Iterable[tuple[str, str]], body: Any = None) -> ApiRequest:
    """The call as the flow sees it. `query` are decoded pairs. Raises BadRequest."""
    operation = route.operation
    parameters: dict[str, Any] = {}
    if operation.takes_id or route.object_id is not None:
        parameters[operation.model.id_property] = route.object_id
    if operation.name in FILTERED:
        parameters |= _filtered(operation, query)
    else:
        parameters |= dict(query)
    if not operation.takes_body:
        return ApiRequest(body=None, parameters=parameters)
    return ApiRequest(body=checked_body(operation, body), parameters=parameters)


def checked_body(operation: Operation, body: Any) -> Any:
    """The body as the flow sees it. Raises BadRequest: no object, or a required property is missing."""
    if body is None:
        body = {}
    if operation.name in BUILT_IN and not isinstance(body, dict):
        raise BadRequest("expected a JSON object as the body")
    missing = [
        name for name in operation.model.required if not isinstance(body, dict) or body.get(name) is None
    ]
    if missing and operation.name != "update":
        raise BadRequest(f"required and missing: {', '.join(missing)}", field_name=missing[0])
    return body


def _filtered(operation: Operation, query: Iterable[tuple[str, str]]) -> dict[str, Any]:
    """`?filter={"where": {…}}` or `?field=value`, `limit` and `token` → `{"where": …, "limit", "token"}`."""
    where: dict[str, Any] = {}
    found: dict[str, Any] = {"where": where}
    for name, value in query:
        if name == "filter":
            told = _json_object(value)
            given = told.get("where", {})
            where |= given if isinstance(given, dict) else {}
            found |= {key: told[key] for key in ("limit", "token") if key in told}
        elif name in ("limit", "token") and operation.pages:
            found[name] = _limit(value) if name == "limit" else value
        elif name in operation.queryable:
            where[name] = value
    unknown = [name for name in where if name not in operation.queryable]
    if unknown:
        raise BadRequest(
            f"no field to filter by: {', '.join(map(str, unknown))[:200]}", field_name=str(unknown[0])[:80]
        )
    return found


def _limit(value: str) -> int:
    if not (value.isascii() and value.isdigit() and len(value) < 10):
        raise BadRequest("limit: expected a whole number", field_name="limit")
    return int(value)


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = read_json(text, file="filter").value
    except Mistakes:
        raise BadRequest("filter: expected a JSON object", field_name="filter") from None
    if not isinstance(value, dict):
        raise BadRequest("filter: expected a JSON object", field_name="filter")
    return value


def answer_body(operation: Operation, body: Any) -> Any:
    """What the caller of `retrieveall` gets (our choice): the list alone, or all when it has a next page."""
    if operation.name != "retrieveall" or not isinstance(body, dict) or "next" in body:
        return body
    if isinstance(body.get(operation.model.name), list):
        return body[operation.model.name]
    lists = [value for value in body.values() if isinstance(value, list)]
    return lists[0] if len(lists) == 1 and len(body) == 1 else body
