"""parse: JSON, CSV or XML text → a value."""

import csv
import io
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from lockhouse.documents import Limits, read_json
from lockhouse.errors import Mistakes
from lockhouse.flows.bound import Evaluate, bind_template
from lockhouse.flows.building import Building
from lockhouse.flows.context import Context
from lockhouse.flows.errors import ErrorDetails, FlowFailed
from lockhouse.flows.execution import Execution
from lockhouse.flows.reading import Part
from lockhouse.flows.scope import Scope, inputs_of
from lockhouse.flows.xml_text import XmlRefused, parse_xml
from lockhouse.jsonata import NOTHING, as_text

LIMITS = Limits(bytes=16 * 1024 * 1024, nodes=1_000_000, depth=200)
csv.field_size_limit(LIMITS.bytes)  # for the process; its own is 128 kB, less than a file


class _Refused(ValueError):
    """The text is not of this format."""


@dataclass(frozen=True, slots=True)
class ParseStep:
    """Turns its source's text into a value; an object or list is taken as it is."""

    name: str
    parse_format: str
    source_of: Evaluate
    parse: Callable[[str], Any]

    async def run(self, context: Context, _execution: Execution) -> None:
        """Parse. Raises FlowFailed when the text is not of the format, ExpressionFailed."""
        source = self.source_of(context)
        if isinstance(source, dict | list):
            context.put_output(self.name, source)
            return
        try:
            value = self.parse(as_text(source))
        except _Refused as refused:
            message = f"the text is no {self.parse_format.upper()}: {refused}"
            raise FlowFailed(ErrorDetails("parse_failed", message, 500, self.name)) from None
        context.put_output(self.name, value)


def _json(text: str) -> Any:
    try:
        return read_json(text, file="", limits=LIMITS).value
    except Mistakes as mistakes:
        raise _Refused(str(mistakes.mistakes[0])) from None


def _xml(text: str) -> Any:
    try:
        return parse_xml(text)
    except XmlRefused as refused:
        raise _Refused(str(refused)) from None


def _csv(has_header: bool, types: Mapping[str, Any]) -> Callable[[str], Any]:
    """Rows as objects, keyed by the header or `field1`, `field2`, …; strings unless the schema says else."""

    def parse(text: str) -> list[dict[str, Any]]:
        if len(text) > LIMITS.bytes or text.count(",") + text.count("\n") > LIMITS.nodes:
            raise _Refused(f"at most {LIMITS.bytes} characters and {LIMITS.nodes} values")
        try:
            rows = [
                row
                for row in csv.reader(io.StringIO(text.removeprefix("\ufeff"), newline=""), strict=True)
                if row
            ]
        except csv.Error as error:
            raise _Refused(str(error)) from None
        header = rows.pop(0) if has_header and rows else []
        return [_row(header, row, types) for row in rows]

    return parse


def _columns(schema: Any) -> Mapping[str, Any]:
    """The types of columns in a schema of an array of objects."""
    for name in ("items", "properties"):
        schema = schema.get(name) if isinstance(schema, dict) else None
    return schema if isinstance(schema, dict) else {}


def _row(header: list[str], row: list[str], types: Mapping[str, Any]) -> dict[str, Any]:
    names = header[: len(row)] + [f"field{number + 1}" for number in range(len(header), len(row))]
    return {name: _typed(value, types.get(name)) for name, value in zip(names, row, strict=True)}


def _typed(text: str, schema: Any) -> Any:
    wanted = schema.get("type") if isinstance(schema, dict) else None
    if wanted == "boolean" and text.lower() in ("true", "false"):
        return text.lower() == "true"
    if wanted not in ("integer", "number"):
        return text
    try:
        number = int(text) if text.lstrip("-").isdigit() and len(text) < 20 else float(text)
    except ValueError:
        return text
    return number if math.isfinite(number) else text


def compile_parse(part: Part, scope: Scope, _building: Building) -> ParseStep:
    """A parse node: `json`, `csv` or `xml`."""
    wanted = part["parse-format"]
    text = wanted.required_text()
    parsers = {
        "json": _json,
        "csv": _csv(part["options"]["csv-header"].flag(default=False), _columns(part["output-schema"].value)),
        "xml": _xml,
    }
    if text not in parsers:
        wanted.mistake("parse_format", "expected json, csv or xml")
    part["source"]["template"].required_text()
    return ParseStep(
        name=part["name"].required_text(),
        parse_format=text,
        source_of=bind_template(
            part["source"]["template"], scope, inputs_of(part["source"]["input"]), trimmed=True
        ),
        parse=parsers.get(text, lambda _text: NOTHING),
    )
