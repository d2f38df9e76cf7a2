"""Odd and hostile descriptions of APIs: a connector that loads, or mistakes with their places; never less."""

import json
from collections.abc import Iterator
from copy import deepcopy
from typing import Any

import pytest
from tests.connectors.conftest import at_double
from tests.connectors.test_openapi_import import SHOP, SWAGGER, imported

from lockhouse.connectors.manifest import read_manifest
from lockhouse.connectors.openapi_import import Imported, import_openapi
from lockhouse.connectors.writing import yaml_text
from lockhouse.documents import read_json, read_yaml
from lockhouse.errors import Mistake, Mistakes

WRONG: tuple[Any, ...] = (None, -1, True, "", "a b{{$x", [[]], {"x": 1}, {"$ref": "#/x"})


def loaded(source: Any) -> Imported:
    """The import of a document, whose manifest has been loaded. Raises Mistakes when it is none."""
    found = import_openapi(read_json(json.dumps(source), file="openapi.json"), name="shop")
    read_manifest(yaml_text(found.manifest), file="connector.yaml")
    return found


def notes_or_mistakes(source: Any) -> tuple[Mistake, ...]:
    try:
        return loaded(source).notes
    except Mistakes as mistakes:
        return mistakes.mistakes


def codes(found: Imported) -> set[str]:
    return {note.code for note in found.notes}


def places(node: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield at
    inner = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for step, value in inner:
        yield from places(value, (*at, step))


@pytest.mark.parametrize(
    "source", [read_yaml(SHOP, file="shop").value, SWAGGER], ids=["openapi 3.1", "swagger 2"]
)
def test_a_wrong_value_at_any_key_is_a_note_or_a_mistake(source: dict[str, Any]) -> None:
    for number, at in enumerate(places(source)):
        if not at:
            continue
        # Every place meets one wrong value, and the kinds of values take turns.
        changed = deepcopy(source)
        node: Any = changed
        for step in at[:-1]:
            node = node[step]
        node[at[-1]] = WRONG[number % len(WRONG)]
        told = notes_or_mistakes(changed)
        assert all(one.line > 0 and one.column > 0 for one in told), at


@pytest.mark.parametrize(
    "name",
    ["a`b", "{{x", "x.y", "", "filter[x]", "é", "x" * 2000, "a\nb", "'", '"', "@odata.id", "body", "null"],
)
def test_a_strange_name_is_carried_or_listed(name: str) -> None:
    source = deepcopy(SWAGGER)
    source["securityDefinitions"]["q"]["name"] = name  # type: ignore[index]  # a literal of many kinds
    form = {"in": "formData", "name": name, "type": "string"}
    query = {"in": "query", "name": name, "type": "array"}
    source["paths"] |= {  # type: ignore[operator]  # the same
        f"/{name}": {"get": {"operationId": name, "parameters": [query], "responses": {}}},
        f"/by/{{{name}}}": {"post": {"parameters": [{"in": "body", "name": name, "schema": {}}]}},
        "/upload": {"post": {"consumes": ["multipart/form-data"], "parameters": [form]}},
    }
    loaded(source)


ONE = {"openapi": "3.0.3", "servers": [{"url": "https://api.example"}]}


def operation(**parts: Any) -> dict[str, Any]:
    return {**ONE, "paths": {"/a/{id}": {"post": {"responses": {}, **parts}}}}


@pytest.mark.parametrize(
    ("source", "code"),
    [
        (operation(callbacks={"done": {}}), "openapi_operation"),
        (operation(servers=[{"url": "https://other.example"}]), "openapi_operation"),
        (operation(parameters=[{"$ref": "https://other.example/p.yaml"}]), "openapi_reference"),
        (operation(requestBody={"$ref": "#/nowhere"}), "openapi_reference"),
        (operation(parameters=[{"name": "s", "in": "cookie"}]), "openapi_cookie"),
        (operation(parameters=[{"name": "Authorization", "in": "header"}]), "openapi_header"),
        (operation(parameters=[{"name": "x", "in": "path"}]), "openapi_parameter"),
        (operation(parameters=[{"name": "x", "in": "query", "style": "deepObject"}]), "openapi_style"),
        (operation(parameters=[{"name": "id", "in": "query"}]), "openapi_twice"),
        (operation(parameters=7), "openapi_type"),
        (operation(security=[{"nobody": []}]), "openapi_security"),
        ({**ONE, "paths": {"/a": {"get": {}}, "no-slash": {}}}, "openapi_path"),
        ({**ONE, "paths": {"/a": {"get": {}}, "/{a": {"get": {}}}}, "openapi_path"),
        ({**ONE, "paths": {"/a": {"get": {}, "GET": {}}}}, "openapi_method"),
        ({**ONE, "paths": {"/a": {"get": {}}, "/b": {"$ref": "b.yaml"}}}, "openapi_reference"),
        ({**ONE, "paths": {"/a": {"get": {}}}, "webhooks": {"sold": {}}}, "openapi_webhooks"),
        ({**ONE, "paths": {"/a": {"get": {}}}, "servers": [{"url": "/v2"}]}, "openapi_servers"),
        ({"swagger": "2.0", "basePath": "/v2", "paths": {"/a": {"get": {}}}}, "openapi_servers"),
        ({**ONE, "paths": {"/a-b": {"get": {}}, "/aB": {"get": {}}, "/a/b": {"get": {}}}}, "openapi_name"),
    ],
)  # fmt: skip
def test_what_cannot_be_carried_is_listed_with_its_place(source: dict[str, Any], code: str) -> None:
    found = loaded(source)
    assert code in codes(found)
    assert all(note.line > 0 for note in found.notes)


SCHEMAS: dict[str, dict[str, Any]] = {
    "itself": {"allOf": [{"$ref": "#/components/schemas/itself"}], "properties": {"a": {"type": "string"}}},
    "loop": {"$ref": "#/components/schemas/loop"},
    "wide": {"properties": {f"f{at}": {"$ref": "#/components/schemas/wide"} for at in range(80)}},
    "forms": {"oneOf": [
        {"type": "object", "properties": {"kind": {"type": "string"}, "iban": {"type": "string"}},
         "required": ["kind", "iban"]},
        {"type": "object", "properties": {"kind": {"type": "string"}, "card": {"type": "string"}},
         "required": ["kind", "card"]},
    ]},
    "nullable": {"properties": {"note": {"anyOf": [{"type": "string"}, {"type": "null"}]}}},
    "answered": {"required": ["id", "name"], "properties": {
        "id": {"type": "string", "readOnly": True}, "name": {"type": "string"}}},
}  # fmt: skip


def fields_of(schema: str) -> dict[str, Any]:
    body = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{schema}"}}}}
    found = loaded({**operation(requestBody=body), "components": {"schemas": SCHEMAS}})
    fields: dict[str, Any] = found.manifest["objects"]["postAById_model"]["fields"]
    return fields


@pytest.mark.parametrize("schema", SCHEMAS)
def test_a_schema_that_holds_itself_ends(schema: str) -> None:
    assert fields_of(schema)["id"]["required"] is True


def test_of_several_forms_all_fields_are_offered_and_the_common_ones_needed() -> None:
    fields = fields_of("forms")
    assert {name for name, known in fields.items() if known.get("required")} == {"id", "kind"}
    assert fields["iban"] == fields["card"] == {"type": "string"}
    assert fields_of("nullable")["note"]["type"] == "string"


def test_what_only_the_api_may_set_is_not_asked_for() -> None:
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/answered"}}}}
    source = {**ONE, "paths": {"/a": {"post": {"requestBody": body}}}, "components": {"schemas": SCHEMAS}}
    fields = loaded(source).manifest["objects"]["postA_model"]["fields"]
    assert fields["id"] == {"type": "string", "read-only": True}
    assert fields["name"]["required"] is True


@pytest.mark.parametrize(
    ("parameter", "sent"),
    [
        ({"schema": {"type": "array"}}, [["ids", "1"], ["ids", "2"]]),
        ({"schema": {"type": "array"}, "explode": False}, [["ids", "1,2"]]),
        ({"schema": {"type": "array"}, "style": "pipeDelimited"}, [["ids", "1|2"]]),
        ({"content": {"application/json": {"schema": {"type": "array"}}}}, [["ids", "1"], ["ids", "2"]]),
    ],
)
async def test_a_list_is_sent_as_the_description_says(parameter: dict[str, Any], sent: list[Any]) -> None:
    listed = {"name": "ids", "in": "query", "required": True, **parameter}
    found = loaded(operation(parameters=[listed]))
    async with at_double(read_manifest(yaml_text(found.manifest), file="connector.yaml")) as desk:
        await desk.call("postAById_model", "postAById", input={"id": "x", "ids": [1, 2]})
        assert desk.stand_in.requests[-1]["query"] == sent


def test_a_key_and_a_token_that_are_needed_together_are_one_account() -> None:
    connector, _ = imported(SHOP.replace("[{key: []}, {login: [read, write]}]", "[{key: [], login: []}]"))
    scheme = connector.auth["OAUTH2_CLIENT_CREDENTIALS"]
    assert connector.auth.keys() == {"OAUTH2_CLIENT_CREDENTIALS"}
    assert {"apiKey", "clientId", "clientSecret"} <= scheme.fields.keys()
    assert scheme.headers is not None
    assert scheme.bearer is not None


def test_a_second_way_in_of_the_same_type_is_listed() -> None:
    second = {"type": "apiKey", "in": "query", "name": "other"}
    source = {**SWAGGER, "securityDefinitions": {**SWAGGER["securityDefinitions"], "r": second}}  # type: ignore[dict-item]  # odd on purpose
    assert "openapi_security" in codes(loaded(source))


def test_an_address_of_tokens_without_a_host_is_the_apis_own() -> None:
    connector, _ = imported(SHOP.replace("https://shop.example/token", "/token"))
    token = connector.auth["OAUTH2_CLIENT_CREDENTIALS"].token
    assert token is not None
    assert token.request is not None
    assert token.request.source["post"] == "https://eu.shop.example/token"


async def test_an_operation_at_another_server_is_called_there() -> None:
    found = loaded(operation(servers=[{"url": "https://upload.example/v2"}]))
    async with at_double(read_manifest(yaml_text(found.manifest), file="connector.yaml")) as desk:
        await desk.call("postAById_model", "postAById", input={"id": "x"})
        asked = desk.stand_in.requests[-1]
        assert (asked["host"], asked["path"]) == ("upload.example", "/v2/a/x")
