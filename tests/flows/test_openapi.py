"""API flows as OpenAPI 3 documents."""

# ruff: noqa: E501 - rows of tables and of documents

from collections.abc import Callable
from pathlib import Path

import pytest
from openapi_spec_validator import validate

from lockhouse.flows import read_flow
from lockhouse.flows.openapi import openapi_document

Written = Callable[..., str]


def test_every_published_api_flow_has_a_valid_document(shared: Path) -> None:
    flows = [
        read_flow(path.read_bytes(), file=path.name) for path in (shared / "corpus/flows").glob("*.yaml")
    ]
    documents = [
        openapi_document(flow, server_url="http://localhost:7800/x") for flow in flows if flow.operations
    ]

    for document in documents:
        validate(document)
    assert len(documents) == 17
    assert all(document["paths"] for document in documents)


@pytest.mark.parametrize(
    ("operation", "more", "path", "method", "parameters", "status"),
    [
        ("create", "MORE: {}", "/Orders", "post", [], "201"),
        ("retrieve", "MORE: {}", "/Orders/{id}", "get", ["id"], "200"),
        (
            "retrieveall",
            "interactions:\n  retrieveall: {pagination-type: TOKEN_LIMIT, filterSupport: {queryablefields: [total]}}",
            "/Orders", "get", ["total", "filter", "limit", "token"], "200",
        ),
        ("close", "methods: {close: {http: {verb: POST, path: /x}}}", "/Orders/{id}/x", "post", ["id"], "200"),
    ],
)  # fmt: skip
def test_an_operation_is_described(  # noqa: PLR0917 - a row of the table
    written_api: Written,
    operation: str,
    more: str,
    path: str,
    method: str,
    parameters: list[str],
    status: str,
) -> None:
    flow = read_flow(written_api("[]", operation=operation, more=more, required=True), file="f")
    document = openapi_document(flow)
    validate(document)
    described = document["paths"][path][method]

    assert [each["name"] for each in described["parameters"]] == parameters
    assert status in described["responses"]
    assert ("requestBody" in described) == (method == "post")
    assert document["components"]["schemas"]["Order"]["required"] == ["number"]


def test_any_name_of_a_model_makes_a_valid_document(written_api: Written) -> None:
    for name in ("Größe & Co", "Error", "a/b~c"):
        text = written_api("[]").replace(
            "models:\n  Order:\n    name: Order", f"models:\n  Order:\n    name: '{name}'"
        )
        validate(openapi_document(read_flow(text, file="f")))
