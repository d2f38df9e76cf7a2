"""An API's security schemes as auth types of a connector."""

import re
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urljoin

from lockhouse.connectors.openapi import Description
from lockhouse.connectors.openapi_schema import is_address
from lockhouse.documents import Path

_SECRET = {"required": True, "secret": True}
_SENT_AS = re.compile(r"[^\s{}`]{1,200}")
_CLIENT = {
    "clientId": {"title": "Client ID", "required": True},
    "clientSecret": {"title": "Client secret", **_SECRET},
}


Scheme = dict[str, Any]


def auth_of(description: Description, base_url: str) -> dict[str, Any]:
    """The `auth` part of a manifest; what cannot be carried is noted."""
    found: dict[str, Any] = {}
    for names, at in _requirements(description):
        for auth_type, scheme in _ways_in(description, names, at):
            if found.setdefault(auth_type, scheme) != scheme:
                message = f"{' and '.join(names)}: a second way in of type {auth_type} is not carried"
                description.note("openapi_security", message, at)
    if not found:
        found["NONE"] = {"title": "No credentials"}
    address = {"title": "Address of the API", **({"default": base_url} if base_url else {"required": True})}
    for scheme in found.values():
        scheme["endpoint"] = {"url": address}
    return found


def _requirements(description: Description) -> list[tuple[list[str], Path]]:
    """The ways in, each as names of schemes that are needed together, and where it is asked for."""
    declared = _declared(description)
    root = description.root
    listed: list[tuple[Any, Path]] = [(root.get("security"), ("security",))]
    for path, item in root["paths"].items():
        for method, operation in item.items() if isinstance(item, dict) else ():
            if isinstance(operation, dict):
                listed.append((operation.get("security"), ("paths", path, method, "security")))
    found: list[tuple[list[str], Path]] = []
    for alternatives, at in listed:
        for number, one in enumerate(description.listed(alternatives, at)):
            names = sorted(map(str, description.mapping(one, (*at, number))))
            unknown = [name for name in names if name not in declared]
            if unknown:
                description.note("openapi_security", f"there is no scheme {unknown[0]!r}", (*at, number))
            elif names and all(names != known for known, _ in found):
                found.append((names, (*at, number)))
    return found or [([name], _place(description, name)) for name in declared]


def _declared(description: Description) -> dict[str, Scheme]:
    root = description.root
    if description.is_swagger:
        return dict(description.mappings(root.get("securityDefinitions"), ("securityDefinitions",)))
    components = description.mapping(root.get("components"), ("components",))
    return dict(description.mappings(components.get("securitySchemes"), ("components", "securitySchemes")))


def _place(description: Description, name: str) -> Path:
    return (
        ("securityDefinitions", name) if description.is_swagger else ("components", "securitySchemes", name)
    )


def _ways_in(description: Description, names: list[str], at: Path) -> Iterator[tuple[str, Scheme]]:
    """The auth types of schemes that are needed together: at most one of them is more than an API key."""
    declared = _declared(description)
    keys = [name for name in names if declared[name].get("type") == "apiKey"]
    others = [name for name in names if name not in keys]
    if len(others) > 1:
        message = f"{' and '.join(others)} together are not carried"
        description.note("openapi_security", message, at)
        return
    api_keys = _api_keys(description, keys) if keys else None
    if not others and api_keys is not None:
        yield "API_KEY", api_keys
    for name in others:
        for auth_type, scheme in _scheme(description, name, declared[name]):
            if api_keys is not None:
                scheme["fields"] = {**scheme["fields"], **api_keys["fields"]}
                scheme["send"] = {**scheme["send"], **api_keys["send"]}
                yield auth_type, scheme
            elif not keys:
                yield auth_type, scheme


def _scheme(description: Description, name: str, source: Scheme) -> Iterator[tuple[str, Scheme]]:
    kind = str(source.get("type"))
    if kind == "basic" or (kind == "http" and str(source.get("scheme")).lower() == "basic"):
        fields = {
            "username": {"title": "User name", "required": True},
            "password": {"title": "Password", **_SECRET},
        }
        send = {"basic": {"username": "{{$account.username}}", "password": "{{$account.password}}"}}
        yield "BASIC", {"title": "User name and password", "fields": fields, "send": send}
    elif kind in ("http", "openIdConnect"):
        if kind == "openIdConnect" or str(source.get("scheme")).lower() != "bearer":
            message = f"{name} is carried as a bearer token"
            description.note("openapi_security", message, _place(description, name))
        yield "BEARER_TOKEN", _bearer()
    elif kind == "oauth2":
        yield from _oauth(description, name, source)
    else:
        description.note(
            "openapi_security", f"{name} ({kind[:40]}) is not carried", _place(description, name)
        )


def _bearer() -> dict[str, Any]:
    return {
        "title": "Bearer token",
        "fields": {"accessToken": {"title": "Token", **_SECRET}},
        "send": {"bearer": "{{$account.accessToken}}"},
    }


def _api_keys(description: Description, names: list[str]) -> Scheme | None:
    """API keys that are sent together; None, and a note, for one that is not carried."""
    declared = _declared(description)
    fields: dict[str, Any] = {}
    send: dict[str, dict[str, str]] = {}
    for name in names:
        sent_as, place = declared[name].get("name"), declared[name].get("in")
        if (
            place not in ("header", "query")
            or not isinstance(sent_as, str)
            or not _SENT_AS.fullmatch(sent_as)
        ):
            message = f"{name}: an API key in {str(place)[:40]} {str(sent_as)[:40]!r} is not carried"
            description.note("openapi_security", message, _place(description, name))
            return None
        field = "apiKey" if len(names) == 1 else re.sub(r"\W", "_", sent_as, flags=re.ASCII)
        fields[field] = {"title": f"API key ({sent_as})", **_SECRET}
        send.setdefault("headers" if place == "header" else "query", {})[sent_as] = (
            f"{{{{$account.`{field}`}}}}"
        )
    return {"title": "API key", "fields": fields, "send": send}


def _oauth(description: Description, name: str, scheme: Scheme) -> Iterator[tuple[str, Scheme]]:
    at = _place(description, name)
    flows: dict[str, Any] = {str(scheme.get("flow")): scheme}
    if not description.is_swagger:
        flows, at = description.mapping(scheme.get("flows"), (*at, "flows")), (*at, "flows")
    for flow_name, value in flows.items():
        here = at if description.is_swagger else (*at, flow_name)
        flow = description.mapping(value, here)
        address = _token_url(description, flow, (*here, "tokenUrl"))
        if flow_name in ("clientCredentials", "application") and address:
            yield "OAUTH2_CLIENT_CREDENTIALS", _granted("client_credentials", address, dict(_CLIENT), flow)
        elif flow_name == "password" and address:
            user = {
                "username": {"title": "User name", "required": True},
                "password": {"title": "Password", **_SECRET},
            }
            yield "OAUTH2_PASSWORD", _granted("password", address, {**user, **_CLIENT}, flow)
        elif flow_name in ("authorizationCode", "accessCode") and address:
            yield "BASIC_OAUTH", _refreshed(address)
        elif flow_name == "implicit":
            yield "BEARER_TOKEN", _bearer()
        elif not flow_name.startswith("x-"):
            description.note("openapi_security", f"the OAuth flow {flow_name[:40]} is not carried", here)


def _token_url(description: Description, flow: Scheme, at: Path) -> str:
    """Where tokens are got; an address without a host is the API's own (RFC 3986 section 5)."""
    url = description.text(flow.get("tokenUrl"), at).strip()
    base = description.base_url()
    whole = url if not url or not base or is_address(url) else _joined(base, url)
    if whole and not is_address(whole):
        description.note("openapi_security", f"{whole[:200]!r} is no address of a token endpoint", at)
        return ""
    return whole


def _joined(base: str, url: str) -> str:
    try:
        return urljoin(f"{base}/", url)
    except ValueError:
        return url


def _granted(grant: str, address: str, fields: dict[str, Any], flow: Mapping[str, Any]) -> dict[str, Any]:
    known = flow.get("scopes")
    scopes = " ".join(map(str, known)) if isinstance(known, dict) else ""
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
