"""The doors of the token service: /identity/token, introspect, revoke, keys, discovery. Plain ASGI, for speed."""

import base64
import binascii
from collections.abc import Awaitable, Callable, Mapping
from typing import Any
from urllib.parse import parse_qsl

import msgspec

from lockhouse.iam import introspection
from lockhouse.iam.errors import (
    AccountDisabled,
    AccountMismatch,
    AddressNotAllowed,
    ApiKeyDisabled,
    ApiKeyExpired,
    ApiKeyNotFound,
    ClientUnknown,
    CredentialsWrong,
    GrantInvalid,
    GrantRefused,
    IdentityDisabled,
    RefreshTokenExpired,
    RefreshTokenInvalid,
    RequestInvalid,
    SessionEnded,
    TokenDead,
    TooManyTries,
)
from lockhouse.iam.grants import GRANTS
from lockhouse.iam.model import Visit
from lockhouse.iam.room import Room
from lockhouse.sealing import Secret, same
from lockhouse.storage import StorageUnavailable
from lockhouse.web.address import client_address
from lockhouse.web.answers import Answer, Answers, send_answer, send_error
from lockhouse.web.bearer import TokenMissing, TokenRefused
from lockhouse.web.bodies import BODY_ANSWERS, read_body
from lockhouse.web.door import AsgiApp
from lockhouse.web.trace import trace_of, with_trace
from lockhouse.wire.tokens import CONSOLE_CLIENT, DEFAULT_CLIENT, TokenRequest

_LONGEST_FORM = 64 * 1024
_MOST_FIELDS = 50
_RESPONSE_TYPES = {"cloud_iam", "uaa", "ims_portal", "delegated_refresh_token"}
_PUBLIC_CLIENTS = {"bx": "bx"}
_LONGEST_AGENT = 200

ANSWERS: Answers = {
    **BODY_ANSWERS,
    ApiKeyNotFound: Answer(400, "BXNIM0415E", "Provided API key could not be found."),
    ApiKeyDisabled: Answer(400, "BXNIM0491E", "Provided API key is disabled."),
    ApiKeyExpired: Answer(400, "BXNIM0492E", "Provided API key is expired."),
    IdentityDisabled: Answer(400, "BXNIM0493E", "The identity is disabled or not in the account any more."),
    AccountDisabled: Answer(400, "BXNIM0494E", "The account is disabled."),
    AccountMismatch: Answer(400, "BXNIM0495E", "The identity does not belong to the requested account."),
    AddressNotAllowed: Answer(403, "BXNIM0496E", "The account does not allow tokens for this address."),
    RefreshTokenInvalid: Answer(400, "BXNIM0407E", "Provided refresh token is invalid."),
    RefreshTokenExpired: Answer(400, "BXNIM0408E", "Provided refresh token is expired."),
    SessionEnded: Answer(400, "BXNIM0439E", "The session is inactive or was ended."),
    GrantInvalid: Answer(400, "BXNIM0106E"),
    GrantRefused: Answer(400, "BXNIM0107E"),
    RequestInvalid: Answer(400, "BXNIM0109E"),
    CredentialsWrong: Answer(400, "BXNIM0602E", "The credentials you provided are incorrect."),
    ClientUnknown: Answer(401, "BXNIM0308E"),
    TokenMissing: Answer(401, "BXNIM0308E"),
    TokenRefused: Answer(401, "BXNIM0407E"),
    TokenDead: Answer(401, "BXNIM0407E"),
    TooManyTries: Answer(429, "BXNIM0429E"),
    StorageUnavailable: Answer(503, "BXNIM0503E", "The service cannot reach its store. Try again later."),
}

Serve = Callable[[Room, Any, Any], Awaitable[tuple[int, bytes]]]


def doors(room: Room) -> Mapping[str, AsgiApp]:
    """Each exact path with its application."""
    return {
        "/identity/token": _door(room, "POST", _token),
        "/identity/introspect": _door(room, "POST", _introspect),
        "/identity/revoke": _door(room, "POST", _revoke),
        "/identity/keys": _door(room, "GET", _keys),
        "/identity/.well-known/openid-configuration": _door(room, "GET", _discovery),
    }


def _door(room: Room, method: str, serve: Serve) -> AsgiApp:
    async def door(scope: Any, receive: Any, send: Any) -> None:
        if scope["method"] != method and not (scope["method"] == "HEAD" and method == "GET"):
            body = b'{"errorCode":"method_not_allowed","errorMessage":"Use %s."}' % method.encode()
            await send_answer(send, 405, body, [(b"allow", method.encode())])
            return
        try:
            status, body = await serve(room, scope, receive)
        except Exception as error:  # noqa: BLE001 - the outermost door: what no table knows says nothing
            await send_error(send, ANSWERS, error, path=scope["path"], trace=trace_of(scope))
            return
        await send_answer(send, status, body)

    return with_trace(door)


async def _token(room: Room, scope: Any, receive: Any) -> tuple[int, bytes]:
    form = await _form(scope, receive)
    client_id, secret, proved = _client(room, scope["headers"], form)
    request = TokenRequest.from_form(
        form, client_id=client_id, client_secret=secret, tenants=_tenants(scope["headers"])
    )
    grant = GRANTS.get(request.grant_type)
    if grant is None:
        raise _unknown_grant(request.grant_type)
    _check_response_type(request.response_type)
    pair = await grant(room, request, visit_of(room, scope, proved=proved))
    return 200, msgspec.json.encode(pair)


async def _introspect(room: Room, scope: Any, receive: Any) -> tuple[int, bytes]:
    form = await _form(scope, receive)
    await _known_client(room, scope, form)
    token = form.get("token")
    if not token:
        raise RequestInvalid("Parameter 'token' is missing.")
    answer = await introspection.introspect(room, token)
    if form.get("include_reason") != "true" and not answer["active"]:
        answer = {"active": False}
    return 200, msgspec.json.encode(answer)


async def _revoke(room: Room, scope: Any, receive: Any) -> tuple[int, bytes]:
    form = await _form(scope, receive)
    client_id, _, _ = _client(room, scope["headers"], form)
    if form.get("token"):
        await introspection.revoke(room, Secret(form["token"]), client_id, visit_of(room, scope))
    return 200, b""


async def _keys(room: Room, _scope: Any, _receive: Any) -> tuple[int, bytes]:
    now = room.now
    if room.keys.stale(now):
        await room.db.read(lambda tx: room.refresh_keys(tx, now=now))
    return 200, msgspec.json.encode(room.keys.jwks(now=now))


async def _discovery(room: Room, _scope: Any, _receive: Any) -> tuple[int, bytes]:
    base = f"{room.settings.url}/identity"
    document = {
        "issuer": room.settings.token_issuer,
        "authorization_endpoint": f"{base}/authorize",
        "token_endpoint": f"{base}/token",
        "passcode_endpoint": f"{base}/passcode",
        "userinfo_endpoint": f"{base}/userinfo",
        "introspection_endpoint": f"{base}/introspect",
        "revocation_endpoint": f"{base}/revoke",
        "jwks_uri": f"{base}/keys",
        "response_types_supported": ["cloud_iam"],
        "grant_types_supported": sorted(GRANTS),
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["ibm", "openid"],
        "claims_supported": ["iss", "sub", "iat", "exp", "jti", "iam_id", "id", "account", "name", "email"],
    }
    return 200, msgspec.json.encode(document)


async def _form(scope: Any, receive: Any) -> dict[str, str]:
    """The parameters of the body and, where absent there, of the query. Raises RequestInvalid."""
    raw = await read_body(scope, receive, most=_LONGEST_FORM)
    form = _parameters(raw)
    if scope["query_string"]:
        form = _parameters(scope["query_string"]) | form
    return form


def _parameters(raw: bytes) -> dict[str, str]:
    try:
        pairs = parse_qsl(
            raw.decode("utf-8"), keep_blank_values=True, max_num_fields=_MOST_FIELDS, errors="strict"
        )
    except ValueError:
        raise RequestInvalid("The form cannot be read.") from None
    form = dict(pairs)
    if len(form) != len(pairs):
        # RFC 6749 §3.2: parameters must not be included more than once.
        raise RequestInvalid("A parameter was sent twice.")
    return form


def _client(room: Room, headers: Any, form: Mapping[str, str]) -> tuple[str, Secret | None, bool]:
    """Client id, its secret, and whether it is this platform's own console. Raises ClientUnknown."""
    client_id, secret = _basic(headers) or (form.get("client_id", ""), form.get("client_secret", ""))
    if not client_id:
        return DEFAULT_CLIENT, None, False
    if client_id in _PUBLIC_CLIENTS and secret and not same(secret, _PUBLIC_CLIENTS[client_id]):
        raise ClientUnknown("The client's secret is wrong.")
    proof = room.settings.supervision_token
    proved = client_id == CONSOLE_CLIENT and proof is not None and same(secret, proof.reveal())
    # The console's secret changes at each start of the platform; its sessions outlive that.
    kept = CONSOLE_CLIENT if client_id == CONSOLE_CLIENT else secret
    return client_id, Secret(kept) if kept else None, proved


async def _known_client(room: Room, scope: Any, form: Mapping[str, str]) -> None:
    """RFC 7662 §2.1: whoever introspects must be known: as a client, or by a bearer token of his own."""
    authorization = _header(scope["headers"], b"authorization")
    if authorization.lower().startswith(b"bearer "):
        await introspection.refuse_dead(room, authorization.decode("latin-1"))
        return
    client_id, secret = _basic(scope["headers"]) or (form.get("client_id", ""), form.get("client_secret", ""))
    if not client_id:
        raise ClientUnknown("No authorization header found.")
    if not same(secret, _PUBLIC_CLIENTS.get(client_id, "")) or client_id not in _PUBLIC_CLIENTS:
        raise ClientUnknown("The client is unknown or its secret is wrong.")


def _basic(headers: Any) -> tuple[str, str] | None:
    value = _header(headers, b"authorization")
    if not value.lower().startswith(b"basic "):
        return None
    try:
        client_id, separator, secret = (
            base64.b64decode(value[6:].strip(), validate=True).decode().partition(":")
        )
    except (ValueError, binascii.Error):
        raise ClientUnknown("The authorization header cannot be read.") from None
    if not separator or not client_id:
        raise ClientUnknown("The authorization header cannot be read.")
    return client_id, secret


def _header(headers: Any, wanted: bytes) -> bytes:
    for name, value in headers:
        if name == wanted:
            found: bytes = value
            return found
    return b""


def _tenants(headers: Any) -> tuple[str, ...]:
    value = _header(headers, b"ibm-cloud-tenant")
    return tuple(part.strip() for part in value.decode("latin-1").split(",") if part.strip()) if value else ()


def visit_of(room: Room, scope: Any, *, proved: bool = False) -> Visit:
    """Whence a request comes. `proved`: the peer is this platform's console, and its X-Forwarded-For is believed."""
    return Visit(
        at=room.now,
        address=client_address(scope, room.proxies, trusted=proved),
        agent=_header(scope["headers"], b"user-agent").decode("latin-1")[:_LONGEST_AGENT],
        trace=trace_of(scope),
    )


def _check_response_type(text: str) -> None:
    unknown = set(text.replace(",", " ").split()) - _RESPONSE_TYPES
    if unknown:
        raise _invalid("response_type", text, _RESPONSE_TYPES)


def _unknown_grant(grant_type: str) -> GrantInvalid | GrantRefused:
    return _invalid("grant_type", grant_type, set(GRANTS))


def _invalid(name: str, value: str, valid: set[str]) -> GrantInvalid:
    shown = "".join(character for character in value if character.isprintable())[:100]
    return GrantInvalid(
        f"Validation of property '{name}' with value '[{shown}]' failed. Valid values: '{', '.join(sorted(valid))}'"
    )
