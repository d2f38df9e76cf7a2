"""An API's own description becomes a connector that works."""

import json
from pathlib import Path
from typing import Any

import pytest
from tests.connectors.conftest import at_double

from lockhouse.connectors.catalogue import load_catalogue
from lockhouse.connectors.errors import Rejected
from lockhouse.connectors.manifest import read_manifest
from lockhouse.connectors.model import Connector
from lockhouse.connectors.openapi_import import Imported, import_openapi
from lockhouse.connectors.writing import scaffold, yaml_text
from lockhouse.documents import Limits, read_json, read_yaml
from lockhouse.errors import Mistakes

SHOP = """\
openapi: 3.1.0
info: {title: The shop, version: "1"}
servers: [{url: "https://{region}.shop.example/v1", variables: {region: {default: eu}}}]
security: [{key: []}, {login: [read, write]}]
paths:
  /orders:
    parameters: [{name: X-Tenant, in: header, schema: {type: string}}]
    get:
      parameters:
        - {name: limit, in: query, schema: {type: integer, maximum: 50}}
        - {name: offset, in: query, schema: {type: integer}}
        - {name: status, in: query, schema: {type: string, enum: [open, closed]}}
        - {name: session, in: cookie, schema: {type: string}}
      responses:
        "200": {content: {application/json: {schema: {type: object, properties:
          {items: {type: array, items: {$ref: "#/components/schemas/Order"}}, total: {type: integer}}}}}}
    post:
      requestBody:
        required: true
        content:
          application/json: {schema: {$ref: "#/components/schemas/NewOrder"}}
          application/xml: {}
      responses: {"201": {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}
  /orders/{order-id}:
    parameters: [{name: order-id, in: path, required: true, schema: {type: string}}]
    get: {responses: {"200": {content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}}}
    delete: {responses: {"204": {description: gone}}}
    trace: {responses: {}}
  /orders/{order-id}/export.pdf:
    get:
      parameters: [{name: order-id, in: path, required: true, schema: {type: string}}]
      responses: {"200": {content: {application/pdf: {}}}}
  /orders/actions/ship-all:
    post:
      requestBody:
        content: {application/x-www-form-urlencoded: {schema: {properties: {note: {type: string}}}}}
      responses: {default: {description: done}}
components:
  securitySchemes:
    key: {type: apiKey, in: header, name: X-Shop-Key}
    login:
      type: oauth2
      flows: {clientCredentials: {tokenUrl: "https://shop.example/token", scopes: {read: r, write: w}}}
  schemas:
    NewOrder:
      type: object
      required: [name]
      properties:
        name: {type: [string, "null"]}
        count: {type: integer}
        when: {type: string, format: date-time}
        parent: {$ref: "#/components/schemas/Order"}
    Order:
      allOf:
        - {$ref: "#/components/schemas/NewOrder"}
        - {properties: {id: {type: string}}}
"""
SWAGGER = {
    "swagger": "2.0",
    "info": {"title": "Old shop"},
    "host": "old.example",
    "basePath": "/api",
    "securityDefinitions": {"b": {"type": "basic"}, "q": {"type": "apiKey", "in": "query", "name": "key"}},
    "paths": {
        "/things": {
            "get": {
                "responses": {"200": {"schema": {"type": "array", "items": {"$ref": "#/definitions/T"}}}}
            },
            "post": {
                "parameters": [
                    {"in": "body", "name": "b", "required": True, "schema": {"$ref": "#/definitions/T"}}
                ],
                "responses": {"200": {"schema": {"$ref": "#/definitions/T"}}},
            },
        },
        "/files": {
            "post": {
                "consumes": ["multipart/form-data"],
                "parameters": [
                    {"in": "formData", "name": "title", "type": "string", "required": True},
                    {"in": "formData", "name": "file", "type": "file"},
                ],
                "responses": {"204": {"description": "ok"}},
            }
        },
    },
    "definitions": {"T": {"properties": {"name": {"type": "string"}, "more": {"$ref": "#/definitions/T"}}}},
}


def imported(text: str) -> tuple[Connector, Imported]:
    found = import_openapi(read_yaml(text, file="openapi.yaml"), name="shop")
    return read_manifest(yaml_text(found.manifest), file="connector.yaml"), found


def test_operations_are_named_as_app_connect_names_those_it_imports() -> None:
    connector, found = imported(SHOP)
    assert [(one["business_object"], one["action"]) for one in connector.describe()["actions"]] == [
        ("getOrders_model", "RETRIEVEALL"),
        ("postOrders_model", "postOrders"),
        ("getOrdersByOrderId_model", "getOrdersByOrderId"),
        ("deleteOrdersByOrderId_model", "deleteOrdersByOrderId"),
        ("getOrdersByOrderIdExportpdf_model", "getOrdersByOrderIdExportpdf"),
        ("postOrdersActionsShipAll_model", "postOrdersActionsShipAll"),
    ]
    assert found.operations == 6
    assert connector.auth.keys() == {"API_KEY", "OAUTH2_CLIENT_CREDENTIALS"}
    assert connector.auth["API_KEY"].fields["url"].default == "https://eu.shop.example/v1"
    fields = connector.objects["postOrders_model"].fields
    assert (fields["name"].type, fields["name"].required, fields["count"].type) == ("string", True, "integer")
    assert (fields["when"].type, fields["id"].read_only, fields["X-Tenant"].place) == ("datetime", True, True)


def test_what_is_not_carried_is_told_with_its_place() -> None:
    _, found = imported(SHOP)
    told = {(note.code, note.line) for note in found.notes}
    assert {code for code, _ in told} == {
        "openapi_cookie",
        "openapi_body",
        "openapi_method",
        "openapi_answer",
    }
    assert all(line > 0 for _, line in told)


async def test_an_imported_api_is_called() -> None:
    connector, _ = imported(SHOP)
    async with at_double(connector) as desk:
        made = await desk.call(
            "postOrders_model", "postOrders", input={"name": "n", "count": "3", "X-Tenant": "t"}
        )
        assert (made.status_code, made.payload["name"], made.payload["count"]) == (201, "n", 3)
        assert desk.stand_in.requests[-1]["body"] == '{"name":"n","count":3}'
        with pytest.raises(Rejected, match="count"):
            await desk.call("postOrders_model", "postOrders", input={"name": "n", "count": "many"})

        orders = desk.stand_in.collection("getOrders_model")
        for number in range(120):
            orders.put({"id": str(number), "status": "open" if number % 2 else "closed"}, {})
        everything = await desk.call("getOrders_model", "RETRIEVEALL")
        assert len(everything.payload) == 120
        some = await desk.call("getOrders_model", "RETRIEVEALL", where={"status": "open"}, limit=10)
        assert (len(some.payload), some.status_code) == (10, 206)

        shipped = await desk.call(
            "postOrdersActionsShipAll_model", "postOrdersActionsShipAll", input={"note": "a b"}
        )
        assert shipped.status_code in (200, 201)
        assert desk.stand_in.requests[-1]["body"] == "note=a+b"


async def test_one_thing_is_asked_for_by_filter_or_by_input() -> None:
    connector, _ = imported(SHOP)
    async with at_double(connector) as desk:
        one = desk.stand_in.collection("getOrdersByOrderId_model")
        one.shape = connector.objects["getOrdersByOrderId_model"]
        one.put({"id": "a/b"}, {"order-id": "a/b"})
        for parts in ({"where": {"order-id": "a/b"}}, {"input": {"order-id": "a/b"}}):
            found = await desk.call("getOrdersByOrderId_model", "getOrdersByOrderId", **parts)
            assert (found.status_code, found.payload["id"]) == (200, "a/b")
            assert desk.stand_in.requests[-1]["path"] == "/v1/orders/a%2Fb"


async def test_swagger_two_is_read_as_well() -> None:
    found = import_openapi(read_json(json.dumps(SWAGGER), file="swagger.json"), name="old")
    connector = read_manifest(yaml_text(found.manifest), file="connector.yaml")
    assert connector.auth.keys() == {"BASIC", "API_KEY"}
    async with at_double(connector, "API_KEY") as desk:
        await desk.call("postThings_model", "postThings", input={"name": "n"})
        assert ["key", "EXAMPLE-apiKey"] in desk.stand_in.requests[-1]["query"]
        await desk.call("postFiles_model", "postFiles", input={"title": "t", "file": "content"})
        assert desk.stand_in.requests[-1]["content_type"].startswith("multipart/form-data")
        with pytest.raises(Rejected, match="title"):
            await desk.call("postFiles_model", "postFiles", input={})


@pytest.mark.parametrize(
    "text",
    [
        "{}",
        "openapi: 3.0.0",
        "openapi: 3.0.0\npaths: {}",
        "openapi: 1.0.0\npaths: {/a: {get: {}}}",
        "swagger: 2.0\npaths: []",
        "- a",
    ],
)
def test_what_is_no_description_of_an_api_is_refused(text: str) -> None:
    with pytest.raises(Mistakes):
        imported(text)


def test_a_document_that_refers_to_itself_ends() -> None:
    text = """\
openapi: 3.0.0
paths:
  /a:
    get: {responses: {"200": {$ref: "#/components/responses/R"}}}
    post:
      requestBody: {$ref: "#/nowhere"}
      responses: {"200": {content: {application/json: {schema: {$ref: "http://x"}}}}}
components:
  responses: {R: {$ref: "#/components/responses/R"}}
  schemas: {T: {allOf: [{$ref: "#/components/schemas/T"}]}}
"""
    connector, _ = imported(text)
    assert len(connector.objects) == 2


@pytest.mark.parametrize("name", ["github", "googlecontacts", "salesforce", "twilio", "jira"])
def test_large_documents_of_vendors_are_imported_whole(name: str, shared: Path) -> None:
    file = shared / "specs" / name / "openapi.json"
    document = read_json(file.read_bytes(), file=name, limits=Limits(bytes=10**7, nodes=10**6, depth=200))
    found = import_openapi(document, name=name)
    connector = read_manifest(yaml_text(found.manifest), file="connector.yaml")
    operations = sum(
        method in item
        for item in document.value["paths"].values()
        for method in ("get", "post", "put", "patch", "delete")
    )
    assert found.operations == operations == len(connector.objects)


async def test_three_vendors_apis_are_imported_and_called(shared: Path) -> None:
    card = {"idList": "59af09209fd9d52867c1e67a", "name": "n"}
    calls: dict[str, tuple[str, str, dict[str, Any]]] = {
        "trello": ("postCards_model", "postCards", {"input": card}),
        "hubspotmarketing": ("getCrmV3ObjectsContacts_model", "RETRIEVEALL", {"limit": 2}),
        "github": ("postReposByOwnerByRepoIssues_model", "postReposByOwnerByRepoIssues",
                   {"input": {"owner": "acme", "repo": "shop", "title": "Case 42"}}),
    }  # fmt: skip
    for name, (business_object, action, parts) in calls.items():
        document = read_json((shared / "specs" / name / "openapi.json").read_bytes(), file=name)
        manifest = import_openapi(document, name=name).manifest
        async with at_double(read_manifest(yaml_text(manifest), file=name)) as desk:
            result = await desk.call(business_object, action, **parts)
            assert result.status_code in (200, 201, 204)
            assert desk.stand_in.requests[-1].get("refused") is None


def test_a_new_connector_begins_with_a_manifest_that_loads(tmp_path: Path) -> None:
    (tmp_path / "my-shop").mkdir()
    (tmp_path / "my-shop" / "connector.yaml").write_text(scaffold("my-shop"))
    connector = load_catalogue([tmp_path]).get("my-shop")
    assert connector.title == "My shop"
    assert connector.check is not None


async def test_a_new_connector_works_against_its_double() -> None:
    async with at_double(read_manifest(scaffold("shop"), file="connector.yaml")) as desk:
        made = await desk.call("thing", "CREATE", input={"name": "n", "count": "2"})
        assert (made.status_code, made.payload["count"]) == (201, 2)
        again = await desk.call("thing", "UPSERTWITHWHERE", where={"name": "n"}, input={"count": 3})
        assert (again.status_code, again.payload["count"]) == (200, 3)
        found = await desk.call("thing", "RETRIEVEALL", where={"id": made.payload["id"]})
        assert found.payload[0]["count"] == 3
        await desk.call("thing", "DELETEALL", where={"and": [{"name": "n"}, {"count": {"gt": "2"}}]})
        assert (await desk.call("thing", "RETRIEVEALL")).status_code == 204
