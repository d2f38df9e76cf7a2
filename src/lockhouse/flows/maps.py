"""A `map` block → a function from what the flow knows to the map's object (flow-document.md, section 6)."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from lockhouse.flows.bound import Evaluate, bind_expression, bind_template
from lockhouse.flows.context import Context
from lockhouse.flows.reading import MISSING, Part
from lockhouse.flows.refs import iterator_key
from lockhouse.flows.scope import Scope, inputs_of
from lockhouse.jsonata import NOTHING, ExpressionFailed, ExpressionMistake, as_text, compile_expression

MAP_VERSION = "http://ibm.com/appconnect/map/v1"
DEEPEST = 20
SIZE_OF_A_FIELD = 100
"""Bytes that a field of a row takes, roughly."""


def compile_map(part: Part, scope: Scope, schema: Mapping[str, Any] | None = None) -> Evaluate:
    """The map at a part; a missing one builds an empty object. Mistakes are noted.

    `schema` is the JSON Schema of the object, where the document declares it outside of the map.
    """
    version = part["$map"]
    if version.is_there and version.value != MAP_VERSION:
        version.mistake("map_version", f"expected {MAP_VERSION}")
    inputs = inputs_of(part["input"])
    types = _merged(schema or {}, _custom_schema(part["customSchemas"]))
    return _targets(part["mappings"], scope, inputs, types, 0)


def _targets(
    part: Part, scope: Scope, inputs: Mapping[str, str], schema: Mapping[str, Any], depth: int
) -> Evaluate:
    if depth > DEEPEST:
        part.mistake("map_too_deep", f"mappings are nested at most {DEEPEST} deep")
        return lambda _context: {}
    fields: list[tuple[str, Evaluate]] = []
    for entry in part.items():
        for name, target in entry.fields():
            fields.append((name, _target(target, scope, inputs, _inside(schema, name), depth)))

    def evaluate(context: Context) -> dict[str, Any]:
        built = {}
        for name, value_of in fields:
            value = value_of(context)
            if value is not NOTHING:
                built[name] = value
        return built

    return evaluate


def _target(
    part: Part, scope: Scope, inputs: Mapping[str, str], schema: Mapping[str, Any], depth: int
) -> Evaluate:
    forms = part.value
    if not isinstance(forms, dict):
        return _malformed(part)
    if "foreach" in forms:
        rows = _foreach(part["foreach"], scope, inputs, _inside(schema, None), depth)
        return _csv(part["format"], rows) if part["format"]["type"].value == "csv" else rows
    if "mappings" in forms:
        nested = _targets(part["mappings"], scope, inputs, schema, depth + 1)
        return (
            _overlaid(bind_expression(part["expression"], scope, inputs), nested)
            if "expression" in forms
            else nested
        )
    return _plain_target(part, scope, inputs, schema)


def _plain_target(part: Part, scope: Scope, inputs: Mapping[str, str], schema: Mapping[str, Any]) -> Evaluate:
    forms = part.mapping()
    if "template" in forms:
        if part["format"]["type"].value == "sql" and "{{" in part["template"].text():
            said = "values go into this SQL as their plain text: write the quotes around them that they need"
            part["template"].warn("sql_plain_values", said)
        return _typed(bind_template(part["template"], scope, inputs), schema)
    if "expression" in forms:
        return bind_expression(part["expression"], scope, inputs)
    if "assign" in forms:
        return lambda _context: forms["assign"]
    return _malformed(part)


def _malformed(part: Part) -> Evaluate:
    part.warn("map_malformed", f"{part.name}: expected a template, an expression or mappings; left out")
    return lambda _context: NOTHING


def _typed(evaluate: Evaluate, schema: Mapping[str, Any]) -> Evaluate:
    """In a field that is declared a string a number or boolean becomes its text (rule 3 of section 7).

    A list or object keeps its type: the connector, or who reads the variable, knows what to do with it.
    """
    if schema.get("type") != "string":
        return evaluate

    def as_string(context: Context) -> Any:
        value = evaluate(context)
        return as_text(value) if isinstance(value, bool | int | float) else value

    return as_string


def _overlaid(object_of: Evaluate, nested: Evaluate) -> Evaluate:
    def evaluate(context: Context) -> Any:
        under = object_of(context)
        return (under if isinstance(under, dict) else {}) | nested(context)

    return evaluate


def as_list(value: Any) -> list[Any]:
    """A list as it is, one value as a list of one, nothing and null as none."""
    if isinstance(value, list):
        return value
    return [] if value is NOTHING or value is None else [value]


def _foreach(
    part: Part, scope: Scope, inputs: Mapping[str, str], schema: Mapping[str, Any], depth: int
) -> Evaluate:
    name = part["iterator"].required_text()
    key = iterator_key(name)
    source = _foreach_source(part["input"], scope, inputs)
    row_of = _targets(part["mappings"], scope.with_iterator(name), inputs, schema, depth + 1)
    row_size = SIZE_OF_A_FIELD * (1 + len(part["mappings"].items()))

    def evaluate(context: Context) -> list[Any]:
        rows = []
        outer = context.values.get(key, NOTHING)
        for item in as_list(source(context)):
            context.budget.take(row_size)
            context.values[key] = item
            rows.append(row_of(context))
        context.put(key, outer)
        return rows

    return evaluate


def _foreach_source(part: Part, scope: Scope, inputs: Mapping[str, str]) -> Evaluate:
    """The list; our choice: a constant without elements is how the editor writes "one, of fixed mappings"."""
    evaluate = bind_expression(part, scope, inputs)
    try:
        expression = compile_expression(part.text().strip())
    except ExpressionMistake:
        return evaluate
    if expression.variables or expression.functions or expression.reads_all:
        return evaluate
    try:
        constant = as_list(expression.evaluate({})) or [{}]
    except ExpressionFailed:
        return evaluate
    return lambda _context: constant


def _csv(part: Part, rows_of: Evaluate) -> Evaluate:
    """Rows as CSV text: comma, LF or CRLF between rows and none at the end."""
    options = part["options"]
    with_headers = options["includeHeaders"].flag(default=True)
    always = options["alwaysQuotes"].flag(default=False)
    columns = [column.text() for column in options["headerOrder"].items()]
    ending = {"CRLF": "\r\n", "CR": "\r"}.get(options["eol"].text("LF").upper(), "\n")

    def line(context: Context, values: Iterable[Any]) -> str:
        written = ",".join(_csv_value(as_text(value), always_quoted=always) for value in values)
        context.budget.take(len(written))
        return written

    def evaluate(context: Context) -> str:
        rows = rows_of(context)
        names = columns or list(dict.fromkeys(name for row in rows for name in row))
        lines = [line(context, names)] if with_headers else []
        lines += [line(context, [row.get(name, NOTHING) for name in names]) for row in rows]
        return ending.join(lines)

    return evaluate


def _csv_value(text: str, *, always_quoted: bool) -> str:
    """Quoted if it holds a comma, a quote or a line break; quotes are doubled."""
    if not always_quoted and not any(sign in text for sign in ',"\n\r'):
        return text
    doubled = text.replace('"', '""')
    return f'"{doubled}"'


_SCHEMA_STEP = re.compile(r"properties\.`([^`]*)`|(items)")


def _custom_schema(part: Part) -> Mapping[str, Any]:
    """customSchemas, whose keys are paths (``properties.`a`.items.properties.`b` ``), as one JSON Schema."""
    root: dict[str, Any] = {}
    for path, schema in part.fields():
        below = root
        for name, _items in _SCHEMA_STEP.findall(path):
            if name:
                below = below.setdefault("properties", {}).setdefault(name, {})
            else:
                below = below.setdefault("items", {})
        if isinstance(schema.value, dict):
            below.update(_merged(schema.value, below))
    return root


def _inside(schema: Mapping[str, Any], name: str | None) -> Mapping[str, Any]:
    """The schema of a property, or of the items with None; empty where nothing is declared."""
    if name is None:
        inside = schema.get("items", schema)
    else:
        properties = schema.get("properties", {})
        inside = properties.get(name, {}) if isinstance(properties, dict) else {}
    return inside if isinstance(inside, dict) else {}


def _merged(one: Mapping[str, Any], other: Mapping[str, Any]) -> dict[str, Any]:
    merged = dict(one)
    for key, value in other.items():
        mine = merged.get(key, MISSING)
        merged[key] = _merged(mine, value) if isinstance(mine, dict) and isinstance(value, dict) else value
    return merged
