"""The doors of the token service: /identity/token, introspect, revoke, keys, discovery. Plain ASGI, for
speed."""

from collections.abc import Mapping

import msgspec

from lockhouse.iam import introspection
from lockhouse.iam.errors import (
    AccountDisabled,
    AccountMismatch,
    AddressNotAllowed,
    ApiKeyDisabled,
    ApiKeyExpired,
    ApiKeyNotFound,
    AssumptionRefused,
    ClientUnknown,
    CredentialsWrong,
    GrantInvalid,
    GrantRefused,
    IdentityDisabled,
    ProfileUnknown,
    RefreshTokenExpired,
    RefreshTokenInvalid,
    RequestInvalid,
    SessionEnded,
    TokenDead,
    TooManyTries,
)
from lockhouse.iam.form_door import FormCall, form_door
from lockhouse.iam.grants import GRANTS, OFFERED
from lockhouse.iam.room import Room
from lockhouse.sealing import Secret, same
from lockhouse.storage import NotStorable, StorageUnavailable
from lockhouse.web.answers import Answer, Answers
from lockhouse.web.bearer import TokenMissing, TokenRefused
from lockhouse.web.bodies import BodyEncoded, BodyTooLarge
from lockhouse.web.door import AsgiApp
from lockhouse.wire.tokens import CONSOLE_CLIENT, DEFAULT_CLIENT, TokenRequest

_RESPONSE_TYPES = {"cloud_iam", "uaa", "ims_portal"}
_USERINFO = ("sub", "iam_id", "name", "given_name", "family_name", "email", "account")
_PUBLIC_CLIENTS = {"bx": "bx"}

ANSWERS: Answers = {
    BodyTooLarge: Answer(413, "BXNIM0413E"),
    BodyEncoded: Answer(415, "BXNIM0414E"),
    ApiKeyNotFound: Answer(400, "BXNIM0415E", "Provided API key could not be found."),
    ApiKeyDisabled: Answer(400, "BXNIM0491E", "Provided API key is disabled."),
    ApiKeyExpired: Answer(400, "BXNIM0492E", "Provided API key is expired."),
    IdentityDisabled: Answer(400, "BXNIM0493E", "The identity is disabled or not in the account any more."),
    AccountDisabled: Answer(400, "BXNIM0494E", "The account is disabled."),
    AccountMismatch: Answer(400, "BXNIM0495E", "The identity does not belong to the requested account."),
    AddressNotAllowed: Answer(403, "BXNIM0496E", "The account does not allow tokens for this address."),
    ProfileUnknown: Answer(400, "BXNIM0497E", "The trusted profile could not be found."),
    AssumptionRefused: Answer(403, "BXNIM0513E", "You are not authorized to use this API"),
    RefreshTokenInvalid: Answer(400, "BXNIM0407E", "Provided refresh token is invalid."),
    RefreshTokenExpired: Answer(400, "BXNIM0408E", "Provided refresh token is expired."),
    SessionEnded: Answer(400, "BXNIM0439E", "The session is inactive or was ended."),
    GrantInvalid: Answer(400, "BXNIM0106E"),
    GrantRefused: Answer(400, "BXNIM0107E"),
    RequestInvalid: Answer(400, "BXNIM0109E"),
    NotStorable: Answer(400, "BXNIM0109E"),
    CredentialsWrong: Answer(400, "BXNIM0602E", "The credentials you provided are incorrect."),
    ClientUnknown: Answer(401, "BXNIM0308E"),
    TokenMissing: Answer(401, "BXNIM0308E"),
    TokenRefused: Answer(401, "BXNIM0407E"),
    TokenDead: Answer(401, "BXNIM0407E"),
    TooManyTries: Answer(429, "BXNIM0429E"),
    StorageUnavailable: Answer(503, "BXNIM0503E", "The service cannot reach its store. Try again later."),
}


def doors(room: Room) -> Mapping[str, AsgiApp]:
    """Each exact path with its application."""
    return {
        "/identity/token": form_door(room, "POST", _token, ANSWERS),
        "/identity/introspect": form_door(room, "POST", _introspect, ANSWERS),
        "/identity/revoke": form_door(room, "POST", _revoke, ANSWERS),
        "/identity/userinfo": form_door(room, "GET", _userinfo, ANSWERS),
        "/identity/keys": form_door(room, "GET", _keys, ANSWERS),
        "/identity/.well-known/openid-configuration": form_door(room, "GET", _discovery, ANSWERS),
    }


async def _token(room: Room, call: FormCall) -> tuple[int, bytes]:
    form = call.form
    client_id, secret, proved = _client(call)
    tenants = call.headers.get(b"ibm-cloud-tenant", b"")
    request = TokenRequest(
        grant_type=form.get("grant_type", ""),
        client_id=client_id,
        client_secret=secret,
        form=form,
        tenants=_listed(tenants.decode("latin-1")) if tenants else (),
    )
    grant = GRANTS.get(request.grant_type)
    if grant is None:
        raise _unknown_grant(request.grant_type)
    _check_response_type(form.get("response_type", ""))
    return 200, msgspec.json.encode(await grant(room, request, call.visit(proved=proved)))


async def _introspect(room: Room, call: FormCall) -> tuple[int, bytes]:
    form = call.form
    await _known_client(call)
    token = form.get("token")
    if not token:
        raise RequestInvalid("Parameter 'token' is missing.")
    answer = await introspection.introspect(room, token)
    if not answer["active"] and form.get("include_reason") != "true":
        answer = {"active": False}
    return 200, msgspec.json.encode(answer)


async def _revoke(room: Room, call: FormCall) -> tuple[int, bytes]:
    client_id, _, _ = _client(call)
    token = call.form.get("token")
    if token:
        await introspection.revoke(room, Secret(token), client_id, call.visit())
    return 200, b""


async def _userinfo(room: Room, call: FormCall) -> tuple[int, bytes]:
    """Who the bearer of a token is, in the words of OpenID Connect."""
    authorization = call.headers.get(b"authorization", b"").decode("latin-1")
    claims = await introspection.live_claims(room, authorization)
    told = {name: claims[name] for name in _USERINFO if claims.get(name)}
    return 200, msgspec.json.encode(told)


async def _keys(room: Room, _call: FormCall) -> tuple[int, bytes]:
    now = room.now
    await room.fresh_keys(now)
    return 200, msgspec.json.encode(room.keys.jwks(now=now))


async def _discovery(room: Room, _call: FormCall) -> tuple[int, bytes]:
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
        "grant_types_supported": sorted(OFFERED),
        "subject_types_supported": ["public"],
        "token_endpoint_auth_methods_supported": ["client_secret_basic"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["ibm", "openid"],
        "claims_supported": ["iss", "sub", "iat", "exp", "jti", "iam_id", "id", "account", "name", "email"],
    }
    return 200, msgspec.json.encode(document)


def _client(call: FormCall) -> tuple[str, Secret | None, bool]:
    """Client id, its secret, and whether it is this platform's own console. Raises ClientUnknown."""
    form = call.form
    client_id, secret = call.basic() or (form.get("client_id", ""), form.get("client_secret", ""))
    if not client_id:
        return DEFAULT_CLIENT, None, False
    if client_id in _PUBLIC_CLIENTS and secret and not same(secret, _PUBLIC_CLIENTS[client_id]):
        raise ClientUnknown("The client's secret is wrong.")
    proof = call.room.settings.supervision_token
    proved = client_id == CONSOLE_CLIENT and proof is not None and same(secret, proof.reveal())
    # The console's secret changes at each start of the platform; its sessions outlive that.
    kept = CONSOLE_CLIENT if client_id == CONSOLE_CLIENT else secret
    return client_id, Secret(kept) if kept else None, proved


async def _known_client(call: FormCall) -> None:
    """RFC 7662 §2.1: whoever introspects must be known: as a client, or by a bearer token of his own."""
    authorization = call.headers.get(b"authorization", b"")
    if authorization[:7].lower() == b"bearer ":
        await introspection.live_claims(call.room, authorization.decode("latin-1"))
        return
    client_id, secret = call.basic() or (call.form.get("client_id", ""), call.form.get("client_secret", ""))
    if not client_id:
        raise ClientUnknown("No authorization header found.")
    if client_id not in _PUBLIC_CLIENTS or not same(secret, _PUBLIC_CLIENTS[client_id]):
        raise ClientUnknown("The client is unknown or its secret is wrong.")


def _listed(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _check_response_type(text: str) -> None:
    if text == "" or text in _RESPONSE_TYPES:
        return
    if set(text.replace(",", " ").split()) - _RESPONSE_TYPES:
        raise _invalid("response_type", text, _RESPONSE_TYPES)


def _unknown_grant(grant_type: str) -> GrantInvalid | GrantRefused:
    return _invalid("grant_type", grant_type, set(OFFERED))


def _invalid(name: str, value: str, valid: set[str]) -> GrantInvalid:
    shown = "".join(character for character in value if character.isprintable())[:100]
    return GrantInvalid(
        f"Validation of property '{name}' with value '[{shown}]' failed. "
        f"Valid values: '{', '.join(sorted(valid))}'"
    )
