"""What a manifest says that its vendor answers to: each declared request as a route, and its templates
reversed.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from lockhouse.connectors.model import Action, Connector, HttpRequest
from lockhouse.connectors.templates import as_text

_HOLE = re.compile(r"\{\{.*?\}\}|\{([^{}]+)\}", re.DOTALL)
_WHOLE = re.compile(r"\{\{\s*\$(\w+)(?:\.(?:(\w+)|`([^`]+)`))?\s*\}\}")
_LITERAL = re.compile(r"'\{([^{}$]+)\}'")
_RECORD = re.compile(r"\$record(?![.\w])")
"""A template of the whole record and something more."""
_MENTION = re.compile(r"\$(input|record)\.(?:(\w+)|`([^`]+)`)")
_VERBS = {"RETRIEVEALL": "list", "CREATE": "create", "UPDATEALL": "update", "DELETEALL": "delete"}
_BY_METHOD = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "update",
    "DELETE": "delete",
}


class Mismatch(Exception):
    """What came is not what the manifest's request looks like."""


@dataclass(frozen=True, slots=True)
class Route:
    """One declared request: where it goes, what it is for, and the action it belongs to.

    `literals` are the holes between single quotes, whose values have their quotes doubled.
    """

    method: str
    pattern: re.Pattern[str]
    names: tuple[str, ...]
    verb: str
    object_name: str
    request: HttpRequest
    action: Action | None = None
    literals: frozenset[str] = frozenset()

    def places(self, path: str) -> dict[str, str] | None:
        """The values in the holes of the address, or None when the path is another one."""
        found = self.pattern.fullmatch(path)
        if found is None:
            return None
        values = dict(zip(self.names, map(unquote, found.groups()), strict=True))
        return values | {name: values[name].replace("''", "'") for name in self.literals}


def routes_of(connector: Connector) -> list[Route]:
    """All routes of a connector, those with the fewest holes first."""
    base = _path_of(connector.source_base)
    found = list(_token_routes(connector))
    if connector.check is not None and connector.check.request is not None:
        found.append(_route(connector.check.request, base, "check", "", None))
    declared = connector.requests.values()
    found += [_route(request, base, *request.does, None) for request in declared if request.does[0]]
    for business_object in connector.objects.values():
        for action in business_object.actions.values():
            for one in action.alternatives or (action,):
                if one.request is not None:
                    verb, name = (
                        one.request.does if one.request.does[0] else (_verb(one), business_object.name)
                    )
                    found.append(_route(one.request, base, verb, name, one))
    # An account's test may be one of the connector's own reads: that one then answers.
    return sorted(
        found,
        key=lambda route: (
            len(route.names),
            ".*?" in route.pattern.pattern,
            route.verb == "check",
            -len(route.pattern.pattern),
        ),
    )


def _token_routes(connector: Connector) -> Iterator[Route]:
    for scheme in connector.auth.values():
        if scheme.token is not None and scheme.token.request is not None:
            yield _route(scheme.token.request, "", "token", scheme.auth_type, None)


def _verb(action: Action) -> str:
    if action.name == "RETRIEVEALL":
        return "get" if action.when and action.paging is None and _key_only(action) else "list"
    verb = _VERBS.get(action.name)
    if verb is not None or action.request is None:
        return verb or "get"
    listing = action.request.method == "GET" and action.paging is not None
    return "list" if listing else _BY_METHOD[action.request.method]


def _key_only(action: Action) -> bool:
    # `/cards/{id}` and `/cards({id})` are one card, `/lists/{idList}/cards` are many: one thing's address
    # ends with its id.
    if action.request is None:
        return False
    address = str(action.request.source[action.request.method.lower()])
    return address.removesuffix(".json").rstrip("/)").endswith("}")


def _route(request: HttpRequest, base: str, verb: str, object_name: str, action: Action | None) -> Route:
    address = str(request.source[request.method.lower()])
    own = request.source.get("base-url")
    whole = (
        _path_of(address)
        if "://" in address or address.startswith("{{")
        else ((_path_of(str(own)) if own else base).rstrip("/") + address)
    )
    names = tuple(name.removeprefix("$") for name in _HOLE.findall(whole) if name)
    pattern, position = "", 0
    for hole in _HOLE.finditer(whole):
        before = whole[position : hole.start()]
        # A template that begins a segment stays in it; elsewhere it may stand for a host or more of a path.
        free = "[^/]*?" if before.endswith("/") else ".*?"
        pattern += re.escape(before) + ("([^/]+)" if hole[1] else free)
        position = hole.end()
    pattern += re.escape(whole[position:])
    read = re.compile(pattern.partition("\\?")[0])
    literals = frozenset(_LITERAL.findall(whole)) & set(names)
    return Route(request.method, read, names, verb, object_name, request, action, literals)


def _path_of(address: str) -> str:
    """The path of an address; one that begins with a hole may have any."""
    if "://" in address:
        rest = address.partition("://")[2]
        return "/" + rest.partition("/")[2] if "/" in rest else ""
    return address


def reverse(template: Any, value: Any, found: dict[str, Any], *, strict: bool) -> None:
    """Put into `found` what the holes of a template stand for in a value, as `record`, `input.name`, `size`.

    Raises Mismatch for a value that no template of this form gives; with `strict` for unknown keys too.
    """
    if isinstance(template, dict):
        _reverse_mapping(template, value, found, strict=strict)
    elif isinstance(template, list):
        if not isinstance(value, list):
            raise Mismatch("expected a list")
        for part, inner in zip(template, value, strict=False):
            reverse(part, inner, found, strict=strict)
    elif isinstance(template, str) and "{{" in template:
        _reverse_text(template, value, found)
    elif as_text(template) != as_text(value):
        raise Mismatch(f"expected {as_text(template)!r}")


def _reverse_mapping(template: Mapping[str, Any], value: Any, found: dict[str, Any], *, strict: bool) -> None:
    if not isinstance(value, Mapping):
        raise Mismatch("expected an object")
    for key, part in template.items():
        if key in value:
            reverse(part, value[key], found, strict=strict)
        elif not (isinstance(part, str | dict | list) and "{{" in str(part)):
            raise Mismatch(f"{key} is missing")
    unknown = [key for key in value if key not in template]
    if strict and unknown:
        raise Mismatch(f"{unknown[0]} is not known")


def _reverse_text(template: str, value: Any, found: dict[str, Any]) -> None:
    whole = _WHOLE.fullmatch(template)
    if whole is not None:
        name = whole[2] or whole[3]
        found[f"{whole[1]}.{name}" if name else whole[1]] = value
        return
    if _RECORD.search(template):
        found["record"] = value
        return
    mentioned = _MENTION.search(template)
    if mentioned is not None:
        found[f"{mentioned[1]}.{mentioned[2] or mentioned[3]}"] = value
