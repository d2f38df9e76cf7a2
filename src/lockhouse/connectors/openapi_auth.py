"""An API's security schemes as auth types of a connector."""

import re
from collections.abc import Iterator, Mapping
from typing import Any

from lockhouse.connectors.openapi import Description

_SECRET = {"required": True, "secret": True}
_CLIENT = {
    "clientId": {"title": "Client ID", "required": True},
    "clientSecret": {"title": "Client secret", **_SECRET},
}


def auth_of(description: Description, base_url: str) -> dict[str, Any]:
    """The `auth` part of a manifest; what cannot be carried is noted."""
    found: dict[str, Any] = {}
    for requirement in _requirements(description):
        for auth_type, scheme in _schemes(description, requirement):
            found.setdefault(auth_type, scheme)
    if not found:
        found["NONE"] = {"title": "No credentials"}
    address = {"title": "Address of the API", **({"default": base_url} if base_url else {"required": True})}
    for scheme in found.values():
        scheme["endpoint"] = {"url": address}
    return found


def _requirements(description: Description) -> list[list[str]]:
    """The ways in, each as names of schemes that are needed together."""
    declared = _declared(description)
    root = description.root
    listed = [root.get("security")]
    listed += [
        operation.get("security")
        for item in root["paths"].values()
        if isinstance(item, dict)
        for operation in item.values()
        if isinstance(operation, dict)
    ]
    found: list[list[str]] = []
    for alternatives in listed:
        for one in alternatives if isinstance(alternatives, list) else []:
            names = sorted(one) if isinstance(one, dict) else []
            if names and names not in found and all(name in declared for name in names):
                found.append(names)
    return found or [[name] for name in declared]


def _declared(description: Description) -> dict[str, Any]:
    components = description.root.get("components")
    source = components.get("securitySchemes") if isinstance(components, dict) else None
    source = description.root.get("securityDefinitions") if description.is_swagger else source
    schemes = source if isinstance(source, dict) else {}
    return {
        name: found for name, one in schemes.items() if isinstance(found := description.resolved(one), dict)
    }


def _schemes(description: Description, names: list[str]) -> Iterator[tuple[str, dict[str, Any]]]:
    declared = _declared(description)
    schemes = [declared[name] for name in names]
    if len(schemes) > 1 and not all(scheme.get("type") == "apiKey" for scheme in schemes):
        description.note("openapi_security", f"{' and '.join(names)} together are not carried", ("security",))
        return
    kind = str(schemes[0].get("type"))
    if kind == "apiKey":
        yield from _api_keys(description, schemes)
    elif kind == "basic" or (kind == "http" and str(schemes[0].get("scheme")).lower() == "basic"):
        yield (
            "BASIC",
            {
                "title": "User name and password",
                "fields": {
                    "username": {"title": "User name", "required": True},
                    "password": {"title": "Password", **_SECRET},
                },
                "send": {"basic": {"username": "{{$account.username}}", "password": "{{$account.password}}"}},
            },
        )
    elif kind in ("http", "openIdConnect"):
        if kind == "openIdConnect" or str(schemes[0].get("scheme")).lower() != "bearer":
            description.note("openapi_security", f"{names[0]} is carried as a bearer token", ("security",))
        yield "BEARER_TOKEN", _bearer()
    elif kind == "oauth2":
        yield from _oauth(description, schemes[0])
    else:
        description.note("openapi_security", f"{names[0]} ({kind}) is not carried", ("security",))


def _bearer() -> dict[str, Any]:
    return {
        "title": "Bearer token",
        "fields": {"accessToken": {"title": "Token", **_SECRET}},
        "send": {"bearer": "{{$account.accessToken}}"},
    }


def _api_keys(
    description: Description, schemes: list[dict[str, Any]]
) -> Iterator[tuple[str, dict[str, Any]]]:
    fields: dict[str, Any] = {}
    send: dict[str, dict[str, str]] = {}
    for scheme in schemes:
        name, place = str(scheme.get("name") or ""), str(scheme.get("in") or "")
        field = "apiKey" if len(schemes) == 1 else re.sub(r"\W", "_", name)
        if place == "cookie" or not name:
            description.note("openapi_security", f"an API key in a {place} is not carried", ("security",))
            return
        fields[field] = {"title": f"API key ({name})", **_SECRET}
        send.setdefault("headers" if place == "header" else "query", {})[name] = f"{{{{$account.{field}}}}}"
    yield "API_KEY", {"title": "API key", "fields": fields, "send": send}


def _oauth(description: Description, scheme: Mapping[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    flows = {scheme.get("flow"): scheme} if description.is_swagger else scheme.get("flows") or {}
    for name, flow in flows.items():
        address = str(flow.get("tokenUrl") or "")
        if name in ("clientCredentials", "application") and address:
            yield "OAUTH2_CLIENT_CREDENTIALS", _granted("client_credentials", address, dict(_CLIENT), flow)
        elif name == "password" and address:
            user = {
                "username": {"title": "User name", "required": True},
                "password": {"title": "Password", **_SECRET},
            }
            yield "OAUTH2_PASSWORD", _granted("password", address, {**user, **_CLIENT}, flow)
        elif name in ("authorizationCode", "accessCode") and address:
            yield "BASIC_OAUTH", _refreshed(address)
        elif name == "implicit":
            yield "BEARER_TOKEN", _bearer()
        else:
            description.note("openapi_security", f"the OAuth flow {name} is not carried", ("security",))


def _granted(grant: str, address: str, fields: dict[str, Any], flow: Mapping[str, Any]) -> dict[str, Any]:
    scopes = " ".join(flow.get("scopes") or {})
    form = {
        "grant_type": grant,
        "client_id": "{{$account.clientId}}",
        "client_secret": "{{$account.clientSecret}}",
    }
    if grant == "password":
        form |= {"username": "{{$account.username}}", "password": "{{$account.password}}"}
    scope = {"scope": {"title": "Scope", **({"default": scopes} if scopes else {})}}
    return {
        "title": "OAuth 2.0",
        "fields": {**fields, **scope},
        "send": {"bearer": "{{$token.access_token}}"},
        "token": {"post": address, "form": {**form, "scope": "{{$account.scope}}"}},
    }


def _refreshed(address: str) -> dict[str, Any]:
    form = {"grant_type": "refresh_token", "refresh_token": "{{$account.refreshToken}}"}
    form |= {"client_id": "{{$account.clientId}}", "client_secret": "{{$account.clientSecret}}"}
    secret = {"secret": True}
    return {
        "title": "Access and refresh token",
        "fields": {
            "accessToken": {"title": "Access token", **secret},
            "refreshToken": {"title": "Refresh token", **secret},
            "clientId": {"title": "Client ID"},
            "clientSecret": {"title": "Client secret", **secret},
        },
        "send": {"bearer": "{{$token.access_token}}"},
        "token": {
            "first": "{{$account.accessToken}}",
            "needs": ["refreshToken", "clientId", "clientSecret"],
            "post": address,
            "form": form,
            "keep": {"refresh_token": "refreshToken", "access_token": "accessToken"},
        },
    }
