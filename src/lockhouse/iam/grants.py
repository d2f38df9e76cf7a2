"""GRANTS: grant_type → function. A grant finds out for whom a token is; issuing it is one function for
all."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from msgspec.structs import replace

from lockhouse.iam import account_store, apikey_store, assumption, sessions, standing_store
from lockhouse.iam.account_settings import allows_address
from lockhouse.iam.account_settings import seconds as account_seconds
from lockhouse.iam.errors import (
    AccountDisabled,
    AccountMismatch,
    AddressNotAllowed,
    ApiKeyDisabled,
    ApiKeyExpired,
    ApiKeyNotFound,
    CredentialsWrong,
    GrantInvalid,
    GrantRefused,
    IdentityDisabled,
    TooManyTries,
)
from lockhouse.iam.model import Subject, Visit
from lockhouse.iam.passwords import check_password
from lockhouse.iam.room import Room, verified_claims
from lockhouse.iam.standing import admit
from lockhouse.iam.token_store import Session
from lockhouse.iam.tokens import Client, TokenOrder, access_seconds, claims_of, token_pair
from lockhouse.sealing import Secret
from lockhouse.storage import Tx
from lockhouse.wire.tokens import (
    APIKEY_GRANT,
    ASSUME_GRANT,
    CR_TOKEN_GRANT,
    DEFAULT_CLIENT,
    DELEGATED_GRANT,
    PASSWORD_GRANT,
    REFRESH_GRANT,
    TokenPair,
    TokenRequest,
)

Grant = Callable[[Room, TokenRequest, Visit], Awaitable[TokenPair]]


async def apikey_grant(room: Room, request: TokenRequest, visit: Visit) -> TokenPair:
    """A token for the identity of an API key; with a refresh token for clients that have a secret."""
    value = request.secret("apikey")
    if value is None:
        raise GrantInvalid("Parameter 'apikey' is missing.")
    digest = room.keyring.digest(value)

    await room.fresh_keys(visit.at)
    found = apikey_store.exchanged(await room.db.first(apikey_store.EXCHANGE, {"digest": digest}))
    if found is None:
        room.limits.bad_key(visit.address, visit.at / 1000)
        raise ApiKeyNotFound
    apikey_id, disabled, expires_at, _, subject = found
    _check_key(disabled=disabled, expires_at=expires_at, now=visit.at)
    _check(subject, request, visit)
    return await _issue(
        room, visit, _order(room, request, subject, visit, apikey_id=apikey_id), login="apikey"
    )


async def assume_grant(room: Room, request: TokenRequest, visit: Visit) -> TokenPair:
    """A token of a trusted profile for an identity that it lets in; it ends no later than the one handed
    in."""
    claims = await _claims_handed_in(room, request, visit)

    def assume(tx: Tx) -> Subject:
        return assumption.profile_for(tx, admit(tx, claims, visit), request)

    subject = await room.db.read(assume)
    _check(subject, request, visit)
    order = _order(room, request, subject, visit, apikey_id=claims.get("apikey_id"))
    left = claims["exp"] - visit.at // 1000
    order = replace(
        order,
        client=Client(DEFAULT_CLIENT),
        seconds=min(order.seconds, left),
        session_id=claims.get("session_id"),
        assumed_by=claims,
    )
    return _sign(room, visit, order, login="profile")


async def _claims_handed_in(room: Room, request: TokenRequest, visit: Visit) -> Mapping[str, Any]:
    """Who wants a trusted profile: the claims of his access token, or of the one that his refresh token
    would get. Raises GrantInvalid, TokenRefused, and what a refresh does."""
    value = request.secret("access_token")
    if value is not None:
        return await verified_claims(room, f"Bearer {value.reveal()}")
    refresh = request.secret("refresh_token")
    if refresh is None:
        raise GrantInvalid("Parameter 'access_token' is missing.")
    await room.fresh_keys(visit.at)
    client = Client(request.client_id, request.client_secret)
    session, subject = await room.db.read(
        lambda tx: sessions.found(tx, room.keyring, refresh, client, now=visit.at)
    )
    order = _order(room, request, subject, visit, apikey_id=session.apikey_id)
    return claims_of(replace(order, session_id=session.id), issuer=room.settings.token_issuer)


async def refused_grant(_room: Room, request: TokenRequest, _visit: Visit) -> TokenPair:
    """A grant that IBM has and this service does not. Raises GrantRefused."""
    raise GrantRefused(f"The grant type '{request.grant_type}' is not offered by this service.")


async def refresh_grant(room: Room, request: TokenRequest, visit: Visit) -> TokenPair:
    """The next token of a session."""
    value = request.secret("refresh_token")
    if value is None:
        raise GrantInvalid("Parameter 'refresh_token' is missing.")
    client = Client(request.client_id, request.client_secret)

    def renew(tx: Tx) -> tuple[Session, Subject, Secret]:
        room.refresh_keys(tx, now=visit.at)
        session, subject, refresh_token = sessions.renew(tx, room.keyring, value, client, now=visit.at)
        if session.apikey_id is not None:
            _check_key_of_session(tx, session.apikey_id, now=visit.at)
        return session, subject, refresh_token

    session, subject, refresh_token = await room.db.write(renew)
    if not allows_address(subject.settings, visit.address):
        raise AddressNotAllowed
    order = _order(room, request, subject, visit, apikey_id=session.apikey_id)
    order = replace(order, grant_type=session.grant_type, session_id=session.id)
    return _sign(room, visit, order, login="refreshtoken", refresh_token=refresh_token)


async def password_grant(room: Room, request: TokenRequest, visit: Visit) -> TokenPair:
    """A session for a user with e-mail and password: the console's sign-in."""
    if request.client_secret is None:
        raise GrantInvalid("The password grant needs a client.")
    password = request.secret("password")
    user, seconds = request.text("username").strip().lower(), visit.at / 1000
    if not user or password is None:
        raise GrantInvalid("Parameters 'username' and 'password' are needed.")
    room.limits.before_password(user, visit.address, seconds)

    await room.fresh_keys(visit.at)
    known = await room.db.read(lambda tx: account_store.user_by_email(tx, user))
    if not await check_password(password, known.password_hash if known else None):
        room.limits.bad_password(user, visit.address, seconds)
        raise CredentialsWrong
    room.limits.good_password(user, visit.address)
    iam_id = known.iam_id if known else ""
    subject = await room.db.read(lambda tx: _chosen_account(tx, iam_id, request.text("account")))
    _check(subject, request, visit)
    return await _issue(room, visit, _order(room, request, subject, visit), login="password")


GRANTS: Mapping[str, Grant] = {
    APIKEY_GRANT: apikey_grant,
    REFRESH_GRANT: refresh_grant,
    ASSUME_GRANT: assume_grant,
    PASSWORD_GRANT: password_grant,
    CR_TOKEN_GRANT: refused_grant,
    DELEGATED_GRANT: refused_grant,
}
OFFERED = tuple(grant_type for grant_type, grant in GRANTS.items() if grant is not refused_grant)


def _check_key(*, disabled: bool, expires_at: int | None, now: int) -> None:
    if disabled:
        raise ApiKeyDisabled
    if expires_at is not None and expires_at <= now:
        raise ApiKeyExpired


def _check_key_of_session(tx: Tx, apikey_id: str, *, now: int) -> None:
    key = apikey_store.by_id(tx, apikey_id)
    if key is None:
        raise ApiKeyNotFound
    _check_key(disabled=key.disabled, expires_at=key.expires_at, now=now)


def _check(subject: Subject, request: TokenRequest, visit: Visit) -> None:
    if subject.account_disabled:
        raise AccountDisabled
    if subject.disabled:
        raise IdentityDisabled
    if request.tenants and subject.account_id not in request.tenants:
        raise AccountMismatch
    if request.text("account") not in {"", subject.account_id}:
        raise AccountMismatch
    if not allows_address(subject.settings, visit.address):
        raise AddressNotAllowed


def _chosen_account(tx: Tx, iam_id: str, account: str) -> Subject:
    """The user in the account he names, or else in the first that lets him in."""
    subjects = standing_store.subjects_of_user(tx, iam_id)
    wanted = [subject for subject in subjects if subject.account_id == account] if account else subjects
    open_ones = [subject for subject in wanted if not subject.disabled and not subject.account_disabled]
    if not wanted:
        raise IdentityDisabled
    return (open_ones or wanted)[0]


def _order(
    room: Room, request: TokenRequest, subject: Subject, visit: Visit, *, apikey_id: str | None = None
) -> TokenOrder:
    return TokenOrder(
        subject=subject,
        grant_type=request.grant_type,
        client=Client(request.client_id, request.client_secret),
        seconds=access_seconds(subject.settings, room.settings.access_token_seconds),
        now=visit.at,
        apikey_id=apikey_id,
    )


async def _issue(room: Room, visit: Visit, order: TokenOrder, *, login: str) -> TokenPair:
    """Issue a token; a client with a secret gets a session."""
    if order.client.id == DEFAULT_CLIENT or order.client.secret is None:
        return _sign(room, visit, order, login=login)
    seconds = _session_seconds(room, order)
    session, refresh_token = await room.db.write(
        lambda tx: sessions.start(tx, room.keyring, order, seconds=seconds)
    )
    return _sign(room, visit, replace(order, session_id=session.id), login=login, refresh_token=refresh_token)


def _session_seconds(room: Room, order: TokenOrder) -> int:
    """A console login lasts as long as the account's sessions, a client's as long as its refresh tokens."""
    settings = order.subject.settings
    if order.grant_type == PASSWORD_GRANT:
        return account_seconds(settings, "session_expiration_in_seconds")
    most = room.settings.refresh_token_seconds
    return min(account_seconds(settings, "system_refresh_token_expiration_in_seconds"), most)


def _sign(
    room: Room, visit: Visit, order: TokenOrder, *, login: str, refresh_token: Secret | None = None
) -> TokenPair:
    if room.issues.full:
        raise TooManyTries(1.0)
    claims = claims_of(order, issuer=room.settings.token_issuer)
    token = room.keys.sign(claims, now=order.now)
    room.issues.note(order.subject, apikey_id=order.apikey_id, login=login, visit=visit)
    return token_pair(token, claims, refresh_token.reveal() if refresh_token else None)
