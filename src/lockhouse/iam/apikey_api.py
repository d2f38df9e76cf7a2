"""The doors of `/v1/apikeys` (iam-identity-api.md 2.1)."""

from typing import Annotated

from litestar import Response, Router, delete, get, post, put
from litestar.params import FromPath, FromQuery, HeaderParameter, JSONBody, QueryParameter

from lockhouse.iam import apikey_store, apikeys, audit_store
from lockhouse.iam.apikey_store import FILTERED, SORTS, KeyList
from lockhouse.iam.entity_bodies import (
    EntityLock,
    IfMatch,
    activity_body,
    header_flag,
    history_bodies,
    tagged,
)
from lockhouse.iam.errors import RequestInvalid
from lockhouse.iam.filters import read_filter
from lockhouse.iam.list_query import QueryType, TheListQuery
from lockhouse.iam.model import ApiKey, Caller, Change, Use
from lockhouse.iam.paging import Page, page_links, read_page_request
from lockhouse.iam.room import Guest, TheGuest
from lockhouse.ids import identity_crn
from lockhouse.sealing import Keyring, Secret
from lockhouse.storage import Tx
from lockhouse.wire.apikeys import ApiKeyBody, ApiKeyPage, CreateApiKey, UpdateApiKey
from lockhouse.wire.entities import UNSET
from lockhouse.wire.times import minutes_text

Scope = Annotated[str | None, QueryParameter(name="scope", required=False)]
EntityDisable = Annotated[str, HeaderParameter(name="Entity-Disable", required=False)]
KeyValue = Annotated[str, HeaderParameter(name="IAM-ApiKey", required=False)]


@get("/", operation_id="listApiKeys")
async def list_api_keys(  # noqa: PLR0913, PLR0917 - so many the wire has
    guest: TheGuest,
    listed: TheListQuery,
    iam_id: FromQuery[str | None] = None,
    whose: Scope = None,
    kind: QueryType = None,
    group_id: FromQuery[str | None] = None,
) -> ApiKeyPage:
    """List the API keys of an identity, or of the account."""
    given = listed.and_also(iam_id=iam_id, scope=whose, type=kind, group_id=group_id)
    keyring = guest.room.keyring
    request = read_page_request(keyring, given, sorts=SORTS, default_sort="created_at")
    with_history = request.flag("include_history")

    def rule(tx: Tx, caller: Caller) -> tuple[Page, dict[str, list[Change]]]:
        account, identity, of_kind = apikeys.wanted_list(caller, request.query)
        if identity is not None:
            apikeys.check_list_of(tx, caller, identity)
        text = request.query.get("filter")
        tree = read_filter(text, FILTERED) if text else None
        wanted = KeyList(account, identity, of_kind, request.query.get("group_id"), tree)
        page = apikey_store.page(tx, request, wanted)
        return page, audit_store.history(tx, [key.id for key in page.rows]) if with_history else {}

    read = guest.read_aside if request.scans else guest.read
    page, history = await read(rule)
    bodies = [key_body(key, keyring=keyring, history=history.get(key.id)) for key in page.rows]
    links = page_links(keyring, page, guest.address_of("/v1/apikeys"))
    return ApiKeyPage(offset=request.offset, limit=request.size, apikeys=bodies, **links)


@post("/", operation_id="createApiKey")
async def create_api_key(
    guest: TheGuest,
    data: JSONBody[CreateApiKey],
    entity_lock: EntityLock = "false",
    entity_disable: EntityDisable = "false",
) -> Response[ApiKeyBody]:
    """Create an API key. Its value is in the answer, and only there."""
    locked, disabled = header_flag("Entity-Lock", entity_lock), header_flag("Entity-Disable", entity_disable)
    room = guest.room

    def rule(tx: Tx, caller: Caller) -> tuple[ApiKey, Secret]:
        wanted = apikeys.key_of(data, caller, locked=locked, disabled=disabled)
        most = room.settings.api_keys_per_identity
        return apikeys.create(tx, caller, room.keyring, apikeys.Order(wanted, data, most))

    key, value = await guest.write(rule)
    return tagged(key_body(key, keyring=room.keyring, value=value), 201)


@get("/details", operation_id="getApiKeyDetails")
async def get_api_key_details(
    guest: TheGuest, value: KeyValue = "", include_history: FromQuery[bool] = False
) -> Response[ApiKeyBody]:
    """The API key that has a value."""
    digest = guest.room.keyring.digest(Secret(_as_written(value)))

    def rule(tx: Tx, caller: Caller) -> ApiKeyBody:
        if not value:
            raise RequestInvalid("Header 'IAM-ApiKey' is missing.")
        key = apikeys.by_value(tx, caller, digest)
        return _told(tx, guest, key, include_history=include_history)

    return tagged(await guest.read(rule))


@get("/{key_id:str}", operation_id="getApiKey")
async def get_api_key(
    guest: TheGuest,
    key_id: FromPath[str],
    include_history: FromQuery[bool] = False,
    include_activity: FromQuery[bool] = False,
) -> Response[ApiKeyBody]:
    """One API key."""
    if include_activity:
        await guest.room.issues.flush()

    def rule(tx: Tx, caller: Caller) -> ApiKeyBody:
        key = apikeys.get(tx, caller, key_id)
        return _told(tx, guest, key, include_history=include_history, include_activity=include_activity)

    return tagged(await guest.read(rule))


@put("/{key_id:str}", operation_id="updateApiKey")
async def update_api_key(
    guest: TheGuest, key_id: FromPath[str], data: JSONBody[UpdateApiKey], if_match: IfMatch = ""
) -> Response[ApiKeyBody]:
    """Change what is given of an API key."""
    key = await guest.write(lambda tx, caller: apikeys.update(tx, caller, key_id, if_match, data))
    return tagged(key_body(key, keyring=guest.room.keyring))


@delete("/{key_id:str}", operation_id="deleteApiKey")
async def delete_api_key(guest: TheGuest, key_id: FromPath[str]) -> None:
    """Delete an API key."""
    await guest.write(lambda tx, caller: apikeys.delete(tx, caller, key_id))


@post("/{key_id:str}/lock", operation_id="lockApiKey", status_code=204)
async def lock_api_key(guest: TheGuest, key_id: FromPath[str]) -> None:
    """Lock an API key against change and deletion."""
    await guest.write(lambda tx, caller: apikeys.lock(tx, caller, key_id))


@delete("/{key_id:str}/lock", operation_id="unlockApiKey")
async def unlock_api_key(guest: TheGuest, key_id: FromPath[str]) -> None:
    """Unlock an API key."""
    await guest.write(lambda tx, caller: apikeys.unlock(tx, caller, key_id))


@post("/{key_id:str}/disable", operation_id="disableApiKey", status_code=204)
async def disable_api_key(guest: TheGuest, key_id: FromPath[str]) -> None:
    """Disable an API key: no tokens are made from it."""
    await guest.write(lambda tx, caller: apikeys.disable(tx, caller, key_id))


@delete("/{key_id:str}/disable", operation_id="enableApiKey")
async def enable_api_key(guest: TheGuest, key_id: FromPath[str]) -> None:
    """Enable an API key again."""
    await guest.write(lambda tx, caller: apikeys.enable(tx, caller, key_id))


API_KEYS = Router(
    path="/v1/apikeys",
    tags=["API keys"],
    route_handlers=[
        list_api_keys,
        create_api_key,
        get_api_key_details,
        get_api_key,
        update_api_key,
        delete_api_key,
        lock_api_key,
        unlock_api_key,
        disable_api_key,
        enable_api_key,
    ],
)


def key_body(
    key: ApiKey,
    *,
    keyring: Keyring,
    value: Secret | None = None,
    history: list[Change] | None = None,
    use: Use | None = None,
) -> ApiKeyBody:
    """A key for the wire; a stored value of a service ID's key is opened for it."""
    if value is None and key.sealed_value is not None:
        value = apikeys.stored_value(keyring, key)
    return ApiKeyBody(
        id=key.id,
        entity_tag=key.entity_tag,
        crn=identity_crn(key.account_id, "apikey", key.id),
        locked=key.locked,
        disabled=key.disabled,
        created_at=minutes_text(key.created_at),
        created_by=key.created_by,
        modified_at=minutes_text(key.modified_at),
        name=key.name,
        support_sessions=key.support_sessions,
        action_when_leaked=key.action_when_leaked,
        iam_id=key.iam_id,
        account_id=key.account_id,
        apikey=value.reveal() if value else "",
        description=key.description or UNSET,
        expires_at=key.expires_text or UNSET,
        history=UNSET if history is None else history_bodies(history),
        activity=UNSET if use is None else activity_body(use),
    )


def _as_written(value: str) -> str:
    """A header's text. Headers are bytes: a value of one's own beyond ASCII comes as UTF-8 where it can."""
    try:
        return value.encode("latin-1").decode("utf-8")
    except UnicodeError:
        return value


def _told(
    tx: Tx, guest: Guest, key: ApiKey, *, include_history: bool, include_activity: bool = False
) -> ApiKeyBody:
    history = audit_store.history(tx, [key.id])[key.id] if include_history else None
    use = audit_store.uses(tx, [key.id])[key.id] if include_activity else None
    return key_body(key, keyring=guest.room.keyring, history=history, use=use)
