"""`$ref` texts of a running flow."""

import pytest

from lockhouse.flows.refs import Ref, item_key, parse_ref, payload_key, response_key, squeezed


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("#/trigger/payload", "trigger"),
        ("#/trigger/api/parameters", "api"),
        ("#/flowDetails", "flowDetails"),
        ("#/error", "error"),
        ("#/node-output/Get lead/response/payload", payload_key("Get lead")),
        ("#/node-output/SAP S/4HANA Get/response", response_key("SAP S/4HANA Get")),
        ("#/node-output/a/response/payload/response", response_key("a/response/payload")),
        ("#/block/For each/current-item", item_key("For each")),
        ("#/block/A/B loop/current-item", item_key("A/B loop")),
        ("#/block/If 2/node-output/Node v1.0/response/payload", payload_key("Node v1.0")),
        ("#/block/Batch process/node-output/X/response", response_key("X")),
    ],
)
def test_a_ref_becomes_a_key(text: str, expected: str) -> None:
    ref = parse_ref(text)

    assert isinstance(ref, Ref)
    assert ref.key == expected


@pytest.mark.parametrize(
    "text",
    ["", "#", "#/", "#/node-output/x", "#/node-output//response", "#/block/x", "#/block//current-item",
     "#/block/x/node-output/y", "#/integration/assemblies/assembly-1", "trigger/payload", "#/error/message"],
)  # fmt: skip
def test_what_is_no_ref_is_none(text: str) -> None:
    assert parse_ref(text) is None


def test_a_name_is_squeezed_to_letters_digits_and_underscores() -> None:
    assert squeezed("SAP S/4HANA Get_it (2)!") == "SAPS4HANAGet_it2"
    assert squeezed("Größe prüfen") == "Größeprüfen"
