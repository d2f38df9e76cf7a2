"""The token service as OpenAPI path items: its doors are plain ASGI, so nobody else can describe them."""

from typing import Any

from lockhouse.iam.grants import OFFERED

Json = dict[str, Any]
_TEXT = {"type": "string"}
_OPTIONAL_CLIENT: list[Json] = [{"client": []}, {}]


def _json(schema: Json, text: str) -> Json:
    return {"description": text, "content": {"application/json": {"schema": schema}}}


def _refused(*statuses: int) -> Json:
    schema = {"$ref": "#/components/schemas/TokenProblem"}
    return {str(status): _json(schema, "Refused; errorCode says why.") for status in statuses}


def _form(required: list[str], properties: Json) -> Json:
    schema = {"type": "object", "required": required, "properties": properties}
    return {"required": True, "content": {"application/x-www-form-urlencoded": {"schema": schema}}}


def _get(name: str, text: str, schema: Json) -> Json:
    return {
        "get": {
            "tags": ["Token service"],
            "operationId": name,
            "description": text,
            "security": [],
            "responses": {"200": _json(schema, text)} | _refused(503),
        }
    }


def _post(name: str, text: str, body: Json, responses: Json) -> Json:
    return {
        "post": {
            "tags": ["Token service"],
            "operationId": name,
            "description": text,
            "security": _OPTIONAL_CLIENT,
            "requestBody": body,
            "responses": responses,
        }
    }


_TOKEN: Json = {
    "type": "object",
    "required": ["access_token", "refresh_token", "token_type", "expires_in", "expiration", "scope"],
    "properties": {
        "access_token": _TEXT,
        "refresh_token": _TEXT,
        "token_type": {"const": "Bearer"},
        "expires_in": {"type": "integer"},
        "expiration": {"type": "integer"},
        "scope": _TEXT,
        "session_id": _TEXT,
    },
}
_TOKEN_FORM: Json = {
    "grant_type": {"type": "string", "enum": list(OFFERED)},
    **dict.fromkeys(
        (
            "apikey",
            "refresh_token",
            "access_token",
            "username",
            "password",
            "response_type",
            "scope",
            "account",
            "profile_id",
            "profile_crn",
            "profile_name",
            "client_id",
            "client_secret",
        ),
        _TEXT,
    ),
}
_KEY: Json = {
    "type": "object",
    "required": ["kty", "n", "e", "alg", "use", "kid"],
    "properties": dict.fromkeys(("kty", "n", "e", "alg", "use", "kid"), _TEXT),
}

PATHS: Json = {
    "/identity/token": _post(
        "getToken",
        "Exchange an API key, a refresh token, a password or another token for an access token.",
        _form(["grant_type"], _TOKEN_FORM),
        {"200": _json(_TOKEN, "An access token.")} | _refused(400, 401, 403, 413, 415, 429, 503),
    ),
    "/identity/introspect": _post(
        "introspectToken",
        "The claims of an access token and whether it is active now. `include_reason` is ours.",
        _form(["token"], {"token": _TEXT, "include_reason": _TEXT}),
        {
            "200": _json(
                {"type": "object", "required": ["active"], "properties": {"active": {"type": "boolean"}}},
                "Claims with `active`.",
            )
        }
        | _refused(400, 401, 413, 415, 503),
    ),
    "/identity/revoke": _post(
        "revokeToken",
        "End the session of a refresh token, or an access token.",
        _form([], {"token": _TEXT, "token_type_hint": _TEXT, "client_id": _TEXT, "client_secret": _TEXT}),
        {"200": {"description": "Done, or there was nothing to do."}} | _refused(400, 401, 413, 415, 503),
    ),
    "/identity/userinfo": {
        "get": {
            "tags": ["Token service"],
            "operationId": "getUserInfo",
            "description": "Who the bearer of an access token is.",
            "security": [{"bearer": []}],
            "responses": {"200": _json({"type": "object", "required": ["sub"]}, "OpenID Connect claims.")}
            | _refused(401, 503),
        }
    },
    "/identity/keys": _get(
        "getKeys",
        "The keys that verify access tokens.",
        {"type": "object", "required": ["keys"], "properties": {"keys": {"type": "array", "items": _KEY}}},
    ),
    "/identity/.well-known/openid-configuration": _get(
        "getDiscovery",
        "OpenID Connect discovery.",
        {"type": "object", "required": ["issuer", "jwks_uri", "token_endpoint"]},
    ),
}
