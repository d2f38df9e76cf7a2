"""Models of an API flow."""

from pathlib import Path

import pytest

from lockhouse.documents import read_yaml
from lockhouse.flows.models import read_model
from lockhouse.flows.reading import Reading


@pytest.mark.parametrize(
    ("kind", "schema"),
    [
        ("string", {"type": "string"}),
        ("number", {"type": "number"}),
        ("date", {"type": "string", "format": "date-time"}),
        ("[string]", {"type": "array", "items": {"type": "string"}}),
        (
            "[{type: {a: {type: string, required: true}, b: {type: [number]}}}]",
            {
                "type": "array",
                "items": {
                    "type": "object",
                    "properties": {
                        "a": {"type": "string"},
                        "b": {"type": "array", "items": {"type": "number"}},
                    },
                    "required": ["a"],
                },
            },
        ),
        ("{a: {type: string}}", {"type": "object", "properties": {"a": {"type": "string"}}}),
        ("[]", {"type": "array", "items": {}}),
    ],
)
def test_a_property_has_a_json_schema(kind: str, schema: dict[str, object]) -> None:
    reading = Reading(read_yaml(f"M: {{properties: {{p: {{type: {kind}}}}}}}", file="f"))

    assert read_model(reading.root()["M"]).schema == {"type": "object", "properties": {"p": schema}}
    assert reading.mistakes == reading.warnings == []


def test_an_unknown_type_is_a_warning_and_any_value() -> None:
    reading = Reading(
        read_yaml("M: {plural: Ms, properties: {p: {type: colour, id: true, required: true}}}", file="f")
    )
    model = read_model(reading.root()["M"])

    assert [each.code for each in reading.warnings] == ["model_type"]
    assert (model.name, model.plural, model.id_property, model.required) == ("M", "Ms", "p", ("p",))


def test_every_published_model_is_read(shared: Path) -> None:
    from lockhouse.flows import read_flow

    flows = [
        read_flow(path.read_bytes(), file=path.name) for path in (shared / "corpus/flows").glob("*.yaml")
    ]
    models = [operation.model for flow in flows for operation in flow.operations]

    assert len(models) == 17
    assert all(model.properties and model.plural for model in models)
