"""The texts of a manifest, compiled: paths into JSON, `{{…}}` templates, addresses with `{name}` holes.

A template is a function of the scope: what `$account`, `$input`, `$record`, `$where` and the others are for
one request.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote

import msgspec

from lockhouse.connectors.errors import Rejected
from lockhouse.jsonata.engine import NOTHING, compile_expression
from lockhouse.jsonata.errors import ExpressionFailed, ExpressionMistake
from lockhouse.jsonata.template import compile_template

Scope = Mapping[str, Any]
Template = Callable[[Scope], Any]
"""Gives a value, or None for nothing; inside objects and lists nothing is left out."""
Path = Callable[[Any], Any]
"""Gives what stands at a place inside a JSON value, or None."""

_GIVEN = frozenset({"filter"})
"""Names of the scope that are names of JSONata's functions too."""
_PLAIN = re.compile(r"\$[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*", re.ASCII)
_ONE_HOLE = re.compile(rf"\{{\{{\s*({_PLAIN.pattern})\s*\}}\}}", re.ASCII)
_HOLE = re.compile(r"\{([^{}]+)\}")
_KEY = re.compile(r"[\w.-]+", re.ASCII)
_STEP = re.compile(r"`([^`]+)`|([^.`\[\]]+)|\[(\d+)\]")


class BadTemplate(ValueError):
    """A template tree holds an expression that is none; `path` says where in the tree."""

    def __init__(self, message: str, path: tuple[str | int, ...] = ()) -> None:
        super().__init__(message)
        self.path = path


class MissingPlace(ValueError):
    """An address has a hole for which the call gives no value; `args[0]` is its name."""


def compile_path(text: Any) -> Path:
    """A path such as `results.items` or ``data[0].`@odata.id` ``. Raises ValueError for what is none."""
    if not isinstance(text, str):
        raise ValueError("expected a path such as results.items")  # noqa: TRY004 - noted as a mistake
    steps = tuple(int(index) if index else quoted or name for quoted, name, index in _STEP.findall(text))
    rebuilt = _STEP.sub("", text).replace(".", "")
    if rebuilt or not steps:
        raise ValueError("expected names separated by dots, such as results.items")
    if len(steps) == 1 and isinstance(steps[0], str):
        only = steps[0]
        return lambda value: value.get(only) if isinstance(value, dict) else None
    return lambda value: step_into(value, steps)


def step_into(value: Any, steps: tuple[str | int, ...]) -> Any:
    """What stands at the steps: names in objects, positions in lists; None where there is nothing."""
    for step in steps:
        if isinstance(value, dict):
            value = value.get(step)
        elif isinstance(value, list) and isinstance(step, int) and step < len(value):
            value = value[step]
        else:
            return None
    return value


def put_at(target: dict[str, Any], steps: tuple[str, ...], value: Any) -> None:
    """Put a value at the steps of an object, making the objects on the way."""
    for step in steps[:-1]:
        below = target.get(step)
        if not isinstance(below, dict):
            below = target[step] = {}
        target = below
    target[steps[-1]] = value


def compile_value(node: Any) -> Template:
    """A template tree: objects and lists of texts with holes. Raises BadTemplate."""
    if isinstance(node, dict):
        parts = [(key, _compile_part(value, key)) for key, value in node.items()]
        return lambda scope: {key: value for key, part in parts if (value := part(scope)) is not None}
    if isinstance(node, list):
        items = [_compile_part(value, at) for at, value in enumerate(node)]
        return lambda scope: [value for item in items if (value := item(scope)) is not None]
    if isinstance(node, str):
        return compile_text(node)
    return lambda _scope: node


def _compile_part(node: Any, step: str | int) -> Template:
    try:
        return compile_value(node)
    except ValueError as error:
        inner = error.path if isinstance(error, BadTemplate) else ()
        raise BadTemplate(str(error), (step, *inner)) from None


def compile_text(text: str) -> Template:
    """A text with `{{…}}` holes; one hole and nothing else gives the hole's value with its type."""
    if "{{" not in text:
        return lambda _scope: text
    only = _ONE_HOLE.fullmatch(text)
    if only is not None:
        return _plain(only[1])
    try:
        template = compile_template(text, _GIVEN)
    except ExpressionMistake as mistake:
        raise ValueError(f"not a template: {mistake}") from None
    return lambda scope: _given(template.evaluate, scope)


def compile_formula(text: Any) -> Template:
    """An expression without braces, as in `when`. Raises ValueError."""
    if not isinstance(text, str):
        raise ValueError("expected an expression")  # noqa: TRY004 - what Reading.compiled notes as a mistake
    if _PLAIN.fullmatch(text):
        return _plain(text)
    try:
        expression = compile_expression(text, _GIVEN)
    except ExpressionMistake as mistake:
        raise ValueError(f"not an expression: {mistake}") from None
    return lambda scope: _given(expression.evaluate, scope)


def _plain(text: str) -> Template:
    # Most holes only name a place. They need no compiling (0.2 ms each), so a catalogue loads fast; what a
    # path means on a list is the engine's business.
    names = text[1:].split(".")

    def read(scope: Scope) -> Any:
        value: Any = scope
        for name in names:
            if isinstance(value, list):
                return _given(compile_expression(text, _GIVEN).evaluate, scope)
            value = value.get(name) if isinstance(value, Mapping) else None
        return value

    return read


def _given(evaluate: Callable[[Scope], Any], scope: Scope) -> Any:
    try:
        value = evaluate(scope)
    except ExpressionFailed as failed:
        raise Rejected(f"the connector could not read what it was given: {failed}") from None
    return None if value is NOTHING else value


def compile_address(text: str) -> Template:
    """An address: `{{…}}` holes give text as it is, `{name}` holes one percent-encoded path segment.

    A `{name}` is looked up in `$where`, then in `$input`; `{$object}` is the business object's name. Between
    single quotes it is a literal (OData 4.01 ABNF, `string`): quotes in the value are doubled; between
    brackets it is a key, a number or a GUID. Raises MissingPlace when there is no value.
    """
    if "{{" in text:
        whole = compile_text(text)
        return lambda scope: as_text(whole(scope) or "")
    names = _HOLE.findall(text)
    if not names:
        return lambda _scope: text
    pieces = _HOLE.split(text)

    def fill(scope: Scope) -> str:
        filled = list(pieces)
        for at in range(1, len(pieces), 2):
            value = as_text(_place(scope, pieces[at]))
            around = pieces[at - 1][-1:] + pieces[at + 1][:1]
            if around == "()" and not _KEY.fullmatch(value):
                raise Rejected(f"{pieces[at]}: {value[:40]!r} is neither a number nor an id")
            filled[at] = quote(value.replace("'", "''") if around == "''" else value, safe="")
        return "".join(filled)

    return fill


def _place(scope: Scope, name: str) -> Any:
    if name == "$object":
        return scope["object"]
    for source in ("where", "input", "places"):
        value = scope.get(source, {}).get(name)
        if value not in (None, ""):
            return value
    raise MissingPlace(name)


def as_text(value: Any) -> str:
    """A value as the text of a query parameter or header: JSON's words, objects and lists as compact JSON."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()
