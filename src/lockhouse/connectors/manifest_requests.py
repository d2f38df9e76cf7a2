"""The parts of a manifest that speak HTTP: requests, actions, filters, paging, errors."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockhouse.connectors.http import WORDS
from lockhouse.connectors.model import (
    Action,
    Body,
    ErrorRule,
    ErrorRules,
    HttpRequest,
    Paging,
    Parameter,
    PythonAction,
    QueryLanguage,
)
from lockhouse.connectors.reading import Reading, nearest
from lockhouse.connectors.templates import compile_address, compile_formula, compile_path, compile_value
from lockhouse.documents import Path

METHODS = ("get", "head", "post", "put", "patch", "delete")
BODIES = ("body", "form", "multipart", "raw")
REQUEST_KEYS = (*METHODS, *BODIES, "base-url", "query", "headers", "answer", "repeat", "success", "does")
ACTION_KEYS = (
    *REQUEST_KEYS, "title", "python", "when", "ignore", "item", "items", "output", "next", "most", "where",
    "filter", "always", "recheck", "missing", "status", "confidence",
)  # fmt: skip
CONFIDENCES = ("spec", "documented", "guessed")
UPSERT = "UPSERTWITHWHERE"
VERBS = ("create", "list", "get", "update", "delete")
OPERATORS = ("=", "neq", "gt", "gte", "lt", "lte", "contains")

_HOLES = re.compile(r"(?<!\{)\{([^{}]+)\}(?!\})")
_WHERE = re.compile(r"\$(?:where|given)\.(?:(\w+)|`([^`]+)`)")

LoadPython = Callable[[str], PythonAction]


def read_request(reading: Reading, source: Mapping[str, Any], path: Path) -> HttpRequest | None:
    """A declared request, or None when no method is given or something in it is wrong."""
    methods = [method for method in METHODS if method in source]
    if len(methods) != 1:
        reading.note("manifest_method", f"expected one of {', '.join(METHODS)} with the address", path)
        return None
    method = methods[0]
    address = reading.compiled(source, method, path, _address)
    safe = (
        method in ("get", "head", "put") if "repeat" not in source else reading.flag(source, "repeat", path)
    )
    if address is None:
        return None
    return HttpRequest(
        method=method.upper(),
        path=address,
        base_url=reading.compiled(source, "base-url", path, compile_value),
        query=_object(reading, source, "query", path),
        headers=_object(reading, source, "headers", path),
        body=_body(reading, source, path),
        answer=reading.choice(source, "answer", path, ("json", "text", "file", "none"), "json"),
        safe=safe,
        once=source.get("repeat") is False,
        success=reading.number(source, "success", path, default=200) if "success" in source else 0,
        does=_purpose(reading, source, path),
        source=source,
    )


def _purpose(reading: Reading, source: Mapping[str, Any], path: Path) -> tuple[str, str]:
    words = reading.text(source, "does", path).split()
    if words and (len(words) != 2 or words[0] not in VERBS):
        reading.note(
            "manifest_does", f"expected one of {', '.join(VERBS)} and a business object", (*path, "does")
        )
        return ("", "")
    return (words[0], words[1]) if words else ("", "")


def _address(text: Any) -> Any:
    if not isinstance(text, str) or not text.startswith(("/", "http://", "https://", "{{")):
        raise ValueError("expected an address that begins with / or https://")
    return compile_address(text)


def _object(reading: Reading, source: Mapping[str, Any], key: str, path: Path) -> Any:
    if key in source and not isinstance(source[key], dict | str):
        reading.note("manifest_not_mapping", "expected names with values", (*path, key))
        return None
    return reading.compiled(source, key, path, compile_value)


def _body(reading: Reading, source: Mapping[str, Any], path: Path) -> Body | None:
    kinds = [kind for kind in BODIES if kind in source]
    if len(kinds) > 1:
        reading.note("manifest_bodies", f"expected at most one of {', '.join(BODIES)}", path)
    if not kinds:
        return None
    kind, content_type = kinds[0], None
    value = source[kind]
    if kind == "raw":
        parts = reading.mapping(value, (*path, kind), ("content", "encoding", "type"))
        content_type = reading.compiled(parts, "type", (*path, kind), compile_value)
        source = {kind: {"content": parts.get("content", ""), "encoding": parts.get("encoding", "Text")}}
    content = reading.compiled(source, kind, path, compile_value)
    return Body({"body": "json"}.get(kind, kind), content, content_type) if content is not None else None


@dataclass(frozen=True, slots=True)
class ActionReader:
    """What is the same for every action of a manifest: its query languages, and its functions if it may have
    any.
    """

    reading: Reading
    languages: Mapping[str, QueryLanguage]
    load_python: LoadPython | None

    def read(self, source: Any, path: Path, *, business_object: str, name: str) -> Action | None:
        """An action, or a list of alternatives of one; None when nothing of it can be used."""
        if not isinstance(source, list):
            return self._one(source, path, business_object, name)
        if name in ("CREATE", "UPDATEALL", "DELETEALL", UPSERT):
            self.reading.note(
                "manifest_alternatives", f"{name} has no alternatives: expected one request", path
            )
            return None
        found = [self._one(item, (*path, at), business_object, name) for at, item in enumerate(source)]
        alternatives = tuple(action for action in found if action is not None)
        if not alternatives:
            self.reading.note("manifest_method", "expected at least one alternative", path)
            return None
        return Action(business_object, name, alternatives[0].title, alternatives=alternatives)

    def _one(self, value: Any, path: Path, business_object: str, name: str) -> Action | None:
        reading = self.reading
        source = reading.mapping(value, path, ACTION_KEYS)
        # An upsert needs no request of its own: it looks up, and then creates or updates.
        without = "python" in source or (name == UPSERT and not any(method in source for method in METHODS))
        return Action(
            business_object=business_object,
            name=name,
            title=reading.text(source, "title", path),
            request=None if without else read_request(reading, source, path),
            python=self._python(source, path) if "python" in source else None,
            when=reading.texts(source, "when", path),
            ignored=reading.texts(source, "ignore", path),
            uses=_used(source),
            items=reading.compiled(source, "item" if "item" in source else "items", path, compile_path),
            output=reading.compiled(source, "output", path, compile_value),
            paging=_paging(reading, source, path),
            most=reading.number(source, "most", path, default=100),
            parameters=_parameters(reading, source, path),
            language=self._language(source, path),
            always=reading.text(source, "always", path),
            recheck=source.get("recheck") != "names" and reading.flag(source, "recheck", path),
            checks_names=source.get("recheck") == "names",
            missing_is_empty=reading.choice(source, "missing", path, ("error", "empty"), "error") == "empty",
            status=reading.number(source, "status", path, default=1) if "status" in source else 0,
            confidence=reading.choice(source, "confidence", path, CONFIDENCES, "spec"),
        )

    def _language(self, source: Mapping[str, Any], path: Path) -> QueryLanguage | None:
        name = self.reading.text(source, "filter", path)
        if name and name not in self.languages:
            message = f"no such language{nearest(name, self.languages)}"
            self.reading.note("manifest_unknown_language", message, (*path, "filter"))
        return self.languages.get(name)

    def _python(self, source: Mapping[str, Any], path: Path) -> PythonAction | None:
        at = (*path, "python")
        if self.load_python is None:
            self.reading.note("manifest_no_python", "this manifest may not name Python functions", at)
            return None
        try:
            return self.load_python(self.reading.text(source, "python", path))
        except (LookupError, ImportError, SyntaxError) as error:
            self.reading.note("manifest_python_missing", f"no such function in actions.py: {error}", at)
            return None


def _used(source: Mapping[str, Any]) -> frozenset[str]:
    """The filter's fields that a request names: in its address, and as `$where.field` anywhere."""
    addresses = "".join(str(source[method]) for method in METHODS if method in source)
    parts = str([source.get(key) for key in (*METHODS, *BODIES, "query", "headers", "base-url")])
    placed = set(_HOLES.findall(addresses)) - {"$object"}
    return frozenset(placed) | {plain or quoted for plain, quoted in _WHERE.findall(parts)}


def _paging(reading: Reading, source: Mapping[str, Any], path: Path) -> Paging | None:
    if "next" not in source:
        return None
    at = (*path, "next")
    keys = ("url", "link", "cursor", "parameter", "offset", "page", "more", "total")
    value = reading.mapping(source["next"], at, keys)
    kinds = {kind for kind in ("url", "link", "cursor", "offset", "page") if kind in value}
    if len(kinds) != 1 and kinds != {"cursor", "page"}:
        reading.note("manifest_paging", "expected one of url, link, cursor, offset, page", at)
    return Paging(
        url=reading.compiled(value, "url", at, compile_path),
        link=reading.flag(value, "link", at),
        cursor=reading.compiled(value, "cursor", at, compile_path),
        parameter=reading.text(value, "parameter", at),
        offset=reading.flag(value, "offset", at),
        page=reading.flag(value, "page", at),
        more=reading.compiled(value, "more", at, compile_path),
        total=reading.compiled(value, "total", at, compile_path),
    )


def _parameters(reading: Reading, source: Mapping[str, Any], path: Path) -> dict[str, Parameter]:
    found = {}
    for name, value in reading.mapping(source.get("where"), (*path, "where")).items():
        at = (*path, "where", name)
        if isinstance(value, str):
            found[name] = Parameter({"=": value})
            continue
        inner = reading.mapping(value, at, (*OPERATORS, "type", "moments", "recheck"))
        names = {operator: reading.text(inner, operator, at) for operator in OPERATORS if operator in inner}
        found[name] = Parameter(
            names,
            reading.text(inner, "type", at, default="string"),
            reading.text(inner, "moments", at),
            reading.flag(inner, "recheck", at),
        )
    return found


def read_language(reading: Reading, name: str, value: Any, path: Path) -> QueryLanguage:
    """A vendor's query language: how each operator, the quotes and the joints are written."""
    source = reading.mapping(
        value,
        path,
        ("operators", "and", "or", "quote", "escape", "empty", "fields", "only", "moments", "bare"),
    )
    operators = reading.mapping(source.get("operators"), (*path, "operators"), OPERATORS)
    if not operators:
        reading.note("manifest_operators", "expected at least one operator", path)
    return QueryLanguage(
        name=name,
        operators={op: reading.text(operators, op, (*path, "operators")) for op in operators},
        joint_and=reading.text(source, "and", path, default=" AND "),
        joint_or=reading.text(source, "or", path) or None,
        quote=reading.text(source, "quote", path),
        escapes={
            key: str(inner) for key, inner in reading.mapping(source.get("escape"), (*path, "escape")).items()
        },
        empty=reading.text(source, "empty", path),
        fields={
            key: str(inner) for key, inner in reading.mapping(source.get("fields"), (*path, "fields")).items()
        },
        only=reading.flag(source, "only", path),
        moments=reading.text(source, "moments", path),
        bare=reading.compiled(source, "bare", path, _expression),
    )


def _expression(text: Any) -> re.Pattern[str]:
    try:
        return re.compile(text, re.ASCII)
    except (re.error, TypeError) as error:
        raise ValueError(f"expected a regular expression: {error}") from None


def read_errors(reading: Reading, value: Any, path: Path) -> ErrorRules:
    """How the vendor tells failures."""
    source = reading.mapping(value, path, ("failed", "code", "text", "rules"))
    rules = source.get("rules") or []
    if not isinstance(rules, list):
        reading.note("manifest_not_list", "expected a list of rules", (*path, "rules"))
        rules = []
    return ErrorRules(
        rules=tuple(_rule(reading, rule, (*path, "rules", at)) for at, rule in enumerate(rules)),
        failed=reading.compiled(source, "failed", path, compile_formula),
        code=reading.compiled(source, "code", path, compile_formula),
        text=reading.compiled(source, "text", path, compile_value),
    )


def _rule(reading: Reading, value: Any, path: Path) -> ErrorRule:
    source = reading.mapping(value, path, ("status", "code", "when", "raise", "retry-after"))
    statuses = reading.texts(source, "status", path)
    if not all(status.isdigit() for status in statuses):
        reading.note("manifest_status", "expected HTTP statuses such as 403", (*path, "status"))
    return ErrorRule(
        word=reading.choice(source, "raise", path, tuple(WORDS), "rejected"),
        statuses=frozenset(int(status) for status in statuses if status.isdigit()),
        codes=frozenset(reading.texts(source, "code", path)),
        when=reading.compiled(source, "when", path, compile_formula),
        retry_after=reading.compiled(source, "retry-after", path, compile_formula),
    )
