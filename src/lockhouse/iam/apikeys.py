"""The rules of API keys: create, read, change, lock, disable, delete (iam-identity-api.md 2.3)."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, cast

from msgspec.structs import replace

from lockhouse.iam import apikey_store, standing_store
from lockhouse.iam.account_settings import restricts
from lockhouse.iam.audit import KEY_TYPES, Deed, record
from lockhouse.iam.entities import check_account, check_tag, check_unlocked, kind_of, manages, warn_of_limit
from lockhouse.iam.errors import (
    Conflict,
    LimitReached,
    NotAllowed,
    NotFound,
    RequestInvalid,
)
from lockhouse.iam.model import USER_API_KEY_CREATOR, ApiKey, Caller, IdentityKind
from lockhouse.iam.texts import checked_description, checked_expiry, checked_name
from lockhouse.ids import AccountId, IamId, iam_id_of, new_api_key_id, new_entity_tag
from lockhouse.sealing import Keyring, Sealed, Secret, new_api_key_value
from lockhouse.storage import Tx
from lockhouse.wire.apikeys import CreateApiKey, UpdateApiKey

Leak = Literal["none", "disable", "delete"]
SHORTEST_VALUE, LONGEST_VALUE = 32, 1000


@dataclass(frozen=True, slots=True)
class Order:
    """A key to be created: as its creator wants it, with the body, and how many an identity may have."""

    key: ApiKey
    body: CreateApiKey
    most: int


def new_key(body: CreateApiKey, *, account_id: AccountId, created_by: IamId, now: int) -> ApiKey:
    """A key as its creator wants it. Raises RequestInvalid."""
    return ApiKey(
        id=new_api_key_id(),
        account_id=account_id,
        iam_id=iam_id_of(body.iam_id),
        name=checked_name(body.name),
        description=checked_description(body.description or ""),
        sealed_value=None,
        support_sessions=bool(body.support_sessions),
        action_when_leaked=_leak_action(body.action_when_leaked or "disable"),
        expires_text=body.expires_at or None,
        expires_at=checked_expiry(body.expires_at, now=now) if body.expires_at else None,
        locked=False,
        disabled=False,
        entity_tag=new_entity_tag(),
        created_at=now,
        created_by=created_by,
        modified_at=now,
    )


def key_of(body: CreateApiKey, caller: Caller, *, locked: bool, disabled: bool) -> ApiKey:
    """The key that a caller asks for. Raises RequestInvalid."""
    account_id = AccountId(body.account_id or caller.account_id)
    key = new_key(body, account_id=account_id, created_by=caller.iam_id, now=caller.visit.at)
    return replace(key, locked=locked, disabled=disabled)


def create(tx: Tx, caller: Caller, keyring: Keyring, order: Order) -> tuple[ApiKey, Secret]:
    """Add a key for an identity; its value comes back, this once.

    Raises NotAllowed, Conflict, LimitReached, RequestInvalid.
    """
    key, body = order.key, order.body
    kind = kind_of(key.iam_id)
    settings = _check_creation(tx, caller, key, kind)
    if kind == "user":
        _check_user_key(caller, body, settings)
    count = apikey_store.count_of_identity(tx, caller.account_id, key.iam_id, most=order.most)
    if count >= order.most:
        raise LimitReached(f"The identity has {count} API keys; no more than {order.most} are allowed.")
    value = new_api_key_value() if body.apikey is None else _chosen_value(body.apikey)
    digest = keyring.digest(value)
    # Nobody has a value of 264 random bits already; one that was chosen may be another key's.
    if body.apikey is not None and apikey_store.by_digest(tx, digest) is not None:
        raise Conflict("An API key with this value exists already.")
    if body.store_value:
        key = replace(key, sealed_value=keyring.seal(value, purpose=f"apikey:{key.id}"))
    apikey_store.insert(tx, key, digest)
    record(tx, caller, Deed(_action(key, "create"), key.id, "CREATE", (f"name={key.name}",)))
    warn_of_limit(tx, caller, f"API keys of {key.iam_id}", count=count + 1, most=order.most)
    return key, value


def stored_value(keyring: Keyring, key: ApiKey) -> Secret | None:
    """The value of a key that was created with `store_value`."""
    return keyring.open(Sealed(key.sealed_value), purpose=f"apikey:{key.id}") if key.sealed_value else None


def get(tx: Tx, caller: Caller, key_id: str) -> ApiKey:
    """A key that the caller may see. Raises NotFound, NotAllowed."""
    key = apikey_store.by_id(tx, key_id)
    if key is None or key.account_id != caller.account_id:
        raise NotFound(f"API key {key_id} could not be found.")
    if not manages(tx, caller, key.iam_id):
        raise NotAllowed("You may not see or change this API key.")
    return key


def by_value(tx: Tx, caller: Caller, digest: bytes) -> ApiKey:
    """The key with a value; a value that others may not see is as unknown as any. Raises NotFound."""
    key = apikey_store.by_digest(tx, digest)
    if key is None or key.account_id != caller.account_id or not manages(tx, caller, key.iam_id):
        raise NotFound("Provided API key could not be found.")
    return key


def update(tx: Tx, caller: Caller, key_id: str, if_match: str, body: UpdateApiKey) -> ApiKey:
    """Change what is given. Raises NotFound, NotAllowed, EntityChanged, EntityLocked, RequestInvalid."""
    key = get(tx, caller, key_id)
    check_tag(key.entity_tag, if_match)
    check_unlocked(key.locked, "API key", key.id, _action(key, "update"))
    now = caller.visit.at
    changes = {
        name: getattr(body, name)
        for name in ("name", "description", "support_sessions", "action_when_leaked", "expires_at")
        if getattr(body, name) is not None
    }
    if body.name is not None:
        changes["prev_name"] = key.name
        key = replace(key, name=checked_name(body.name))
    if body.description is not None:
        key = replace(key, description=checked_description(body.description))
    if body.support_sessions is not None:
        key = replace(key, support_sessions=body.support_sessions)
    if body.action_when_leaked is not None:
        key = replace(key, action_when_leaked=_leak_action(body.action_when_leaked))
    if body.expires_at is not None:
        moment = checked_expiry(body.expires_at, now=now) if body.expires_at else None
        key = replace(key, expires_text=body.expires_at or None, expires_at=moment)
    return _changed(tx, caller, key, "UPDATE", tuple(f"{name}={value}" for name, value in changes.items()))


def lock(tx: Tx, caller: Caller, key_id: str) -> None:
    """Lock a key; a locked one stays as it is. Raises NotFound, NotAllowed."""
    key = get(tx, caller, key_id)
    if not key.locked:
        _changed(tx, caller, replace(key, locked=True), "LOCK", ("lock=true",))


def unlock(tx: Tx, caller: Caller, key_id: str) -> None:
    """Unlock a key. Raises NotFound, NotAllowed."""
    key = get(tx, caller, key_id)
    if key.locked:
        _changed(tx, caller, replace(key, locked=False), "UNLOCK", ("lock=false",))


def disable(tx: Tx, caller: Caller, key_id: str) -> None:
    """From now on the key gives no tokens. Raises NotFound, NotAllowed, EntityLocked."""
    _set_disabled(tx, caller, get(tx, caller, key_id), True, "DISABLE")


def enable(tx: Tx, caller: Caller, key_id: str) -> None:
    """The key gives tokens again. Raises NotFound, NotAllowed, EntityLocked."""
    _set_disabled(tx, caller, get(tx, caller, key_id), False, "ENABLE")


def delete(tx: Tx, caller: Caller, key_id: str) -> None:
    """The key is gone. Raises NotFound, NotAllowed, EntityLocked."""
    key = get(tx, caller, key_id)
    check_unlocked(key.locked, "API key", key.id, _action(key, "delete"))
    bury(tx, caller, key)


def bury(tx: Tx, caller: Caller, key: ApiKey) -> None:
    """Delete a key, whatever its state: with its identity, or by its own rule."""
    apikey_store.bury(tx, key.id, at=caller.visit.at, by=caller.iam_id)
    record(tx, caller, Deed(_action(key, "delete"), key.id, "DELETE", (f"name={key.name}",)))


def _set_disabled(tx: Tx, caller: Caller, key: ApiKey, disabled: bool, change: str) -> None:
    check_unlocked(key.locked, "API key", key.id, _action(key, "update"))
    if key.disabled == disabled:
        return
    _changed(tx, caller, replace(key, disabled=disabled), change, ())
    apikey_store.note_disabled(tx, key.id, at=caller.visit.at, by=caller.iam_id)


def _changed(tx: Tx, caller: Caller, key: ApiKey, change: str, params: tuple[str, ...]) -> ApiKey:
    now = caller.visit.at
    key = replace(key, entity_tag=new_entity_tag(key.entity_tag), modified_at=now)
    apikey_store.update(tx, key)
    record(tx, caller, Deed(_action(key, "update"), key.id, change, params))
    return key


def _check_creation(tx: Tx, caller: Caller, key: ApiKey, kind: IdentityKind) -> str:
    """The account's settings, when the caller may make a key for this identity."""
    check_account(caller, key.account_id)
    if kind == "profile":
        raise RequestInvalid("A trusted profile has no API keys.")
    if kind == "user" and key.iam_id != caller.iam_id:
        raise NotAllowed("A user's API keys can be created by the user only.")
    subject = standing_store.subject(tx, caller.account_id, key.iam_id)
    if subject is None:
        raise RequestInvalid(f"Identity {key.iam_id} could not be found in the account.")
    if not manages(tx, caller, key.iam_id):
        raise NotAllowed("You may not create API keys for this service ID.")
    return subject.settings


def _check_user_key(caller: Caller, body: CreateApiKey, settings: str) -> None:
    if body.store_value:
        raise RequestInvalid("Parameter 'store_value' can be true for keys of service IDs only.")
    if restricts(settings, "restrict_create_platform_apikey") and USER_API_KEY_CREATOR not in caller.roles:
        raise NotAllowed(
            f"The account lets only those with the role '{USER_API_KEY_CREATOR}' create API keys."
        )


def _action(key: ApiKey, verb: str) -> str:
    return f"{KEY_TYPES[kind_of(key.iam_id)]}.{verb}"


def _chosen_value(text: str) -> Secret:
    if not SHORTEST_VALUE <= len(text) <= LONGEST_VALUE:
        raise RequestInvalid(f"Parameter 'apikey' must have {SHORTEST_VALUE} to {LONGEST_VALUE} characters.")
    return Secret(text)


def _leak_action(text: str) -> Leak:
    if text.lower() not in {"none", "disable", "delete"}:
        raise RequestInvalid("Parameter 'action_when_leaked' must be none, disable or delete.")
    return cast(Leak, text.lower())


def wanted_list(caller: Caller, query: Mapping[str, str]) -> tuple[str, IamId | None, IdentityKind | None]:
    """Account, identity and kind that a list is about. Raises RequestInvalid, NotAllowed."""
    check_account(caller, query.get("account_id"))
    account_id = caller.account_id
    scope, kind = query.get("scope", "entity"), query.get("type")
    if scope not in {"entity", "account"} or kind not in {None, "user", "serviceid"}:
        raise RequestInvalid("Parameter 'scope' must be entity or account; 'type' must be user or serviceid.")
    if scope == "account":
        if not caller.administrator:
            raise NotAllowed("Only an administrator may list all API keys of the account.")
        return account_id, None, cast(IdentityKind | None, kind)
    return account_id, iam_id_of(query.get("iam_id") or caller.iam_id), None


def check_list_of(tx: Tx, caller: Caller, iam_id: IamId) -> None:
    """Whether the caller may list an identity's keys. Raises NotFound, NotAllowed."""
    if iam_id == caller.iam_id:
        return
    if standing_store.subject(tx, caller.account_id, iam_id) is None:
        raise NotFound(f"Identity {iam_id} could not be found in the account.")
    if not manages(tx, caller, iam_id):
        raise NotAllowed("You may not list the API keys of this identity.")
