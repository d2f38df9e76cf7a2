"""Models of an API flow → JSON Schema (flow-document.md, section 3)."""

from typing import Any

from lockhouse.flows.document import Model, Property
from lockhouse.flows.reading import Part

_TYPES: dict[str, dict[str, Any]] = {
    "string": {"type": "string"},
    "number": {"type": "number"},
    "integer": {"type": "integer"},
    "boolean": {"type": "boolean"},
    "date": {"type": "string", "format": "date-time"},
    "object": {"type": "object"},
    "any": {},
}
DEEPEST = 10


def read_model(part: Part) -> Model:
    """The model at a part; what is wrong with it is noted."""
    name = part["name"].text(part.name)
    properties = tuple(_property(field_name, field) for field_name, field in part["properties"].fields())
    return Model(
        name=name,
        plural=part["plural"].text(name) or name,
        properties=properties,
        schema=_object_schema(part["properties"], 0),
        description=part["description"].text().strip(),
    )


def _property(name: str, part: Part) -> Property:
    kind = part["type"].value
    is_list = isinstance(kind, list)
    inner = kind[0] if is_list and kind else kind
    return Property(
        name=name,
        type=inner if isinstance(inner, str) else "object",
        is_required=part["required"].flag(default=False),
        is_id=part["id"].flag(default=False),
        is_list=is_list,
    )


def _object_schema(part: Part, depth: int) -> dict[str, Any]:
    properties, required = {}, []
    for name, field in part.fields():
        properties[name] = _schema(field["type"], depth + 1)
        if field["required"].flag(default=False):
            required.append(name)
    return {"type": "object", "properties": properties} | ({"required": required} if required else {})


def _schema(part: Part, depth: int) -> dict[str, Any]:
    """`string`, `[string]`, `[{type: {field: …}}]`, or a mapping of fields."""
    if depth > DEEPEST:
        part.mistake("model_too_deep", f"models are nested at most {DEEPEST} deep")
        return {}
    if isinstance(part.value, list):
        items = part.items()
        return {"type": "array", "items": _item(items[0], depth) if items else {}}
    if isinstance(part.value, dict):
        return _object_schema(part, depth)
    known = _TYPES.get(part.text("string"))
    if known is None:
        part.warn("model_type", f"unknown type {part.value!r}; any value is taken")
    return dict(known or {})


def _item(part: Part, depth: int) -> dict[str, Any]:
    is_wrapped = (
        isinstance(part.value, dict)
        and set(part.value) <= {"type", "required", "id"}
        and "type" in part.value
    )
    return _schema(part["type"] if is_wrapped else part, depth + 1)
